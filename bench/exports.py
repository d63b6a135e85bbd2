"""A whole set in one answer, beside a route that streams the same bytes, prebuilt, in pieces of as many rows."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from statistics import median
from time import perf_counter

from fastapi import FastAPI
from starlette.responses import StreamingResponse

from app.database.readers import AT_ONCE
from bench.load import HOST, Unexpected
from bench.ratios import ROWS, Comparison, Cost
from bench.serving import Server
from bench.stand import Stand, same

PIECE = 1 << 20
SLOWER = 0.5
"""The share of the limit to reach on a machine that is too slow for the rate."""


@dataclass(frozen=True)
class Export:
    """The export of a collection, one line a record."""

    name: str
    about: str
    target: str
    rates: Mapping[str, float]
    """How many rows a second are good enough, by engine; a machine too slow for them must reach `SLOWER`."""

    def measure(self, stand: Stand) -> Iterator[Comparison]:
        """How many rows a second come out of each engine."""
        lines = stand.plain["sqlite"].ask(self.target)[1].splitlines(keepends=True)
        whole = b"".join(lines)
        pieces = [b"".join(lines[at : at + AT_ONCE]) for at in range(0, len(lines), AT_ONCE)]
        with stand.limit(partial(limit, self.target, pieces)) as limited:
            for engine, server in stand.plain.items():
                for who, one in (("the limit", limited), (engine, server)):
                    same(self.target, whole, one.ask(self.target)[1], who)
                ours, beside = [], []
                for _ in range(stand.rounds):
                    beside.append(self._round(stand, limited, len(lines), len(whole)))
                    ours.append(self._round(stand, server, len(lines), len(whole)))
                enough = median(cost.rate for cost in ours) >= self.rates.get(engine, 0)
                goal = None if enough else SLOWER
                yield Comparison(f"{len(lines):,} {self.about}, {engine}", ROWS, goal, ours, beside, len(whole) / 1000)

    def _round(self, stand: Stand, server: Server, rows: int, size: int) -> Cost:
        """One answer, read as it comes by a process of its own."""
        before, known = server.cpu(), server.database.cpu() if server.database else None
        read, seconds = stand.apart(_read, server.port, self.target)
        if read != size:
            raise Unexpected(f"{self.target} broke off after {read} bytes")
        after = server.database.cpu() if server.database else None
        database = None if known is None or after is None else (after - known) / rows / 1000
        return Cost((server.cpu() - before) / rows / 1000, database, rows / seconds, rows)


def limit(target: str, pieces: Sequence[bytes]) -> FastAPI:
    """An application that streams ready bytes."""
    app = FastAPI(openapi_url=None)

    @app.get(target.partition("?")[0])
    async def whole() -> StreamingResponse:
        async def each() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

        return StreamingResponse(each(), media_type="application/x-ndjson")

    return app


def _read(port: int, target: str) -> tuple[int, float]:
    """How many bytes an answer has, and how many seconds it takes to come."""
    begun = perf_counter()
    connection = HTTPConnection(HOST, port, timeout=60)
    connection.request("GET", target)
    answer, size = connection.getresponse(), 0
    while piece := answer.read(PIECE):
        size += len(piece)
    connection.close()
    return size, perf_counter() - begun


EXPORTS = (
    Export("export", "populations", "/v1/populations?format=ndjson", {"sqlite": 300_000, "postgresql": 150_000}),
    Export("export-csv", "populations as CSV", "/v1/populations?format=csv", {}),
)
