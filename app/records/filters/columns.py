"""Conditions on one column of a record: equality, totals, days, numbers."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    String,
    and_,
    bindparam,
    cast,
    literal,
    literal_column,
    or_,
    select,
)

from app.database.functions import likely, place_in
from app.estimates.dates import parse_partial_date
from app.records.filters.scope import Binds, Scope, among


@dataclass(frozen=True)
class Condition:
    """Equality with one of the values; the base of every other condition."""

    column: str | None = None
    flat: ClassVar[bool] = True
    """Whether an index that begins with it gives the order of the page too: then it never matters how many meet it."""
    read: ClassVar[bool] = False

    @property
    def is_read(self) -> bool:
        """Whether it depends on how a statement is read: `match`."""
        return self.read

    def terms(self, values: Any) -> list[Any]:
        """The values the statement takes."""
        return list(values) if isinstance(values, list) else [values]

    def variant(self, values: Any) -> Hashable:
        """What the statement's text depends on."""
        return len(self.terms(values))

    def subject(self, name: str) -> str:
        """The column of the rows that the filter speaks of, itself or by what it leads to."""
        return getattr(self, "by", None) or self.column or name

    def text_of(self, _noun: str, _name: str) -> tuple[str, str] | None:
        """The noun and the column whose text it asks for, where it does, whatever case and accents."""
        return None

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        """The condition on the rows."""
        return among(scope.rows.c[self.column or name], binds)

    def along(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        """The same for a condition that very many rows meet: it is checked of each, along the order of the page."""
        return often(self.where(scope, name, binds, variant))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        """The ids of the rows that meet it, however hidden, as an index finds them; none where no index does."""
        condition = often(self.where(scope, name, binds, variant), FEW)
        return select(scope.rows.c.id).where(condition, *scope.at.holds(scope.rows))


@dataclass(frozen=True)
class Text(Condition):
    """Equality with one of some texts, whatever their case and accents: in each spelling that records have."""

    def text_of(self, noun: str, name: str) -> tuple[str, str] | None:
        return noun, self.column or name


FEW = "0.0001"
"""The share of the rows that a condition is taken to hold which is looked up."""


def often(condition: ColumnElement[bool], share: str = "0.9") -> ColumnElement[bool]:
    """A condition that a large share of the rows meets."""
    return likely(condition, literal_column(share))


@dataclass(frozen=True)
class Coarse(Condition):
    """Equality with one of a few codes, each of which many records have."""

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return often(super().where(scope, name, binds, variant), "0.1")


@dataclass(frozen=True)
class OrTotal(Condition):
    """Equality on a dimension; `total` stands for its null: the total over it."""

    def terms(self, values: Any) -> list[Any]:
        return [value for value in values if value != "total"]

    def variant(self, values: Any) -> Hashable:
        return "total" in values, len(self.terms(values))

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        column = scope.rows.c[self.column or name]
        return or_(*([column.is_(None)] if variant[0] else []), *([among(column, binds)] if binds else []))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        # Totals are most of all rows, and in no index.
        return None if variant[0] else super().found(scope, name, binds, variant)


@dataclass(frozen=True)
class NoBreakdown(Condition):
    """Only rows whose every dimension is null: the totals."""

    dimensions: tuple[str, ...] = ()

    def terms(self, values: Any) -> list[Any]:
        return []

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        columns = [scope.rows.c[name] for name in self.dimensions if name != "dimensions"]
        return and_(*(column.is_(None) for column in columns), scope.rows.c.dimensions == literal_column("'{}'"))


@dataclass(frozen=True)
class NotBefore(Condition):
    """The first day of the record's date is that day or later; for `possible` its last day."""

    read: ClassVar[bool] = True

    flat = False

    def terms(self, values: Any) -> list[Any]:
        return [parse_partial_date(values, today=date.max).start]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        column = self.column or name
        first, last = _days(scope, column)
        if scope.match == "possible":
            return last >= binds[0]
        # What begins then ends no earlier: said too, a page ordered by the end has a place to begin at.
        return and_(first >= binds[0], last >= binds[0]) if column.endswith("_start") else first >= binds[0]

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        if scope.match == "possible":
            return None
        begins = often(scope.rows.c[self.column or name] >= binds[0], FEW)
        return select(scope.rows.c.id).where(begins, *scope.at.holds(scope.rows))


@dataclass(frozen=True)
class NotAfter(Condition):
    """The first day of the record's date is that day or earlier, for `certain` its last; of a month, its last day."""

    read: ClassVar[bool] = True

    flat = False

    def terms(self, values: Any) -> list[Any]:
        return [parse_partial_date(values, today=date.max).end]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        first, last = _days(scope, self.column or name)
        return (last if scope.match == "certain" else first) <= binds[0]


def _days(scope: Scope, first: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The first and the last day that a date can mean."""
    last = first.replace("_earliest", "_latest") if first.endswith("_earliest") else first.replace("_start", "_end")
    return scope.rows.c[first], scope.rows.c[last]


@dataclass(frozen=True)
class After(Condition):
    """A number greater than the filter's."""

    flat = False

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return scope.rows.c[self.column or name] > binds[0]


@dataclass(frozen=True)
class Called(Condition):
    """Records that are called so: their ids, the best first, as they were found before the statement is made."""

    def terms(self, values: Any) -> list[Any]:
        listed = list(values) or [0]
        # A power of two of them, so that few statements are made.
        return listed + listed[-1:] * ((1 << (len(listed) - 1).bit_length()) - len(listed))

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return among(scope.rows.c.id, binds)

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> None:
        """Nothing more: they are few."""


RANKED = "match"
"""The order of what was found by name: the best first."""


def ranks(ids: Iterable[int]) -> str:
    """Ids in their order, as `rank_of` reads them."""
    return f",{','.join(map(str, ids))},"


def rank_of(rows: FromClause) -> ColumnElement[int]:
    """The place of a record among those that were found by name, as `:ranks` has them."""
    own = literal(",") + cast(rows.c.id, String) + literal(",")
    return place_in(bindparam("ranks", type_=String()), own)
