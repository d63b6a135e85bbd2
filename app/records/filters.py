"""Filters as typed lines: from the values of a query parameter to a condition on the rows.

A filter is one line of a noun's query class: its name, its type and a condition. Given and absent differ, zero is a
value. The values stay parameters of the statement, so a statement is compiled once for each set of filters.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Range
from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, and_, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import SQLModel

from app.database.codes import Code
from app.database.types import json_text
from app.estimates.dates import DateError, parse_partial_date
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At
from app.records.tables import rows_of

LONGEST_ID = 18
"""Digits of the longest number that can be an id."""


Binds = Sequence[BindParameter[Any]]


@dataclass(frozen=True)
class Scope:
    """What a condition speaks about: the rows of a collection, and other tables at the same moment."""

    at: At
    rows: FromClause
    tier: Access = Access.public

    def shown(self, *others: FromClause) -> list[ColumnElement[bool]]:
        """What narrows other records to the moment, and to those that the reader may see."""
        return [*self.at.holds(*others), *(condition for rows in others for condition in seen(rows, self.tier))]


class _Listed(FunctionElement[Any]):
    """A column holds one of what a statement brings, which is worked out first."""

    # Not Boolean: on SQLite that would be compared with 1, and no index would be used.
    inherit_cache = True


@compiles(_Listed)
def _in(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    column, found = element.clauses
    return f"{compiler.process(column, **options)} IN {compiler.process(found, **options)}"


@compiles(_Listed, "postgresql")
def _any(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    column, found = element.clauses
    return f"{compiler.process(column, **options)} = ANY (ARRAY{compiler.process(found, **options)})"


def listed(at: At, column: ColumnElement[Any], found: Select[Any]) -> ColumnElement[bool]:
    """The column holds one of the few values that a statement brings.

    Of a view PostgreSQL knows no distribution: it takes any list for half of all there is, and walks through everything
    in order until a page is full. Worked out first, the list is looked up.
    """
    return _Listed(column, found.scalar_subquery()) if at.past else column.in_(found)


@dataclass(frozen=True)
class Condition:
    """Equality with one of the values; the base of every other condition."""

    column: str | None = None

    def terms(self, given: Any) -> list[Any]:
        """The values the statement takes."""
        return list(given) if isinstance(given, list) else [given]

    def variant(self, given: Any) -> Hashable:
        """What the statement's text depends on."""
        return len(self.terms(given))

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        """The condition on the rows."""
        return among(scope.rows.c[self.column or name], binds)


def among(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """The column holds one of the values."""
    return column == values[0] if len(values) == 1 else column.in_(values)


class _Often(FunctionElement[Any]):
    """A condition that many rows meet: one that few meet is to be looked up before it."""

    inherit_cache = True


@compiles(_Often)
def _as_it_is(element: _Often, compiler: SQLCompiler, **options: Any) -> str:
    (condition,) = element.clauses
    return compiler.process(condition, **options)


@compiles(_Often, "sqlite")
def _likely(element: _Often, compiler: SQLCompiler, **options: Any) -> str:
    # Without statistics SQLite takes any index that gives the order of the page for as good as one that finds the row.
    (condition,) = element.clauses
    return f"likelihood({compiler.process(condition, **options)}, 0.1)"


@dataclass(frozen=True)
class Coarse(Condition):
    """Equality with one of a few codes, each of which many records have."""

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return _Often(super().where(scope, name, binds, variant))


@dataclass(frozen=True)
class OrTotal(Condition):
    """Equality on a dimension; `total` stands for its null: the total over it."""

    def terms(self, given: Any) -> list[Any]:
        return [value for value in given if value != "total"]

    def variant(self, given: Any) -> Hashable:
        return "total" in given, len(self.terms(given))

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        column = scope.rows.c[self.column or name]
        return or_(*([column.is_(None)] if variant[0] else []), *([among(column, binds)] if binds else []))


@dataclass(frozen=True)
class Named(Condition):
    """Equality on a reference; takes slugs and ids, and a name of no record is refused (see `app.reading`)."""

    noun: str = ""

    def terms(self, given: Any) -> list[Any]:
        return [int(value) if is_id(value) else value for value in given]

    def variant(self, given: Any) -> Hashable:
        return tuple(is_id(value) for value in given)

    def slugs(self, scope: Scope, binds: Binds, variant: Any) -> list[Any]:
        """The slugs asked for; an id is turned into its slug by the statement itself."""
        return [slug_of(scope, self.noun, bind) if is_id else bind for bind, is_id in zip(binds, variant, strict=True)]

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return among(scope.rows.c[self.column or name], self.slugs(scope, binds, variant))


def is_id(key: str) -> bool:
    """Whether a key is a record's number; any other is a slug, or nobody's."""
    return key.isascii() and key.isdigit() and len(key) <= LONGEST_ID


def slug_of(scope: Scope, noun: str, number: BindParameter[Any]) -> Any:
    """The slug of the record with that id."""
    named = scope.at(rows_of(noun))
    return select(named.c.slug).where(named.c.id == number, *scope.shown(named)).scalar_subquery()


@dataclass(frozen=True)
class OrTotalNamed(Named):
    """A reference that is a dimension: `total` stands for its null."""

    def terms(self, given: Any) -> list[Any]:
        return super().terms([value for value in given if value != "total"])

    def variant(self, given: Any) -> Hashable:
        return "total" in given, super().variant([value for value in given if value != "total"])

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        column = scope.rows.c[self.column or name]
        named = [among(column, self.slugs(scope, binds, variant[1]))] if binds else []
        return or_(*([column.is_(None)] if variant[0] else []), *named)


@dataclass(frozen=True)
class InList(Condition):
    """A code in one entry of the record's lists. Several filters of one list speak of the same entry."""

    part: type[SQLModel] = SQLModel

    def entry(self, part: FromClause, name: str, binds: Binds, _scope: Scope, _variant: Any) -> ColumnElement[bool]:
        """The condition on the entry."""
        return among(part.c[self.column or name], binds)


@dataclass(frozen=True)
class NamedInList(Named):
    """A reference in one entry of the record's lists."""

    part: type[SQLModel] = SQLModel

    def entry(self, part: FromClause, name: str, binds: Binds, scope: Scope, variant: Any) -> ColumnElement[bool]:
        """The condition on the entry."""
        return among(part.c[self.column or name], self.slugs(scope, binds, variant))


@dataclass(frozen=True)
class Key(InList):
    """`scheme:value` in the record's identifiers."""

    def terms(self, given: Any) -> list[Any]:
        return [half for pair in given for half in pair.split(":", 1)]

    def entry(self, part: FromClause, name: str, binds: Binds, _scope: Scope, _variant: Any) -> ColumnElement[bool]:
        pairs = zip(binds[::2], binds[1::2], strict=True)
        return or_(*(and_(part.c.scheme == scheme, part.c.value == value) for scheme, value in pairs))


@dataclass(frozen=True)
class Through(Condition):
    """Equality on a column of the record that one of this record's references names."""

    noun: str = ""
    by: str = ""

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        named = scope.at(rows_of(self.noun))
        slugs = select(named.c.slug).where(among(named.c[self.column or name], binds), *scope.shown(named))
        return scope.rows.c[self.by].in_(slugs)


@dataclass(frozen=True)
class NamedThrough(Named):
    """The same for a reference of that record."""

    via: str = ""
    by: str = ""

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        named = scope.at(rows_of(self.via))
        column = among(named.c[self.column or name], self.slugs(scope, binds, variant))
        return scope.rows.c[self.by].in_(select(named.c.slug).where(column, *scope.shown(named)))


@dataclass(frozen=True)
class Within(Named):
    """A reference to one of these facilities or to anything that lies under them."""

    noun: str = "facility"
    subtree: bool = True

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return self.under(scope, scope.rows.c[self.column or name], self.slugs(scope, binds, variant))

    def under(self, scope: Scope, column: ColumnElement[Any], roots: list[Any]) -> ColumnElement[bool]:
        """The column names one of the roots, or with `subtree` something under one."""
        if not self.subtree:
            return among(column, roots)
        root, child = (scope.at(rows_of("facility")) for _ in range(2))
        tree = select(root.c.slug).where(among(root.c.slug, roots), *scope.shown(root)).cte(recursive=True)
        below = select(child.c.slug).where(child.c.parent == tree.c.slug, *scope.shown(child))
        return column.in_(select(tree.union(below).c.slug))


@dataclass(frozen=True)
class TouchingFacility(Within):
    """Incidents that touched one of these facilities, or with `by` what belongs to such an incident."""

    by: str | None = None

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        part = scope.at(rows_of("incident_facility"))
        touched = self.under(scope, part.c.facility, self.slugs(scope, binds, variant))
        owners = select(part.c.owner_id).where(touched, *scope.at.holds(part))
        if self.by is None:
            return listed(scope.at, scope.rows.c.id, owners)
        incident = scope.at(rows_of("incident"))
        slugs = select(incident.c.slug).where(listed(scope.at, incident.c.id, owners), *scope.shown(incident))
        return listed(scope.at, scope.rows.c[self.by], slugs)


@dataclass(frozen=True)
class Holds(Condition):
    """A list kept as JSON text holds one of the codes."""

    def terms(self, given: Any) -> list[Any]:
        return [json_text(value) for value in given]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return or_(*(contains(scope.rows.c[self.column or name], bind) for bind in binds))


def contains(column: ColumnElement[str], text: BindParameter[Any]) -> ColumnElement[bool]:
    """The text stands in the column, letter for letter: the one form that means the same on both engines."""
    return func.replace(column, text, "") != column


@dataclass(frozen=True)
class Exactly(Condition):
    """A list kept as JSON text holds these codes and no others, in the order of their enum."""

    def terms(self, given: Any) -> list[Any]:
        kind: type[Code] = type(given[0])
        return [json_text(sorted(set(given), key=list(kind).index))]


@dataclass(frozen=True)
class Coded(Condition):
    """`name:code` pairs that a mapping kept as JSON text must hold, all of them."""

    def terms(self, given: Any) -> list[Any]:
        return [":".join(json_text(half) for half in pair.split(":", 1)) for pair in given]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return and_(*(contains(scope.rows.c[self.column or name], bind) for bind in binds))


@dataclass(frozen=True)
class NoBreakdown(Condition):
    """Only rows whose every dimension is null: the totals."""

    dimensions: tuple[str, ...] = ()

    def terms(self, given: Any) -> list[Any]:
        return []

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        columns = [scope.rows.c[name] for name in self.dimensions if name != "dimensions"]
        return and_(*(column.is_(None) for column in columns), scope.rows.c.dimensions == "{}")


@dataclass(frozen=True)
class NotBefore(Condition):
    """The first day of the record's date is that day or later."""

    def terms(self, given: Any) -> list[Any]:
        return [parse_partial_date(given, today=date.max).start]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return scope.rows.c[self.column or name] >= binds[0]


@dataclass(frozen=True)
class NotAfter(Condition):
    """The first day of the record's date is that day or earlier; of a month or year, its last day."""

    def terms(self, given: Any) -> list[Any]:
        return [parse_partial_date(given, today=date.max).end]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return scope.rows.c[self.column or name] <= binds[0]


@dataclass(frozen=True)
class After(Condition):
    """A number greater than the one given."""

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return scope.rows.c[self.column or name] > binds[0]


# --- the types of filter lines -----------------------------------------------------------------------------------

T = TypeVar("T")


SlugOrId = Annotated[str, StringConstraints(min_length=1, max_length=300)]


Words = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


Pair = Annotated[str, StringConstraints(pattern=r"^[^\s:]+:.+$", max_length=300)]


Age = Annotated[int, Range(ge=0, le=150)]


def _day(text: str) -> str:
    try:
        parse_partial_date(text, today=date.max)
    except DateError as fault:
        raise ValueError(str(fault)) from None
    return text


Day = Annotated[str, AfterValidator(_day)]


OneOf = Annotated[list[T] | None, Condition()]


OneOfFew = Annotated[list[T] | None, Coarse()]


TotalOr = Annotated[list[Literal["total"] | T] | None, OrTotal()]


Actors = Annotated[list[SlugOrId] | None, Named(noun="actor")]


Facilities = Annotated[list[SlugOrId] | None, Named(noun="facility")]


Incidents = Annotated[list[SlugOrId] | None, Named(noun="incident")]


Sources = Annotated[list[SlugOrId] | None, Named(noun="source")]
