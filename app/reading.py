"""Reading, for every collection alike: filters -> one statement -> stored wire forms joined into the answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cached_property, lru_cache, reduce
from operator import add
from typing import Any, NoReturn

import orjson
from fastapi import Request
from pydantic import BaseModel, Field, create_model
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Dialect,
    FromClause,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlmodel import SQLModel

from app.answers import Answer, tier_of
from app.codes import Access
from app.dates import parse_partial_date
from app.db import Fetch, Reader, Rows, Statement, Values, compiled
from app.errors import BadInput, Fault, Hidden, NoSuchMoment, NotFound
from app.filters import Condition, InList, Named, NamedInList, Scope
from app.history import NEVER_WRITTEN, PRESENT, At, Register, Revision
from app.paging import (
    Cursor,
    ListQuery,
    Query,
    conditions,
    cursor_of,
    filters_text,
    given,
    listing_query,
    pinned,
    read,
    record_query,
)
from app.records import TIERS, Collection, visible

TYPES = {int: BigInteger(), str: String(), date: Date()}
LONGEST_NEAR = 20_000
"""How many slugs a misspelt one is compared with."""
MOST_INCLUDED = 1000
"""How many records of one kind `include` brings."""


@dataclass(frozen=True)
class Latest:
    """Of each subject, the statements whose day range ends latest on or before `as_of`; what ties is all shown."""

    subject: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Listing:
    """How a collection is read: its filters, its orders, what may be included, and what its latest statements are."""

    collection: Collection
    filters: type[ListQuery]
    sorts: Mapping[str, str]
    """What a client may sort by, and the column it is."""
    default: str
    latest: Latest | None = None
    holds: Mapping[str, str] = field(default_factory=dict)
    """Collections whose records name this one's: `include` brings those too. The field that names it."""
    @cached_property
    def includes(self) -> tuple[str, ...]:
        """The collections that records of this one mention."""
        nouns = set(self.collection.references.values())
        for named in self.collection.part_references.values():
            nouns |= set(named.values())
        for embedded in self.collection.embedded.values():
            inner = Collection.known[embedded.collection]
            nouns |= set(inner.references.values()) if embedded.whole else {embedded.collection}
        mentioned = [Collection.known[noun].name for noun in Collection.known if noun in nouns]
        return (*mentioned, *(name for name in self.holds if name not in mentioned))

    @cached_property
    def query(self) -> type[ListQuery]:
        """The query parameters of the list."""
        return listing_query(
            self.filters,
            self.collection.table.__name__,
            body=self.collection.body,
            fields=self.collection.fields,
            sorts=tuple(self.sorts),
            includes=self.includes,
        )

    @cached_property
    def record_query(self) -> type[Query]:
        """The query parameters of one record."""
        return record_query(self.collection.table.__name__, fields=self.collection.fields, includes=self.includes)

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """The filters, by parameter."""
        return conditions(self.query)

    @cached_property
    def page(self) -> type[BaseModel]:
        """The shape of a page."""
        name = self.collection.table.__name__
        following = Field(description="The address of the next page, relative; null on the last.", examples=[None])
        counted = Field(default=None, description="How many records the filters hold in all, when `count=exact` asks.")
        return create_model(
            f"{name}Page",
            __doc__=f"A page of {self.collection.name}.",
            data=(list[self.collection.shown], Field(description="The records.")),  # type: ignore[name-defined]
            next=(str | None, following),
            revision=(int, Field(description="The revision the page was answered from.", examples=[1])),
            count=(int | None, counted),
            included=(Included | None, Field(default=None, description="What `include` asked for.")),
        )

    @cached_property
    def single(self) -> type[BaseModel]:
        """The shape of one record, with what `include` brings."""
        shown = self.collection.shown
        brought = (Included | None, Field(default=None, description="What `include` asked for."))
        return create_model(f"{shown.__name__}Record", __base__=shown, included=brought)


class Included(BaseModel):
    """Records mentioned in the answer, by collection and slug, each once, at the same revision."""

    model_config = {"extra": "allow"}


# --- moments -----------------------------------------------------------------------------------------------------

HEAD = select(Register.revision)  # type: ignore[call-overload]


async def asked_revision(reader: Reader, query: Query) -> int | None:
    """The revision asked for, or none for the present; `known_at` is looked up."""
    if query.known_at is None:
        return query.revision
    if query.revision is not None:
        raise BadInput.of([Fault("give revision or known_at, not both", parameter="known_at")])
    ((found, first),) = await reader.fetch(_known_at(reader.dialect), {"moment": _utc(query.known_at)})
    if found is None:
        told = f"the first was recorded at {first}" if first else "none has been recorded"
        raise NoSuchMoment(f"The register had no revision then: {told}.", [Fault(told, parameter="known_at")])
    return int(found)


@lru_cache
def _known_at(dialect: Dialect) -> Statement:
    last = select(func.max(Revision.id)).where(Revision.recorded_at <= bindparam("moment", type_=String()))  # type: ignore[arg-type]
    first = select(func.min(Revision.recorded_at))
    return compiled(select(last.scalar_subquery(), first.scalar_subquery()), dialect)


def _utc(text: str) -> str:
    """A moment in the spelling of `recorded_at`; raises `BadInput` for what is none, or lies ahead."""
    try:
        # A plus sign in a query string arrives as a space.
        asked = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        told = "known_at is a date or a moment such as 2022-01-25T00:00:00Z"
        raise BadInput.of([Fault(told, parameter="known_at")]) from None
    asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    if asked > datetime.now(UTC):
        told = "known_at lies ahead; nobody knows yet what the register will hold"
        raise NoSuchMoment(told, [Fault(told, parameter="known_at")])
    return asked.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def checked(asked: int | None, head: int) -> int:
    """The revision answered from; raises when the register has not been there."""
    if head == 0:
        raise NoSuchMoment(NEVER_WRITTEN)
    if asked is not None and asked > head:
        told = f"revision {asked} has not been made; the newest is {head}"
        raise NoSuchMoment(told, [Fault(told, parameter="revision")])
    return asked or head


# --- statements --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """All that the text of a statement depends on."""

    past: bool
    tier: Access
    filters: tuple[tuple[str, Any, tuple[type, ...]], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    cursor: bool = False
    latest: str | None = None


def seen(rows: FromClause, tier: Access) -> list[ColumnElement[bool]]:
    """The condition under which a tier may see rows."""
    allowed = {Access.public: rows.c.access == "public", Access.partner: rows.c.access != "restricted"}
    return [allowed[tier]] if tier in allowed else []


def doc(rows: FromClause, tier: Access) -> ColumnElement[str]:
    """The wire form as the tier sees it."""
    forms = [rows.c.doc_restricted, rows.c.doc_partner, rows.c.doc][2 - TIERS.index(tier) :]
    return func.coalesce(*forms) if len(forms) > 1 else forms[0]


def _selected(listing: "Listing", plan: Plan) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The rows of a list, and the conditions on them."""
    at = At(plan.past)
    rows = at(listing.collection.rows)
    where = [*at.holds(rows), *seen(rows, plan.tier)]
    scope, entries = Scope(at, rows), defaultdict(list)
    lists: dict[type[SQLModel], FromClause] = {}
    for name, variant, types in plan.filters:
        condition, binds = listing.conditions[name], _binds(name, types)
        if isinstance(condition, InList | NamedInList):
            part = lists.setdefault(condition.part, at(condition.part))
            entries[condition.part].append(condition.entry(part, name, binds, scope, variant))
        else:
            where.append(condition.where(scope, name, binds, variant))
    for kind, conditions_on_entry in entries.items():
        owners = select(lists[kind].c.owner_id).where(*conditions_on_entry, *at.holds(lists[kind]))
        where.append(rows.c.id.in_(owners))
    if plan.latest is None or listing.latest is None:
        return rows, where
    each = {"originator": [rows.c.originator], "source": [rows.c.source]}.get(plan.latest, [])
    place = func.rank().over(
        partition_by=[*(rows.c[name] for name in listing.latest.subject), *each], order_by=rows.c.as_of_end.desc()
    )
    where.append(rows.c.as_of_end <= bindparam("as_of", type_=Date()))
    ranked = select(*rows.c, place.label("place")).where(*where).subquery()
    return ranked, [ranked.c.place == 1]


def _binds(name: str, types: tuple[type, ...]) -> list[BindParameter[Any]]:
    return [bindparam(f"{name}_{number}", type_=TYPES[kind]) for number, kind in enumerate(types)]


def nullable(column: ColumnElement[Any]) -> bool:
    """Whether a column can hold null; those of a subquery say it of the column they come from."""
    return any(getattr(base, "nullable", False) for base in column.base_columns)


def _keys(rows: FromClause, order: tuple[tuple[str, bool], ...]) -> list[tuple[ColumnElement[Any], bool]]:
    """What a page is ordered by, each with whether it descends: nulls come last, and the id settles ties."""
    keys: list[tuple[ColumnElement[Any], bool]] = []
    for name, descending in order:
        column = rows.c[name]
        if nullable(column):
            keys.append((case((column.is_(None), 1), else_=0), False))
            column = func.coalesce(column, literal(date.min if isinstance(column.type, Date) else ""))
        keys.append((column, descending))
    return [*keys, (rows.c.id, order[0][1])] if order[0][0] != "id" else keys


def _beyond(keys: Sequence[tuple[ColumnElement[Any], bool]]) -> ColumnElement[bool]:
    """What comes after the record that the cursor names."""
    asked = [bindparam(f"key_{number}", type_=key.type) for number, (key, _) in enumerate(keys)]
    if len({descending for _, descending in keys}) == 1:
        mine, other = tuple_(*(key for key, _ in keys)), tuple_(*asked)
        return mine < other if keys[0][1] else mine > other
    sides = []
    for number, (key, descending) in enumerate(keys):
        equal = [before == asked[place] for place, (before, _) in enumerate(keys[:number])]
        sides.append(and_(*equal, key < asked[number] if descending else key > asked[number]))
    return or_(*sides)


@lru_cache(maxsize=2048)
def page_statement(listing: "Listing", plan: Plan, dialect: Dialect) -> Statement:
    """A page: the register's revision, how many of the names in the filters are known, the wire form, the sort keys."""
    rows, where = _selected(listing, plan)
    keys = _keys(rows, plan.order)
    if plan.cursor:
        where.append(_beyond(keys))
    statement = (
        select(HEAD.scalar_subquery(), _known(listing, plan), doc(rows, plan.tier), *(key for key, _ in keys))
        .where(*where)
        .order_by(*(key.desc() if descending else key for key, descending in keys))
        .limit(bindparam("limit", type_=BigInteger()))
    )
    return compiled(statement, dialect)


@lru_cache(maxsize=1024)
def count_statement(listing: "Listing", plan: Plan, dialect: Dialect) -> Statement:
    """How many records the filters hold."""
    rows, where = _selected(listing, plan)
    return compiled(select(func.count()).select_from(rows).where(*where), dialect)


@lru_cache(maxsize=1024)
def state_statement(listing: "Listing", plan: Plan, dialect: Dialect) -> Statement:
    """What a page without rows does not tell: the revision, and how many of the names are known."""
    return compiled(select(HEAD.scalar_subquery(), _known(listing, plan)), dialect)


def _known(listing: "Listing", plan: Plan) -> ColumnElement[int]:
    """How many of the names in the filters are names of records that the tier may see."""
    at = At(plan.past)
    counts = [literal(0)]
    for name, variant, types in plan.filters:
        condition = listing.conditions[name]
        if isinstance(condition, Named):
            rows = at(Collection.known[condition.noun].rows)
            mine = [
                (rows.c.id if kind is int else rows.c.slug) == bind
                for bind, kind in zip(_binds(name, types), types, strict=True)
            ]
            if mine:
                known = select(func.count()).select_from(rows).where(or_(*mine), *at.holds(rows), *seen(rows, plan.tier))
                counts.append(known.scalar_subquery())
    return reduce(add, counts)


@lru_cache(maxsize=1024)
def record_statement(collection: Collection, by: str, past: bool, tier: Access, dialect: Dialect) -> Statement:
    """One record: the register's revision, who may see it, the revision of its shown form, the wire form."""
    at = At(past)
    rows = at(collection.rows)
    key = bindparam("key", type_=rows.c[by].type)
    found = select(HEAD.scalar_subquery(), rows.c.access, rows.c.revision, doc(rows, tier))
    return compiled(found.where(rows.c[by] == key, *at.holds(rows)), dialect)


@lru_cache(maxsize=1024)
def records_statement(collection: Collection, by: str, many: int, past: bool, tier: Access, dialect: Dialect) -> Statement:
    """The records whose `by` is among so many values: their key, and their wire form."""
    at = At(past)
    rows = at(collection.rows)
    asked = [bindparam(f"key_{number}", type_=rows.c[by].type) for number in range(many)]
    key = rows.c.slug if collection.named else rows.c.id
    found = select(key, doc(rows, tier)).where(rows.c[by].in_(asked), *at.holds(rows), *seen(rows, tier))
    return compiled(found.order_by(key).limit(MOST_INCLUDED + 1), dialect)


@lru_cache(maxsize=256)
def slugs_statement(collection: Collection, past: bool, tier: Access, dialect: Dialect) -> Statement:
    """Slugs to compare a misspelt one with."""
    at = At(past)
    rows = at(collection.rows)
    found = select(rows.c.slug).where(*at.holds(rows), *seen(rows, tier)).limit(LONGEST_NEAR)
    return compiled(found, dialect)


# --- answers -----------------------------------------------------------------------------------------------------


async def page(
    listing: "Listing", request: Request, query: type[ListQuery], *, facility: str | None = None
) -> Answer:
    """The page of a list that a request asks for; the path may give the facility."""
    reader: Reader = request.app.state.reader
    path, sent = request.url.path, given(query, request)
    asked = read(query, sent)
    if facility is not None:
        for name in {"facility", "within"} & sent.keys():
            raise BadInput.of([Fault("the path names the facility already", parameter=name)])
        asked = asked.model_copy(update={"within" if asked.subtree else "facility": [facility]})
    bound = filters_text(path, sent)
    cursor = cursor_of(asked.cursor, bound) if asked.cursor else None
    number = await asked_revision(reader, asked)
    if cursor is not None:
        if number not in {None, cursor.revision}:
            raise BadInput.of([Fault("the cursor belongs to another revision", parameter="revision")])
        number = cursor.revision
    if listing.latest is not None and getattr(asked, "latest_per", None) and asked.as_of is None:
        number, asked.as_of = await _today(reader, number)

    terms = {name: condition.terms(value) for name, condition, value in _filters(listing, asked)}
    plan = Plan(
        past=number is not None,
        tier=tier_of(request),
        filters=tuple(
            (name, condition.variant(value), tuple(_kind(term) for term in terms[name]))
            for name, condition, value in _filters(listing, asked)
        ),
        order=tuple(
            (listing.sorts[key.removeprefix("-")], key.startswith("-")) for key in asked.sort or [listing.default]
        ),
        cursor=cursor is not None,
        latest=(asked.latest_per or "group") if listing.latest is not None and asked.as_of is not None else None,
    )
    values: Values = {
        f"{name}_{place}": str(term) if isinstance(term, str) else term
        for name, listed in terms.items()
        for place, term in enumerate(listed)
    }
    values |= {"revision": number, "limit": asked.limit + 1}
    if plan.latest is not None:
        values["as_of"] = parse_partial_date(asked.as_of, today=date.max).end
    if cursor is not None:
        values |= _cursor_values(listing, plan, cursor)
    slow = plan.latest is not None or asked.count is not None
    return await _page(listing, reader, plan, values, asked, slow, (path, sent, bound), facility)


async def _page(
    listing: "Listing",
    reader: Reader,
    plan: Plan,
    values: Values,
    asked: Any,
    slow: bool,
    address: tuple[str, dict[str, Any], str],
    facility: str | None,
) -> Answer:
    path, sent, bound = address
    statement = page_statement(listing, plan, reader.dialect)
    several_statements = asked.include is not None or asked.count is not None
    rows: Rows = () if several_statements else await reader.fetch(statement, values, slow=slow)
    counted: int | None = None
    included: bytes | None = None
    if rows:
        head, known = rows[0][0], rows[0][1]
    else:
        # An empty page, or one that brings others: the revision and what is read belong to one state.
        async with reader.snapshot(slow=slow) as fetch:
            rows = await fetch(statement, values)
            ((head, known),) = await fetch(state_statement(listing, plan, reader.dialect), values)
            if asked.count is not None:
                ((counted,),) = await fetch(count_statement(listing, plan, reader.dialect), values)
            if asked.include is not None and rows:
                shown = [row[2] for row in rows[: asked.limit]]
                included = await bring(listing, shown, asked.include, plan, values, fetch, reader.dialect)
    number = checked(values["revision"], head)
    if known < sum(len(plan_types) for name, _, plan_types in plan.filters if isinstance(listing.conditions[name], Named)):
        if facility is not None:
            await present(reader, Collection.known["facility"], facility, values["revision"], plan.tier)
        raise BadInput.of(await _unknown(listing, reader, plan, values))

    following = None
    if len(rows) > asked.limit:
        last = Cursor(number, tuple(rows[asked.limit - 1][3:])).text(bound)
        following = pinned(path, sent, number, cursor=last)
        rows = rows[: asked.limit]
    docs = [row[2] for row in rows]
    if asked.fields is not None:
        docs = [trimmed(doc, asked.fields) for doc in docs]
    body = f'{{"data":[{",".join(docs)}],"next":{orjson.dumps(following).decode()},"revision":{number}'
    body += f',"count":{counted}' if counted is not None else ""
    tail = b"" if asked.include is None else b',"included":' + (included or b"{}")
    return Answer(body.encode() + tail + b"}", number, number, pinned(path, sent, number), following)


def _filters(listing: "Listing", asked: Any) -> list[tuple[str, Condition, Any]]:
    """The filters given, each with its value; in the order of the query class."""
    return [
        (name, condition, value)
        for name, condition in listing.conditions.items()
        if (value := getattr(asked, name)) is not None
    ]


def _kind(term: Any) -> type:
    return str if isinstance(term, str) else type(term)


def _cursor_values(listing: "Listing", plan: Plan, cursor: Cursor) -> Values:
    keys = _keys(PRESENT(listing.collection.rows), plan.order)
    if len(keys) != len(cursor.keys):
        raise BadInput.of([Fault("the cursor is not one of this list", parameter="cursor")])
    return {
        f"key_{number}": date.fromisoformat(value) if isinstance(key.type, Date) else value
        for number, ((key, _), value) in enumerate(zip(keys, cursor.keys, strict=True))
    }


async def _today(reader: Reader, number: int | None) -> tuple[int, str]:
    """The day of the answered revision: what `as_of` is when a client does not say."""
    statement = select(Revision.id, Revision.recorded_at)  # type: ignore[call-overload]
    statement = statement.where(Revision.id == bindparam("revision", type_=BigInteger())) if number else statement.order_by(
        Revision.id.desc()  # type: ignore[union-attr]
    ).limit(1)
    rows = await reader.fetch(compiled(statement, reader.dialect), {"revision": number})
    if not rows:
        raise NoSuchMoment(NEVER_WRITTEN if number is None else f"revision {number} has not been made")
    return rows[0][0], rows[0][1][:10]


async def _unknown(listing: "Listing", reader: Reader, plan: Plan, values: Values) -> list[Fault]:
    """Which names in the filters are of no record that the reader may see."""
    faults = []
    for name, _, types in plan.filters:
        condition = listing.conditions[name]
        if not isinstance(condition, Named):
            continue
        collection = Collection.known[condition.noun]
        for number, kind in enumerate(types):
            key = values[f"{name}_{number}"]
            by = "id" if kind is int else "slug"
            statement = records_statement(collection, by, 1, plan.past, plan.tier, reader.dialect)
            if not await reader.fetch(statement, {"key_0": key, "revision": values["revision"]}):
                told = await unknown(reader, collection, str(key), plan.past, plan.tier, values["revision"])
                faults.append(Fault(told, parameter=listing.query.model_fields[name].alias or name))
    return faults or [Fault("a name in the filters is of no record")]


async def unknown(
    reader: Reader, collection: Collection, key: str, past: bool, tier: Access, revision: int | None
) -> str:
    """The sentence for a slug of no record, naming up to three near ones."""
    statement = slugs_statement(collection, past, tier, reader.dialect)
    rows = await reader.fetch(statement, {"revision": revision}, slow=True)
    near = get_close_matches(key, [row[0] for row in rows], n=3)
    hint = f"; near ones: {', '.join(near)}" if near else ""
    return f"no {collection.noun} is called {key!r}{hint}"


def trimmed(doc: str, fields: Iterable[str]) -> str:
    """A wire form cut down to some fields, in their usual order."""
    wanted = set(fields)
    return orjson.dumps({name: value for name, value in orjson.loads(doc).items() if name in wanted}).decode()


# --- include -----------------------------------------------------------------------------------------------------


async def bring(
    listing: "Listing", docs: Sequence[str], kinds: Sequence[str], plan: Plan, values: Values, fetch: Fetch, dialect: Dialect
) -> bytes:
    """The records that some wire forms mention, by collection and slug, one statement for each kind."""
    records = [orjson.loads(doc) for doc in docs]
    mentioned: dict[str, set[str]] = defaultdict(set)
    for record in records:
        _mentions(listing.collection, record, mentioned)
    brought = []
    for name in listing.includes if "all" in kinds else [kind for kind in listing.includes if kind in kinds]:
        collection = next(one for one in Collection.known.values() if one.name == name)
        by, keys = "slug", mentioned[collection.noun]
        if name in listing.holds:
            by, keys = listing.holds[name], {record["slug"] for record in records}
        rows: Rows = ()
        if keys:
            asked = sorted(keys)
            # A power of two of parameters: few statements to keep, the last value repeated to fill it.
            many = 1 << (len(asked) - 1).bit_length()
            filled = asked + [asked[-1]] * (many - len(asked))
            statement = records_statement(collection, by, many, plan.past, plan.tier, dialect)
            rows = await fetch(statement, {f"key_{n}": key for n, key in enumerate(filled)} | {"revision": values["revision"]})
        if len(rows) > MOST_INCLUDED:
            told = f"more than {MOST_INCLUDED} {name} would come along; ask /v1/{name} for them, or for a smaller page"
            raise BadInput.of([Fault(told, parameter="include")])
        inner = ",".join(f"{orjson.dumps(str(key)).decode()}:{doc}" for key, doc in rows)
        brought.append(f'"{name}":{{{inner}}}')
    return f"{{{','.join(brought)}}}".encode()


def _mentions(collection: Collection, record: Mapping[str, Any], found: dict[str, set[str]]) -> None:
    """Collect the slugs that a wire form mentions, by noun."""
    for name, noun in collection.references.items():
        if record.get(name) is not None:
            found[noun].add(record[name])
    for name, nouns in collection.part_references.items():
        for entry in record.get(name, ()):
            for column, noun in nouns.items():
                slug = entry if isinstance(entry, str) else entry.get(column.removesuffix("_"))
                if slug is not None:
                    found[noun].add(slug)
    for name, embedded in collection.embedded.items():
        for held in record.get(name, ()):
            if embedded.whole:
                _mentions(Collection.known[embedded.collection], held, found)
            else:
                found[embedded.collection].add(held)


# --- one record --------------------------------------------------------------------------------------------------


async def record(listing: "Listing", request: Request, key: str) -> Answer:
    """One record by its slug or id."""
    reader: Reader = request.app.state.reader
    collection, tier = listing.collection, tier_of(request)
    path, sent = request.url.path, given(listing.record_query, request)
    asked = read(listing.record_query, sent)
    number = await asked_revision(reader, asked)
    by = "id" if key.isdigit() else "slug"
    if by == "slug" and not collection.named:
        raise NotFound(f"{collection.name} are asked for by their number, and {key[:80]!r} is none.")
    if by == "id" and len(key) > 18:
        raise NotFound(f"There is no {collection.noun} with that number.")
    values: Values = {"key": int(key) if by == "id" else key, "revision": number}
    statement = record_statement(collection, by, number is not None, tier, reader.dialect)
    included: bytes | None = None
    if asked.include is None:
        rows = await reader.fetch(statement, values)
    else:
        async with reader.snapshot() as fetch:
            rows = await fetch(statement, values)
            if rows and visible(rows[0][1], tier):
                plan = Plan(past=number is not None, tier=tier)
                included = await bring(listing, [rows[0][3]], asked.include, plan, values, fetch, reader.dialect)
    if not rows or not visible(rows[0][1], tier):
        await refuse(reader, collection, key, number, tier, rows)
    head, _, own, doc = rows[0]
    answered = checked(number, head)
    if asked.fields is not None:
        doc = trimmed(doc, asked.fields)
    body: bytes = doc.encode()
    if included is not None:
        body = body[:-1] + b',"included":' + included + b"}"
    whole = asked.fields is None and asked.include is None
    return Answer(body, answered, own if whole else answered, pinned(path, sent, answered))


async def present(reader: Reader, collection: Collection, key: str, number: int | None, tier: Access) -> None:
    """Raise when a path names a record that is not there, or that the tier may not see."""
    by = "id" if key.isdigit() else "slug"
    statement = record_statement(collection, by, number is not None, tier, reader.dialect)
    rows = await reader.fetch(statement, {"key": int(key) if by == "id" else key, "revision": number})
    if not rows or not visible(rows[0][1], tier):
        await refuse(reader, collection, key, number, tier, rows)


async def refuse(
    reader: Reader, collection: Collection, key: str, number: int | None, tier: Access, rows: Rows
) -> NoReturn:
    """Say why a record is not shown: a partner record is hidden, a restricted one does not exist."""
    ((head,),) = await reader.fetch(head_statement(reader.dialect), {})
    checked(number, head)
    if rows and rows[0][1] == Access.partner:
        raise Hidden(f"This {collection.noun} is shown to partners of the register only.")
    when = f" at revision {number}" if number is not None else ""
    if key.isdigit():
        raise NotFound(f"There is no {collection.noun} with the number {key[:20]}{when}.")
    told = await unknown(reader, collection, key[:120], number is not None, tier, number)
    raise NotFound(f"{told[0].upper()}{told[1:]}{when}.")


@lru_cache
def head_statement(dialect: Dialect) -> Statement:
    """The register's revision."""
    return compiled(HEAD, dialect)
