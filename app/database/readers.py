"""What a read needs of an engine: one statement, a snapshot of one state, a long read in batches."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Protocol, TypeVar

from cachetools import TTLCache
from sqlalchemy import SelectBase

from app.errors import TooSlow


def weights() -> MutableMapping[Any, int]:
    """What a reader remembers of how many records filters hold: of the last thousands, for a minute."""
    return TTLCache(maxsize=4096, ttl=60.0)


Values = dict[str, Any]
Rows = Sequence[Sequence[Any]]
Fetch = Callable[[SelectBase, Values], Awaitable[Rows]]
AT_ONCE = 1000
"""How many rows of a long answer are brought at a time."""


SILENT = "The database does not answer."


T = TypeVar("T")


async def in_one_state(reader: "Reader", work: Callable[["Fetch"], Awaitable[T]], *, slow: bool = False) -> T:
    """What some work makes of statements that see one state; begun again among the slow ones where it takes long."""
    if not slow:
        with suppress(TooSlow):
            async with reader.snapshot() as fetch:
                return await work(fetch)
    async with reader.snapshot(slow=True) as fetch:
        return await work(fetch)


class Export(Protocol):
    """Statements of one long read, all of one state."""

    async def fetch(self, statement: SelectBase, values: Values) -> Rows: ...
    def batches(self, statement: SelectBase, values: Values) -> AsyncIterator[Rows]: ...


class Reader(Protocol):
    """What a read needs of an engine: one statement, several that see one state, or a long one in parts."""

    takes_hints: bool
    """Whether a statement can tell the engine which index to use."""
    newest: int
    """The newest revision that was read, or 0."""
    weights: MutableMapping[Any, int]
    """Whether a filter with certain values was found to hold very many records, and how many that is, of late."""

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    async def fetch(self, statement: SelectBase, values: Values, *, slow: bool = False) -> Rows: ...
    def snapshot(self, *, slow: bool = False) -> Any: ...
    def export(self, seconds: float) -> AbstractAsyncContextManager[Export]: ...
