"""What a batch of records needs to know of the register, asked before it writes and all at once.

On PostgreSQL that is one wait.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from app.catalogue.collections import NOUNS
from app.database.store import Row, Store
from app.records.collection import Collection, Embedded
from app.records.near import Near
from app.records.slugs import slug_of
from app.records.tables import SLUGS
from app.writing.rendering import load_named
from app.writing.revisions import take_ids
from app.writing.validation import Aim, Entry


class Known(Protocol):
    """What a batch knows of the register it writes to, and of what is written with it."""

    cache: dict[Any, Any]
    """What is made of the rows that records name, and made again for every record that names them."""
    near: Near
    """The slugs that an unknown one may be like."""
    made: set[tuple[str, str]]
    """Records, by noun and slug, that the writer may name though they are hidden: they are written with it."""

    def used_before(self, collection: Collection, slugs: Iterable[str]) -> set[str]:
        """Those of some slugs that were used before, by records of a collection that stand or that are gone."""

    def standing(self, noun: str, slugs: set[Any]) -> dict[str, Row]:
        """What is shown of some records by name, by slug."""

    def to_come(self, noun: str, slugs: set[str]) -> dict[str, Row]:
        """Those of some records that are written later in the same revision, by slug."""

    def may_stand(self, collection: Collection) -> bool:
        """Whether records of a collection may stand there that make a statement of the batch."""

    def new_ids(self, collection: Collection, many: int) -> range:
        """New ids of a collection."""

    def held(self, embedded: Embedded, slugs: Sequence[str]) -> list[Row]:
        """The records of this revision that others hold, in the order they are held in."""


class Prefetch:
    """The register as one whole batch knows it: what is foreseen is asked at once, and read where it is needed."""

    def __init__(self, store: Store, entries: Sequence[Entry]) -> None:
        self._store, self._entries = store, entries
        self.cache: dict[Any, Any] = {}
        self.near, self.made = Near(), set[tuple[str, str]]()
        own: dict[str, set[str]] = defaultdict(set)
        self._foreseen: dict[str, int] = {}
        """How many new ids of each collection are taken."""
        for noun, some in by_noun(entries).items():
            collection = NOUNS[noun]
            if collection.named:
                own[noun] = {entry.row["slug"] or slug_of(collection, entry.row) for entry in some}
            if all(entry.aim is Aim.create for entry in some):
                self._foreseen[collection.name] = len(some)
        self._taken = take_ids(store, self._foreseen) if self._foreseen else None
        self._slugs = set().union(*own.values())
        named = {noun: others for noun, slugs in named_by(entries).items() if (others := slugs - own[noun])}
        wanted = [(NOUNS[noun].rows, NOUNS[noun].shown_by_name, named[noun]) for noun in named]
        used, *standing = store.each([(SLUGS, ("collection", "slug"), self._slugs), *wanted])
        self._used_rows, self._used = used, set[tuple[str, str]]()
        self._standing = dict(zip(named, zip(named.values(), standing, strict=True), strict=True))
        self._rows: dict[str, dict[str, Row]] = {}

    def used_before(self, collection: Collection, slugs: Iterable[str]) -> set[str]:
        """Those of some slugs that were used before, by records of a collection that stand or that are gone."""
        wanted = set(slugs)
        for row in self._used_rows:
            self._used.add((row["collection"], row["slug"]))
        if further := wanted - self._slugs:
            for row in self._store.rows(SLUGS, ("collection", "slug"), "slug", further):
                self._used.add((row["collection"], row["slug"]))
            self._slugs |= further
        return {slug for slug in wanted if (collection.name, slug) in self._used}

    def standing(self, noun: str, slugs: set[Any]) -> dict[str, Row]:
        """What is shown of some records by name, by slug."""
        foreseen, rows = self._standing.get(noun, (set(), ()))
        found = self._rows.setdefault(noun, {})
        found.update((row["slug"], row) for row in rows)
        if further := slugs - foreseen:
            found.update((row["slug"], row) for row in load_named(self._store, NOUNS[noun], further))
        return {slug: found[slug] for slug in slugs if slug in found}

    def to_come(self, noun: str, slugs: set[str]) -> dict[str, Row]:
        """None: the batch is written at once."""
        return {}

    def may_stand(self, collection: Collection) -> bool:
        """Whether records of a collection may stand there: they may."""
        return True

    def new_ids(self, collection: Collection, many: int) -> range:
        """New ids of a collection."""
        if self._taken is not None:
            self._last, self._taken = dict(self._taken.rows()), None
        if self._foreseen.pop(collection.name, None) == many:
            last = self._last[collection.name]
        else:
            ((_, last),) = take_ids(self._store, {collection.name: many}).rows()
        return range(last - many + 1, last + 1)

    def held(self, embedded: Embedded, slugs: Sequence[str]) -> list[Row]:
        """The records of this batch that others hold, in the order they are held in."""
        inner = [
            entry.row for entry in self._entries if entry.collection.noun == embedded.collection and entry.row.get("id")
        ]
        order = ("as_of_end", "id") if embedded.whole else ("slug",)
        return sorted(inner, key=lambda row: tuple(row[name] for name in order))


def by_noun(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The records that are to stand, by the noun of their collection."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.aim is not Aim.retract:
            found[entry.collection.noun].append(entry)
    return found


def named_by(entries: Iterable[Entry]) -> dict[str, set[Any]]:
    """The slugs that they name, by noun."""
    named: dict[str, set[Any]] = defaultdict(set)
    for noun, some in by_noun(entries).items():
        collection = NOUNS[noun]
        for name, of in collection.references.items():
            named[of].update(entry.row[name] for entry in some)
        for part, nouns in collection.part_references.items():
            for name, of in nouns.items():
                named[of].update(one[name] for entry in some for one in entry.parts.get(part, ()))
    return {noun: slugs - {None} for noun, slugs in named.items()}
