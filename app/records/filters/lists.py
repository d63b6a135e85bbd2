"""Conditions on a record's lists: on the entries of a table of its own, or on JSON text in a column."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, and_, func, or_
from sqlmodel import SQLModel

from app.database.codes import Code
from app.database.types import json_text
from app.records.filters.columns import Condition
from app.records.filters.references import Named
from app.records.filters.scope import Binds, Scope, among


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

    def terms(self, values: Any) -> list[Any]:
        return [half for pair in values for half in pair.split(":", 1)]

    def entry(self, part: FromClause, name: str, binds: Binds, _scope: Scope, _variant: Any) -> ColumnElement[bool]:
        pairs = zip(binds[::2], binds[1::2], strict=True)
        return or_(*(and_(part.c.scheme == scheme, part.c.value == value) for scheme, value in pairs))


@dataclass(frozen=True)
class Holds(Condition):
    """A list kept as JSON text holds one of the codes."""

    def terms(self, values: Any) -> list[Any]:
        return [json_text(value) for value in values]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return or_(*(contains(scope.rows.c[self.column or name], bind) for bind in binds))


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
class Coded(Condition):
    """`name:code` pairs that a mapping kept as JSON text must hold, all of them."""

    def terms(self, values: Any) -> list[Any]:
        return [":".join(json_text(half) for half in pair.split(":", 1)) for pair in values]

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        return and_(*(contains(scope.rows.c[self.column or name], bind) for bind in binds))
