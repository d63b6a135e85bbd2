"""The records of an import, checked and laid aside on disk: it is all read before any of it is written.

Of a record memory keeps eight bytes: a digest of its slug, or of its statement.
"""

import sqlite3
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Self

import orjson

from app.database.store import Row
from app.history.codes import Access
from app.imports.faults import Place, Withheld
from app.imports.pipeline import key_of
from app.records.collection import Collection
from app.writing.validation import Entry, laid_out

TOGETHER, AT_ONCE = 100, 1000
"""How many records make a line of a file, and how many names are kept at a time."""


class Keys:
    """The slugs and statements of an import, as digests: which come twice, and which a reference may name."""

    def __init__(self) -> None:
        self._digests: dict[tuple[str, Access | None], array[int]] = defaultdict(partial(array, "q"))
        self._made: dict[tuple[str, str], Access] = {}
        """Slugs made up for records that came without one."""
        self._sorted = False

    def note(self, entry: Entry) -> None:
        """Take a record in; one without a slug has nothing to be known by yet."""
        key = key_of(entry)
        if isinstance(key, tuple):
            entry.statement = key[0]
        if key is not None:
            access = Access(entry.row["access"]) if entry.collection.named else None
            self._digests[entry.collection.noun, access].append(hash(key))

    def sort(self) -> None:
        """All are noted: from here on they are looked up."""
        for name, digests in self._digests.items():
            self._digests[name] = array("q", sorted(digests))

    def repeated(self, collection: Collection) -> set[int]:
        """The digests that more than one record of a collection has."""
        listed = [digests for (noun, _), digests in self._digests.items() if noun == collection.noun]
        merged = listed[0] if len(listed) == 1 else sorted(digest for digests in listed for digest in digests)
        return {digest for digest, following in pairwise(merged) if digest == following}

    def access(self, noun: str, slug: str) -> Access | None:
        """Who may see the record of the import that has a slug; nothing when none has."""
        if (noun, slug) in self._made:
            return self._made[noun, slug]
        digest = hash(slug)
        for access in Access:
            digests = self._digests.get((noun, access), ())
            at = bisect_left(digests, digest)
            if at < len(digests) and digests[at] == digest:
                return access
        return None

    def name(self, noun: str, slug: str, access: str) -> None:
        """Note the slug made up for a record."""
        self._made[noun, slug] = Access(access)


class Names:
    """What is shown by name of records that are written after those that name them; kept on disk, found by slug."""

    def __init__(self, folder: Path) -> None:
        self._table = sqlite3.connect(folder / "names", isolation_level=None, check_same_thread=False)
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute(
            "CREATE TABLE shown (noun TEXT, slug TEXT, row BLOB, PRIMARY KEY (noun, slug)) WITHOUT ROWID"
        )
        self._waiting: list[tuple[str, str, bytes]] = []

    def note(self, entry: Entry) -> None:
        """Keep what is shown of a record, if it has a slug and something else is made of it before it is written."""
        collection, slug = entry.collection, entry.row.get("slug")
        if slug is None or not (collection.embedded and collection.echoed):
            return
        row = {name: entry.row[name] for name in collection.shown_by_name}
        self._waiting.append((collection.noun, slug, orjson.dumps(row)))
        if len(self._waiting) == AT_ONCE:
            self._flush()

    def of(self, noun: str, slugs: Iterable[str]) -> dict[str, Row]:
        """What is shown of some records of the import, by slug."""
        self._flush()
        wanted = list(slugs)
        marks = ", ".join("?" * len(wanted))
        query = f"SELECT slug, row FROM shown WHERE noun = ? AND slug IN ({marks})"  # noqa: S608  (question marks alone)
        return {slug: orjson.loads(row) for slug, row in self._table.execute(query, [noun, *wanted])}

    def _flush(self) -> None:
        self._table.executemany("INSERT OR REPLACE INTO shown VALUES (?, ?, ?)", self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """Let the file go."""
        self._table.close()


class Spool:
    """Checked records on disk, by collection, in the order they came; they are gone when it is closed."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._temporary = TemporaryDirectory(prefix="detention-checked-")
        self._folder = Path(self._temporary.name)
        self._files: dict[str, IO[bytes]] = {}
        self._waiting: dict[str, list[Any]] = defaultdict(list)
        """Records to be written to the files together."""
        self._columns: dict[str, tuple[str, ...]] = {}
        self._sources = {str(file): number for number, file in enumerate(files)}
        """The files that the records come from, by name, with their numbers."""
        self.keys, self.names = Keys(), Names(self._folder)
        self.size = 0
        self.withheld: list[tuple[Place, Withheld]] = []
        """Records that are left out."""
        self.nameless: set[str] = set()
        """Nouns of which there are records without a slug."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shut()
        self.names.close()
        self._temporary.cleanup()

    def add(self, place: Place, entry: Entry) -> None:
        """Lay a record aside."""
        noun = entry.collection.noun
        self.keys.note(entry)
        self.names.note(entry)
        if entry.collection.named and entry.row["slug"] is None:
            self.nameless.add(noun)
        self.size += 1
        self._put(noun, place, entry)

    def _put(self, noun: str, place: Place, entry: Entry) -> None:
        if noun not in self._files:
            self._files[noun] = (self._folder / noun).open("wb")
            self._columns[noun] = tuple(entry.row)
        stored = [
            self._sources[place.file],
            place.line,
            place.fields,
            place.exact,
            place.stated,
            entry.statement,
            entry.says_access,
            entry.parts,
            *entry.row.values(),
        ]
        self._waiting[noun].append(stored)
        if len(self._waiting[noun]) == TOGETHER:
            self._flush(noun)

    def _flush(self, noun: str) -> None:
        records = [self._columns[noun], self._waiting.pop(noun)]
        self._files[noun].write(orjson.dumps(records, option=orjson.OPT_APPEND_NEWLINE))

    def end(self) -> None:
        """All are laid aside: from here on they are read."""
        self._shut()
        self.keys.sort()

    def _shut(self) -> None:
        for noun in list(self._waiting):
            self._flush(noun)
        for file in self._files.values():
            file.close()
        self._files.clear()

    def read(self, collection: Collection) -> Iterator[tuple[Place, Entry]]:
        """The records of a collection."""
        if collection.noun in self._columns:
            yield from self._read(collection, self._folder / collection.noun)

    def _read(self, collection: Collection, path: Path) -> Iterator[tuple[Place, Entry]]:
        sources = list(self._sources)
        with path.open("rb") as lines:
            for line in lines:
                names, records = orjson.loads(line)
                for number, at, fields, exact, stated, statement, says_access, parts, *values in records:
                    entry = laid_out(collection, dict(zip(names, values, strict=True)), parts)
                    entry.statement, entry.says_access = statement, says_access
                    yield Place(sources[number], at, fields, exact, stated), entry

    def name(self, collection: Collection, slug_for: Callable[[Entry], str]) -> None:
        """Lay the records of a collection aside anew, with slugs for those that have none."""
        noun = collection.noun
        before = (self._folder / noun).rename(self._folder / f"{noun} before")
        for place, entry in self._read(collection, before):
            if entry.row["slug"] is None:
                entry.row["slug"] = slug = slug_for(entry)
                self.keys.name(noun, slug, entry.row["access"])
                self.names.note(entry)
            self._put(noun, place, entry)
        self._shut()
        before.unlink()
