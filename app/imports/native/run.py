"""Native files: a record as `POST` would take it plus `collection`, as YAML or NDJSON, in any order, across files too.

Exported tables, CSV and NDJSON, are taken like them.

Everything is read and checked, every fault is named with its file and line, and all of it is one revision. What was
checked waits on disk, so memory does not grow with what is imported.
"""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.store import Store, chunks
from app.errors import Fault, unlisted
from app.estimates.codes import EstimateFlag
from app.history.sight import FULL, Sight
from app.imports.native.exported import keep_exact
from app.imports.native.files import Faults, IsRead, records
from app.imports.native.spool import Place, Spool, key_of
from app.records.collection import Collection
from app.writing.affected import in_turn
from app.writing.bulk import Bulk, Coming
from app.writing.comparison import given_twice
from app.writing.revisions import Why, revision
from app.writing.validation import Entry, Fate, Refused, validated

AT_ONCE = 1000
"""How many records are in hand at a time."""


SELDOM = 500_000
"""How many objects may be new before those are looked through for circular rubbish: more than are in hand at a time."""


_Fates = Counter[tuple[str, Fate]]


OnProgress = Callable[[int, int, int], None]
"""Told how many bytes of how many were read, as a share of the whole way, and how many records were written."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the revision it made, or none, and how many records of each collection met each fate."""

    revision: int | None
    fates: _Fates

    def counts(self) -> dict[Fate, int]:
        """How many records met each fate."""
        counted: Counter[Fate] = Counter()
        for (_, fate), number in self.fates.items():
            counted[fate] += number
        return counted


@dataclass(slots=True)
class _Progress:
    """How far an import has come: reading is one half of the way, writing the other."""

    tell: OnProgress | None
    total: int = 0
    read: int = 0

    def is_read(self, size: int) -> None:
        self.read = min(self.read + size, self.total)
        self._tell(self.read, 0)

    def is_written(self, records: int, of: int) -> None:
        """So many records are written, of all there are."""
        self._tell(self.read + self.read * records // of, records)

    def _tell(self, share: int, written: int) -> None:
        if self.tell is not None:
            self.tell(share, 2 * self.total, written)


def import_native(
    engine: Engine,
    files: Iterable[Path],
    *,
    author: str,
    reason: str | None = None,
    sight: Sight = FULL,
    dry_run: bool = False,
    on_progress: OnProgress | None = None,
) -> Imported:
    """Import native files as one revision, or none when they change nothing; raises `Unreadable` naming every fault.

    A dry run checks all of it and takes it back.
    """
    files = list(files)
    progress = _Progress(on_progress, sum(file.stat().st_size for file in files if file.is_file()))
    with Spool(files) as spool, _nothing_circular():
        _check(files, spool, progress.is_read)
        return _revision(
            engine,
            Why(author, text=reason, sight=sight),
            partial(_write, spool, progress),
            spool.given.access,
            dry_run=dry_run,
        )


def _revision(engine: Engine, why: Why, fill: Callable[[Bulk], _Fates], coming: Coming, *, dry_run: bool) -> Imported:
    """Make the one revision of an import."""
    with engine.connect() as connection:
        store = Store(connection)
        with revision(store, why) as current:
            fates = fill(Bulk(store, current, coming, why))
            current.keep = not dry_run and any(fate is not Fate.unchanged for _, fate in fates)
        connection.commit()
    return Imported(current.number if current.keep else None, fates)


@contextmanager
def _nothing_circular() -> Iterator[None]:
    """Look for circular rubbish seldom: a record makes none, and looking for it takes a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _check(files: Iterable[Path], spool: Spool, is_read: IsRead) -> None:
    """Read every record, check it by itself and lay it aside; raises `Unreadable` with every fault."""
    faults = Faults()
    for place, given in records(files, is_read):
        try:
            entry = _entry(given)
        except Refused as refused:
            for _, fault in refused.faults:
                faults.tell(place, fault)
        else:
            spool.add(place, entry)
    faults.stop_here()
    spool.end()
    for collection in COLLECTIONS.values():
        for place, entry in _given_again(spool, collection):
            faults.tell(place, given_twice(collection, entry.row))
    faults.stop_here()


def _given_again(spool: Spool, collection: Collection) -> Iterator[tuple[Place, Entry]]:
    """The records that stand in the files a second time."""
    repeated = spool.given.repeated(collection)
    seen = set()
    for place, entry in spool.read(collection) if repeated else ():
        key = key_of(entry)
        if key in seen:
            yield place, entry
        elif hash(key) in repeated:
            seen.add(key)


def _write(spool: Spool, progress: _Progress, bulk: Bulk) -> _Fates:
    """Write what was laid aside, all that is named before what names it; what became of it."""
    fates: _Fates = Counter()
    faults = Faults()
    for noun in sorted(spool.nameless):
        spool.name(NOUNS[noun], bulk.slug_for)
    for collection in in_turn():
        for some in chunks(spool.read(collection), AT_ONCE):
            entries = _exact(bulk, collection, some)
            try:
                if faults:
                    bulk.check(entries)
                else:
                    bulk.add(collection, entries)
            except Refused as refused:
                for number, fault in refused.faults:
                    faults.tell(some[number][0], fault)
            fates.update((collection.name, entry.fate) for entry in entries)
            progress.is_written(fates.total(), spool.size)
    faults.stop_here()
    bulk.end()
    return fates


def _exact(bulk: Bulk, collection: Collection, some: Sequence[tuple[Place, Entry]]) -> list[Entry]:
    """The records; those with coordinates that were generalised keep the exact ones that the register has."""
    inexact = [entry for place, entry in some if not place.exact]
    if inexact:
        keep_exact(bulk.connection, collection, inexact)
    return [entry for _, entry in some]


def _entry(given: object) -> Entry:
    if isinstance(given, Fault):
        raise Refused([(0, given)])
    if not isinstance(given, dict):
        raise Refused([(0, Fault("a record is a mapping of fields"))])
    name = given.pop("collection", None)
    if not isinstance(name, str) or name not in COLLECTIONS:
        told = "collection is required" if name is None else unlisted("a collection", str(name), COLLECTIONS)
        raise Refused([(0, Fault(told, pointer="/collection"))])
    collection = COLLECTIONS[name]
    if given.get("access", "") is None:
        del given["access"]
    for date in collection.partial_dates:
        # YAML reads a bare year as a number.
        if type(given.get(date)) is int:
            given[date] = str(given[date])
    # What a register holds as published comes in again as it went out.
    flags = given.get("flags")
    published = isinstance(flags, list) and EstimateFlag.bounds_out_of_order in flags
    return validated(collection, given, published=published)
