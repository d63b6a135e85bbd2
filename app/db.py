"""The two engines: column types that mean the same on both, write connections, and the readers of the hot path.

Text is compared byte by byte on both engines (`COLLATE "C"` on PostgreSQL), so an order is the same on both.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from enum import Enum as PyEnum
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import asyncpg
import orjson
import psycopg
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Enum,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlmodel import AutoString, SQLModel

from app.errors import TooSlow

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
    "recursive_triggers=ON",
    # Pages that the log takes before they are brought into the file, each once however often it was written. One
    # segment of the log's index holds 4062: with more, every read would look through another.
    "wal_autocheckpoint=4000",
    # Up to 16 MB of pages stay at hand, and what a savepoint may have to undo is not written to a file.
    "cache_size=-16384",
    "temp_store=MEMORY",
)
"""How SQLite is set up for writing."""


def write_engine(text: str) -> Engine:
    """Connections for writes: each transaction takes SQLite's write lock when it begins, so no update is ever lost."""
    url = url_of(text)
    if url.get_backend_name() == "postgresql":
        return _rested(create_engine(url, isolation_level="READ COMMITTED"))
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


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement compiled once for one engine: its text, its parameters in the order it takes them, its constants."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """What the driver is given."""
        return [values[name] if name in values else self.constants[name] for name in self.names]


def compiled(statement: ClauseElement, dialect: Dialect) -> Statement:
    """Compile a statement for a reader's driver; what is not a named parameter of it is a constant."""
    form = statement.compile(dialect=dialect)
    constants = {name: value for name, value in form.params.items() if value is not None}
    return Statement(str(form), tuple(form.positiontup or ()), constants)  # type: ignore[attr-defined]


Values = dict[str, Any]
Rows = Sequence[Sequence[Any]]
Fetch = Callable[[Statement, Values], Awaitable[Rows]]
AT_ONCE = 1000
"""How many rows of a long answer are brought at a time."""


class Export(Protocol):
    """Statements of one long read, all of one state."""

    async def fetch(self, statement: Statement, values: Values) -> Rows: ...
    def batches(self, statement: Statement, values: Values) -> AsyncIterator[Rows]: ...


class Reader(Protocol):
    """What a read needs of an engine: one statement, several that see one state, or a long one in parts."""

    dialect: Dialect
    newest: int
    """The newest revision that was read, or 0."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def fetch(self, statement: Statement, values: Values, *, slow: bool = False) -> Rows: ...
    def snapshot(self, *, slow: bool = False) -> Any: ...
    def export(self, seconds: float) -> AbstractAsyncContextManager[Export]: ...


MAPPED_BYTES = 1 << 30
"""How much of a SQLite file is read through memory that all processes share."""


class SQLiteReader:
    """Reads of the embedded engine: bounded ones at once, slow ones on a thread of their own with a time limit."""

    dialect: Dialect = pysqlite.dialect(paramstyle="qmark")

    def __init__(self, url: URL, seconds: float) -> None:
        self._path, self._seconds, self.newest = url.database or ":memory:", seconds, 0
        self._slow_turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "slow-reads")

    @asynccontextmanager
    async def export(self, seconds: float) -> AsyncIterator[Export]:
        """A long read on a connection and a thread of its own."""
        with ThreadPoolExecutor(1, "export") as thread:
            loop = asyncio.get_running_loop()
            connection = await loop.run_in_executor(thread, self._connect)
            try:
                connection.execute("BEGIN")
                yield _SQLiteExport(connection, thread)
            finally:
                connection.interrupt()
                await loop.run_in_executor(thread, connection.close)

    def _connect(self) -> sqlite3.Connection:
        file = Path(self._path).absolute().as_uri()
        connection = sqlite3.connect(f"{file}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA busy_timeout=5000")
        # Pages of the file are read where the system keeps them, without a copy for each connection.
        connection.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
        return connection

    async def open(self) -> None:
        self._quick, self._slow = self._connect(), self._connect()

    async def close(self) -> None:
        self._thread.shutdown()
        self._quick.close()
        self._slow.close()

    async def fetch(self, statement: Statement, values: Values, *, slow: bool = False) -> Rows:
        if slow:
            async with self._slow_turn:
                return await self._patient(statement, values)
        return self._run(self._quick, statement, values)

    @asynccontextmanager
    async def snapshot(self, *, slow: bool = False) -> AsyncIterator[Fetch]:
        """Statements that see one state. On the quick connection they never yield to another request in between."""
        if slow:
            async with self._slow_turn:
                self._slow.execute("BEGIN")
                try:
                    yield self._patient
                finally:
                    self._slow.execute("COMMIT")
            return

        async def fetch(statement: Statement, values: Values) -> Rows:
            return self._run(self._quick, statement, values)

        self._quick.execute("BEGIN")
        try:
            yield fetch
        finally:
            self._quick.execute("COMMIT")

    async def _patient(self, statement: Statement, values: Values) -> Rows:
        def run() -> Rows:
            last = monotonic() + self._seconds
            self._slow.set_progress_handler(lambda: monotonic() > last, 10_000)
            try:
                return self._run(self._slow, statement, values)
            except sqlite3.OperationalError as stopped:
                if "interrupted" in str(stopped):
                    raise TooSlow(self._seconds) from None
                raise
            finally:
                self._slow.set_progress_handler(None, 0)

        return await asyncio.get_running_loop().run_in_executor(self._thread, run)

    @staticmethod
    def _run(connection: sqlite3.Connection, statement: Statement, values: Values) -> Rows:
        return _begun(connection, statement, values).fetchall()


class _SQLiteExport:
    """A long read of the embedded engine."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection, self._thread = connection, thread

    async def fetch(self, statement: Statement, values: Values) -> Rows:
        rows: Rows = await self._apart(lambda: _begun(self._connection, statement, values).fetchall())
        return rows

    async def batches(self, statement: Statement, values: Values) -> AsyncIterator[Rows]:
        cursor = await self._apart(lambda: _begun(self._connection, statement, values))
        while rows := await self._apart(lambda: cursor.fetchmany(AT_ONCE)):
            yield rows

    async def _apart(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _begun(connection: sqlite3.Connection, statement: Statement, values: Values) -> sqlite3.Cursor:
    return connection.execute(statement.text, [_plain(value) for value in statement.parameters(values)])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


class PostgresReader:
    """Reads of the shared engine, over a pool of the driver's own connections."""

    dialect: Dialect = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]

    def __init__(self, url: URL, seconds: float, size: int) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._seconds, self._size, self.newest = seconds, size, 0

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._address,
            min_size=1,
            max_size=self._size,
            reset=_left_as_is,
            server_settings={
                "statement_timeout": str(int(self._seconds * 1000)),
                "default_transaction_read_only": "on",
            },
        )

    async def close(self) -> None:
        await self._pool.close()

    async def fetch(self, statement: Statement, values: Values, *, slow: bool = False) -> Rows:
        async with self._pool.acquire() as connection:
            return await self._run(connection, statement, values)

    @asynccontextmanager
    async def snapshot(self, *, slow: bool = False) -> AsyncIterator[Fetch]:
        """Statements that see one state."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):

            async def fetch(statement: Statement, values: Values) -> Rows:
                return await self._run(connection, statement, values)

            yield fetch

    @asynccontextmanager
    async def export(self, seconds: float) -> AsyncIterator[Export]:
        """A long read on a connection of the pool."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield _PostgresExport(connection)

    async def _run(self, connection: Any, statement: Statement, values: Values) -> Rows:
        try:
            rows: Rows = await connection.fetch(statement.text, *statement.parameters(values))
        except asyncpg.QueryCanceledError:
            raise TooSlow(self._seconds) from None
        return rows


class _PostgresExport:
    """A long read of the shared engine, through a cursor."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        """A connection does one thing at a time: a batch is brought ahead while sources are looked up."""

    async def fetch(self, statement: Statement, values: Values) -> Rows:
        async with self._turn:
            rows: Rows = await self._connection.fetch(statement.text, *statement.parameters(values))
        return rows

    async def batches(self, statement: Statement, values: Values) -> AsyncIterator[Rows]:
        async with self._turn:
            cursor = await self._connection.cursor(statement.text, *statement.parameters(values))
        while rows := await self._some(cursor):
            yield rows

    async def _some(self, cursor: Any) -> Rows:
        async with self._turn:
            rows: Rows = await cursor.fetch(AT_ONCE)
        return rows


async def _left_as_is(_connection: object) -> None:
    """Reading leaves nothing behind in a session, and resetting one would cost every request a round trip."""


def reader_of(text: str, *, seconds: float = 5.0, pool_size: int = 8) -> Reader:
    """The reader of the engine that an address names."""
    url = url_of(text)
    if url.get_backend_name() == "sqlite":
        return SQLiteReader(url, seconds)
    return PostgresReader(url, seconds, pool_size)
