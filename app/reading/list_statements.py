"""The statements of lists: a page, a whole set, a count, made once for each set of filters, order and tier."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    FromClause,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from app.database.types import NUMBER, table
from app.estimates.codes import Tally
from app.history.access import seen
from app.history.codes import Access
from app.history.past import PRESENT, At
from app.history.tables import FOREVER
from app.reading.statements import as_sent, doc, state, stored_json
from app.records.filters import RANKED, InList, Key, Named, NamedInList, Scope, listed, rank_of
from app.records.listing import Listing
from app.records.tables import rows_of

TYPES: dict[type, Any] = {int: BigInteger(), str: String(), date: Date()}


@dataclass(frozen=True)
class Plan:
    """All that the text of a statement depends on."""

    at: At
    tier: Access
    filters: tuple[tuple[str, Any, tuple[type, ...]], ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    cursor: bool = False
    latest: str | None = None

    def names(self, listing: Listing) -> int:
        """How many records the filters name."""
        return sum(len(types) for name, _, types in self.filters if isinstance(listing.conditions[name], Named))


def _selected(listing: Listing, plan: Plan) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """The rows of a list, and the conditions on them."""
    at = plan.at
    rows = at(listing.collection.rows)
    where = [*at.holds(rows), *seen(rows, plan.tier)]
    scope, entries = Scope(at, rows, plan.tier), defaultdict(list)
    parts: dict[Table, FromClause] = {}
    few: set[FromClause] = set()
    for name, variant, types in plan.filters:
        condition, binds = listing.conditions[name], _binds(name, types)
        if isinstance(condition, InList | NamedInList):
            part = parts.setdefault(table(condition.part), at(table(condition.part)))
            # What a record or a key is named by is few; codes may be of nearly all.
            few = few | {part} if isinstance(condition, NamedInList | Key) else few
            entries[part].append(condition.entry(part, name, binds, scope, variant))
        else:
            where.append(condition.where(scope, name, binds, variant))
    for part, conditions in entries.items():
        owners = select(part.c.owner_id).where(*conditions, *at.holds(part))
        where.append(listed(at, rows.c.id, owners) if part in few else rows.c.id.in_(owners))
    if plan.latest is None or listing.latest is None:
        return rows, where
    where.append(rows.c.as_of_end <= bindparam("as_of", type_=Date()))
    return _latest(rows, where, [*listing.latest.subject, *({plan.latest} - {"group"})])


def _latest(
    rows: FromClause, where: list[ColumnElement[bool]], subject: list[str]
) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """Of those rows the latest of each subject; what has no number, or adds to an earlier one, hides no other."""
    number = or_(*(rows.c[bound].is_not(None) for bound in ("low", "best", "high")))
    hides = case((and_(number, rows.c.tally != Tally.additional), rows.c.as_of_end))
    newest = func.max(hides).over(partition_by=[rows.c[name] for name in subject])
    compared = select(*rows.c, newest.label("newest")).where(*where).subquery()
    return compared, [or_(compared.c.newest.is_(None), compared.c.as_of_end >= compared.c.newest)]


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
    rows, where = _selected(listing, plan)
    keys = sort_keys(rows, plan.order)
    if plan.cursor:
        where.append(_beyond(keys))
    return (
        select(*state(plan.at), _known(listing, plan), doc(rows, plan.tier), *(key for key, _ in keys))
        .where(*where)
        .order_by(*(key.desc() if descending else key for key, descending in keys))
        .limit(bindparam("limit", type_=NUMBER))
    )


@lru_cache(maxsize=512)
def rows_statement(listing: Listing, plan: Plan, *, limited: bool) -> Select[Any]:
    """The stored JSON of the whole filtered set, in order; with `limited` no more than `:limit`.

    They are bytes, but on PostgreSQL text.
    """
    rows, where = _selected(listing, plan)
    json = as_sent(stored_json(rows, plan.tier))
    order = [key.desc() if descending else key for key, descending in sort_keys(rows, plan.order)]
    statement = select(json).where(*where).order_by(*order)
    return statement.limit(bindparam("limit", type_=NUMBER)) if limited else statement


@lru_cache(maxsize=1024)
def count_statement(listing: Listing, plan: Plan) -> Select[Any]:
    """How many records the filters hold."""
    rows, where = _selected(listing, plan)
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
