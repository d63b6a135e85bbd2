"""What the register says of itself: its name, revision, counts, licence and links."""

from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import Select, bindparam, func, select

from app.catalogue.collections import COLLECTIONS
from app.database.settings import Settings
from app.database.types import NUMBER
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At
from app.history.tables import REVISIONS
from app.reading.statements import HEAD, state
from app.reading.view import View


class Licence(BaseModel):
    """The terms the register's own records may be reused under."""

    name: Annotated[str, Field(description="As people name it.", examples=["CC BY 4.0"])]
    url: Annotated[
        str, Field(description="Where it can be read.", examples=["https://creativecommons.org/licenses/by/4.0/"])
    ]


class RegisterShown(BaseModel):
    """What this register is, how much it holds and how new it is."""

    model_config = {"title": "Register"}

    name: Annotated[str, Field(alias="register", description="Its name.", examples=["Detention Facility Data"])]
    revision: Annotated[int, Field(description="The revision answered from.", examples=[1])]
    recorded_at: Annotated[
        str | None,
        Field(
            description="When it was recorded, UTC; null of revision 0, the empty register.",
            examples=["2026-11-22T12:00:00.000000Z"],
        ),
    ]
    counts: Annotated[
        dict[str, int],
        Field(description="How many records each collection shows you.", examples=[{"facilities": 5, "figures": 51}]),
    ]
    partner_records: Annotated[
        int, Field(description="How many more there are that only partners of the register may see.", examples=[0])
    ]
    licence: Annotated[Licence, Field(description="The terms of reuse.")]
    links: Annotated[
        dict[str, str], Field(description="Where to go from here.", examples=[{"facilities": "/v1/facilities"}])
    ]


@lru_cache(maxsize=64)
def _counts(at: At, tier: Access) -> Select[Any]:
    """The revision answered from, when it was recorded, and how much each collection shows and hides."""
    shown, hidden = [], []
    for collection in COLLECTIONS.values():
        rows, others = at(collection.rows), at(collection.rows)
        shown.append(select(func.count()).select_from(rows).where(*at.holds(rows), *seen(rows, tier)).scalar_subquery())
        partner = others.c.access == ("partner" if tier == Access.public else "none")
        hidden.append(select(func.count()).select_from(others).where(partner, *at.holds(others)).scalar_subquery())
    number = func.coalesce(bindparam("revision", type_=NUMBER), HEAD.scalar_subquery())
    recorded = select(REVISIONS.c.recorded_at).where(REVISIONS.c.id == number)
    return select(*state(at), recorded.scalar_subquery(), *shown, *hidden)


async def describe(view: View, settings: Settings) -> dict[str, Any]:
    """What `GET /v1` answers, and as `state` the register's revision and redaction."""
    statement = _counts(view.at, view.tier)
    ((head, redacted, recorded_at, *counts),) = await view.reader.fetch(statement, {"revision": view.revision})
    names = [collection.name for collection in COLLECTIONS.values()]
    return {
        "register": settings.register_name,
        "revision": head if view.revision is None else view.revision,
        "recorded_at": recorded_at,
        "counts": dict(zip(names, counts[: len(names)], strict=True)),
        "partner_records": sum(counts[len(names) :]),
        "licence": {"name": settings.licence_name, "url": settings.licence_url},
        "links": {name: f"/v1/{name}" for name in (*names, "vocabularies")}
        | {"docs": "/docs", "openapi": "/openapi.json"},
        "state": (head, redacted),
    }
