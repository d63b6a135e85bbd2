"""Who sees what: the tiers, the stored JSON that each is shown, the condition that narrows rows to a tier."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from app.history.codes import Access

DOCS = ("doc", "doc_partner", "doc_restricted")
TIERS = tuple(Access)
_RANKS = {str(access): rank for rank, access in enumerate(TIERS)}


def visible(access: str, tier: str) -> bool:
    """Whether a record of that access is shown to that tier."""
    return _RANKS[access] <= _RANKS[tier]


def doc_of(row: Mapping[str, Any], tier: Access) -> str:
    """The stored JSON that a tier is shown, from the `doc` columns of a row."""
    doc: str | None = None
    if tier == Access.restricted:
        doc = row["doc_restricted"]
    if doc is None and tier != Access.public:
        doc = row["doc_partner"]
    return str(row["doc"]) if doc is None else doc


def seen(rows: FromClause, tier: Access) -> list[ColumnElement[bool]]:
    """The condition under which a tier may see records."""
    allowed = {Access.public: rows.c.access == "public", Access.partner: rows.c.access != "restricted"}
    return [allowed[tier]] if tier in allowed else []
