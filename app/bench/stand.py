"""What benchmarks stand on: the same register on each engine, a server over each, and the load that asks them."""

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

import orjson
from starlette.types import ASGIApp

from app.bench.data import Size, fill
from app.bench.load import Ask, Unexpected, cores, load, pin
from app.bench.serving import SPAWN, Server
from app.bench.shared import copy, database
from app.main import create_app
from app.schema import migrate
from app.settings import Settings


@dataclass(frozen=True)
class Effort:
    """How long is measured: rounds for each server in turn, each of some seconds."""

    rounds: int = 5
    seconds: float = 0.2


class Cost(NamedTuple):
    """What one round cost: the server's CPU time per request in microseconds, and the requests per second."""

    cpu: float
    rate: float


@dataclass(frozen=True)
class Comparison:
    """The rounds of a server, each beside the round of the limit that came before it."""

    engine: str
    limit: Sequence[Cost]
    ours: Sequence[Cost]
    kilobytes: float
    """The mean size of a whole answer's body."""

    @property
    def ratio(self) -> float:
        """How much of the limit is reached: its CPU time over ours, round by round."""
        return median(limit.cpu / ours.cpu for limit, ours in zip(self.limit, self.ours, strict=True))


class Stand:
    """The servers of one run: over SQLite, and over PostgreSQL where `shared` is the address of a server.

    Over each engine there are two: one that makes every answer anew, and one that keeps answers, as is the default.
    """

    def __init__(self, size: Size, effort: Effort, shared: str | None) -> None:
        self.size, self._effort, self._shared = size, effort, shared
        self._core, self._load_core = cores()
        self._open = ExitStack()
        self._servers: dict[str, Server] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            file = Path(opened.enter_context(TemporaryDirectory(prefix="detention-bench-"))) / "register.db"
            urls = {"sqlite": f"sqlite:///{file}"}
            migrate(urls["sqlite"])
            fill(urls["sqlite"], self.size)
            if self._shared is not None:
                urls["postgresql"] = opened.enter_context(database(self._shared))
                migrate(urls["postgresql"])
                copy(file, urls["postgresql"])
            for engine, url in urls.items():
                for name, settings in (
                    (engine, Settings(database_url=url, kept_bytes=0)),
                    (f"{engine}, kept", Settings(database_url=url)),
                ):
                    server = Server(partial(create_app, settings), self._core)
                    self._servers[name] = opened.enter_context(server)
            self._load = opened.enter_context(ProcessPoolExecutor(1, SPAWN, pin, (self._load_core,)))
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def conditions(self) -> str:
        """Where and how is measured."""
        kept = "each on a core of its own" if self._core is not None else "on any core"
        return (
            f"Python {platform.python_version()} on {platform.machine()}; one server process and the load, {kept}; "
            f"median of {self._effort.rounds} rounds of {self._effort.seconds:g} s"
        )

    def compare(
        self,
        targets: Sequence[str],
        limit: Callable[[Mapping[str, bytes]], ASGIApp],
        *,
        records: int | None = None,
        held: bool = False,
    ) -> Iterator[Comparison]:
        """Measure targets on each engine beside the limit, once all of them give the same bytes.

        `records` is how many each answer must hold. With `held` the engines, and they alone, are asked by a client that
        has the answers already. Raises `Unexpected` when an answer is not what it must be.
        """
        answers, etags = self._answers(targets, records)
        asks = [Ask(target, 200, len(body)) for target, body in answers.items()]
        ours = [Ask(target, 304, 0, etag) for target, etag in etags.items()] if held else asks
        costs: dict[str, list[Cost]] = {engine: [] for engine in ("limit", *self._servers)}
        with Server(partial(limit, answers), self._core) as limited:
            for target, body in answers.items():
                _same(target, body, limited.ask(target)[1], "the limit")
            for _ in range(self._effort.rounds):
                costs["limit"].append(self._round(limited, asks))
                for engine, server in self._servers.items():
                    costs[engine].append(self._round(server, ours))
        kilobytes = sum(map(len, answers.values())) / len(answers) / 1000
        for engine in self._servers:
            yield Comparison(engine, costs["limit"], costs[engine], kilobytes)

    def _answers(self, targets: Sequence[str], records: int | None) -> tuple[dict[str, bytes], dict[str, str | None]]:
        """What each target answers, the same on every engine, and its ETag."""
        answers: dict[str, bytes] = {}
        etags: dict[str, str | None] = {}
        for target in targets:
            status, body, etags[target] = self._servers["sqlite"].ask(target)
            if status != 200 or (records is not None and len(orjson.loads(body)["data"]) != records):
                raise Unexpected(f"{target} answered {status}, or not with {records} records")
            for engine, server in self._servers.items():
                _same(target, body, server.ask(target)[1], engine)
            answers[target] = body
        return answers, etags

    def _round(self, server: Server, asks: Sequence[Ask]) -> Cost:
        before = server.cpu()
        answered, seconds = self._load.submit(load, server.port, asks, self._effort.seconds).result()
        return Cost((server.cpu() - before) / answered / 1000, answered / seconds)


def _same(target: str, body: bytes, other: bytes, who: str) -> None:
    if other != body:
        raise Unexpected(f"{target} is answered otherwise by {who}")
