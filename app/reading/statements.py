"""The statements of the read path: values made once for each set of filters, order and tier, and run elsewhere.

Every statement is written against `At`: the tables for the present, their views for a revision.
"""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
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
    LargeBinary,
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
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.database.readers import Values
from app.database.types import NUMBER, table
from app.estimates.codes import Tally
from app.history.access import TIERS, seen
from app.history.codes import Access
from app.history.past import EVER, PRESENT, At
from app.history.tables import CHANGES, FOREVER, REGISTER, REVISIONS
from app.records.collection import Collection
from app.records.filters import InList, Key, Named, NamedInList, Scope, listed
from app.records.listing import Listing
from app.records.near import LONGEST
from app.records.tables import rows_of

TYPES: dict[type, Any] = {int: BigInteger(), str: String(), date: Date()}


MOST_INCLUDED = 1000
"""How many records of one kind `include` brings."""


HEAD = select(REGISTER.c.revision)


REDACTED = select(REGISTER.c.redacted)


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


class utf8(FunctionElement[bytes]):  # noqa: N801  (a function of the database, named as one)
    """Text as its UTF-8 bytes: what is passed on unread is not decoded, only to be encoded again."""

    type = LargeBinary()
    inherit_cache = True


@compiles(utf8)
def _cast(element: utf8, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BLOB)"


@compiles(utf8, "postgresql")
def _converted(element: utf8, compiler: SQLCompiler, **options: Any) -> str:
    return f"convert_to({compiler.process(element.clauses, **options)}, 'UTF8')"


class as_sent(utf8):  # noqa: N801  (as above)
    """The same where the conversion is free: on PostgreSQL it would cost twice what reading the row does."""

    inherit_cache = True


@compiles(as_sent, "postgresql")
def _as_it_is(element: as_sent, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


def doc(rows: FromClause, tier: Access) -> ColumnElement[bytes]:
    """The wire form as the tier sees it, as bytes."""
    return utf8(_doc(rows, tier))


def _doc(rows: FromClause, tier: Access) -> ColumnElement[str]:
    forms = [rows.c.doc_restricted, rows.c.doc_partner, rows.c.doc][2 - TIERS.index(tier) :]
    return func.coalesce(*forms) if len(forms) > 1 else forms[0]


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


def key_values(keys: AbstractSet[Any]) -> Values:
    """The keys that a statement looks for, by the names of its parameters.

    There are a power of two of them, the last key repeated: so few statements are made, whatever is asked.
    """
    listed = sorted(keys)
    many = 1 << (len(listed) - 1).bit_length()
    return {f"key_{place}": listed[min(place, len(listed) - 1)] for place in range(many)}


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
        column: ColumnElement[Any] = rows.c[name]
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
def page_statement(listing: Listing, plan: Plan) -> Select[Any]:
    """A page: what `state_statement` tells, the wire form, the sort keys."""
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
    """The wire forms of the whole filtered set, in order; with `limited` no more than `:limit`.

    They are bytes, but on PostgreSQL text.
    """
    rows, where = _selected(listing, plan)
    form = as_sent(_doc(rows, plan.tier))
    order = [key.desc() if descending else key for key, descending in sort_keys(rows, plan.order)]
    statement = select(form).where(*where).order_by(*order)
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


def state(at: At) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The register's revision, and the last that reached into what was recorded before it; 0 for the present."""
    return HEAD.scalar_subquery(), REDACTED.scalar_subquery() if at.past else literal(0)


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


@lru_cache(maxsize=1024)
def record_statement(collection: Collection, by: str, at: At, tier: Access) -> Select[Any]:
    """One record: revision and redaction of the register, who may see it, the revision of its form, the wire form."""
    rows = at(collection.rows)
    key = bindparam("key", type_=rows.c[by].type)
    found = select(*state(at), rows.c.access, rows.c.revision, doc(rows, tier))
    return found.where(rows.c[by] == key, *at.holds(rows))


@lru_cache(maxsize=1024)
def records_statement(collection: Collection, by: str, many: int, at: At, tier: Access) -> Select[Any]:
    """The records whose `by` is among so many values: their key, and their wire form."""
    rows = at(collection.rows)
    asked = [bindparam(f"key_{number}", type_=rows.c[by].type) for number in range(many)]
    key = rows.c.slug if collection.named else rows.c.id
    found = select(key, doc(rows, tier)).where(rows.c[by].in_(asked), *at.holds(rows), *seen(rows, tier))
    return found.order_by(key).limit(MOST_INCLUDED + 1)


@lru_cache(maxsize=256)
def slugs_statement(collection: Collection, at: At, tier: Access) -> Select[Any]:
    """Slugs to compare a misspelt one with."""
    rows = at(collection.rows)
    return select(rows.c.slug).where(*at.holds(rows), *seen(rows, tier)).order_by(rows.c.slug).limit(LONGEST)


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
def recorded_statement() -> Select[Any]:
    """A revision, or the newest one, and when it was recorded."""
    number = func.coalesce(bindparam("revision", type_=NUMBER), HEAD.scalar_subquery())
    return select(REVISIONS.c.id, REVISIONS.c.recorded_at).where(REVISIONS.c.id == number)
