"""Reads of the shared engine."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from time import monotonic
from typing import Any

import asyncpg
from sqlalchemy import Dialect, SelectBase
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.engine import URL

from app.database.lanes import AT_ONCE as AT_ONCE_SLOW
from app.database.lanes import Lane
from app.database.readers import AT_ONCE, SILENT, Export, Fetch, Rows, Values, weights
from app.database.statements import compiled
from app.database.types import number_of
from app.errors import Crowded, NotReady, TooSlow

DIALECT: Dialect = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]


QUICK, FEWEST = 2, 5
"""How many connections slow reads and exports leave to the others, and how many there are at the least."""
GRACE = 0.4
"""Seconds that the server has to say itself that a statement took too long, before it is taken for silent."""
SILENCE = (
    TimeoutError,
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ObjectNotInPrerequisiteStateError,
)
"""What says that the server is away, frozen, starting, stopping, or has no connection or memory left."""


class PostgresReader:
    """Reads of the shared engine, over a pool of the driver's own connections."""

    takes_hints = False

    def __init__(self, url: URL, seconds: float, size: int) -> None:
        self._address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._seconds, self._size, self.newest = seconds, max(size, FEWEST), 0
        self.weights = weights()
        self._lane = Lane(seconds)
        self._most_exports = self._size - QUICK - AT_ONCE_SLOW
        self._exports = asyncio.Semaphore(self._most_exports)

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._address,
            min_size=1,
            max_size=self._size,
            init=_numbers,
            reset=_left_as_is,
            command_timeout=self._seconds + GRACE,
            server_settings={
                "statement_timeout": str(int(self._seconds * 1000)),
                "default_transaction_read_only": "on",
                # To compile a statement takes longer than any page that an index serves.
                "jit": "off",
            },
        )

    async def close(self) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @asynccontextmanager
    async def _connection(self, last: float) -> AsyncIterator[Any]:
        """A connection until a moment; one that the server no longer answers on is not used again."""
        try:
            connection = await self._pool.acquire(timeout=max(0.05, last - monotonic()))
        except (*SILENCE, OSError):
            raise NotReady(SILENT) from None
        try:
            yield connection
        except asyncpg.QueryCanceledError:
            raise TooSlow(self._seconds) from None
        except SILENCE:
            connection.terminate()
            raise NotReady(SILENT) from None
        except asyncio.CancelledError:
            connection.terminate()
            raise
        finally:
            await self._pool.release(connection, timeout=1)

    async def fetch(self, statement: SelectBase, values: Values, *, slow: bool = False) -> Rows:
        async with self._until(slow=slow) as last, self._connection(last) as connection:
            return await self._run(connection, last, statement, values)

    def _until(self, *, slow: bool) -> AbstractAsyncContextManager[float]:
        """Until when a read may take; a slow one waits for its turn first."""
        return self._lane.turn() if slow else nullcontext(monotonic() + self._seconds)

    @asynccontextmanager
    async def snapshot(self, *, slow: bool = False) -> AsyncIterator[Fetch]:
        """Statements that see one state."""
        async with (
            self._until(slow=slow) as last,
            self._connection(last) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):

            async def fetch(statement: SelectBase, values: Values) -> Rows:
                return await self._run(connection, last, statement, values)

            yield fetch

    @asynccontextmanager
    async def export(self, seconds: float) -> AsyncIterator[Export]:
        """A long read on a connection of the pool, of which others have some left."""
        if self._exports.locked():
            raise Crowded(self._most_exports)
        async with (
            self._exports,
            self._connection(monotonic() + self._seconds) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield _PostgresExport(connection, seconds)

    async def _run(self, connection: Any, last: float, statement: SelectBase, values: Values) -> Rows:
        made = compiled(statement, DIALECT)
        left = max(0.05, last - monotonic()) + GRACE
        rows: Rows = await connection.fetch(made.text, *made.parameters(values), timeout=left)
        return rows


class _PostgresExport:
    """A long read of the shared engine, through a cursor."""

    def __init__(self, connection: Any, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds
        self._turn = asyncio.Lock()
        """A connection does one thing at a time: a batch is brought ahead while sources are looked up."""

    async def fetch(self, statement: SelectBase, values: Values) -> Rows:
        made = compiled(statement, DIALECT)
        async with self._turn:
            rows: Rows = await self._connection.fetch(made.text, *made.parameters(values), timeout=self._seconds)
        return rows

    async def batches(self, statement: SelectBase, values: Values) -> AsyncIterator[Rows]:
        made = compiled(statement, DIALECT)
        async with self._turn:
            cursor = await self._connection.cursor(made.text, *made.parameters(values), timeout=self._seconds)
        while rows := await self._some(cursor):
            yield rows

    async def _some(self, cursor: Any) -> Rows:
        async with self._turn:
            rows: Rows = await cursor.fetch(AT_ONCE, timeout=self._seconds)
        return rows


async def _numbers(connection: Any) -> None:
    """Take numbers that may have a fraction as JSON has them."""
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=number_of, format="text")


async def _left_as_is(_connection: object) -> None:
    """Reading leaves nothing behind in a session, and resetting one would cost every request a round trip."""
