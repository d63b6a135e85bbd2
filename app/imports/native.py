"""Native files: a record as `POST` would take it plus `collection`, as YAML or NDJSON, in any order, across files too.

Exported tables, CSV and NDJSON, are taken like them.

Everything is read and checked, every fault is named with its file and line, and all of it is one revision. What was
checked waits on disk, so memory does not grow with what is imported. Large files are checked by a process of their own:
what comes in the order it is written in is written meanwhile, and anything else when all of it is checked.
"""

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from sqlalchemy import Engine

from app.bulk import Bulk, Coming
from app.codes import EstimateFlag
from app.errors import Fault, unlisted
from app.history import Why, revision
from app.imports.ahead import POSSIBLE, Ahead, NotAhead
from app.imports.exported import keep_exact
from app.imports.given import Faults, IsRead, Unreadable, records
from app.imports.spool import Place, Spool, key_of
from app.records import Collection
from app.register import COLLECTIONS
from app.sight import FULL, Sight
from app.store import chunks
from app.trailing import side_by_side
from app.validation import Entry, Fate, Refused, validated
from app.writing import given_twice, in_turn

log = logging.getLogger(__name__)
AT_ONCE = 1000
"""How many records are in hand at a time."""
SELDOM = 500_000
"""How many objects may be new before those are looked through for circular rubbish: more than are in hand at a time."""
LARGE = 1 << 20
"""From how many bytes on files are checked by a process of its own, which takes some milliseconds to begin."""
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
    written: int = 0
    share: int = 0
    """How much of the way was told: it never gets less."""

    def is_read(self, size: int) -> None:
        self.read = min(self.read + size, self.total)
        self._tell(self.read)

    def is_written(self, records: int, of: int) -> None:
        """Some records are written, of as many as were laid aside so far."""
        self.written = max(self.written, records)
        self._tell(self.read + self.read * records // max(of, 1))

    def _tell(self, share: int) -> None:
        self.share = max(self.share, share)
        if self.tell is not None:
            self.tell(self.share, 2 * self.total, self.written)


def import_native(
    engine: Engine,
    files: Iterable[Path],
    *,
    author: str,
    reason: str | None = None,
    sight: Sight = FULL,
    dry_run: bool = False,
    on_progress: OnProgress | None = None,
    ahead: bool = True,
) -> Imported:
    """Import native files as one revision, or none when they change nothing; raises `Unreadable` naming every fault.

    A dry run checks all of it and takes it back. `ahead` lets large files be written while they are being checked.
    """
    files = list(files)
    progress = _Progress(on_progress, sum(file.stat().st_size for file in files if file.is_file()))
    write = partial(_revision, engine, Why(author, text=reason, sight=sight), dry_run=dry_run)
    with Spool(files) as spool, _nothing_circular(), side_by_side():
        if not (ahead and POSSIBLE and progress.total >= LARGE):
            _check(files, spool, progress.is_read)
        else:
            with Ahead(partial(_check, files), spool, progress.is_read) as checking:
                try:
                    return write(partial(_write_meanwhile, checking, progress), lambda _noun, _slug: None)
                except Unreadable:
                    raise
                except Exception as hindrance:  # noqa: BLE001  (what it is comes to light again when all is checked)
                    log.info("what is imported is written when all of it is checked: %r", hindrance)
                    if not checking.finish():
                        raise Unreadable(["the process that checked the files was ended"]) from None
        return write(partial(_write, spool, progress), spool.given.access)


def _revision(engine: Engine, why: Why, fill: Callable[[Bulk], _Fates], coming: Coming, *, dry_run: bool) -> Imported:
    """Make the one revision of an import."""
    with engine.connect() as connection:
        with (
            revision(connection, why.author, why.code, why.text) as number,
            Bulk(connection, number, coming, why) as bulk,
        ):
            fates = fill(bulk)
        if dry_run or all(fate is Fate.unchanged for _, fate in fates):
            connection.rollback()
            return Imported(None, fates)
        connection.commit()
        return Imported(number, fates)


@contextmanager
def _nothing_circular() -> Iterator[None]:
    """Look for circular rubbish seldom: a record makes none, and looking for it takes a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _check(files: Iterable[Path], spool: Spool, is_read: IsRead, is_faulty: Callable[[], None] = lambda: None) -> None:
    """Read every record, check it by itself and lay it aside; tells of a fault, and raises `Unreadable` with all."""
    faults = Faults()
    for place, given in records(files, is_read):
        try:
            entry = _entry(given)
        except Refused as refused:
            if not faults:
                is_faulty()
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


def _write_meanwhile(checking: Ahead, progress: _Progress, bulk: Bulk) -> _Fates:
    """Write what another process checks, as it comes; raises `NotAhead` where its order is not that of writing."""
    fates: _Fates = Counter()
    turn = [collection.noun for collection in in_turn()]
    for collection, coming in groupby(checking.records(), key=itemgetter(0)):
        if collection.noun not in turn:
            raise NotAhead
        del turn[: turn.index(collection.noun) + 1]
        for some in chunks(((place, entry) for _, place, entry in coming), AT_ONCE):
            entries = _exact(bulk, collection, some)
            bulk.add(collection, entries)
            fates.update((collection.name, entry.fate) for entry in entries)
            progress.is_written(fates.total(), checking.laid)
    bulk.end()
    return fates


def _write(spool: Spool, progress: _Progress, bulk: Bulk) -> _Fates:
    """Write what was laid aside, all that is named before what names it; what became of it."""
    fates: _Fates = Counter()
    faults = Faults()
    for noun in sorted(spool.nameless):
        spool.name(Collection.known[noun], bulk.slug_for)
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
