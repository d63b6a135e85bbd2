"""The load: a bounded number of keep-alive connections to this machine, each asking again once it was answered."""

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle
from time import perf_counter

from uvicorn import Config

HOST = "127.0.0.1"
CONNECTIONS = 16
MOST = 100_000
"""How many requests one round makes at most."""
PATIENCE = 30.0
"""Seconds that a round may overrun before it is given up."""


class Unexpected(Exception):
    """An answer that is not the one compared before the measuring began."""


NUMBER = b"00000000"
"""What stands in a body for a number that no other request of the run has."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, and the answer it must have."""

    target: str
    status: int
    length: int | None
    """Of the body, in bytes; none where it is not known before."""
    etag: str | None = None
    """What the client says it holds."""
    body: bytes | None = None
    """What is posted; every `NUMBER` in it becomes another one each time."""
    key: str | None = None

    @property
    def sent(self) -> bytes:
        """The request as sent."""
        head = f"{'GET' if self.body is None else 'POST'} {self.target} HTTP/1.1\r\nHost: {HOST}\r\n"
        head += f"If-None-Match: {self.etag}\r\n" if self.etag else ""
        head += f"Authorization: Bearer {self.key}\r\n" if self.key else ""
        if self.body is None:
            return f"{head}\r\n".encode()
        head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        return f"{head}\r\n".encode() + self.body


def pin(core: int | None) -> None:
    """Keep this process on one core, where the system can."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def cores() -> tuple[int | None, int | None]:
    """A core for the servers and one for the load; none where there are not two, or processes cannot be kept on one."""
    if not hasattr(os, "sched_setaffinity"):
        return None, None
    first, *others = sorted(os.sched_getaffinity(0))
    return (first, others[0]) if others else (None, None)


def load(port: int, asks: Sequence[Ask], seconds: float, first: int = 0) -> tuple[int, float]:
    """Ask in turn for a time; how many requests were answered, and in how many seconds. Numbers begin at `first`."""
    with asyncio.Runner(loop_factory=Config("").get_loop_factory()) as runner:
        return runner.run(_Round(port, asks, seconds, first).run())


class _Round:
    """One round of load, shared by its connections."""

    def __init__(self, port: int, asks: Sequence[Ask], seconds: float, first: int) -> None:
        self._port, self._seconds, self._asks = port, seconds, cycle([(ask, ask.sent) for ask in asks])
        self._numbers = count(first)
        self.answered, self._last = 0, 0.0

    async def run(self) -> tuple[int, float]:
        loop = asyncio.get_running_loop()
        ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(CONNECTIONS)]
        begun = perf_counter()
        self._last = begun + self._seconds
        opened = [await loop.create_connection(partial(_Connection, self, end), HOST, self._port) for end in ends]
        try:
            async with asyncio.timeout(self._seconds + PATIENCE):
                await asyncio.gather(*ends)
        finally:
            for transport, _ in opened:
                transport.abort()
            await asyncio.sleep(0)
        return self.answered, perf_counter() - begun

    def take(self) -> tuple[Ask, bytes] | None:
        """The next request, or none when the round is over."""
        if self.answered >= MOST or perf_counter() > self._last:
            return None
        ask, sent = next(self._asks)
        return ask, sent if ask.body is None else sent.replace(NUMBER, b"%08d" % next(self._numbers))


class _Connection(asyncio.Protocol):
    """One connection: asks, counts the bytes of the answer, asks again."""

    def __init__(self, of: _Round, end: asyncio.Future[None]) -> None:
        self._round, self._end = of, end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._next()

    def _next(self) -> None:
        taken = self._round.take()
        if taken is None:
            self._transport.close()
            self._end.set_result(None)
            return
        self._ask, head = taken
        self._head, self._left = b"", -1
        self._transport.write(head)

    def data_received(self, data: bytes) -> None:
        if self._left >= 0:
            self._left -= len(data)
        else:
            self._head += data
            head, blank, body = self._head.partition(b"\r\n\r\n")
            if not blank:
                return
            told = _LENGTH.search(head)
            length, expected = int(told[1]) if told else 0, self._ask.length
            if int(head[9:12]) != self._ask.status or expected not in {None, length}:
                self._fail(f"{self._ask.target} answered {head[9:12].decode()}, or at another length")
                return
            self._left = length - len(body)
        if self._left < 0:
            self._fail(f"{self._ask.target} answered more than its length")
        elif self._left == 0:
            self._round.answered += 1
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"{self._ask.target}: the server closed the connection")

    def _fail(self, told: str) -> None:
        self._transport.close()
        if not self._end.done():
            self._end.set_exception(Unexpected(told))


_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)")
