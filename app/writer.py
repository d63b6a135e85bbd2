"""The one writer of a server process: a thread that commits what several requests ask in one transaction.

Each request has a revision of its own; all of them are durable when the commit is. New records that have nothing to do
with each other are written with the same statements; any other request is a savepoint, and takes only that with it when
it fails.

SQLite works in this process: the larger a transaction, the less it costs for each. A PostgreSQL server works by itself:
those who ask are parted in two lots, one of which is read and answered while the server is busy with the other.
"""

import asyncio
import logging
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, exc, select

from app.db import RESTED
from app.edits import New, create_together, independent
from app.errors import Busy, Problem
from app.history import REGISTER
from app.store import Store
from app.validation import Refused

T = TypeVar("T")
Job = Callable[[Connection], T]
_Outcome = tuple[Any, BaseException | None]
"""What a job brought, or what it raised."""
log = logging.getLogger(__name__)
MOST_TOGETHER = 64
"""How many requests of one loop share a commit at the most."""
PARTED = 8
"""How many share one at the least, of those who wait, before they are parted."""
STAND_BACK = 0.003
"""Seconds that a loop leaves the interpreter to the writer at the most."""
QUIET = 2
"""After how many turns of its loop that bring no other a write is passed on."""
UNWELL = (exc.OperationalError, sqlite3.OperationalError, psycopg.OperationalError)
"""How a database tells that it cannot work, through SQLAlchemy or by its driver."""
_TURN = select(REGISTER.c.revision).with_for_update()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A job, and the future that waits for it."""

    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]

    def answer(self, result: Any, error: BaseException | None) -> None:
        """Wake the request that waits, unless its client has gone. On its loop only."""
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


@dataclass(slots=True)
class _Desk:
    """What a loop has gathered, whether the thread is at work for it, and how many answered last ask no more as yet."""

    gathered: list[_Asked] = field(default_factory=list)
    at_work: bool = False
    answered: int = 0

    def take(self, one: _Asked) -> None:
        """Gather a request, perhaps of one who was answered just now."""
        self.gathered.append(one)
        self.answered = max(self.answered - 1, 0)

    @property
    def half(self) -> int:
        """Half of those who seem to be asking."""
        return (len(self.gathered) + self.answered + 1) // 2


class Writer:
    """Runs jobs on one connection, in the order they come."""

    def __init__(self, engine: Engine, others: Callable[[], bool] = lambda: False) -> None:
        """`others` tells whether requests wait for what has nothing to do with writing."""
        self._engine, self._others = engine, others
        self._connection: Connection | None = None
        self._queue: SimpleQueue[list[_Asked] | None] = SimpleQueue()
        self._desks: dict[asyncio.AbstractEventLoop, _Desk] = defaultdict(_Desk)
        self._parted = engine.dialect.name == "postgresql"
        self._sent = Event()
        """Set when the thread waits for the server, or is about to do what takes its time."""
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def submit(self, job: Job[T]) -> T:
        """Run a job in a transaction; returns when what it wrote is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        desk = self._desks[loop]
        desk.take(_Asked(job, loop, future))
        if len(desk.gathered) == 1 and not desk.at_work:
            loop.call_soon(self._pass_on, loop, 0, 0)
        return await future

    def _pass_on(self, loop: asyncio.AbstractEventLoop, before: int, quiet: int) -> None:
        """Give the thread what a loop has gathered, when no more comes.

        Whoever has sent a request by now is let in: to read it takes a few turns of the loop, which cost less than a
        transaction of its own, and next to nothing where no other request is there.
        """
        desk = self._desks[loop]
        most = min(max(desk.half, PARTED), MOST_TOGETHER) if self._parted else MOST_TOGETHER
        quiet = quiet + 1 if len(desk.gathered) == before else 0
        if quiet < QUIET and len(desk.gathered) < most:
            loop.call_soon(self._pass_on, loop, len(desk.gathered), quiet)
            return
        lot, desk.gathered, desk.at_work = desk.gathered[:most], desk.gathered[most:], True
        self._sent.clear()
        self._queue.put(lot)
        if self._parted and len(lot) > 1 and not self._others():
            # The interpreter runs one thread at a time. Were the next requests read now, the server would wait for
            # the writer, and then this loop for the server. Somebody who reads would only wait longer.
            self._sent.wait(STAND_BACK)

    def _answer(self, loop: asyncio.AbstractEventLoop, told: list[tuple[_Asked, _Outcome]]) -> None:
        """Answer what was passed on, and begin to gather anew: with those who have waited, and those answered now.

        Unless they are parted, those who have waited do not go first: the others would ask meanwhile and wait in turn,
        two small transactions for every one that holds them all.
        """
        for one, answer in told:
            one.answer(*answer)
        desk = self._desks[loop]
        desk.at_work, desk.answered = False, len(told)
        if desk.gathered:
            loop.call_soon(self._pass_on, loop, 0, 0)

    def close(self) -> None:
        """Finish what was asked, and stop."""
        self._queue.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while (asked := self._next()) is not None:
            last = False
            while not last and len(asked) < MOST_TOGETHER and not self._queue.empty():
                further = self._queue.get()
                last = further is None
                asked += further or []
            self._together(asked)
            if last:
                break
        self._give_back()

    def _next(self) -> list[_Asked] | None:
        """What is asked next. The connection is kept while there is something to do, and for a moment after."""
        if self._connection is not None:
            with suppress(Empty):
                return self._queue.get(timeout=RESTED)
            self._give_back()
        return self._queue.get()

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                log.exception("a connection could not be given back")

    def _together(self, asked: list[_Asked]) -> None:
        """One transaction for all; nobody hears of success before the commit."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            answers = self._answers(self._connection, asked)
        except Exception as error:
            self._give_back()
            if isinstance(error, UNWELL):
                log.exception("the database did not take a write")
            answers = [(None, Busy() if isinstance(error, UNWELL) else error)] * len(asked)
        self._sent.set()
        told = list(zip(asked, answers, strict=True))
        for loop in {one.loop for one in asked}:
            # All at once: the loop would begin with the first while the others are being told.
            mine = [(one, answer) for one, answer in told if one.loop is loop]
            with suppress(RuntimeError):  # A loop that is closed has nobody waiting.
                loop.call_soon_threadsafe(self._answer, loop, mine)

    def _answers(self, connection: Connection, asked: list[_Asked]) -> list[_Outcome]:
        new = independent(one.job for one in asked if isinstance(one.job, New))
        at_once = self._at_once(connection, new, alone=len(new) == len(asked)) if new else {}
        if len(at_once) == len(asked):
            return list(at_once.values())
        self._sent.set()
        store = _in_line(connection)
        answers = [at_once.get(id(one.job)) or self._one(connection, store, one.job) for one in asked]
        connection.commit()
        return answers

    def _one(self, connection: Connection, store: Store, job: Job[T]) -> tuple[T | None, BaseException | None]:
        store.savepoint()
        try:
            result = job(connection)
        except UNWELL:
            raise
        except Exception as error:  # noqa: BLE001  (its own request is told; the others go on)
            store.back()
            return None, error
        store.release()
        return result, None

    def _at_once(self, connection: Connection, new: list[New[T]], *, alone: bool) -> dict[int, tuple[T, None]]:
        """The answers to new records, by their job; none when one of them cannot be written.

        They are the first thing in the transaction, and where they are `alone`, the last: it is committed then.
        """
        store = Store(connection)
        try:
            with store.piped():
                answers = create_together(store, new)
                if alone:
                    store.send()
                    self._sent.set()
                    connection.commit()
        except UNWELL:
            raise
        except Exception as error:
            if not isinstance(error, Problem | Refused):
                log.exception("new records could not be written together; each is tried by itself")
            connection.rollback()
            for one in new:
                one.anew()
            return {}
        return {id(job): (answer, None) for job, answer in zip(new, answers, strict=True)}


def _in_line(connection: Connection) -> Store:
    """The tables, before anything is read: what another process is writing may be what `If-Match` is about."""
    store = Store(connection)
    store.run(_TURN)
    return store
