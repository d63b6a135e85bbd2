"""The revisions of the register: when, by whom, why, and how much each changed."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from app.database.readers import Fetch
from app.database.types import NUMBER
from app.history.access import TIERS
from app.history.codes import Access, ReasonCode
from app.history.tables import CHANGES, FOREVER, REVISIONS
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.parameters import parse_query
from app.reading.statements import key_values, moment_statement
from app.reading.view import View, answered_revision, check_revision, validator, view_at
from app.records.parameters import Query

LIMIT = Field(description="How many entries a page holds.", ge=1, le=1000, examples=[100])


@lru_cache(maxsize=16)
def _revision_rows(many: int) -> Select[Any]:
    """Who made some revisions, when and why."""
    keys = [bindparam(f"key_{place}", type_=NUMBER) for place in range(many)]
    columns = (REVISIONS.c.id, REVISIONS.c.recorded_at, REVISIONS.c.author, REVISIONS.c.reason_code, REVISIONS.c.reason)
    return select(*columns).where(REVISIONS.c.id.in_(keys))


async def revisions_by_number(fetch: Fetch, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Who made some revisions, when and why, by number."""
    if not numbers:
        return {}
    values = key_values(set(numbers))
    names = ("revision", "recorded_at", "author", "reason_code", "reason")
    return {row[0]: dict(zip(names, row, strict=True)) for row in await fetch(_revision_rows(len(values)), values)}


class RevisionShown(BaseModel):
    """One committed write."""

    model_config = ConfigDict(title="Revision", extra="forbid")

    revision: Annotated[int, Field(description="Its number.", examples=[1])]
    recorded_at: Annotated[
        str, Field(description="When it was recorded, UTC.", examples=["2022-02-03T09:00:00.000000Z"])
    ]
    author: Annotated[
        str | None,
        Field(
            description="The public label of who wrote it; null where it changed nothing you may see.",
            examples=["reference"],
        ),
    ]
    reason_code: Annotated[ReasonCode | None, Field(description="Why, as a code.", examples=["new_report"])]
    reason: Annotated[str | None, Field(description="Why, in words.", examples=["A later count."])]
    changes: Annotated[int, Field(description="How many records it changed that you may see.", examples=[133])]


class RevisionPage(BaseModel):
    """A page of revisions."""

    data: Annotated[list[RevisionShown], Field(description="The revisions.")]
    next: Annotated[str | None, Field(description="The address of the next page; null on the last.", examples=[None])]
    revision: Annotated[int, Field(description="The revision the page was answered from.", examples=[1])]


class RevisionQuery(Query):
    """What the list of revisions takes."""

    limit: Annotated[int, LIMIT] = 100
    sort: Annotated[
        Literal["revision", "-revision"],
        Field(description="The order; `-revision` begins with the newest.", examples=["-revision"]),
    ] = "revision"
    after: Annotated[
        int | None,
        Field(description="Only revisions that come after this one in that order.", ge=0, lt=2**63, examples=[0]),
    ] = None


def shown_to(tier: Access) -> ColumnElement[bool]:
    """A change that shows to a tier: it saw the record before, or sees it after."""
    allowed = [str(access) for access in TIERS[: TIERS.index(tier) + 1]]
    return or_(*(side == access for side in (CHANGES.c.before, CHANGES.c.after) for access in allowed))


@lru_cache(maxsize=16)
def _revision_page(tier: Access, descending: bool) -> Select[Any]:  # noqa: FBT001
    changed = (
        select(func.count())
        .select_from(CHANGES)
        .where(CHANGES.c.revision == REVISIONS.c.id, shown_to(tier))
        .scalar_subquery()
    )
    last, after = bindparam("revision", type_=NUMBER), bindparam("after", type_=NUMBER)
    number = REVISIONS.c.id
    columns = (number, REVISIONS.c.recorded_at, REVISIONS.c.author, REVISIONS.c.reason_code, REVISIONS.c.reason)
    return (
        select(*columns, changed)
        .where(number <= last, number < after if descending else number > after)
        .order_by(number.desc() if descending else number)
        .limit(bindparam("limit", type_=NUMBER))
    )


async def revisions(view: View, path: str, query_string: bytes) -> Answer:
    """The committed writes: when, by whom, why, and how many records each changed."""
    parameters, query = parse_query(RevisionQuery, query_string)
    view, descending = await view_at(view, query), query.sort == "-revision"
    after = query.after if query.after is not None else (FOREVER if descending else 0)
    async with view.reader.snapshot(slow=True) as fetch:
        ((head, redacted),) = await fetch(moment_statement(), {})
        number = answered_revision(view.revision, head)
        check_revision(query.after, head, parameter="after")
        statement = _revision_page(view.tier, descending)
        rows = await fetch(statement, {"revision": number, "after": after, "limit": query.limit + 1})
    names = ("revision", "recorded_at", "author", "reason_code", "reason", "changes")
    data = [dict(zip(names, row, strict=True)) for row in rows[: query.limit]]
    data = [row if row["changes"] else row | dict.fromkeys(("author", "reason_code", "reason")) for row in data]
    following = permalink(path, parameters, number, after=data[-1]["revision"]) if len(rows) > query.limit else None
    body = orjson.dumps({"data": data, "next": following, "revision": number})
    own = permalink(path, parameters, number)
    return Answer(body, number, validator(number, number, redacted), own, following, rows=len(data))
