"""Native files: a record as `POST` would take it plus `collection`, as YAML or NDJSON, in any order, across files too.

Exported tables, CSV and NDJSON, are taken like them.

Everything is read and checked, every fault is named with its file and line, and all of it is one revision. What was
checked waits on disk, so memory does not grow with what is imported.
"""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.store import Store, chunks
from app.errors import Fault, unlisted
from app.estimates.codes import EstimateFlag
from app.imports.apart import HINT, contradiction_of, tell_apart
from app.imports.faults import Faults, Place, Withheld
from app.imports.merges import Merges, follow, merges_of
from app.imports.native.files import records
from app.imports.native.spool import Spool
from app.imports.native.standing import keep_unshown
from app.imports.outcomes import changes_of, lines_of, spared_flaw
from app.imports.pipeline import Run, key_of
from app.imports.progress import Progress
from app.imports.reports import Line, RowFate
from app.imports.withdrawal import tell_withdrawn
from app.records.collection import Collection
from app.writing.affected import in_turn
from app.writing.bulk import Bulk
from app.writing.comparison import given_twice
from app.writing.revisions import Revision
from app.writing.validation import Entry, Refused, validated

AT_ONCE = 1000
"""How many records are in hand at a time."""
WITHHELD = "a part of this record was withheld from whoever exported it: the record is left as it stands"
AGAIN = "export it with a key that may see all of it"
SELDOM = 500_000
"""How many objects may be new before those are looked through for circular rubbish: more than are in hand at a time."""


@contextmanager
def checked(files: Sequence[Path], progress: Progress) -> Iterator[Spool]:
    """Read every record, check it by itself and lay it aside; raises `Unreadable` with every fault.

    Reading is one half of the way, writing the other.
    """
    progress.total = 2 * sum(file.stat().st_size for file in files if file.is_file())
    with Spool(files) as spool, _nothing_circular():
        faults = Faults()
        for place, record in records(files, progress):
            if isinstance(record, Withheld):
                spool.withheld.append((place, record))
                continue
            try:
                entry = _entry(record)
            except Refused as refused:
                for _, fault in refused.faults:
                    faults.add(place, fault)
            else:
                spool.add(place, entry)
        faults.stop_here()
        spool.end()
        for collection in COLLECTIONS.values():
            for place, entry in _repeated(spool, collection):
                faults.add(place, given_twice(collection, entry.row))
        faults.stop_here()
        yield spool


@contextmanager
def _nothing_circular() -> Iterator[None]:
    """Look for circular rubbish seldom: a record makes none, and looking for it takes a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _repeated(spool: Spool, collection: Collection) -> Iterator[tuple[Place, Entry]]:
    """The records that stand in the files a second time."""
    repeated = spool.keys.repeated(collection)
    seen = set()
    for place, entry in spool.read(collection) if repeated else ():
        key = key_of(entry)
        if key in seen:
            yield place, entry
        elif hash(key) in repeated:
            seen.add(key)


def write_native(spool: Spool, run: Run) -> None:
    """Write what was laid aside as one revision, or none when it changes nothing."""

    def fill(current: Revision) -> bool:
        _write(spool, Bulk(store, current, spool.keys.access, spool.names.of, run.why), run)
        return any(run.report.rows[fate] for fate in (RowFate.created, RowFate.updated))

    with run.transaction():
        store = Store(run.connection)
        run.write(store, fill)
    tell_withdrawn(run)


def _write(spool: Spool, bulk: Bulk, run: Run) -> None:
    """Write the records, all that is named before what names it, and report what became of each."""
    faults, read = Faults(), run.progress.done
    merges = merges_of(bulk.connection, run.why.sight)
    for noun in sorted(spool.nameless):
        spool.name(NOUNS[noun], bulk.slug_for)
    for collection in in_turn():
        for some in chunks(_followed(spool, collection, merges, run), AT_ONCE):
            entries = [entry for _, entry in some]
            try:
                _tell_apart(Store(bulk.connection), collection, some, merges, run, faults)
                keep_unshown(Store(bulk.connection), collection, some, run.why.sight, stood=bulk.stood(collection))
                if faults:
                    bulk.check(entries)
                else:
                    bulk.add(collection, entries)
            except Refused as refused:
                for number, fault in refused.faults:
                    faults.add(some[number][0], fault)
            for (place, _), entry in zip(some, entries, strict=True):
                if not faults:
                    _tell(run, place, entry)
                    run.restated.note(entry, place.file)
                run.report.rows[RowFate(str(entry.fate))] += 1
                run.report.count(collection.name, entry.fate)
            written = run.report.rows.total()
            run.progress.done = read + read * written // spool.size
            run.progress.report(written)
    faults.stop_here()
    for place, withheld in spool.withheld:
        run.report.rows[RowFate.rejected] += 1
        run.report.add(Line(place.file, place.line, RowFate.rejected, "withheld", WITHHELD, None, withheld.name, AGAIN))
    bulk.end()


def _followed(spool: Spool, collection: Collection, merges: Merges, run: Run) -> Iterator[tuple[Place, Entry]]:
    """The records laid aside, but for those that a person made one with another: that stands."""
    for place, entry in spool.read(collection):
        survivor = follow(merges, entry) if merges else None
        if survivor is None:
            yield place, entry
            continue
        run.report.rows[RowFate.unchanged] += 1
        run.report.count(collection.name, RowFate.unchanged)
        merged = f"somebody merged {entry.row['slug']!r} into {survivor!r}: left as it is"
        run.report.add(Line(place.file, place.line, RowFate.unchanged, "edited", merged, "slug", entry.row["slug"]))


def _tell_apart(
    store: Store,
    collection: Collection,
    some: Sequence[tuple[Place, Entry]],
    merges: Merges,
    run: Run,
    faults: Faults,
) -> None:
    """Number the statements that a merge brought together as the register does; what contradicts one is a fault."""
    if collection.named or not merges:
        return
    listed = [(entry, "nth" in (place.stated or ())) for place, entry in some]
    places = {id(entry): place for place, entry in some}
    contradicted = tell_apart(store, collection, listed, merges)
    for entry, there in contradicted if run.why.spares_edits else ():
        fault = contradiction_of(entry, there)
        faults.add(places[id(entry)], Fault(f"{fault.detail}; {HINT}", pointer=fault.pointer))


def _tell(run: Run, place: Place, entry: Entry) -> None:
    """Report what became of a record, where that is asked for or a person should look at it."""
    flaws = [spared_flaw(spared) for spared in entry.spared]
    every = run.report.every is not None
    if flaws or every:
        changes = list(changes_of(entry)) if every else []
        for line in lines_of((place.file, place.line), RowFate(str(entry.fate)), flaws, changes):
            run.report.add(line)


def _entry(record: object) -> Entry:
    if isinstance(record, Fault):
        raise Refused([(0, record)])
    if not isinstance(record, dict):
        raise Refused([(0, Fault("a record is a mapping of fields"))])
    name = record.pop("collection", None)
    if not isinstance(name, str) or name not in COLLECTIONS:
        message = "collection is required" if name is None else unlisted("a collection", str(name), COLLECTIONS)
        raise Refused([(0, Fault(message, pointer="/collection"))])
    collection = COLLECTIONS[name]
    if record.get("access", "") is None:
        del record["access"]
    for date in collection.partial_dates:
        # YAML reads a bare year as a number.
        if type(record.get(date)) is int:
            record[date] = str(record[date])
    # What a register holds as published comes in again as it went out.
    flags = record.get("flags")
    published = isinstance(flags, list) and EstimateFlag.bounds_out_of_order in flags
    return validated(collection, record, published=published)
