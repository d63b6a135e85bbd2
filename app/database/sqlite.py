"""Reads of the embedded engine."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import Dialect, SelectBase
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.engine import URL

from app.database.readers import AT_ONCE, Export, Fetch, Rows, Values, weights
from app.database.statements import compiled
from app.errors import TooSlow

DIALECT: Dialect = pysqlite.dialect(paramstyle="qmark")
MAPPED_BYTES = 1 << 30
"""How much of a SQLite file is read through memory that all processes share."""


class SQLiteReader:
    """Reads of the embedded engine: bounded ones at once, slow ones on a thread of their own with a time limit."""

    takes_hints = True

    def __init__(self, url: URL, seconds: float) -> None:
        self._path, self._seconds, self.newest = url.database or ":memory:", seconds, 0
        self.weights = weights()
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

    async def fetch(self, statement: SelectBase, values: Values, *, slow: bool = False) -> Rows:
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

        async def fetch(statement: SelectBase, values: Values) -> Rows:
            return self._run(self._quick, statement, values)

        self._quick.execute("BEGIN")
        try:
            yield fetch
        finally:
            self._quick.execute("COMMIT")

    async def _patient(self, statement: SelectBase, values: Values) -> Rows:
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


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
