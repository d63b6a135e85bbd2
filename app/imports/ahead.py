"""Records that a process of its own checks and lays aside, to be written by this one meanwhile.

What was checked lies in the spool; a pipe tells how much does, and of what.
"""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from typing import Any, Self

from app.catalogue import NOUNS
from app.imports.given import IsRead, Unreadable
from app.imports.spool import Place, Spool
from app.records import Collection
from app.validation import Entry

Check = Callable[[Spool, IsRead, Callable[[], None]], None]
"""Checks records and lays them aside; tells of bytes that are read, and of a fault. Raises `Unreadable`."""
POSSIBLE = "fork" in get_all_start_methods() and sys.platform != "darwin"
"""Whether a process can be made that goes on from here: a fresh one would first read all modules for a second."""


class NotAhead(Exception):
    """Records that cannot be written while others are still to be checked."""


class Ahead:
    """A process that checks, while the block runs; what it laid aside is read here as it comes."""

    def __init__(self, check: Check, spool: Spool, is_read: IsRead) -> None:
        self._spool, self._is_read = spool, is_read
        self._ended = False
        self.laid = 0
        """How many records were laid aside so far, as far as they were told."""
        fork = get_context("fork")
        self._news, theirs = fork.Pipe(duplex=False)
        self._process = fork.Process(target=_checking, args=(check, spool, theirs, self._news), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._news.close()
        self._process.terminate()
        self._process.join()

    def records(self) -> Iterator[tuple[Collection, Place, Entry]]:
        """The records as they were laid aside, until all are; raises `Unreadable` when it is known, `NotAhead` if so.

        After `NotAhead`, `finish` tells what was found.
        """
        while (noun := self._next_noun()) is not None:
            collection = NOUNS[noun]
            for place, entry in self._spool.follow(collection):
                yield collection, place, entry

    def _next_noun(self) -> str | None:
        while True:
            kind, told = self._next()
            if kind == "laid":
                noun, many = told
                self.laid += many
                return str(noun)
            if kind == "faulty":
                raise NotAhead
            if kind == "ended":
                return None

    def _next(self) -> tuple[str, Any]:
        """The next of the news."""
        kind, told = self._news.recv()
        if kind == "read":
            self._is_read(told)
        elif kind == "ended":
            self._spool.learn(told)
            self._ended = True
        elif kind == "refused":
            raise told
        return kind, told

    def finish(self) -> bool:
        """Wait until all is checked; raises `Unreadable`. Whether it is: the process may have been ended."""
        try:
            while not self._ended:
                self._next()
        except EOFError:
            return False
        return True


def _checking(check: Check, spool: Spool, news: Connection, elsewhere: Connection) -> None:
    """What the process does; it ends when nobody hears its news any more."""
    elsewhere.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        spool.on_laid = lambda noun, many: news.send(("laid", (noun, many)))
        try:
            check(spool, lambda size: news.send(("read", size)), lambda: news.send(("faulty", None)))
        except Unreadable as unreadable:
            news.send(("refused", unreadable))
        else:
            news.send(("ended", spool.known()))
