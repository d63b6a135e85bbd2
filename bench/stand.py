"""What benchmarks stand on: the same register on each engine, a server over each, and the load that asks them."""

import platform
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Self, TypeVar

import orjson
from starlette.types import ASGIApp

from app.database.settings import Settings
from app.http.application import create_app
from app.writing.migration import migrate
from bench.data import Size, fill
from bench.load import MOST, Ask, Unexpected, cores, load, pin
from bench.ratios import Cost
from bench.serving import SPAWN, Server
from bench.shared import Sessions, copy, database

T = TypeVar("T")

UNLIMITED: Final = {"requests_per_minute": 0, "key_requests_per_minute": 0}
"""The load comes from one address, with one key: it is not counted."""


@dataclass(frozen=True)
class Effort:
    """How long is measured: rounds for each server in turn, each of some seconds."""

    rounds: int = 5
    seconds: float = 0.2


@dataclass(frozen=True)
class Turn:
    """Who is asked what, in its turn of each round."""

    server: Server
    asks: Sequence[Ask]


class Stand:
    """The servers of one run: over SQLite, and over PostgreSQL where `shared` is the address of a server.

    Over each engine there are two: one that makes every answer anew, and one that keeps answers, as is the default.
    """

    def __init__(self, size: Size, effort: Effort, shared: str | None) -> None:
        self.size, self._effort, self.shared = size, effort, shared
        self._core, self._load_core = cores()
        self._open = ExitStack()
        self.servers: dict[str, Server] = {}
        self.key = ""
        """A key that writes."""
        self._numbers = count(0, MOST)

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            file = Path(opened.enter_context(TemporaryDirectory(prefix="detention-bench-"))) / "register.db"
            urls = {"sqlite": f"sqlite:///{file}"}
            migrate(urls["sqlite"])
            self.key = fill(urls["sqlite"], self.size)
            sessions: dict[str, Sessions] = {}
            if self.shared is not None:
                urls["postgresql"] = opened.enter_context(database(self.shared))
                migrate(urls["postgresql"])
                copy(file, urls["postgresql"])
                sessions["postgresql"] = opened.enter_context(Sessions(urls["postgresql"]))
            for engine, url in urls.items():
                for name, settings in (
                    (engine, Settings(database_url=url, cache_bytes=0, **UNLIMITED)),
                    (f"{engine}, kept", Settings(database_url=url, **UNLIMITED)),
                ):
                    server = Server(partial(create_app, settings), self._core, sessions.get(engine))
                    self.servers[name] = opened.enter_context(server)
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

    @property
    def plain(self) -> dict[str, Server]:
        """The servers that make every answer anew, by engine."""
        return {engine: server for engine, server in self.servers.items() if "," not in engine}

    @property
    def rounds(self) -> int:
        """How often everything is measured."""
        return self._effort.rounds

    def apart(self, work: Callable[..., T], *given: Any) -> T:
        """Work done by the process of the load."""
        return self._load.submit(work, *given).result()

    def limit(self, app: Callable[[], ASGIApp]) -> Server:
        """A server of something to be measured beside."""
        return Server(app, self._core)

    def measure(self, turns: Mapping[str, Turn]) -> dict[str, list[Cost]]:
        """What each cost in every round; they take turns, so that what slows a round slows all of them."""
        costs: dict[str, list[Cost]] = {name: [] for name in turns}
        for _ in range(self._effort.rounds):
            for name, turn in turns.items():
                costs[name].append(self._round(turn.server, turn.asks))
        return costs

    def answers(
        self, targets: Sequence[str], records: int | None = None
    ) -> tuple[dict[str, bytes], dict[str, str | None]]:
        """What each target answers, the same on every engine, and its ETag; `records` is how many it must hold."""
        answers: dict[str, bytes] = {}
        etags: dict[str, str | None] = {}
        for target in targets:
            status, body, etags[target] = self.servers["sqlite"].ask(target)
            if status != 200 or (records is not None and len(orjson.loads(body)["data"]) != records):
                raise Unexpected(f"{target} answered {status}, or not with {records} records")
            for engine, server in self.servers.items():
                same(target, body, server.ask(target)[1], engine)
            answers[target] = body
        return answers, etags

    def _round(self, server: Server, asks: Sequence[Ask]) -> Cost:
        first, sessions = next(self._numbers), server.database
        before, known = server.cpu(), sessions.cpu() if sessions else None
        answered, seconds = self._load.submit(load, server.port, asks, self._effort.seconds, first).result()
        spent, after = server.cpu() - before, sessions.cpu() if sessions else None
        database = None if known is None or after is None else (after - known) / answered / 1000
        return Cost(spent / answered / 1000, database, answered / seconds, answered)


def same(target: str, body: bytes, other: bytes, who: str) -> None:
    """Raise unless somebody answers like the first one asked."""
    if other != body:
        raise Unexpected(f"{target} is answered otherwise by {who}")


def kilobytes(answers: Mapping[str, bytes]) -> float:
    """The mean size of some answers."""
    return sum(map(len, answers.values())) / len(answers) / 1000
