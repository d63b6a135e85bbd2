"""The feed of changes that mirrors follow."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Select, bindparam, select

from app.catalogue.collections import COLLECTIONS, CollectionName
from app.database.readers import Fetch
from app.database.types import NUMBER
from app.errors import BadInput, Fault
from app.history.access import visible
from app.history.codes import Access, ChangeAction, ReasonCode
from app.history.past import EVER
from app.history.tables import CHANGES, REVISIONS
from app.reading.addresses import canonical, permalink
from app.reading.answer import Answer
from app.reading.parameters import parse_query
from app.reading.revisions import LIMIT, shown_to
from app.reading.statements import before_statement, doc, key_values, moment_statement
from app.reading.view import View, answered_revision, check_revision, moment, validator, view_at
from app.records.collection import Collection
from app.records.filters import OneOf
from app.records.parameters import Query


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
    since: Annotated[
        str | None,
        Field(
            description="Only what was recorded at that moment or later, UTC unless it says otherwise; a date is its "
            "first moment. In the place of `after`.",
            examples=["2022-01-25"],
            max_length=40,
        ),
    ] = None
    collection: Annotated[
        OneOf[CollectionName],
        Field(description="Only changes of records of these collections.", examples=[["figures"]]),
    ] = None


@lru_cache(maxsize=16)
def _feed(tier: Access, within: bool) -> Select[Any]:  # noqa: FBT001
    """The changes that show to a tier, within one revision from a place on, or of the revisions after one."""
    first = bindparam("first", type_=NUMBER)
    where = CHANGES.c.revision == first if within else CHANGES.c.revision > first
    columns = ("revision", "collection", "record_id", "slug", "action", "before", "after", "merged_into")
    return (
        select(
            *(CHANGES.c[name] for name in columns), REVISIONS.c.recorded_at, REVISIONS.c.reason_code, REVISIONS.c.reason
        )
        .join(REVISIONS, REVISIONS.c.id == CHANGES.c.revision)
        .where(where, CHANGES.c.revision <= bindparam("revision", type_=NUMBER), shown_to(tier))
        .order_by(CHANGES.c.revision, CHANGES.c.place)
        .limit(bindparam("limit", type_=NUMBER))
        .offset(bindparam("skipped", type_=NUMBER))
    )


@lru_cache(maxsize=256)
def _written(collection: Collection, many: int, tier: Access) -> Select[Any]:
    """The records of some ids as some revisions between two left them."""
    rows = EVER(collection.rows)
    keys = [bindparam(f"key_{place}", type_=NUMBER) for place in range(many)]
    between = rows.c.revision.between(bindparam("low", type_=NUMBER), bindparam("high", type_=NUMBER))
    return select(rows.c.id, rows.c.revision, doc(rows, tier)).where(rows.c.id.in_(keys), between)


async def changes(view: View, path: str, query_string: bytes) -> Answer:
    """The record-level feed: a client that follows it from 0 ends with the records that the collections show."""
    parameters, query = parse_query(ChangeQuery, query_string)
    if {"after", "since"} <= parameters.keys():
        raise BadInput.of([Fault("give after or since, not both", parameter="since")])
    view = await view_at(view, query)
    first, _, place = query.after.partition(".")
    async with view.reader.snapshot(slow=True) as fetch:
        ((head, redacted),) = await fetch(moment_statement(), {})
        if query.since is not None:
            ((first,),) = await fetch(before_statement(), {"moment": moment(query.since, "since")})
        number = answered_revision(view.revision, head)
        check_revision(int(first), head, parameter="after")
        found, mark = await _following(fetch, view, (int(first), int(place or 0), bool(place)), number, query)
        records = await _as_written(fetch, view, found)
    data = []
    for row in found:
        was, now = (access is not None and visible(access, view.tier) for access in (row["before"], row["after"]))
        opened = ChangeAction.create if now else ChangeAction.retract
        changed_tier = row["before"] is not None and row["after"] is not None and was != now
        data.append(
            {
                "revision": row["revision"],
                "recorded_at": row["recorded_at"],
                "collection": row["collection"],
                "id": row["record_id"],
                "slug": row["slug"],
                "action": opened if changed_tier else row["action"],
                "reason_code": row["reason_code"],
                "reason": row["reason"],
                "merged_into": row["merged_into"],
                "record": records.get((row["collection"], row["record_id"], row["revision"])) if now else None,
            }
        )
    # The feed goes on: its next address names no revision.
    loose = {name: value for name, value in parameters.items() if name not in {"revision", "known_at", "since"}}
    following = canonical(path, loose, after=mark)
    body = orjson.dumps({"data": data, "next": following, "revision": number})
    own = permalink(path, parameters, number)
    return Answer(body, number, validator(number, number, redacted), own, following, rows=len(data))


async def _following(
    fetch: Fetch, view: View, after: tuple[int, int, bool], number: int, query: ChangeQuery
) -> tuple[list[dict[str, Any]], str]:
    """The changes after a mark, up to the limit, and the mark of where that leaves the reader.

    A change's place counts the changes of its revision that show to the tier, whatever the collections asked for.
    """
    names = ("revision", "collection", "record_id", "slug", "action", "before", "after", "merged_into",
             "recorded_at", "reason_code", "reason")  # fmt: skip
    revision, place, within = after
    found: list[dict[str, Any]] = []
    while len(found) < query.limit:
        statement = _feed(view.tier, within)
        skipped = place if within else 0
        values = {"first": revision, "revision": number, "limit": query.limit, "skipped": skipped}
        rows = await fetch(statement, values)
        for row in rows:
            change = dict(zip(names, row, strict=True))
            place = place + 1 if change["revision"] == revision and within else 1
            revision, within = change["revision"], True
            if query.collection is None or change["collection"] in query.collection:
                found.append(change)
                if len(found) == query.limit:
                    break
        if not rows:
            if not within:
                break
            within, place = False, 0
    return found, f"{revision}.{place}" if within else str(max(revision, number))


async def _as_written(fetch: Fetch, view: View, found: Sequence[Mapping[str, Any]]) -> dict[tuple[str, int, int], Any]:
    """The stored JSON that some changes left, by collection, id and revision."""
    ids: dict[str, set[int]] = defaultdict(set)
    for change in found:
        ids[change["collection"]].add(change["record_id"])
    records: dict[tuple[str, int, int], Any] = {}
    for name, several in ids.items():
        keys = key_values(several)
        values = keys | {"low": found[0]["revision"], "high": found[-1]["revision"]}
        statement = _written(COLLECTIONS[name], len(keys), view.tier)
        for number, revision, text in await fetch(statement, values):
            records[name, number, revision] = orjson.Fragment(text)
    return records
