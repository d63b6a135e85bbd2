"""The statements of lists: a page, a whole set, a count, made once for each set of filters, order and tier."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Float,
    FromClause,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from app.database.functions import as_sent
from app.database.types import NUMBER, table
from app.estimates.codes import Tally
from app.history.access import seen
from app.history.codes import Access
from app.history.past import PRESENT, At
from app.history.tables import FOREVER
from app.reading.statements import doc, state, stored_json
from app.records.filters import (
    RANKED,
    InList,
    Key,
    Named,
    NamedInList,
    OfOne,
    Scope,
    few,
    is_there,
    listed,
    often,
    rank_of,
)
from app.records.listing import Latest, Listing
from app.records.tables import rows_of

TYPES: dict[type, Any] = {int: BigInteger(), float: Float(), str: String(), date: Date()}


@dataclass(frozen=True)
class Plan:
    """All that the text of a statement depends on."""

    at: At
    tier: Access
    filters: tuple[tuple[str, Any, tuple[type, ...]], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    cursor: bool = False
    latest: str | None = None
    often: frozenset[str] = frozenset()
    """The filters that are known to hold very many records: they are checked along the order of the page."""
    seldom: frozenset[str] = frozenset()
    """Those that are known to hold few: these are looked up."""
    match: str = "stated"

    def names(self, listing: Listing) -> int:
        """How many records the filters name."""
        return sum(len(types) for name, _, types in self.filters if isinstance(listing.conditions[name], Named))


def selected(listing: Listing, plan: Plan) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The rows of a list, and the conditions on them."""
    at = plan.at
    rows = at(listing.collection.rows)
    where = [*at.holds(rows), *seen(rows, plan.tier)]
    scope = Scope(at, rows, plan.tier, plan.match, listing.collection.rows)
    others: dict[tuple[str, str], tuple[Scope, list[ColumnElement[bool]]]] = {}
    entries: dict[Table, list[tuple[str, Any, Any]]] = defaultdict(list)
    for name, variant, types in plan.filters:
        condition, binds = listing.conditions[name], _binds(name, types)
        if isinstance(condition, InList | NamedInList):
            entries[table(condition.part)].append((name, binds, variant))
        elif isinstance(condition, OfOne):
            other, several = others.setdefault((condition.noun, condition.by), (condition.others(scope), []))
            several.append(condition.entry(other, name, binds, variant))
        elif name in plan.often:
            where.append(condition.along(scope, name, binds, variant))
        elif name in plan.seldom and (found := condition.found(scope.again(), name, binds, variant)) is not None:
            where.append(few(rows.c.id, found))
        else:
            where.append(condition.where(scope, name, binds, variant))
    for (_, by), (other, conditions) in others.items():
        where.append(rows.c.slug.in_(select(other.rows.c[by]).where(*conditions, *scope.shown(other.rows))))
    where += [_in_list(listing, plan, scope, own, filters) for own, filters in entries.items()]
    if plan.latest is not None and listing.latest is not None:
        where.append(rows.c.as_of_end <= bindparam("as_of", type_=Date()))
        where.append(not_(_newer(listing, listing.latest, plan, rows)))
    return rows, where


def _in_list(
    listing: Listing, plan: Plan, scope: Scope, own: Table, filters: Sequence[tuple[str, Any, Any]]
) -> ColumnElement[bool]:
    """The condition that one entry of a record's list meets all the filters that speak of that list."""
    part, column = scope.at(own), scope.rows.c.id
    meets = []
    for name, binds, variant in filters:
        condition: Any = listing.conditions[name]
        meets.append(condition.entry(part, name, binds, scope, variant))
    names = {name for name, _, _ in filters}
    if names <= plan.often:
        entry = select(literal(1)).select_from(part).where(part.c.owner_id == column, *map(often, meets))
        return is_there(entry.where(*scope.at.holds(part)), scope.rows)
    owners = select(part.c.owner_id).where(*meets, *scope.at.holds(part))
    if names & plan.seldom:
        return few(column, owners)
    # What a record or a key is named by is few; codes may be of nearly all.
    named = any(isinstance(listing.conditions[name], NamedInList | Key) for name in names)
    return listed(scope.at, column, owners) if named else column.in_(owners)


def _newer(listing: Listing, latest: Latest, plan: Plan, rows: FromClause) -> ColumnElement[bool]:
    """The condition that a later statement of the same subject hides a row.

    What has no number, adds to an earlier one, or counts a part of the time, hides no other. It is looked up for one
    row after another, along the order of the page, so that a page costs what it passes over and not what there is.
    """
    subject = [*latest.subject, *([plan.latest] if plan.latest and plan.latest != "group" else [])]
    # Whatever is asked of the subject holds of both alike.
    apart = tuple(one for one in plan.filters if listing.conditions[one[0]].subject(one[0]) not in subject)
    other, where = selected(listing, replace(plan, filters=apart, latest=None, often=frozenset(), seldom=frozenset()))
    number = or_(*(other.c[bound].is_not(None) for bound in ("low", "best", "high")))
    same = [
        other.c[name].is_not_distinct_from(rows.c[name]) if nullable(rows.c[name]) else other.c[name] == rows.c[name]
        for name in subject
    ]
    span = [other.c.as_of_end > rows.c.as_of_end, other.c.as_of_end <= bindparam("as_of", type_=Date())]
    if latest.since_it_began:
        period = other.c.period_start
        span.append(or_(period.is_(None), period.is_not_distinct_from(rows.c.period_start)))
    newer = select(literal(1)).select_from(other).where(*same, *span, number, other.c.tally != Tally.additional, *where)
    return is_there(newer, rows)


def bind_name(name: str, number: int) -> str:
    """The name of a filter's value in a statement; no constant of the statement can be called so."""
    return f"given_{name}_{number}"


def _binds(name: str, types: tuple[type, ...]) -> list[BindParameter[Any]]:
    return [bindparam(bind_name(name, number), type_=TYPES[kind]) for number, kind in enumerate(types)]


def nullable(column: ColumnElement[Any]) -> bool:
    """Whether a column can hold null; those of a subquery say it of the column they come from."""
    return any(getattr(base, "nullable", False) for base in column.base_columns)


def sort_keys(rows: FromClause, order: tuple[tuple[str, bool], ...]) -> list[tuple[ColumnElement[Any], bool]]:
    """What a page is ordered by, each with whether it descends: nulls come last, and the id settles ties."""
    keys: list[tuple[ColumnElement[Any], bool]] = []
    for name, descending in order:
        column: ColumnElement[Any] = rank_of(rows) if name == RANKED else rows.c[name]
        if nullable(column):
            keys.append((case((column.is_(None), 1), else_=0), False))
            column = func.coalesce(column, literal(date.min if isinstance(column.type, Date) else ""))
        keys.append((column, descending))
    return keys if "id" in dict(order) else [*keys, (rows.c.id, order[0][1])]


@lru_cache(maxsize=512)
def key_types(listing: Listing, order: tuple[tuple[str, bool], ...]) -> tuple[type, ...]:
    """The types of what a page is ordered by, as a cursor holds it."""
    return tuple(key.type.python_type for key, _ in sort_keys(PRESENT(listing.collection.rows), order))


def _beyond(keys: Sequence[tuple[ColumnElement[Any], bool]]) -> ColumnElement[bool]:
    """What comes after the record that the cursor names."""
    last = [bindparam(f"key_{number}", type_=key.type) for number, (key, _) in enumerate(keys)]
    if len({descending for _, descending in keys}) == 1:
        mine, other = tuple_(*(key for key, _ in keys)), tuple_(*last)
        return mine < other if keys[0][1] else mine > other
    sides = []
    for number, (key, descending) in enumerate(keys):
        equal = [before == last[place] for place, (before, _) in enumerate(keys[:number])]
        sides.append(and_(*equal, key < last[number] if descending else key > last[number]))
    return or_(*sides)


@lru_cache(maxsize=2048)
def page_statement(listing: Listing, plan: Plan) -> Select[Any]:
    """A page: what `state_statement` selects, the stored JSON, the sort keys."""
    rows, where = selected(listing, plan)
    keys = sort_keys(rows, plan.order)
    ids: Select[int] | None = None
    if _has_nulls(rows, plan) and not plan.seldom:
        ids = _ids_nulls_last(rows, where, plan)
    elif plan.cursor:
        where.append(_beyond(keys))
    if plan.seldom and plan.latest is None and not plan.at.past:
        # All that is found has to be sorted: the ids alone, and the stored JSON of a page is read afterwards.
        ids = select(rows.c.id).where(*where).order_by(*_directed(keys)).limit(bindparam("limit", type_=NUMBER))
    if ids is not None:
        rows = plan.at(listing.collection.rows)
        where, keys = [few(rows.c.id, ids), *plan.at.holds(rows)], sort_keys(rows, plan.order)
    return (
        select(*state(plan.at), _known(listing, plan), doc(rows, plan.tier), *(key for key, _ in keys))
        .where(*where)
        .order_by(*_directed(keys))
        .limit(bindparam("limit", type_=NUMBER))
    )


def _has_nulls(rows: FromClause, plan: Plan) -> bool:
    """Whether a page is ordered by one column that may be null."""
    (name, _), *others = plan.order
    return not others and name != RANKED and plan.latest is None and nullable(rows.c[name])


def _ids_nulls_last(rows: FromClause, where: Sequence[ColumnElement[bool]], plan: Plan) -> Select[int]:
    """The ids of such a page: of those with a value in the order of its index, then of those without, by id."""
    ((name, descending),) = plan.order
    filled, limit = rows.c[name], bindparam("limit", type_=NUMBER)
    first = select(literal(0).label("last"), filled.label("key"), rows.c.id).where(*where, filled.is_not(None))
    last = select(literal(1).label("last"), filled.label("key"), rows.c.id).where(*where, filled.is_(None))
    if plan.cursor:
        among_last, key, number = (
            bindparam(f"key_{place}", type_=kind) for place, kind in enumerate((NUMBER, filled.type, NUMBER))
        )
        mine, other = tuple_(filled, rows.c.id), tuple_(key, number)
        first = first.where(mine < other if descending else mine > other, among_last == literal(0, NUMBER))
        # From the beginning, while the cursor stands among those with a value.
        whence = case((among_last == literal(0, NUMBER), literal(FOREVER if descending else -1, NUMBER)), else_=number)
        last = last.where(rows.c.id < whence if descending else rows.c.id > whence)
    arms = [
        arm.order_by(*order).limit(limit).subquery()
        for arm, order in (
            (first, _directed([(filled, descending), (rows.c.id, descending)])),
            (last, _directed([(rows.c.id, descending)])),
        )
    ]
    found = union_all(*(select(*arm.c) for arm in arms)).subquery()
    order = [(found.c.last, False), (found.c.key, descending), (found.c.id, descending)]
    return select(found.c.id).order_by(*_directed(order)).limit(limit)


def _directed(keys: Sequence[tuple[ColumnElement[Any], bool]]) -> list[ColumnElement[Any]]:
    return [key.desc() if descending else key for key, descending in keys]


@lru_cache(maxsize=512)
def rows_statement(listing: Listing, plan: Plan, *, limited: bool) -> Select[Any]:
    """The stored JSON of the whole filtered set, in order; with `limited` no more than `:limit`.

    They are bytes, but on PostgreSQL text.
    """
    rows, where = selected(listing, plan)
    json = as_sent(stored_json(rows, plan.tier))
    statement = select(json).where(*where).order_by(*_directed(sort_keys(rows, plan.order)))
    return statement.limit(bindparam("limit", type_=NUMBER)) if limited else statement


@lru_cache(maxsize=64)
def size_statement(listing: Listing) -> Select[int]:
    """The newest id of a collection: about how many records it has."""
    return select(func.max(listing.collection.rows.c.id))


@lru_cache(maxsize=1024)
def met_statement(listing: Listing, name: str, variant: Any, types: tuple[type, ...]) -> Select[int] | None:
    """How many records of the present meet one filter, however hidden, up to `:most`; none where no index tells."""
    own = listing.collection.rows
    most = bindparam("most", type_=NUMBER)
    scope = Scope(PRESENT, PRESENT(own), Access.restricted, own=own, most=most)
    found = listing.conditions[name].found(scope, name, _binds(name, types), variant)
    if found is None:
        return None
    return select(func.count()).select_from(found.limit(most).subquery())


@lru_cache(maxsize=1024)
def count_statement(listing: Listing, plan: Plan) -> Select[Any]:
    """How many records the filters hold."""
    rows, where = selected(listing, plan)
    if plan.at.past:
        # SQLite takes a view apart, and uses the indexes below it, where nothing is counted at the same level; the
        # limit, which nothing reaches, keeps it from making one level of the two.
        found = select(literal(1).label("one")).select_from(rows).where(*where).limit(literal(FOREVER, NUMBER))
        rows, where = found.subquery(), []
    return select(func.count()).select_from(rows).where(*where)


@lru_cache(maxsize=1024)
def state_statement(listing: Listing, plan: Plan) -> Select[int, int, int]:
    """The register's revision, the last redaction, and how many of the names in the filters are known."""
    return select(*state(plan.at), _known(listing, plan))


def _known(listing: Listing, plan: Plan) -> ColumnElement[int]:
    """How many of the names in the filters are names of records that the tier may see."""
    at = plan.at
    counts: list[ColumnElement[int]] = [literal(0)]
    for name, _, types in plan.filters:
        condition = listing.conditions[name]
        if isinstance(condition, Named):
            for bind, kind in zip(_binds(name, types), types, strict=True):
                rows = at(rows_of(condition.noun))
                mine = (rows.c.id if kind is int else rows.c.slug) == bind
                known = select(func.count()).select_from(rows).where(mine, *at.holds(rows), *seen(rows, plan.tier))
                counts.append(known.scalar_subquery())
    return reduce(add, counts)
