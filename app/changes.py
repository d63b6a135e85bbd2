"""What happened to the register: the history of one record, the revisions, and the feed that mirrors follow."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Annotated, Any, Literal

import orjson
from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Dialect, bindparam, func, or_, select
from starlette.responses import Response

from app.absence import keyed, refuse
from app.answers import Answer, get, respond, router
from app.catalogue import COLLECTIONS, CollectionName
from app.codes import Access, ChangeAction, ReasonCode
from app.db import Fetch, Statement, Values, compiled
from app.errors import BadInput, Gone, Merged, TooSlow
from app.filters import OneOf
from app.history import CHANGES, EVER, FOREVER, REVISIONS, SELDOM
from app.listing import Listing
from app.moments import View, checked, validator, view_of
from app.paging import Query, asked_of, canonical, pinned
from app.records import TIERS, Collection, visible
from app.statements import NUMBER, doc, moment_statement

LIMIT = Field(description="How many entries a page holds.", ge=1, le=1000, examples=[100])


# --- the history of one record -----------------------------------------------------------------------------------


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
def _versions(collection: Collection, by: str, tier: Access, dialect: Dialect) -> Statement:
    """Every version of a record that ended after a revision: the last one before it comes along, to compare with."""
    rows = EVER(collection.rows)
    found = (
        select(rows.c.revision, rows.c.until, rows.c.access, doc(rows, tier))
        .where(rows.c[by] == bindparam("key", type_=rows.c[by].type))
        .where(rows.c.until > bindparam("after", type_=NUMBER), rows.c.revision <= bindparam("revision", type_=NUMBER))
        .order_by(rows.c.revision)
        .limit(bindparam("limit", type_=NUMBER))
    )
    return compiled(found, dialect)


@lru_cache(maxsize=16)
def _told(many: int, dialect: Dialect) -> Statement:
    """Who made some revisions, when and why."""
    asked = [bindparam(f"key_{place}", type_=NUMBER) for place in range(many)]
    columns = (REVISIONS.c.id, REVISIONS.c.recorded_at, REVISIONS.c.author, REVISIONS.c.reason_code, REVISIONS.c.reason)
    return compiled(select(*columns).where(REVISIONS.c.id.in_(asked)), dialect)


@lru_cache(maxsize=64)
def _acts(collection: Collection, by: str, dialect: Dialect) -> Statement:
    """The revisions that gave a record up for another, or brought it back."""
    mine = CHANGES.c.record_id if by == "id" else CHANGES.c.slug
    found = select(CHANGES.c.revision, CHANGES.c.action).where(
        CHANGES.c.collection == collection.name,
        mine == bindparam("key", type_=mine.type),
        CHANGES.c.revision <= bindparam("revision", type_=NUMBER),
        SELDOM,
        or_(CHANGES.c.action == ChangeAction.merge, CHANGES.c.action == ChangeAction.split_),
    )
    return compiled(found, dialect)


async def history(listing: Listing, request: Request, key: str) -> Answer:
    """Every revision of one record, with what changed in it."""
    path, (sent, asked) = request.url.path, asked_of(HistoryQuery, request)
    view, collection = await view_of(request, asked), listing.collection
    by, value = keyed(collection, key)
    async with view.reader.snapshot(slow=True) as fetch:
        ((head, redacted),) = await fetch(moment_statement(view.reader.dialect), {})
        number = checked(view.revision, head)
        statement = _versions(collection, by, view.tier, view.reader.dialect)
        # Of a record that stood at that revision one version is found, however late `after` lies.
        after = min(asked.after, number)
        values: Values = {"key": value, "after": after, "revision": number, "limit": asked.limit + 2}
        rows = await fetch(statement, values)
        events = list(_events(rows, view.tier, number, whole=len(rows) < asked.limit + 2))
        events = [event for event in events if event[0] > asked.after]
        shown = events[: asked.limit]
        told = await _revisions(fetch, view, [event[0] for event in shown])
        acts = await fetch(_acts(collection, by, view.reader.dialect), {"key": value, "revision": number})
    if not any(visible(row[2], view.tier) for row in rows):
        # One that was retracted has a history all the same: all of it came before.
        with suppress(Gone, Merged):
            await refuse(view, collection, key, [(row[0], 0, row[2]) for row in rows if row[1] > number])
    merges = {at: ChangeAction(action) for at, action in acts}
    data = [
        told[at] | {"action": merges.get(at, action), "changes": list(differences(before, after))}
        for at, action, before, after in shown
    ]
    more = len(events) > len(shown) or len(rows) == asked.limit + 2
    following = pinned(path, sent, number, after=shown[-1][0]) if more and shown else None
    body = orjson.dumps({"data": data, "next": following, "revision": number})
    return Answer(body, number, validator(number, number, redacted), pinned(path, sent, number), following)


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


async def _revisions(fetch: Fetch, view: View, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Who made some revisions, when and why, by number."""
    if not numbers:
        return {}
    asked = sorted(set(numbers))
    many = 1 << (len(asked) - 1).bit_length()
    values = {f"key_{place}": asked[min(place, len(asked) - 1)] for place in range(many)}
    names = ("revision", "recorded_at", "author", "reason_code", "reason")
    return {row[0]: dict(zip(names, row, strict=True)) for row in await fetch(_told(many, view.reader.dialect), values)}


UNTOLD = {"id", "revision", "recorded_at"}
"""Fields that say which version it is, not what it says."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[dict[str, Any]]:
    """The fields in which two wire forms differ; records held in a list are told apart by their ids."""
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name), after.get(name)
        if name in UNTOLD or was == now:
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


# --- the revisions -----------------------------------------------------------------------------------------------

routes = router("register")


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


def _shown_to(tier: Access) -> ColumnElement[bool]:
    """A change that a tier is told of: it saw the record before, or sees it after."""
    allowed = [str(access) for access in TIERS[: TIERS.index(tier) + 1]]
    return or_(*(side == access for side in (CHANGES.c.before, CHANGES.c.after) for access in allowed))


@lru_cache(maxsize=16)
def _revision_page(tier: Access, descending: bool, dialect: Dialect) -> Statement:  # noqa: FBT001
    changed = (
        select(func.count())
        .select_from(CHANGES)
        .where(CHANGES.c.revision == REVISIONS.c.id, _shown_to(tier))
        .scalar_subquery()
    )
    last, after = bindparam("revision", type_=NUMBER), bindparam("after", type_=NUMBER)
    number = REVISIONS.c.id
    columns = (number, REVISIONS.c.recorded_at, REVISIONS.c.author, REVISIONS.c.reason_code, REVISIONS.c.reason)
    found = (
        select(*columns, changed)
        .where(number <= last, number < after if descending else number > after)
        .order_by(number.desc() if descending else number)
        .limit(bindparam("limit", type_=NUMBER))
    )
    return compiled(found, dialect)


async def revisions(request: Request) -> Response:
    """The committed writes: when, by whom, why, and how many records each changed."""
    path, (sent, asked) = request.url.path, asked_of(RevisionQuery, request)
    view, descending = await view_of(request, asked), asked.sort == "-revision"
    after = asked.after if asked.after is not None else (FOREVER if descending else 0)
    async with view.reader.snapshot(slow=True) as fetch:
        ((head, redacted),) = await fetch(moment_statement(view.reader.dialect), {})
        number = checked(view.revision, head)
        statement = _revision_page(view.tier, descending, view.reader.dialect)
        rows = await fetch(statement, {"revision": number, "after": after, "limit": asked.limit + 1})
    names = ("revision", "recorded_at", "author", "reason_code", "reason", "changes")
    data = [dict(zip(names, row, strict=True)) for row in rows[: asked.limit]]
    data = [row if row["changes"] else row | dict.fromkeys(("author", "reason_code", "reason")) for row in data]
    following = pinned(path, sent, number, after=data[-1]["revision"]) if len(rows) > asked.limit else None
    body = orjson.dumps({"data": data, "next": following, "revision": number})
    return respond(
        request, Answer(body, number, validator(number, number, redacted), pinned(path, sent, number), following)
    )


get(
    routes, "/revisions", revisions, name="list_revisions", summary="List the revisions", model=RevisionPage,
    query=RevisionQuery, problems=(BadInput, TooSlow),
)  # fmt: skip


# --- the feed ----------------------------------------------------------------------------------------------------


def _mark(text: str) -> str:
    number, _, place = text.partition(".")
    if not (number.isascii() and number.isdigit() and (not place or (place.isascii() and place.isdigit()))):
        raise ValueError("after is a revision, `17`, or a change of one, `17.3`")
    if len(number) > 18 or len(place) > 18:
        raise ValueError("there is no such revision")
    return text


class ChangeShown(BaseModel):
    """One change of one record."""

    model_config = ConfigDict(title="Change", extra="forbid")

    revision: Annotated[int, Field(description="The revision it was made in.", examples=[1])]
    recorded_at: Annotated[
        str, Field(description="When it was recorded, UTC.", examples=["2022-02-03T09:00:00.000000Z"])
    ]
    collection: Annotated[str, Field(description="The record's collection.", examples=["figures"])]
    id: Annotated[int, Field(description="The record's id.", examples=[8])]
    slug: Annotated[str | None, Field(description="The record's slug, if it has one.", examples=[None])]
    action: Annotated[ChangeAction, Field(description="What was done.", examples=["create"])]
    reason_code: Annotated[ReasonCode | None, Field(description="Why, as a code.", examples=["new_report"])]
    reason: Annotated[str | None, Field(description="Why, in words.", examples=["A later count."])]
    merged_into: Annotated[str | None, Field(description="The survivor of a merge.", examples=[None])]
    record: Annotated[
        dict[str, Any] | None,
        Field(description="The whole record as then shown; null when it was retracted.", examples=[{"id": 8}]),
    ]


class ChangePage(BaseModel):
    """A stretch of the feed."""

    data: Annotated[list[ChangeShown], Field(description="The changes, in the order they were made.")]
    next: Annotated[
        str,
        Field(description="The address to ask next, now or later; never null.", examples=["/v1/changes?after=1.133"]),
    ]
    revision: Annotated[int, Field(description="The revision the page was answered from.", examples=[1])]


class ChangeQuery(Query):
    """What the feed takes."""

    limit: Annotated[int, LIMIT] = 100
    after: Annotated[
        str,
        AfterValidator(_mark),
        Field(description="Only what comes after this revision, `17`, or this change of one, `17.3`.", examples=["0"]),
    ] = "0"
    collection: Annotated[
        OneOf[CollectionName],
        Field(description="Only changes of records of these collections.", examples=[["figures"]]),
    ] = None


@lru_cache(maxsize=16)
def _feed(tier: Access, within: bool, dialect: Dialect) -> Statement:  # noqa: FBT001
    """The changes a tier is told of, within one revision from a place on, or of the revisions after one."""
    first = bindparam("first", type_=NUMBER)
    where = CHANGES.c.revision == first if within else CHANGES.c.revision > first
    columns = ("revision", "collection", "record_id", "slug", "action", "before", "after", "merged_into")
    found = (
        select(
            *(CHANGES.c[name] for name in columns), REVISIONS.c.recorded_at, REVISIONS.c.reason_code, REVISIONS.c.reason
        )
        .join(REVISIONS, REVISIONS.c.id == CHANGES.c.revision)
        .where(where, CHANGES.c.revision <= bindparam("revision", type_=NUMBER), _shown_to(tier))
        .order_by(CHANGES.c.revision, CHANGES.c.place)
        .limit(bindparam("limit", type_=NUMBER))
        .offset(bindparam("skipped", type_=NUMBER))
    )
    return compiled(found, dialect)


@lru_cache(maxsize=256)
def _written(collection: Collection, many: int, tier: Access, dialect: Dialect) -> Statement:
    """The records of some ids as some revisions between two left them."""
    rows = EVER(collection.rows)
    asked = [bindparam(f"key_{place}", type_=NUMBER) for place in range(many)]
    between = rows.c.revision.between(bindparam("low", type_=NUMBER), bindparam("high", type_=NUMBER))
    return compiled(select(rows.c.id, rows.c.revision, doc(rows, tier)).where(rows.c.id.in_(asked), between), dialect)


async def changes(request: Request) -> Response:
    """The record-level feed: a client that follows it from 0 ends with the records that the collections show."""
    path, (sent, asked) = request.url.path, asked_of(ChangeQuery, request)
    view = await view_of(request, asked)
    first, _, place = asked.after.partition(".")
    async with view.reader.snapshot(slow=True) as fetch:
        ((head, redacted),) = await fetch(moment_statement(view.reader.dialect), {})
        number = checked(view.revision, head)
        found, mark = await _following(fetch, view, (int(first), int(place or 0), bool(place)), number, asked)
        records = await _as_written(fetch, view, found)
    data = []
    for row in found:
        was, now = (access is not None and visible(access, view.tier) for access in (row["before"], row["after"]))
        opened = ChangeAction.create if now else ChangeAction.retract
        moved = row["before"] is not None and row["after"] is not None and was != now
        data.append(
            {
                "revision": row["revision"],
                "recorded_at": row["recorded_at"],
                "collection": row["collection"],
                "id": row["record_id"],
                "slug": row["slug"],
                "action": opened if moved else row["action"],
                "reason_code": row["reason_code"],
                "reason": row["reason"],
                "merged_into": row["merged_into"],
                "record": records.get((row["collection"], row["record_id"], row["revision"])) if now else None,
            }
        )
    # The feed goes on: its next address names no revision.
    loose = {name: value for name, value in sent.items() if name not in {"revision", "known_at"}}
    following = canonical(path, loose, after=mark)
    body = orjson.dumps({"data": data, "next": following, "revision": number})
    return respond(
        request, Answer(body, number, validator(number, number, redacted), pinned(path, sent, number), following)
    )


async def _following(
    fetch: Fetch, view: View, after: tuple[int, int, bool], number: int, asked: ChangeQuery
) -> tuple[list[dict[str, Any]], str]:
    """The changes after a mark, up to the limit, and the mark of where that leaves the reader.

    A change's place counts the changes of its revision that the tier is told of, whatever the collections asked for.
    """
    names = ("revision", "collection", "record_id", "slug", "action", "before", "after", "merged_into",
             "recorded_at", "reason_code", "reason")  # fmt: skip
    revision, place, within = after
    found: list[dict[str, Any]] = []
    while len(found) < asked.limit:
        statement = _feed(view.tier, within, view.reader.dialect)
        skipped = place if within else 0
        values = {"first": revision, "revision": number, "limit": asked.limit, "skipped": skipped}
        rows = await fetch(statement, values)
        for row in rows:
            change = dict(zip(names, row, strict=True))
            place = place + 1 if change["revision"] == revision and within else 1
            revision, within = change["revision"], True
            if asked.collection is None or change["collection"] in asked.collection:
                found.append(change)
                if len(found) == asked.limit:
                    break
        if not rows:
            if not within:
                break
            within, place = False, 0
    return found, f"{revision}.{place}" if within else str(max(revision, number))


async def _as_written(fetch: Fetch, view: View, found: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int, int], Any]:
    """The wire forms that some changes made, by collection, id and revision."""
    ids: dict[str, set[int]] = defaultdict(set)
    for change in found:
        ids[change["collection"]].add(change["record_id"])
    records: dict[tuple[str, int, int], Any] = {}
    for name, several in ids.items():
        asked = sorted(several)
        many = 1 << (len(asked) - 1).bit_length()
        values: Values = {f"key_{place}": asked[min(place, len(asked) - 1)] for place in range(many)}
        values |= {"low": found[0]["revision"], "high": found[-1]["revision"]}
        statement = _written(COLLECTIONS[name], many, view.tier, view.reader.dialect)
        for number, revision, text in await fetch(statement, values):
            records[name, number, revision] = orjson.Fragment(text)
    return records


get(
    routes, "/changes", changes, name="list_changes", summary="Follow the changes", model=ChangePage,
    query=ChangeQuery, problems=(BadInput, TooSlow),
)  # fmt: skip
