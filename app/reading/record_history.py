"""The history of one record: its versions, and the fields in which each differs from the one before."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, bindparam, or_, select

from app.database.readers import Values
from app.database.types import NUMBER
from app.errors import Gone, Merged
from app.history.access import visible
from app.history.codes import Access, ChangeAction, ReasonCode
from app.history.past import EVER
from app.history.tables import CHANGES, SELDOM
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.missing import raise_missing, raise_removed
from app.reading.parameters import parse_query
from app.reading.revisions import LIMIT, revisions_by_number
from app.reading.statements import doc, moment_statement
from app.reading.view import View, answered_revision, check_revision, validator, view_at
from app.records.collection import Collection
from app.records.keys import keyed
from app.records.listing import Listing
from app.records.parameters import Query


class Difference(BaseModel):
    """One field that changed."""

    model_config = ConfigDict(extra="forbid")

    field: Annotated[
        str,
        Field(
            description="The field; of a figure held by an incident, its id comes first.", examples=["figures/8/low"]
        ),
    ]
    before: Annotated[Any, Field(alias="from", description="What it was; null when it was not there.", examples=[25])]
    after: Annotated[Any, Field(alias="to", description="What it became; null when it went.", examples=[30])]


class Version(BaseModel):
    """One revision of a record."""

    model_config = ConfigDict(extra="forbid")

    revision: Annotated[int, Field(description="The revision.", examples=[1])]
    recorded_at: Annotated[
        str, Field(description="When it was recorded, UTC.", examples=["2022-02-03T09:00:00.000000Z"])
    ]
    author: Annotated[str, Field(description="The public label of who wrote it.", examples=["reference"])]
    reason_code: Annotated[ReasonCode | None, Field(description="Why, as a code.", examples=["new_report"])]
    reason: Annotated[str | None, Field(description="Why, in words.", examples=["A later count."])]
    action: Annotated[ChangeAction, Field(description="What was done to the record.", examples=["update"])]
    changes: Annotated[list[Difference], Field(description="The fields that changed.")]


class HistoryPage(BaseModel):
    """The revisions of one record, oldest first."""

    data: Annotated[list[Version], Field(description="The revisions.")]
    next: Annotated[str | None, Field(description="The address of the next page; null on the last.", examples=[None])]
    revision: Annotated[int, Field(description="The revision the page was answered from.", examples=[1])]


class HistoryQuery(Query):
    """What the history of a record takes."""

    limit: Annotated[int, LIMIT] = 100
    after: Annotated[
        int, Field(description="Only what happened after this revision.", ge=0, lt=2**63, examples=[0])
    ] = 0


@lru_cache(maxsize=256)
def _versions(collection: Collection, by: str, tier: Access) -> Select[Any]:
    """Every version of a record that ended after a revision: the last one before it comes along, to compare with."""
    rows = EVER(collection.rows)
    return (
        select(rows.c.revision, rows.c.until, rows.c.access, doc(rows, tier))
        .where(rows.c[by] == bindparam("key", type_=rows.c[by].type))
        .where(rows.c.until > bindparam("after", type_=NUMBER), rows.c.revision <= bindparam("revision", type_=NUMBER))
        .order_by(rows.c.revision)
        .limit(bindparam("limit", type_=NUMBER))
    )


@lru_cache(maxsize=64)
def _acts(collection: Collection, by: str) -> Select[Any]:
    """The revisions that gave a record up for another, or brought it back."""
    mine = CHANGES.c.record_id if by == "id" else CHANGES.c.slug
    return select(CHANGES.c.revision, CHANGES.c.action).where(
        CHANGES.c.collection == collection.name,
        mine == bindparam("key", type_=mine.type),
        CHANGES.c.revision <= bindparam("revision", type_=NUMBER),
        SELDOM,
        or_(CHANGES.c.action == ChangeAction.merge, CHANGES.c.action == ChangeAction.split_),
    )


async def history(listing: Listing, view: View, path: str, query_string: bytes, key: str) -> Answer:
    """Every revision of one record, with what changed in it."""
    parameters, query = parse_query(HistoryQuery, query_string)
    view, collection = await view_at(view, query), listing.collection
    by, value = keyed(collection, key)
    async with view.reader.snapshot(slow=True) as fetch:
        ((head, redacted),) = await fetch(moment_statement(), {})
        number = answered_revision(view.revision, head)
        check_revision(query.after, head, parameter="after")
        statement = _versions(collection, by, view.tier)
        # Of a record that stood at that revision one version is found, however late `after` lies.
        after = min(query.after, number)
        values: Values = {"key": value, "after": after, "revision": number, "limit": query.limit + 2}
        rows = await fetch(statement, values)
        events = list(_events(rows, view.tier, number, whole=len(rows) < query.limit + 2))
        events = [event for event in events if event[0] > query.after]
        shown = events[: query.limit]
        revisions = await revisions_by_number(fetch, [event[0] for event in shown])
        acts = await fetch(_acts(collection, by), {"key": value, "revision": number})
    if not any(visible(row[2], view.tier) for row in rows):
        await raise_removed(view, collection, key)
        # One that was retracted has a history all the same: all of it came before.
        with suppress(Gone, Merged):
            await raise_missing(view, collection, key, [(row[0], 0, row[2]) for row in rows if row[1] > number])
    merges = {at: ChangeAction(action) for at, action in acts}
    data = [
        revisions[at] | {"action": merges.get(at, action), "changes": list(differences(before, after))}
        for at, action, before, after in shown
    ]
    more = len(events) > len(shown) or len(rows) == query.limit + 2
    following = permalink(path, parameters, number, after=shown[-1][0]) if more and shown else None
    body = orjson.dumps({"data": data, "next": following, "revision": number})
    own = permalink(path, parameters, number)
    return Answer(body, number, validator(number, number, redacted), own, following, rows=len(data))


Event = tuple[int, ChangeAction, Mapping[str, Any], Mapping[str, Any]]


def _events(rows: Sequence[Any], tier: Access, number: int, *, whole: bool) -> Iterator[Event]:
    """From versions to what happened, as a tier saw it: a version it may not see is no version to it."""
    before: Mapping[str, Any] = {}
    open_since: int | None = None
    for revision, until, access, text in rows:
        if not visible(access, tier):
            continue
        after = orjson.loads(text)
        if open_since is not None and open_since != revision:
            yield open_since, ChangeAction.retract, before, {}
            before = {}
        yield revision, ChangeAction.update if before else ChangeAction.create, before, after
        before, open_since = after, until
    if whole and open_since is not None and open_since <= number:
        yield open_since, ChangeAction.retract, before, {}


NOT_CONTENT = {"id", "revision", "recorded_at"}
"""Fields that say which version it is, not what it says."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[dict[str, Any]]:
    """The fields in which two versions of a record differ; records held in a list are revisions apart by their ids."""
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if name in NOT_CONTENT or was == now:
            continue
        if _holds_records(was) or _holds_records(now):
            old = {str(one["id"]): one for one in was or ()}
            new = {str(one["id"]): one for one in now or ()}
            for key in dict.fromkeys((*old, *new)):
                if key in old and key in new:
                    yield from differences(old[key], new[key], f"{path}{name}/{key}/")
                elif old.get(key) != new.get(key):
                    yield {"field": f"{path}{name}/{key}", "from": old.get(key), "to": new.get(key)}
        else:
            yield {"field": f"{path}{name}", "from": was, "to": now}


def _holds_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "id" in value[0]
