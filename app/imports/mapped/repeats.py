"""What an import has stated already, by digests: in twenty-four bytes each, however many rows there are."""

from array import array
from typing import NamedTuple

FEWEST = 1 << 10
"""How many places the table begins with: a power of two."""


class Stated(NamedTuple):
    """Where something was stated first, and a digest of what was said of it."""

    place: int
    content: int


class Repeats:
    """A hash table in three arrays: a dictionary of as many numbers takes five times the memory."""

    def __init__(self) -> None:
        self._make(FEWEST)

    def _make(self, size: int) -> None:
        self._size, self._count = size, 0
        self._marks, self._contents = array("q", bytes(8 * size)), array("q", bytes(8 * size))
        self._places = array("q", bytes(8 * size))
        """A place is at least 1; 0 stands for nothing, and -1 for what was taken out again."""

    def add(self, mark: int, stated: Stated) -> Stated | None:
        """Note what a mark states; or leave what was noted for it before, and return that."""
        at = self._find(mark)
        if self._places[at] > 0:
            return Stated(self._places[at], self._contents[at])
        self._count += self._places[at] == 0
        self._marks[at], self._places[at], self._contents[at] = mark, *stated
        if 3 * self._count > 2 * self._size:
            self._grow()
        return None

    def remove(self, mark: int) -> None:
        """Forget a mark."""
        at = self._find(mark)
        if self._places[at] > 0:
            self._places[at] = -1

    def _find(self, mark: int) -> int:
        """The place in the arrays of a mark, or the one that it would take."""
        at, last = mark & (self._size - 1), self._size - 1
        while self._places[at] and self._marks[at] != mark:
            at = (at + 1) & last
        return at

    def _grow(self) -> None:
        marks, places, contents = self._marks, self._places, self._contents
        self._make(2 * self._size)
        for mark, place, content in zip(marks, places, contents, strict=True):
            if place > 0:
                at = self._find(mark)
                self._marks[at], self._places[at], self._contents[at] = mark, place, content
                self._count += 1
