"""The history table of each table, the view of both, and what the rows of a moment are read from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    Subquery,
    Table,
    bindparam,
    column,
    literal_column,
    select,
    text,
    tuple_,
)

from app.database.store import Key, Row, Store, chunks
from app.database.types import metadata
from app.history.tables import FOREVER

_views = MetaData()


def add_history_tables(tables: Iterable[Table]) -> None:
    """Declare the history table of every table, with that table's indexes as of a revision, and the view of both."""
    for own in tables:
        history = Table(
            f"{own.name}_history",
            metadata,
            *(Column(column.name, column.type, nullable=column.nullable) for column in own.columns),
            Column("until", BigInteger, nullable=False),
            PrimaryKeyConstraint(*(column.name for column in own.primary_key), "until"),
        )
        Index(f"ix_{history.name}_until", history.c.until)
        if "slug" in history.columns:
            Index(f"ix_{history.name}_slug", history.c.slug, history.c.until, history.c.revision)
        for index in sorted(own.indexes, key=lambda index: str(index.name)):
            names = [column.name for column in index.columns]
            ended = [name for name in ("until", "revision") if name not in names]
            columns = (history.c[name] for name in (*names, *ended))
            Index(f"ix_{history.name}_{'_'.join(names)}", *columns, **index.dialect_kwargs)
        Table(
            f"{own.name}_all",
            _views,
            *(Column(column.name, column.type, nullable=column.nullable) for column in history.columns),
        )


def history_of(own: Table) -> Table:
    """The history table of a table: its earlier rows, each with the revision that closed it."""
    return metadata.tables[f"{own.name}_history"]


def tables_with_history() -> list[Table]:
    """Every table that has a history table, by name."""
    return sorted((own for own in metadata.tables.values() if f"{own.name}_history" in metadata.tables), key=str)


@dataclass(frozen=True, slots=True)
class At:
    """What the rows of a table are read from: the table itself for the present, else its view at `:revision`."""

    past: bool
    near: bool = False
    """Whether few rows were closed since: SQLite then looks through these, and not through another index."""
    apart: bool = False
    """Whether a step of a recursion is to be taken in the table and in its history one after the other: in a view of
    both SQLite looks up nothing there."""

    def __call__(self, own: Table) -> FromClause:
        """A fresh reference to the rows of a table."""
        if self.near:
            return _near(own).alias()
        return (_views.tables[f"{own.name}_all"] if self.past else own).alias()

    def steps(self, own: Table) -> list[FromClause]:
        """The same for a step of a recursion: all of them together are the rows of the table."""
        return [own.alias(), history_of(own).alias()] if self.apart else [self(own)]

    def holds(self, *rows: FromClause) -> list[ColumnElement[bool]]:
        """The conditions that narrow views to the revision of the query; none for the present."""
        if not self.past:
            return []
        number = bindparam("revision", type_=BigInteger)
        sides = [(row.c.revision <= number, *([row.c.until > number] if "until" in row.c else [])) for row in rows]
        return [side for both in sides for side in both]


PRESENT, EVER = At(past=False), At(past=True)
APART = At(past=True, apart=True)
NEAR = At(past=True, apart=True, near=True)


@cache
def _near(own: Table) -> Subquery:
    """The view of a table, its history read by the revision that closed a row; SQLite alone can be told so."""
    index = f"ix_{own.name}_history_until"
    closed: Select[Any] = select(*(column(one.name, one.type) for one in own.columns), column("until", BigInteger))
    standing: Select[Any] = select(
        *own.columns, literal_column(f"CAST({FOREVER} AS BIGINT)", BigInteger).label("until")
    )
    return standing.union_all(closed.select_from(text(f"{own.name}_history INDEXED BY {index}"))).subquery()


class Past(Store):
    """The kept tables as they stood at a revision, over one connection inside a transaction; the others as they are."""

    def __init__(self, connection: Connection, revision: int) -> None:
        super().__init__(connection)
        self._connection, self._revision = connection, revision

    def rows(
        self, table: Table, columns: tuple[str, ...], key: Key, values: Iterable[Any], order: tuple[str, ...] = ()
    ) -> Iterator[Row]:
        """The rows whose key is among the values."""
        historic = f"{table.name}_all" in _views.tables
        own = EVER(table) if historic else table
        mine = own.c[key] if isinstance(key, str) else tuple_(*(own.c[name] for name in key))
        for some in chunks(values):
            found = select(*(own.c[name] for name in columns)).where(mine.in_(some))
            if historic:
                found = found.where(*EVER.holds(own))
            found = found.order_by(*(own.c[name] for name in order))
            yield from map(dict, self._connection.execute(found, {"revision": self._revision}).mappings())
