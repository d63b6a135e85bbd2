"""A page of a list: filters, one statement, stored JSON joined into the answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import orjson

from app.catalogue.collections import NOUNS
from app.database.readers import Rows, Values
from app.errors import BadInput, Fault
from app.estimates.dates import parse_partial_date
from app.reading.addresses import pinned
from app.reading.answer import Answer
from app.reading.cursor import Cursor, cursor_of, filters_text, not_of_this_list
from app.reading.includes import bring
from app.reading.missing import present, unknown
from app.reading.parameters import asked_in
from app.reading.statements import (
    FEW,
    Plan,
    changed_statement,
    count_statement,
    given_name,
    head_statement,
    key_types,
    page_statement,
    recorded_statement,
    records_statement,
    state_statement,
)
from app.reading.view import View, checked, moved, validator
from app.records.filters import Named
from app.records.keys import storable
from app.records.listing import Listing
from app.records.near import Near
from app.records.parameters import ListQuery


def in_order(asked: Any) -> None:
    """Raise when a window ends before it begins: it would hold nothing, whatever the register holds."""
    begins, ends = getattr(asked, "from_", None), getattr(asked, "to", None)
    if begins is None or ends is None:
        return
    if parse_partial_date(begins, today=date.max).start > parse_partial_date(ends, today=date.max).end:
        raise BadInput.of([Fault("from lies after to", parameter="from")])


class Wish(NamedTuple):
    """What is asked of a list: the parameters as sent and as checked, of which moment, and from where on."""

    sent: Mapping[str, Any]
    asked: Any
    view: View
    bound: str
    """What a cursor of it is bound to."""
    cursor: Cursor | None


async def wished(
    listing: Listing, view: View, path: str, raw: bytes, query: type[ListQuery], facility: str | None
) -> Wish:
    """What a query string asks of a list; the path may give the facility. Raises `BadInput`, `NoSuchMoment`."""
    asked: Any
    sent, asked = asked_in(query, raw)
    in_order(asked)
    if facility is not None:
        asked = _at(facility, sent, asked)
    view = await moved(view, asked)
    bound = filters_text(path, sent)
    cursor = cursor_of(asked.cursor, bound) if asked.cursor is not None else None
    if cursor is not None:
        if view.revision not in {None, cursor.revision}:
            raise BadInput.of([Fault("the cursor belongs to another revision", parameter="revision")])
        view = view._replace(revision=cursor.revision)
    if listing.latest is not None and asked.latest_per and asked.as_of is None:
        view, day = await _today(view)
        asked = asked.model_copy(update={"as_of": day})
    return Wish(sent, asked, view, bound, cursor)


async def page(
    listing: Listing, view: View, path: str, raw: bytes, query: type[ListQuery], *, facility: str | None = None
) -> Answer:
    """The page of a list that a query string asks for; the path may give the facility."""
    wish = await wished(listing, view, path, raw, query, facility)
    sent, asked, view, bound, cursor = wish
    of_json(asked)
    plan, values, found = await _found(listing, view, asked, cursor)
    number = checked(view.revision, found.head)
    if found.known < plan.names(listing):
        raise await misnamed(listing, view, plan, values, facility)
    docs = [row[3] for row in found.rows[: asked.limit]]
    following = None
    if len(found.rows) > asked.limit:
        last = Cursor(number, tuple(found.rows[asked.limit - 1][4:])).text(bound)
        following = pinned(path, sent, number, cursor=last)
    if asked.fields is not None:
        docs = [trimmed(doc, asked.fields) for doc in docs]
    body = b'{"data":[%b],"next":%b,"revision":%d' % (b",".join(docs), orjson.dumps(following), number)
    body += b',"count":%d' % found.count if found.count is not None else b""
    body += b',"included":%b' % found.included if found.included is not None else b""
    return Answer(body + b"}", number, validator(number, number, found.redacted), pinned(path, sent, number), following)


async def misnamed(listing: Listing, view: View, plan: Plan, values: Values, facility: str | None) -> BadInput:
    """What to raise for a filter that names no record; raises itself where the path does."""
    if facility is not None:
        await present(view, NOUNS["facility"], facility)
    return BadInput.of(await _unknown(listing, view, plan, values))


def of_json(asked: Any) -> None:
    """Raise for what only other formats take."""
    if asked.bom:
        raise BadInput.of([Fault("bom belongs to format=csv", parameter="bom")])


def _at(facility: str, sent: Mapping[str, Any], asked: Any) -> Any:
    """The query, narrowed to the facility that the path names."""
    for name in {"facility", "within"} & sent.keys():
        raise BadInput.of([Fault("the path names the facility already", parameter=name)])
    return asked.model_copy(update={"within" if asked.subtree else "facility": [storable(facility)]})


def planned(listing: Listing, view: View, asked: Any, cursor: Cursor | None) -> tuple[Plan, Values]:
    """What the statement of a page depends on, and the values it takes."""
    given_filters = [
        (name, condition, value)
        for name, condition in listing.conditions.items()
        if (value := getattr(asked, name)) is not None
    ]
    terms = {name: [_plain(term) for term in condition.terms(value)] for name, condition, value in given_filters}
    latest = listing.latest is not None and asked.as_of is not None
    plan = Plan(
        at=view.at,
        tier=view.tier,
        filters=tuple(
            (name, condition.variant(value), tuple(type(term) for term in terms[name]))
            for name, condition, value in given_filters
        ),
        order=tuple(
            (listing.sorts[key.removeprefix("-")], key.startswith("-")) for key in asked.sort or [listing.default]
        ),
        cursor=cursor is not None,
        latest=(asked.latest_per or "group") if latest else None,
    )
    values: Values = {
        given_name(name, place): term for name, listed in terms.items() for place, term in enumerate(listed)
    }
    values |= {"revision": view.revision, "limit": asked.limit + 1}
    if latest:
        values["as_of"] = parse_partial_date(asked.as_of, today=date.max).end
    if cursor is not None:
        values |= _cursor_values(listing, plan, cursor)
    return plan, values


def _cursor_values(listing: Listing, plan: Plan, cursor: Cursor) -> Values:
    """The keys of a cursor as the statement takes them; raises `BadInput` for keys that no page ends with."""
    values: Values = {}
    types = key_types(listing, plan.order)
    try:
        for number, (kind, value) in enumerate(zip(types, cursor.keys, strict=True)):
            values[f"key_{number}"] = date.fromisoformat(value) if kind is date else value
    except (ValueError, TypeError):
        raise not_of_this_list() from None
    if any(type(value) is not kind for kind, value in zip(types, values.values(), strict=True)):
        raise not_of_this_list()
    return values


def _plain(term: Any) -> Any:
    return str(term) if isinstance(term, str) else term


@dataclass(slots=True)
class _Found:
    """What a page's statements brought."""

    rows: Rows
    head: int
    redacted: int
    known: int
    count: int | None = None
    included: bytes | None = None


async def _found(listing: Listing, view: View, asked: Any, cursor: Cursor | None) -> tuple[Plan, Values, _Found]:
    """What a page's statements brought, and what they were: those of the present where the revision is the newest."""
    reader = view.reader
    if view.revision is not None and view.revision == reader.newest:
        present = View(reader, view.tier, None)
        plan, values = planned(listing, present, asked, cursor)
        found = await _fetched(listing, present, plan, values, asked)
        if found.head == view.revision:
            return plan, values, found
    elif view.revision is not None and reader.takes_hints:
        ((changed,),) = await reader.fetch(changed_statement(), {"revision": view.revision})
        view = view._replace(near=changed <= FEW)
    plan, values = planned(listing, view, asked, cursor)
    found = await _fetched(listing, view, plan, values, asked)
    reader.newest = found.head
    return plan, values, found


async def _fetched(listing: Listing, view: View, plan: Plan, values: Values, asked: Any) -> _Found:
    """One statement; more, of one state, for an empty page or one that counts or brings others."""
    reader = view.reader
    statement = page_statement(listing, plan)
    slow = plan.latest is not None or asked.count is not None
    if asked.include is None and asked.count is None:
        rows = await reader.fetch(statement, values, slow=slow)
        if rows:
            return _Found(rows, *rows[0][:3])
    async with reader.snapshot(slow=slow) as fetch:
        rows = await fetch(statement, values)
        (state,) = [rows[0][:3]] if rows else await fetch(state_statement(listing, plan), values)
        found = _Found(rows, *state)
        if asked.count is not None:
            ((found.count,),) = await fetch(count_statement(listing, plan), values)
        if asked.include is not None:
            docs = [row[3] for row in rows[: asked.limit]]
            found.included = await bring(listing, docs, asked.include, view, fetch)
    return found


async def _today(view: View) -> tuple[View, str]:
    """The day of the answered revision: what `as_of` is when a client does not say."""
    rows = await view.reader.fetch(recorded_statement(), {"revision": view.revision})
    if not rows:
        ((head,),) = await view.reader.fetch(head_statement(), {})
        # The empty register has no day, and on any day it holds nothing.
        return view._replace(revision=checked(view.revision, head)), date.max.isoformat()
    ((number, recorded_at),) = rows
    return view._replace(revision=number), recorded_at[:10]


async def _unknown(listing: Listing, view: View, plan: Plan, values: Values) -> list[Fault]:
    """Which names in the filters are of no record that the reader may see."""
    faults, near = [], Near()
    for name, _, types in plan.filters:
        condition = listing.conditions[name]
        for number in range(len(types) if isinstance(condition, Named) else 0):
            key = values[given_name(name, number)]
            collection = NOUNS[condition.noun]  # type: ignore[attr-defined]
            by = "id" if isinstance(key, int) else "slug"
            statement = records_statement(collection, by, 1, view.at, view.tier)
            if not await view.reader.fetch(statement, {"key_0": key, "revision": view.revision}):
                told = await unknown(view, collection, str(key), near)
                faults.append(Fault(told, parameter=listing.query.model_fields[name].alias or name))
    return faults


def trimmed(doc: bytes, fields: Iterable[str]) -> bytes:
    """A wire form cut down to some fields, in their usual order."""
    wanted = set(fields)
    return orjson.dumps({name: value for name, value in orjson.loads(doc).items() if name in wanted})
