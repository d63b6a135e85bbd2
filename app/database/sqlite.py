"""Reads of the embedded engine."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Dialect, SelectBase
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine import URL

from app.database.lanes import AT_ONCE as AT_ONCE_SLOW
from app.database.lanes import Lane
from app.database.readers import AT_ONCE, SILENT, Export, Fetch, Rows, Values, weights
from app.database.statements import compiled
from app.errors import NotReady, TooSlow

DIALECT: Dialect = pysqlite.dialect(paramstyle="qmark")
MAPPED_BYTES = 1 << 30
"""How much of a SQLite file is read through memory that all processes share."""


QUICK_SECONDS = 0.02
"""How long a statement may keep everybody waiting; one that takes longer is begun again in the lane of slow reads."""
CHECKED = 1000
"""After how many steps of SQLite's machine the clock is looked at: some tenths of a millisecond."""


class SQLiteReader:
    """Reads of the embedded engine: quick ones at once, slow ones on threads of their own with a time limit."""

    takes_hints = True

    def __init__(self, url: URL, seconds: float) -> None:
        self._path, self._seconds, self.newest = url.database or ":memory:", seconds, 0
        self.weights = weights()
        self._lane = Lane(seconds)
        self._threads = ThreadPoolExecutor(AT_ONCE_SLOW, "slow-reads")
        self._last = 0.0
        """When the statement on the quick connection has to have ended."""

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

    def _connect(self, patience: float = 5.0) -> sqlite3.Connection:
        file = Path(self._path).absolute().as_uri()
        connection = sqlite3.connect(f"{file}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only=ON")
        connection.execute(f"PRAGMA busy_timeout={int(patience * 1000)}")
        # Pages of the file are read where the system keeps them, without a copy for each connection.
        connection.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
        return connection

    async def open(self) -> None:
        self._quick = self._connect(QUICK_SECONDS)
        self._quick.set_progress_handler(lambda: monotonic() > self._last, CHECKED)
        self._slow = [self._connect() for _ in range(AT_ONCE_SLOW)]

    async def close(self) -> None:
        self._threads.shutdown()
        for connection in (self._quick, *self._slow):
            connection.close()

    async def fetch(self, statement: SelectBase, values: Values, *, slow: bool = False) -> Rows:
        if not slow:
            with suppress(TooSlow):
                return self._at_once(statement, values)
        async with self._taken() as (connection, last):
            return await self._patient(connection, last, statement, values)

    @asynccontextmanager
    async def snapshot(self, *, slow: bool = False) -> AsyncIterator[Fetch]:
        """Statements that see one state. On the quick connection they never yield to another request in between."""
        if slow:
            async with self._taken() as (connection, last):

                async def fetch_slowly(statement: SelectBase, values: Values) -> Rows:
                    return await self._patient(connection, last, statement, values)

                connection.execute("BEGIN")
                try:
                    yield fetch_slowly
                finally:
                    connection.execute("COMMIT")
            return

        async def fetch(statement: SelectBase, values: Values) -> Rows:
            return self._at_once(statement, values)

        self._quick.execute("BEGIN")
        try:
            yield fetch
        finally:
            self._quick.execute("COMMIT")

    def _at_once(self, statement: SelectBase, values: Values) -> Rows:
        """What a statement brings on the quick connection; raises `TooSlow` when it takes too long for that."""
        self._last = monotonic() + QUICK_SECONDS
        try:
            return self._run(self._quick, statement, values)
        except sqlite3.OperationalError as error:
            if _is(error, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise TooSlow(QUICK_SECONDS) from None
            raise _told(error) from error

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator[tuple[sqlite3.Connection, float]]:
        """A connection for slow reads, and when its turn ends."""
        async with self._lane.turn() as last:
            connection = self._slow.pop()
            try:
                yield connection, last
            finally:
                self._slow.append(connection)

    async def _patient(
        self, connection: sqlite3.Connection, last: float, statement: SelectBase, values: Values
    ) -> Rows:
        def run() -> Rows:
            connection.set_progress_handler(lambda: monotonic() > last, 10_000)
            try:
                return self._run(connection, statement, values)
            except sqlite3.OperationalError as error:
                if _is(error, sqlite3.SQLITE_INTERRUPT):
                    raise TooSlow(self._seconds) from None
                raise _told(error) from error
            finally:
                connection.set_progress_handler(None, 0)

        running = asyncio.get_running_loop().run_in_executor(self._threads, run)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # Whoever asked has gone: nobody else may have the connection before the thread has left it.
            connection.interrupt()
            await asyncio.wait([running])
            raise

    @staticmethod
    def _run(connection: sqlite3.Connection, statement: SelectBase, values: Values) -> Rows:
        return _begun(connection, statement, values).fetchall()


class _SQLiteExport:
    """A long read of the embedded engine."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self._connection, self._thread = connection, thread

    async def fetch(self, statement: SelectBase, values: Values) -> Rows:
        rows: Rows = await self._apart(lambda: _begun(self._connection, statement, values).fetchall())
        return rows

    async def batches(self, statement: SelectBase, values: Values) -> AsyncIterator[Rows]:
        cursor = await self._apart(lambda: _begun(self._connection, statement, values))
        while rows := await self._apart(lambda: cursor.fetchmany(AT_ONCE)):
            yield rows

    async def _apart(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _begun(connection: sqlite3.Connection, statement: SelectBase, values: Values) -> sqlite3.Cursor:
    made = compiled(statement, DIALECT)
    return connection.execute(made.text, [_plain(value) for value in made.parameters(values)])


def _is(error: sqlite3.Error, *codes: int) -> bool:
    """Whether that is what an error says; the lower byte of its code is the kind."""
    return error.sqlite_errorcode & 0xFF in codes


def _told(error: sqlite3.OperationalError) -> Exception:
    """An error as a client is told of it: the file cannot be read now, or one that nobody foresaw."""
    if _is(error, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR):
        return NotReady(SILENT)
    return error


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
