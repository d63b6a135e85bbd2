"""Column types that mean the same on both engines, and the naming of constraints.

Text is compared byte by byte on both engines (`COLLATE "C"` on PostgreSQL), so an order is the same on both.
"""

from collections.abc import Sequence
from enum import Enum as PyEnum
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Dialect,
    Enum,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    TypeDecorator,
    event,
)
from sqlalchemy.ext.compiler import compiles
from sqlmodel import AutoString, SQLModel

metadata: MetaData = SQLModel.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


# SQLite makes a column the row's own address only when it is declared INTEGER, to the letter.
Id = BigInteger().with_variant(Integer(), "sqlite")
# An INTEGER column of SQLite holds what has a fraction as it is.
Amount = BigInteger().with_variant(Numeric(), "postgresql")
"""A number that may have a fraction, exact on both engines."""
Words = Text().with_variant(Text(collation="C"), "postgresql")
CLUSTERED = {"sqlite_with_rowid": False}
"""Keeps a table of short rows in the order of its primary key, where SQLite would make two trees of it."""


class JSONText(TypeDecorator[Any]):
    """A list or mapping of plain values, kept as compact JSON text with sorted keys: equal values are equal text."""

    impl = Words
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


def number_of(text: str) -> float | int:
    """A number as JSON has it, from the text in which PostgreSQL sends it: whole where it is."""
    return float(text) if "." in text and text.rpartition(".")[2].strip("0") else int(text.partition(".")[0])


def table(of: type[SQLModel]) -> Table:
    """The table of a class, as SQLAlchemy knows it."""
    made: Table = of.__table__  # type: ignore[attr-defined]
    return made


def json_text(value: Any) -> str:
    """The one spelling of a JSON value: compact, keys sorted."""
    if value == []:  # as most lists are
        return "[]"
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


class OneOf(ColumnElement[bool]):
    """The condition that a column holds one of some codes, as each engine checks it fastest."""

    inherit_cache = False

    def __init__(self, column: str, codes: Sequence[str]) -> None:
        self.column, self.codes = f'"{column}"', [f"'{code}'" for code in codes]


@compiles(OneOf)
def _among(one: OneOf, _compiler: object, **_: object) -> str:
    return f"{one.column} IN ({', '.join(one.codes)})"


@compiles(OneOf, "sqlite")
def _in_turn(one: OneOf, _compiler: object, **_: object) -> str:
    # For IN with more than two values SQLite fills a tree with them, for every row anew: half of what a row costs.
    return " OR ".join(f"{one.column} = {code}" for code in one.codes)


@event.listens_for(Column, "before_parent_attach")
def _portable(column: Column[Any], table: Any) -> None:
    """Give every column the type both engines share: text for text and for codes; and defer its references."""
    if getattr(table, "metadata", None) is not metadata:
        return
    if isinstance(column.type, Enum) and column.type.enum_class is not None:
        column.info["codes"] = column.type.enum_class
        column.type = Words
    elif isinstance(column.type, AutoString):
        column.type = Words
    for key in column.foreign_keys:
        # A file may name a record before the line that makes it; references are held to account at the commit.
        key.deferrable, key.initially = True, "DEFERRED"


@event.listens_for(Column, "after_parent_attach")
def _constrained(column: Column[Any], table: Any) -> None:
    """A column of codes refuses any other text."""
    codes: type[PyEnum] | None = column.info.get("codes")
    if codes is not None and getattr(table, "metadata", None) is metadata:
        table.append_constraint(CheckConstraint(OneOf(column.name, [code.value for code in codes]), name=column.name))


NUMBER = BigInteger()
