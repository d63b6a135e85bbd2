"""Records whose names look like a slug that no record has: what a misspelt one may have meant."""

from collections.abc import Generator

from app.database.readers import Rows
from app.history.codes import Access
from app.records.collection import Collection
from app.records.finding import Question, Step, finding

ALIKE = 0.45
"""From how much likeness on a record is near."""
MOST_HINTS = 3
MOST_SLUGS = 5
"""For how many unknown slugs of a request near ones are named."""
MOST_SEARCHES = 10
"""For how many they are looked for."""
COMPARED = 60
"""With how many records each is compared."""


class Near:
    """The near ones of the unknown slugs of one request: of the first of them, so that it costs no more than it may."""

    def __init__(self) -> None:
        self._left = MOST_SLUGS
        self._found: dict[tuple[str, str], list[str]] = {}

    def to(
        self, collection: Collection, slug: str, tier: Access, revision: int | None = None
    ) -> Generator[Step, Rows, list[str]]:
        """The slugs of records that are called nearly so, of those that a tier may see; none after the first few slugs.

        It asks for rows, which whoever runs it brings.
        """
        key = collection.noun, slug
        if key not in self._found and self._left > 0 and len(self._found) < MOST_SEARCHES:
            words = slug[:120].replace("-", " ")
            about = collection.name, words, tier, revision
            found = yield from finding(Question(*about, at_least=ALIKE, most=MOST_HINTS, compared=COMPARED))
            self._found[key] = [one.slug for one in found]
            self._left -= bool(found)
        return self._found.get(key, [])
