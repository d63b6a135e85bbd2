"""A backup: the whole register at one revision, as one SQLite file, whichever engine it came from and goes back to.

The file is a register itself: it can be verified, migrated and served as it is. It is made while others write.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from sqlalchemy import Connection, Engine, RowMapping, select, update
from sqlalchemy.engine import URL

import app.catalogue.collections  # noqa: F401  (it declares every table)
from app.database.engines import url_of, write_engine
from app.database.store import Row, Store
from app.database.types import metadata, number_of
from app.errors import NotReady
from app.history.tables import COUNTERS, REGISTER, REVISIONS
from app.writing.migration import migrate, not_ready
from app.writing.removing import remove_again
from app.writing.verification import differing

AT_ONCE = 1000
"""How many rows are in hand at a time."""
FILLED = (REGISTER, COUNTERS)
"""The tables that a new register has rows in, which are given the values of those that come."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: its newest revision and when that was recorded, and what is wrong with it."""

    revision: int
    recorded_at: str | None
    faults: Sequence[str]
    removed: int = 0
    """How many records were removed again when it was restored."""


def back_up(address: str, file: Path) -> Contents:
    """Copy a register to a new file, and verify the copy. Raises `FileExistsError`, `NotReady`."""
    if missing := not_ready(address):
        raise NotReady(missing)
    if file.exists():
        raise FileExistsError(f"{file} is there already: a backup goes to a new file.")
    part = file.with_name(f".{file.name}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    # It holds what is hidden, and digests of keys.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        url = url_of(address)
        (_copy_file if url.get_backend_name() == "sqlite" else _copy_server)(url, part)
        contents = _verified(f"sqlite:///{part}")
        with closing(sqlite3.connect(part)) as connection:
            # One file: what its log holds is brought into it.
            connection.execute("PRAGMA journal_mode=DELETE")
        descriptor = os.open(part, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        part.rename(file)
    finally:
        for leftover in (part, *(part.with_name(f"{part.name}{end}") for end in ("-wal", "-shm"))):
            leftover.unlink(missing_ok=True)
    return contents


def restore(file: Path, address: str, removals: Path | None = None) -> Contents:
    """Copy a backup into a new database, of either engine, remove what was removed since, and verify it.

    Raises `FileNotFoundError`, `NotReady`.
    """
    if not file.is_file():
        raise FileNotFoundError(f"There is no backup {file}.")
    source_address = f"sqlite:///{file}"
    if not_ready(source_address):
        raise NotReady(
            f"{file} is no backup of a register of this version. If it is one of an older version, migrate a copy of "
            "it (DETENTION_DATABASE_URL=sqlite:///COPY detention migrate) and restore that."
        )
    migrate(address)
    with (
        _engine(source_address) as source,
        _engine(address) as target,
        source.connect() as reading,
        target.begin() as writing,
    ):
        if held := writing.scalar(select(REGISTER.c.revision)):
            raise NotReady(f"The database holds a register at revision {held}: restore into a new one.")
        _copy(reading, writing)
    removed = 0
    if removals is not None and removals.is_file():
        with _engine(address) as target, target.begin() as writing:
            removed = remove_again(writing, removals)
    return replace(_verified(address), removed=removed)


def _copy_file(url: URL, to: Path) -> None:
    """Copy a SQLite file as it stands at one moment; others go on writing."""
    with (
        closing(sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)


def _copy_server(url: URL, to: Path) -> None:
    """Copy a PostgreSQL database as one transaction sees it."""
    address = f"sqlite:///{to}"
    migrate(address)
    with _engine(url.render_as_string(hide_password=False)) as source, _engine(address) as target:
        reading = source.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with reading, target.begin() as writing:
            _copy(reading, writing)


def _copy(reading: Connection, writing: Connection) -> None:
    """Copy every row of a register into an empty one."""
    store = Store(writing)
    # As in a migration: else nobody may add to what was recorded.
    writing.execute(update(REGISTER).values(version=None))
    writing.execute(update(REGISTER).values(open=True))
    reading = reading.execution_options(stream_results=True, max_row_buffer=AT_ONCE)
    for each in metadata.sorted_tables:
        if each not in FILLED:
            store.insert(each, map(_plain, reading.execute(select(each)).mappings()))
    for each in FILLED:
        (key,) = each.primary_key
        for row in reading.execute(select(each)).mappings():
            writing.execute(update(each).where(key == row[key.name]).values(dict(row)))


def _plain(row: RowMapping) -> Row:
    """A row without decimals, which PostgreSQL gives and SQLite does not take."""
    return {name: number_of(str(value)) if isinstance(value, Decimal) else value for name, value in row.items()}


def _verified(address: str) -> Contents:
    with _engine(address) as engine:
        with engine.connect() as connection:
            last = select(REGISTER.c.revision, REVISIONS.c.recorded_at)
            last = last.outerjoin(REVISIONS, REVISIONS.c.id == REGISTER.c.revision)
            revision, recorded_at = connection.execute(last).one()
        return Contents(revision, recorded_at, list(differing(engine)))


@contextmanager
def _engine(address: str) -> Iterator[Engine]:
    engine = write_engine(address)
    try:
        yield engine
    finally:
        engine.dispose()
