"""Reads of the shared engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import Dialect, SelectBase
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine import URL

from app.database.readers import AT_ONCE, Export, Fetch, Rows, Values, weights
from app.database.statements import compiled
from app.errors import TooSlow

DIALECT: Dialect = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


class PostgresReader:
    """Reads of the shared engine, over a pool of the driver's own connections."""

    takes_hints = False

    def __init__(self, url: URL, seconds: float, size: int) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._seconds, self._size, self.newest = seconds, size, 0
        self.weights = weights()

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._address,
            min_size=1,
            max_size=self._size,
            reset=_left_as_is,
            server_settings={
                "statement_timeout": str(int(self._seconds * 1000)),
                "default_transaction_read_only": "on",
                # To compile a statement takes longer than any page that an index serves.
                "jit": "off",
            },
        )

    async def close(self) -> None:
        await self._pool.close()

    async def fetch(self, statement: SelectBase, values: Values, *, slow: bool = False) -> Rows:
        async with self._pool.acquire() as connection:
            return await self._run(connection, statement, values)

    @asynccontextmanager
    async def snapshot(self, *, slow: bool = False) -> AsyncIterator[Fetch]:
        """Statements that see one state."""
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):

            async def fetch(statement: SelectBase, values: Values) -> Rows:
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

    async def _run(self, connection: Any, statement: SelectBase, values: Values) -> Rows:
        made = compiled(statement, DIALECT)
        try:
            rows: Rows = await connection.fetch(made.text, *made.parameters(values))
        except asyncpg.QueryCanceledError:
            raise TooSlow(self._seconds) from None
        return rows


class _PostgresExport:
    """A long read of the shared engine, through a cursor."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        """A connection does one thing at a time: a batch is brought ahead while sources are looked up."""

    async def fetch(self, statement: SelectBase, values: Values) -> Rows:
        made = compiled(statement, DIALECT)
        async with self._turn:
            rows: Rows = await self._connection.fetch(made.text, *made.parameters(values))
        return rows

    async def batches(self, statement: SelectBase, values: Values) -> AsyncIterator[Rows]:
        made = compiled(statement, DIALECT)
        async with self._turn:
            cursor = await self._connection.cursor(made.text, *made.parameters(values))
        while rows := await self._some(cursor):
            yield rows

    async def _some(self, cursor: Any) -> Rows:
        async with self._turn:
            rows: Rows = await cursor.fetch(AT_ONCE)
        return rows


async def _left_as_is(_connection: object) -> None:
    """Reading leaves nothing behind in a session, and resetting one would cost every request a round trip."""
