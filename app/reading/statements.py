"""The statements of the read path: values made once for each shape of a request, and run elsewhere.

Every statement is written against `At`: the tables for the present, their views for a revision.
"""

from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, String, bindparam, func, literal, select

from app.database.functions import utf8
from app.database.readers import Values
from app.database.types import NUMBER
from app.history.access import TIERS, seen
from app.history.codes import Access
from app.history.past import EVER, At
from app.history.tables import CHANGES, REGISTER, REVISIONS
from app.records.collection import Collection

MOST_INCLUDED = 1000
"""How many records of one kind `include` brings."""
HEAD = select(REGISTER.c.revision)
REDACTED = select(REGISTER.c.redacted)


def state(at: At) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The register's revision, and the last that reached into what was recorded before it; 0 for the present."""
    return HEAD.scalar_subquery(), REDACTED.scalar_subquery() if at.past else literal(0)


def doc(rows: FromClause, tier: Access) -> ColumnElement[bytes]:
    """The stored JSON as the tier sees it, as bytes."""
    return utf8(stored_json(rows, tier))


def stored_json(rows: FromClause, tier: Access) -> ColumnElement[str]:
    """The same as text: a stricter tier's own, where it differs from the public one."""
    docs = [rows.c.doc_restricted, rows.c.doc_partner, rows.c.doc][2 - TIERS.index(tier) :]
    return func.coalesce(*docs) if len(docs) > 1 else docs[0]


def key_values(keys: AbstractSet[Any]) -> Values:
    """The keys that a statement looks for, by the names of its parameters.

    There are a power of two of them, the last key repeated: so few statements are made, whatever is asked.
    """
    listed = sorted(keys)
    many = 1 << (len(listed) - 1).bit_length()
    return {f"key_{place}": listed[min(place, len(listed) - 1)] for place in range(many)}


@lru_cache(maxsize=1024)
def record_statement(collection: Collection, by: str, at: At, tier: Access) -> Select[Any]:
    """One record: the revision and redaction of the register, who may see it, its own revision, its stored JSON."""
    rows = at(collection.rows)
    key = bindparam("key", type_=rows.c[by].type)
    found = select(*state(at), rows.c.access, rows.c.revision, doc(rows, tier))
    return found.where(rows.c[by] == key, *at.holds(rows))


@lru_cache(maxsize=1024)
def records_statement(collection: Collection, by: str, many: int, at: At, tier: Access) -> Select[Any]:
    """The records whose `by` is among so many values: their key, and their stored JSON."""
    rows = at(collection.rows)
    keys = [bindparam(f"key_{number}", type_=rows.c[by].type) for number in range(many)]
    key = rows.c.slug if collection.named else rows.c.id
    found = select(key, doc(rows, tier)).where(rows.c[by].in_(keys), *at.holds(rows), *seen(rows, tier))
    return found.order_by(key).limit(MOST_INCLUDED + 1)


@lru_cache
def head_statement() -> Select[Any]:
    """The register's revision."""
    return HEAD


FEW = 50
"""Up to how many changed records are looked through one by one."""


@lru_cache
def changed_statement() -> Select[Any]:
    """How many records changed since a revision, counted to one more than a few."""
    since = select(literal(1).label("one")).where(CHANGES.c.revision > bindparam("revision", type_=NUMBER))
    return select(func.count()).select_from(since.limit(literal(FEW + 1, NUMBER)).subquery())


@lru_cache
def moment_statement() -> Select[int, int]:
    """The register's revision, and its last redaction."""
    return select(*state(EVER))


@lru_cache
def known_at_statement() -> Select[Any]:
    """The last revision recorded at or before a moment, and when the first was."""
    last = select(func.max(REVISIONS.c.id)).where(REVISIONS.c.recorded_at <= bindparam("moment", type_=String()))
    first = select(func.min(REVISIONS.c.recorded_at))
    return select(last.scalar_subquery(), first.scalar_subquery())


@lru_cache
def before_statement() -> Select[Any]:
    """The last revision recorded before a moment; 0 where there was none."""
    last = select(func.max(REVISIONS.c.id)).where(REVISIONS.c.recorded_at < bindparam("moment", type_=String()))
    return select(func.coalesce(last.scalar_subquery(), 0))


@lru_cache
def recorded_statement() -> Select[Any]:
    """A revision, or the newest one, and when it was recorded."""
    number = func.coalesce(bindparam("revision", type_=NUMBER), HEAD.scalar_subquery())
    return select(REVISIONS.c.id, REVISIONS.c.recorded_at).where(REVISIONS.c.id == number)
