"""The engine that an address names: its connections for writing, its reader, its faults."""

import sqlite3
from time import monotonic
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError

from app.database.postgresql import PostgresReader
from app.database.readers import Reader
from app.database.sqlite import SQLiteReader
from app.database.types import number_of


class BadAddress(ValueError):
    """An address that leads to no database of this register."""


def url_of(text: str) -> URL:
    """The database's address with the driver that writes use; `postgresql://` means psycopg. Raises `BadAddress`."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # What was given is not repeated: it may hold a password.
        raise BadAddress("it is no address of a database, as sqlite:///FILE is one.") from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url.set(drivername="sqlite+pysqlite")
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise BadAddress(f"{backend!r} is not an engine of this register: use sqlite:/// or postgresql://.")


SQLITE_WRITES = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    # Pages that the log takes before they are brought into the file, each once however often it was written. One
    # segment of the log's index holds 4062: with more, every read would look through another.
    "wal_autocheckpoint=4000",
    # Up to 16 MB of pages stay at hand, and what a savepoint may have to undo is not written to a file.
    "cache_size=-16384",
    "temp_store=MEMORY",
)
"""How SQLite is set up for writing."""


class _Numbers(Loader):
    """What PostgreSQL sends of a number that may have a fraction."""

    def load(self, data: Buffer) -> float | int:
        return number_of(bytes(data).decode())


def write_engine(text: str) -> Engine:
    """Connections for writes: each transaction takes SQLite's write lock when it begins, so no update is ever lost."""
    url = url_of(text)
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, isolation_level="READ COMMITTED")

        @event.listens_for(engine, "connect")
        def _connected(connection: psycopg.Connection[Any], _record: object) -> None:
            connection.adapters.register_loader("numeric", _Numbers)

        return _rested(engine)
    engine = create_engine(url, connect_args={"timeout": 30.0, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _opened(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in SQLITE_WRITES:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _returned(connection: sqlite3.Connection | None, _record: object) -> None:
        # A COMMIT that fails leaves the transaction and its lock in place, while SQLAlchemy takes it for ended.
        if connection is not None and connection.in_transaction:
            connection.rollback()

    return engine


def absent(error: BaseException) -> bool:
    """Whether a statement failed for a table or column that is not there, whichever driver says so."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("no such table", "no such column"))
    return getattr(error, "sqlstate", None) in {"42P01", "42703"}


RESTED = 1.0
"""Seconds after which a connection to PostgreSQL that rested is asked whether it still holds."""


def _rested(engine: Engine) -> Engine:
    """Give out no connection that broke: as `pool_pre_ping` does, which asks before every transaction."""

    @event.listens_for(engine, "checkin")
    def _returned(_connection: object, record: Any) -> None:
        record.info["returned"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _taken(connection: Any, record: Any, _proxy: object) -> None:
        if not connection.closed and monotonic() - record.info.get("returned", monotonic()) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error:
            raise DisconnectionError from None

    return engine


def reader_of(text: str, *, seconds: float = 5.0, pool_size: int = 8) -> Reader:
    """The reader of the engine that an address names."""
    url = url_of(text)
    if url.get_backend_name() == "sqlite":
        return SQLiteReader(url, seconds)
    return PostgresReader(url, seconds, pool_size)
