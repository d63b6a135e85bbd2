"""Slugs that look like one that no record has: what a misspelt one may have meant."""

from collections.abc import Sequence
from time import monotonic

from rapidfuzz import fuzz, process

from app.database.store import chunks

LONGEST = 20_000
"""How many slugs a misspelt one is compared with."""
ALIKE = 60
"""From how many hundredths of likeness on a slug is near."""
MOST_HINTS = 3
MOST_SLUGS = 5
"""For how many unknown slugs of a request similar ones are named."""
SECONDS = 0.05
"""How long that may take in all."""
AT_ONCE = 2000
"""How many slugs are compared before the clock, and whoever else waits for the interpreter, has a turn."""


class Near:
    """The near ones of the unknown slugs of one request: of the first of them, and no longer than it may take."""

    def __init__(self) -> None:
        self.slugs: dict[str, Sequence[str]] = {}
        """The slugs that whoever asks may see, by noun, where they were brought."""
        self._left, self._seconds = MOST_SLUGS, SECONDS
        self._found: dict[tuple[str, str], list[str]] = {}

    def lacks(self, noun: str) -> bool:
        """Whether the slugs of a noun are to be brought, for one of them to be named."""
        return self._left > 0 and noun not in self.slugs

    def to(self, noun: str, slug: str) -> list[str]:
        """The slugs most like an unknown one, or none where finding them would take too long."""
        if (noun, slug) not in self._found and self._left > 0:
            self._found[noun, slug] = found = self._nearest(slug[:120], self.slugs.get(noun, ()))
            self._left -= bool(found)
        return self._found.get((noun, slug), [])

    def _nearest(self, slug: str, slugs: Sequence[str]) -> list[str]:
        begun, found = monotonic(), list[tuple[str, float, int]]()
        for some in chunks(slugs, AT_ONCE):
            if monotonic() - begun > self._seconds:
                self._left = 0
                return []
            found += process.extract(slug, some, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=MOST_HINTS)
        self._seconds -= monotonic() - begun
        found.sort(key=lambda match: (-match[1], match[0]))
        return [near for near, _, _ in found[:MOST_HINTS]]
