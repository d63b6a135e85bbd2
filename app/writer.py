"""The one writer of a server process: a thread that commits what several requests ask in one transaction.

Each request is a savepoint with a revision of its own; all of them are durable when the commit is. A request that fails
takes only its own savepoint with it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import OperationalError

from app.errors import Busy
from app.history import REGISTER
from app.store import Store

T = TypeVar("T")
Job = Callable[[Connection], T]
log = logging.getLogger(__name__)
MOST_TOGETHER = 64
"""How many requests share a commit at the most."""
_TURN = select(REGISTER.c.revision).with_for_update()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A job, and the future that waits for it."""

    job: Job[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]

    def answer(self, result: Any, error: BaseException | None) -> None:
        """Wake the request that waits, unless its client has gone."""

        def set_it() -> None:
            if self.future.done():
                return
            if error is None:
                self.future.set_result(result)
            else:
                self.future.set_exception(error)

        self.loop.call_soon_threadsafe(set_it)


class Writer:
    """Runs jobs on one connection, in the order they come."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Asked | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    async def submit(self, job: Job[T]) -> T:
        """Run a job in a transaction; returns when what it wrote is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put(_Asked(job, loop, future))
        return await future

    def close(self) -> None:
        """Finish what was asked, and stop."""
        self._queue.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            asked, last = [first], False
            while len(asked) < MOST_TOGETHER and not last:
                try:
                    another = self._queue.get_nowait()
                except Empty:
                    break
                if another is None:
                    last = True
                else:
                    asked.append(another)
            self._together(asked)
            if last:
                return

    def _together(self, asked: list[_Asked]) -> None:
        """One transaction for all; nobody hears of success before the commit."""
        answers: list[tuple[Any, BaseException | None]] = []
        try:
            with self._engine.connect() as connection:
                store = Store(connection)
                # In line before anything is read: what another process is writing may be what `If-Match` is about.
                store.run(_TURN)
                answers = [self._one(connection, store, one.job) for one in asked]
                connection.commit()
        except OperationalError:
            log.exception("the database did not take a write")
            answers = [(None, Busy())] * len(asked)
        except Exception as broken:  # noqa: BLE001  (whatever it is, no request may be left waiting)
            answers = [(None, broken)] * len(asked)
        for one, (result, error) in zip(asked, answers, strict=True):
            one.answer(result, error)

    def _one(self, connection: Connection, store: Store, job: Job[T]) -> tuple[T | None, BaseException | None]:
        store.savepoint()
        try:
            result = job(connection)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001  (its own request is told; the others go on)
            store.back()
            return None, error
        store.release()
        return result, None
