"""Conditions on a record's lists: on the entries of a table of its own, or on JSON text in a column."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlmodel import SQLModel

from app.database.codes import Code
from app.database.types import json_text, table
from app.history.past import history_of
from app.records.filters.columns import Condition
from app.records.filters.references import Named
from app.records.filters.scope import Binds, Scope, among


@dataclass(frozen=True)
class InList(Condition):
    """A code in one entry of the record's lists. Several filters of one list speak of the same entry."""

    part: type[SQLModel] = SQLModel
    flat = False

    def entry(self, part: FromClause, name: str, binds: Binds, _scope: Scope, _variant: Any) -> ColumnElement[bool]:
        """The condition on the entry."""
        return among(part.c[self.column or name], binds)

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        part = scope.at(table(self.part))
        entry = self.entry(part, name, binds, scope, variant)
        return select(part.c.owner_id).where(entry, *scope.at.holds(part))


@dataclass(frozen=True)
class NamedInList(Named):
    """A reference in one entry of the record's lists."""

    part: type[SQLModel] = SQLModel
    flat = False

    def entry(self, part: FromClause, name: str, binds: Binds, scope: Scope, variant: Any) -> ColumnElement[bool]:
        """The condition on the entry."""
        return among(part.c[self.column or name], self.slugs(scope, binds, variant))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        part = scope.at(table(self.part))
        entry = self.entry(part, name, binds, scope, variant)
        return select(part.c.owner_id).where(entry, *scope.at.holds(part))


@dataclass(frozen=True)
class Key(InList):
    """`scheme:value` in the record's identifiers."""

    def terms(self, values: Any) -> list[Any]:
        return [half for pair in values for half in pair.split(":", 1)]

    def entry(self, part: FromClause, name: str, binds: Binds, _scope: Scope, _variant: Any) -> ColumnElement[bool]:
        pairs = zip(binds[::2], binds[1::2], strict=True)
        return or_(*(and_(part.c.scheme == scheme, part.c.value == value) for scheme, value in pairs))


@dataclass(frozen=True)
class Holds(Condition):
    """A list kept as JSON text holds one of the codes."""

    flat = False
    empty: str = "[]"
    """What the column holds in rows that its index leaves out."""

    def terms(self, values: Any) -> list[Any]:
        return [json_text(value) for value in values]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return self.holds(scope.rows.c[self.column or name], binds)

    def holds(self, column: ColumnElement[str], binds: Binds) -> ColumnElement[bool]:
        """The condition on the text."""
        return or_(*(contains(column, bind) for bind in binds))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        if scope.own is None:
            return None
        tables = [scope.own, *([history_of(scope.own)] if scope.at.past else [])]
        column, texts = scope.rows.c[self.column or name], []
        for one in tables:
            values = _different(one, column.name, self.empty)
            texts.append(select(values.c.value).where(self.holds(values.c.value, binds)))
        held = column.in_(union_all(*texts) if len(texts) > 1 else texts[0])
        filled = column != literal_column(f"'{self.empty}'")
        return select(scope.rows.c.id).where(held, filled, *scope.at.holds(scope.rows))


def _different(rows: Table, column: str, empty: str) -> Any:
    """The different texts in a column, each found in the index behind the one before: they are few."""
    first, later = rows.alias(), rows.alias()
    filled = [side.c[column] != literal_column(f"'{empty}'") for side in (first, later)]
    values = select(func.min(first.c[column]).label("value")).where(filled[0]).cte(recursive=True)
    following = select(func.min(later.c[column])).where(later.c[column] > values.c.value, filled[1])
    return values.union_all(select(following.correlate(values).scalar_subquery()).where(values.c.value.is_not(None)))


def contains(column: ColumnElement[str], text: BindParameter[Any]) -> ColumnElement[bool]:
    """The text stands in the column, letter for letter: the one form that means the same on both engines."""
    return func.replace(column, text, "") != column


@dataclass(frozen=True)
class Exactly(Condition):
    """A list kept as JSON text holds these codes and no others, in the order of their enum; `total`: it is empty."""

    def terms(self, values: Any) -> list[Any]:
        codes: set[Code] = {value for value in values if value != "total"}
        sets: list[list[Code]] = [[]] if "total" in values else []
        if codes:
            sets.append(sorted(codes, key=list(type(next(iter(codes)))).index))
        return [json_text(codes) for codes in sets]


@dataclass(frozen=True)
class Coded(Holds):
    """`name:code` pairs that a mapping kept as JSON text must hold, all of them."""

    empty: str = "{}"

    def terms(self, values: Any) -> list[Any]:
        return [":".join(json_text(half) for half in pair.split(":", 1)) for pair in values]

    def holds(self, column: ColumnElement[str], binds: Binds) -> ColumnElement[bool]:
        """The condition on the text."""
        return and_(*(contains(column, bind) for bind in binds))
