"""Whether what is served is what the rows say, and on the embedded engine, whether its file is sound."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Engine, exists, select
from sqlalchemy.dialects import sqlite

from app.catalogue.collections import COLLECTIONS
from app.database.store import Store
from app.database.types import metadata
from app.history.past import Past
from app.records.collection import Collection
from app.records.seals import holds
from app.records.tables import partial_dates
from app.writing.guards import altered_triggers, missing_tables, unrecorded_revisions
from app.writing.indexing import misnamed
from app.writing.log_verification import broken_log
from app.writing.rendering import Loaded, load
from app.writing.rerendering import day_ranges, differences, halved, versions
from app.writing.valuing import misvalued


def differing(engine: Engine) -> Iterator[str]:
    """Render every record anew, earlier versions too, and name those stored otherwise, with the columns that differ.

    A line reads `figures 12: originator, doc` or `figures 12 at revision 3: doc`. Lines for tables and triggers that
    are not as the migrations make them come first, and on SQLite, lines for what its own checks find. Each hundred
    records are read as of one moment, so writes may go on meanwhile.
    """
    if missing := list(missing_tables(engine)):
        yield from missing
        return
    yield from altered_triggers(engine)
    yield from unrecorded_revisions(engine)
    if engine.dialect.name == "sqlite":
        yield from _damages(engine)
    reported: set[tuple[str, int]] = set()
    for name, collection in COLLECTIONS.items():
        for ids, revision in versions(engine, collection):
            at = "" if revision is None else f" at revision {revision}"
            compare = partial(_compared, engine, collection, revision)
            for found in halved(ids, compare, lambda number: [(number, ["cannot be rendered"])]):
                reported |= {(name, number) for number, _ in found}
                yield from (f"{name} {number}{at}: {', '.join(columns)}" for number, columns in found)
    yield from misnamed(engine, reported)
    yield from misvalued(engine, {name for name, _ in reported})
    yield from broken_log(engine)


def _compared(
    engine: Engine, collection: Collection, revision: int | None, ids: Sequence[int]
) -> list[tuple[int, list[str]]]:
    """Those of some records that differ, with what differs."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        store = Store(connection) if revision is None else Past(connection, revision)
        loaded = load(store, collection, ids)
    return [(number, columns) for number in sorted(loaded.rows) if (columns := _differing(loaded, number))]


def _differing(loaded: Loaded, number: int) -> list[str]:
    """The columns of a record, and its lists, that are not what the rest of its rows makes of them."""
    names = list(differences(loaded, number))
    for name, table in loaded.collection.part_tables.items():
        parts, dates = loaded.parts[number].get(name, []), partial_dates(table)
        names += [name] if any(part | day_ranges(part, dates) != part for part in parts) else []
    row = loaded.rows[number]
    if row["seal"] is None or not holds(row["seal"], loaded.collection, row, loaded.parts[number]):
        names.append("seal")
    return names


def _damages(engine: Engine) -> Iterator[str]:
    """What SQLite's own checks find; they run outside a transaction, so that no writer waits for them."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA integrity_check")
        yield from (f"integrity: {message}" for (message,) in cursor.fetchall() if message != "ok")
        cursor.execute("PRAGMA foreign_key_check")
        lost = dict.fromkeys(cursor.fetchall())
        for table, row, parent, key in lost:
            rows = _lost(cursor, table, key) if row is None else [row]
            yield from (f"{table} row {one}: refers to a row of {parent} that is not there" for one in rows)
    finally:
        connection.close()


def _lost(cursor: Any, name: str, number: int) -> list[str]:
    """The rows of a list that refer to nothing by one of its keys: SQLite numbers them not, so by owner and place."""
    own = metadata.tables[name]
    cursor.execute(f"PRAGMA foreign_key_list({name})")
    ((_, _, parent, column, to, *_),) = (key for key in cursor.fetchall() if key[0] == number)
    other = metadata.tables[parent]
    there = exists().where(other.c[to] == own.c[column])
    statement = select(*own.primary_key).where(own.c[column].is_not(None), ~there).order_by(*own.primary_key)
    cursor.execute(str(statement.compile(dialect=sqlite.dialect())))
    return [", ".join(map(str, row)) for row in cursor.fetchall()]
