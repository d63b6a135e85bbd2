"""Whether what is served is what the rows say, and on the embedded engine, whether its file is sound."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Engine, Select, exists, select
from sqlalchemy.dialects import sqlite

from app.catalogue import COLLECTIONS
from app.dates import parse_partial_date
from app.db import metadata
from app.history import Past, twin
from app.records import DOCS, Collection, Row, days, partial_dates
from app.rendering import Loaded, load
from app.store import Store

AT_ONCE = 100
"""How many records are compared in one transaction; memory is bounded by what these hold."""


def differing(engine: Engine) -> Iterator[str]:
    """Render every record anew, earlier versions too, and name those stored otherwise, with the columns that differ.

    A line reads `figures 12: originator, doc` or `figures 12 at revision 3: doc`; on SQLite, lines for what its own
    checks find come first. Each hundred records are read as of one moment, so writes may go on meanwhile.
    """
    if engine.dialect.name == "sqlite":
        yield from _damages(engine)
    for name, collection in COLLECTIONS.items():
        for ids in _ids(engine, select(collection.rows.c.id)):
            for number, columns in _compared(engine, collection, ids, None):
                yield f"{name} {number}: {', '.join(columns)}"
        past = twin(collection.rows)
        for revisions in _ids(engine, select(past.c.revision).distinct()):
            for revision in revisions:
                for ids in _ids(engine, select(past.c.id).where(past.c.revision == revision)):
                    for number, columns in _compared(engine, collection, ids, revision):
                        yield f"{name} {number} at revision {revision}: {', '.join(columns)}"


def _ids(engine: Engine, numbers: Select[int]) -> Iterator[Sequence[int]]:
    """The numbers that a statement selects, in order, some at a time."""
    (number,), last = numbers.selected_columns, -1
    while True:
        with engine.connect() as connection:
            some = connection.execute(numbers.where(number > last).order_by(number).limit(AT_ONCE)).scalars().all()
        if not some:
            return
        yield some
        last = some[-1]


def _compared(
    engine: Engine, collection: Collection, ids: Sequence[int], revision: int | None
) -> Iterator[tuple[int, list[str]]]:
    """Those of some records that differ, with what differs; one whose columns make no sense hides no other."""
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            store = Store(connection) if revision is None else Past(connection, revision)
            loaded = load(store, collection, ids)
        found = [(number, columns) for number in sorted(loaded.rows) if (columns := _differences(loaded, number))]
    except (LookupError, ValueError):
        if len(ids) == 1:
            found = [(ids[0], ["cannot be rendered"])]
        else:
            middle = len(ids) // 2
            found = [
                each for half in (ids[:middle], ids[middle:]) for each in _compared(engine, collection, half, revision)
            ]
    yield from found


def _differences(loaded: Loaded, number: int) -> list[str]:
    """The columns of a record, and its lists, that are not what the rest of its rows makes of them."""
    collection, stored = loaded.collection, loaded.rows[number]
    made = loaded.rendered(number) | _days(stored, collection.partial_dates)
    names = [name for name in (*collection.columns, *DOCS) if made[name] != stored[name]]
    for name, table in collection.part_tables.items():
        parts, dates = loaded.parts[number].get(name, []), partial_dates(table)
        names += [name] if any(part | _days(part, dates) != part for part in parts) else []
    return names


def _days(row: Row, names: Iterable[str]) -> Row:
    """The columns that hold the day ranges of a row's partial dates."""
    ranges: Row = {}
    for name in names:
        read = parse_partial_date(row[name], today=date.max) if row[name] is not None else None
        ranges |= zip(days(name), (read.start, read.end) if read else (None, None), strict=True)
    return ranges


def _damages(engine: Engine) -> Iterator[str]:
    """What SQLite's own checks find; they run outside a transaction, so that no writer waits for them."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA integrity_check")
        yield from (f"integrity: {told}" for (told,) in cursor.fetchall() if told != "ok")
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
    asked = select(*own.primary_key).where(own.c[column].is_not(None), ~there).order_by(*own.primary_key)
    cursor.execute(str(asked.compile(dialect=sqlite.dialect())))
    return [", ".join(map(str, row)) for row in cursor.fetchall()]
