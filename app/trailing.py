"""Rows that are added while the next ones are made: what an engine does with a row takes none of Python's time."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table

from app.store import Row, Store

WAITING = 2
"""How many lots of rows may wait to be added: more of them would only be held in memory."""
SWITCH = 0.0005
"""Seconds after which a thread that waits for the interpreter has it: 5 ms, as Python has it, is what 200 rows take."""


class Trailing(Store):
    """A store whose thread adds rows while its user goes on; whatever else is asked of it waits until they are in.

    That an earlier row could not be added is told by whatever is asked next.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._thread = ThreadPoolExecutor(1, "adding")
        self._adding: deque[Future[None]] = deque()

    @property
    def connection(self) -> Connection:
        """The connection, when nothing is being added by it any more."""
        self._wait()
        return self._own_connection

    @property
    def _cursor(self) -> Any:
        self._wait()
        return self._own_cursor

    def insert(self, table: Table, rows: Iterable[Row]) -> None:
        """Add rows, soon."""
        made = list(self._listed(table, rows))
        if made:
            self._wait(WAITING - 1)
            self._adding.append(self._thread.submit(self._add, self._own_cursor, table, made))

    def _wait(self, left: int = 0) -> None:
        while len(self._adding) > left:
            self._adding.popleft().result()

    def close(self) -> None:
        """Leave what has not been begun, and wait for the rest: then the connection is free, whatever went wrong."""
        self._adding.clear()
        self._thread.shutdown(cancel_futures=True)


@contextmanager
def side_by_side() -> Iterator[None]:
    """Let two threads of this process work side by side: the one that comes back from an engine goes on at once."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
