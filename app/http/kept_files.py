"""Exports of pinned revisions as files: made whole once, kept for a while, and read in parts.

Tools that read a table or a layer over HTTP ask for its length, and then for ranges of its bytes (GDAL's `/vsicurl/`,
polars, DuckDB). What a revision holds does not change, so that all parts are of one file.
"""

import asyncio
import os
import re
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from cachetools import TTLCache

from app.errors import RangeNotSatisfiable
from app.exports.whole_set import PIECE

RANGE: Final = re.compile(rb"bytes=(\d{0,18})-(\d{0,18})")
"""One range; a client that asks for several at once gets the whole, as RFC 9110 allows."""
KEPT_SECONDS: Final = 600.0
"""How long a file is kept that somebody asked for."""


class KeptFile:
    """A file without a name: the disk is free again when nobody keeps or reads it."""

    def __init__(self, path: Path, rows: int) -> None:
        self.rows = rows
        self._descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)
        path.unlink()
        self.size = os.fstat(self._descriptor).st_size

    async def pieces(self, part: range) -> AsyncIterator[bytes]:
        """Some of its bytes, or all of them."""
        for start in range(part.start, part.stop, PIECE):
            yield await asyncio.to_thread(os.pread, self._descriptor, min(PIECE, part.stop - start), start)


class KeptFiles:
    """Files by what they are of, bounded in bytes of disk; the least recently used make room."""

    def __init__(self, most: int) -> None:
        self._files: TTLCache[str, KeptFile] = TTLCache(most, KEPT_SECONDS, getsizeof=lambda file: file.size)
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    def turn(self, name: str) -> asyncio.Lock:
        """Whose turn it is to look for a file and to make it: of many who ask at once one does."""
        lock = self._turns.get(name)
        if lock is None:
            lock = self._turns[name] = asyncio.Lock()
        return lock

    def find(self, name: str) -> KeptFile | None:
        """The file of that name."""
        return self._files.get(name)

    def keep(self, name: str, file: KeptFile) -> None:
        """Keep a file, unless there is no room for one as large."""
        if file.size <= self._files.maxsize:
            self._files[name] = file

    def clear(self) -> None:
        """Keep none."""
        self._files.clear()


def part_of(header: bytes, size: int) -> range | None:
    """The part that a `Range` header asks for; none where it asks for what is no range, so that the whole is sent.

    Raises `RangeNotSatisfiable` for one that begins behind the end.
    """
    if (found := RANGE.fullmatch(header.strip().lower())) is None or found[0] == b"bytes=-":
        return None
    first, last = found.groups()
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if first and last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiable(size)
    return range(start, stop)
