"""Conditions on one column of a record: equality, totals, days, numbers."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.estimates.dates import parse_partial_date
from app.records.filters.scope import Binds, Scope, among


@dataclass(frozen=True)
class Condition:
    """Equality with one of the values; the base of every other condition."""

    column: str | None = None
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

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        """The condition on the rows."""
        return among(scope.rows.c[self.column or name], binds)


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

    def terms(self, values: Any) -> list[Any]:
        return [value for value in values if value != "total"]

    def variant(self, values: Any) -> Hashable:
        return "total" in values, len(self.terms(values))

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        column = scope.rows.c[self.column or name]
        return or_(*([column.is_(None)] if variant[0] else []), *([among(column, binds)] if binds else []))


@dataclass(frozen=True)
class NoBreakdown(Condition):
    """Only rows whose every dimension is null: the totals."""

    dimensions: tuple[str, ...] = ()

    def terms(self, values: Any) -> list[Any]:
        return []

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        columns = [scope.rows.c[name] for name in self.dimensions if name != "dimensions"]
        return and_(*(column.is_(None) for column in columns), scope.rows.c.dimensions == "{}")


@dataclass(frozen=True)
class NotBefore(Condition):
    """The first day of the record's date is that day or later; for `possible` its last day."""

    read: ClassVar[bool] = True

    def terms(self, values: Any) -> list[Any]:
        return [parse_partial_date(values, today=date.max).start]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        first, last = _days(scope, self.column or name)
        return (last if scope.match == "possible" else first) >= binds[0]


@dataclass(frozen=True)
class NotAfter(Condition):
    """The first day of the record's date is that day or earlier, for `certain` its last; of a month, its last day."""

    read: ClassVar[bool] = True

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

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return scope.rows.c[self.column or name] > binds[0]
