"""Group commit: writes that wait at the same moment share a transaction, and with it one wait for the disk.

A thread owns the one connection that writes. Each request has a revision of its own, and is answered when the commit
is durable. New records that have nothing to do with each other are written with the same statements; any other write
is a savepoint, so that one which fails takes no other with it. docs/decisions/group-commit.md tells why.
"""

import asyncio
import logging
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, exc, select

from app.database.engines import RESTED
from app.database.store import Store
from app.errors import Busy, Problem
from app.history.tables import REGISTER
from app.writing.creating import New, create_together, independent
from app.writing.validation import Refused

T = TypeVar("T")
Write = Callable[[Connection], T]
"""What one request writes, inside a transaction that is given."""
_Outcome = tuple[Any, BaseException | None]
"""What a write returned, or what it raised."""
log = logging.getLogger(__name__)
LARGEST_GROUP = 64
"""How many writes share a commit at the most."""
QUIET_TURNS = 2
"""After how many turns of the event loop that bring no further write a group is committed."""
UNAVAILABLE = (exc.OperationalError, sqlite3.OperationalError, psycopg.OperationalError)
"""What says that the database cannot work, from SQLAlchemy or from its driver."""
_LOCK = select(REGISTER.c.revision).with_for_update()


@dataclass(frozen=True, slots=True)
class _Pending(Generic[T]):
    """A write, and the future that waits for it."""

    write: Write[T]
    future: asyncio.Future[T]

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self.future.get_loop()

    def settle(self, result: Any, error: BaseException | None) -> None:
        """Wake the request that waits, unless its client has gone. On its loop only."""
        if self.future.done():
            return
        if error is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(error)


class GroupCommit:
    """Runs writes on one connection, in the order they come."""

    def __init__(self, engine: Engine, *, largest: int = LARGEST_GROUP) -> None:
        """`largest` is how many writes share a commit at the most: 1 gives each a transaction of its own."""
        self._engine, self._largest = engine, largest
        self._connection: Connection | None = None
        self._waiting: dict[asyncio.AbstractEventLoop, list[_Pending[Any]]] = defaultdict(list)
        """Writes that the thread has not been given yet, by the event loop that waits for them."""
        self._active: set[asyncio.AbstractEventLoop] = set()
        """The loops for which a group is being gathered or written; each has one at a time."""
        self._groups: SimpleQueue[list[_Pending[Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="group commit", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what was submitted, and stop."""
        self._groups.put(None)
        self._thread.join()
        self._engine.dispose()

    # --- on the event loop ---

    async def submit(self, write: Write[T]) -> T:
        """Run a write in a transaction; returns when what it wrote is durable."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting[loop].append(_Pending(write, future))
        if loop not in self._active:
            self._active.add(loop)
            loop.call_soon(self._gather, loop, 0, 0)
        return await future

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int, quiet: int) -> None:
        """Give the thread what a loop has gathered, when no more comes.

        Whoever has sent a request by now is let in: to read it takes a few turns of the loop, which cost less than a
        transaction of its own, and next to nothing where no other request is there.
        """
        waiting = self._waiting[loop]
        quiet = quiet + 1 if len(waiting) == before else 0
        if quiet < QUIET_TURNS and len(waiting) < self._largest:
            loop.call_soon(self._gather, loop, len(waiting), quiet)
            return
        self._waiting[loop] = waiting[self._largest :]
        self._groups.put(waiting[: self._largest])

    def _settle(self, loop: asyncio.AbstractEventLoop, outcomes: Sequence[tuple[_Pending[Any], _Outcome]]) -> None:
        """Wake those of a group, and gather the next: of those who waited meanwhile, and of those woken now.

        Those who waited do not go first: the others would come meanwhile and wait in turn, two small transactions for
        every one that holds them all.
        """
        for pending, outcome in outcomes:
            pending.settle(*outcome)
        if self._waiting[loop]:
            loop.call_soon(self._gather, loop, 0, 0)
        else:
            self._active.discard(loop)

    # --- on the thread ---

    def _run(self) -> None:
        while (group := self._next()) is not None:
            outcomes = list(zip(group, self._outcomes(group), strict=True))
            loop = group[0].loop
            with suppress(RuntimeError):  # A loop that is closed has nobody waiting.
                loop.call_soon_threadsafe(self._settle, loop, outcomes)
        self._give_back()

    def _next(self) -> list[_Pending[Any]] | None:
        """The next group. The connection is kept while there is something to do, and for a moment after."""
        if self._connection is not None:
            with suppress(Empty):
                return self._groups.get(timeout=RESTED)
            self._give_back()
        return self._groups.get()

    def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except Exception:
                log.exception("a connection could not be given back")

    def _outcomes(self, group: Sequence[_Pending[Any]]) -> list[_Outcome]:
        """What came of each, in one transaction; there is no success before the commit."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            return self._commit(self._connection, [pending.write for pending in group])
        except Exception as error:
            self._give_back()
            if not isinstance(error, UNAVAILABLE):
                return [(None, error)] * len(group)
            log.exception("the database did not take a write")
            return [(None, Busy())] * len(group)

    def _commit(self, connection: Connection, writes: Sequence[Write[Any]]) -> list[_Outcome]:
        new = independent(write for write in writes if isinstance(write, New))
        created = self._create(connection, new, alone=len(new) == len(writes)) if new else {}
        if len(created) == len(writes):
            return list(created.values())
        store = Store(connection)
        # Before anything is read: what another process is writing may be what `If-Match` is about.
        store.run(_LOCK)
        outcomes = [created.get(write) or _attempt(connection, store, write) for write in writes]
        connection.commit()
        return outcomes

    def _create(self, connection: Connection, new: Sequence[New[T]], *, alone: bool) -> dict[Write[T], _Outcome]:
        """What came of new records written with the same statements; nothing when one of them cannot be written.

        They are the first thing in the transaction, and where they are `alone`, the last: it is committed then.
        """
        store = Store(connection)
        try:
            with store.pipeline():
                answers = create_together(store, new)
                if alone:
                    connection.commit()
        except UNAVAILABLE:
            raise
        except Exception as error:
            if not isinstance(error, Problem | Refused):
                log.exception("new records could not be written together; each is tried by itself")
            connection.rollback()
            for write in new:
                write.anew()
            return {}
        return {write: (answer, None) for write, answer in zip(new, answers, strict=True)}


def _attempt(connection: Connection, store: Store, write: Write[T]) -> _Outcome:
    """What comes of a write that is undone by itself when it fails."""
    store.savepoint()
    try:
        result = write(connection)
    except UNAVAILABLE:
        raise
    except Exception as error:  # noqa: BLE001  (its own request is told; the others go on)
        store.rollback()
        return None, error
    store.release()
    return result, None
