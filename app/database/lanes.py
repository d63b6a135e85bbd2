"""Reads that take long, in a lane of their own: a few at once, some that wait, and the rest is refused at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from app.errors import TooSlow

AT_ONCE = 2
MOST_WAITING = 16


class Lane:
    """Turns of slow reads; whoever waits for one has so much less time for the read itself."""

    def __init__(self, seconds: float, at_once: int = AT_ONCE, most: int = MOST_WAITING) -> None:
        self._seconds, self._most, self._waiting = seconds, most, 0
        self._free = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[float]:
        """Wait for a turn; gives the moment, by the monotonic clock, at which it ends. Raises `TooSlow`."""
        last = monotonic() + self._seconds
        if self._waiting >= self._most:
            raise TooSlow(0, waiting=self._waiting)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._free.acquire()
        except TimeoutError:
            raise TooSlow(self._seconds) from None
        finally:
            self._waiting -= 1
        try:
            yield last
        finally:
            self._free.release()
