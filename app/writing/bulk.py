"""Any number of records written in one revision, some at a time: memory holds those at hand alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import select

from app.catalogue.collections import NOUNS
from app.database.store import Row, Store
from app.history.tables import COUNTERS
from app.records.collection import Collection, Embedded
from app.records.near import Near
from app.records.slugs import numbered, slug_of
from app.records.tables import SLUGS
from app.writing.affected import Affected
from app.writing.batch import Batch
from app.writing.change_log import FoundChanges
from app.writing.naming import alike
from app.writing.rendering import load_named, members
from app.writing.revisions import Revision, Why, take_ids
from app.writing.validation import Entry

Coming = Callable[[str, str], str | None]
"""Tells, by noun and slug, who may see a record that is given to be written; nothing when none is given."""
ShownLater = Callable[[str, Iterable[str]], dict[str, Row]]
"""Brings what is shown by name of records that are written after those that name them, by slug."""
MOST_CACHED = 20_000
"""How many rows that records name are kept from one piece to the next."""


class Bulk:
    """Batches of one revision, each of one collection, in the order of `in_turn`; no record comes twice."""

    def __init__(self, store: Store, revision: Revision, coming: Coming, shown: ShownLater, why: Why) -> None:
        self.connection = store.connection
        self._store, self._revision, self._coming, self._why = store, revision, coming, why
        self._known = _KnownToAll(store, coming, shown)
        self._affected = Affected(store, revision.number, FoundChanges(store, revision))

    def add(self, collection: Collection, entries: Sequence[Entry]) -> None:
        """Write some records; raises `Refused` where they name what is neither there nor given."""
        self._batch(entries).put()
        self._known.forget(all_of_it=collection.named)

    def stood(self, collection: Collection) -> bool:
        """Whether the register held any record of a collection before."""
        return self._known.may_stand(collection)

    def check(self, entries: Sequence[Entry]) -> None:
        """Only raise what `add` would, of what the records name."""
        self._batch(entries).resolved()

    def _batch(self, entries: Sequence[Entry]) -> Batch:
        return Batch(self._store, self._revision, entries, self._why, self._known, self._affected)

    def slug_for(self, entry: Entry) -> str:
        """A slug for a record that came without one, that no other record has or is given."""
        collection = entry.collection
        stem = slug_of(collection, entry.row)
        taken = alike(self._store, collection, stem)
        free = (slug for slug in numbered(stem) if slug not in taken)
        return next(slug for slug in free if self._coming(collection.noun, slug) is None)

    def end(self) -> None:
        """Bring in order all that shows a part of what was written, and fill the feed."""
        self._affected.render()
        # The feed first: it tells who could see a record before, and of that a redaction leaves nothing.
        self._affected.log.write()
        self._affected.redact()


class _KnownToAll:
    """The register as the batches of an import know it: what one looked up is kept for the next."""

    def __init__(self, store: Store, coming: Coming, shown: ShownLater) -> None:
        self._store, self._coming, self._shown = store, coming, shown
        self.cache: dict[Any, Any] = {}
        self.near, self.made = Near(), set[tuple[str, str]]()
        self._found: dict[str, dict[str, Row]] = defaultdict(dict)
        counted = store.connection.execute(select(COUNTERS.c.collection).where(COUNTERS.c.last_id == 0))
        self._empty = set(counted.scalars())
        """The collections that nothing was ever written to before."""

    def forget(self, *, all_of_it: bool) -> None:
        """Keep no more than memory is to hold, and nothing that may be other than it was."""
        if all_of_it or len(self.cache) + sum(map(len, self._found.values())) > MOST_CACHED:
            self._found.clear()
            self.cache.clear()

    def used_before(self, collection: Collection, slugs: Iterable[str]) -> set[str]:
        """Those of some slugs that were given before, to records of a collection that stand or that are gone."""
        rows = self._store.rows(SLUGS, ("collection", "slug"), "slug", slugs)
        return {row["slug"] for row in rows if row["collection"] == collection.name}

    def standing(self, noun: str, slugs: set[Any]) -> dict[str, Row]:
        """What is shown of some records by name, by slug."""
        found = self._found[noun]
        rows = load_named(self._store, NOUNS[noun], slugs - found.keys())
        found.update((row["slug"], row) for row in rows)
        return {slug: found[slug] for slug in slugs if slug in found}

    def to_come(self, noun: str, slugs: set[str]) -> dict[str, Row]:
        """Those of some records that are written later in the same revision, by slug."""
        # A record refers to one that is written after it only within a collection, of which its stored JSON shows no
        # more than the slug, or to what holds it, whose name it may repeat.
        found = {slug: self._coming(noun, slug) for slug in slugs}
        named = self._shown(noun, found) if found else {}
        return {
            slug: named.get(slug, {"slug": slug, "access": access})
            for slug, access in found.items()
            if access is not None
        }

    def may_stand(self, collection: Collection) -> bool:
        """Whether it held any before the import, of which no record comes twice."""
        return collection.name not in self._empty

    def new_ids(self, collection: Collection, many: int) -> range:
        """New ids of a collection."""
        ((_, last),) = take_ids(self._store, {collection.name: many}).rows()
        return range(last - many + 1, last + 1)

    def held(self, embedded: Embedded, slugs: Sequence[str]) -> list[Row]:
        """The records of this revision that others hold: they were written before."""
        return list(members(self._store, embedded, slugs))
