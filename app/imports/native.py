"""Native files: a record as `POST` would take it plus `collection`, as YAML or NDJSON, in any order, across files too.

Exported tables, CSV and NDJSON, are taken like them.

Everything is read and checked first, and every fault is named with its file and line; then all of it is one revision.
What was checked waits on disk, so memory does not grow with what is imported. YAML alone is held: a file at a time.
"""

import codecs
import gc
import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson
import yaml
from sqlalchemy import Connection, Engine

from app.bulk import Bulk
from app.codes import EstimateFlag
from app.errors import Fault, unlisted
from app.history import revision
from app.imports.exported import collection_of, is_exact, keep_exact, native, table_rows
from app.imports.readers import Progress
from app.imports.spool import Place, Spool, key_of
from app.records import Collection
from app.register import COLLECTIONS
from app.store import chunks
from app.validation import Entry, Fate, Refused, validated
from app.writing import given_twice, in_turn

REFERENCE = Path(__file__).parent.parent / "data" / "reference"
"""The bundled reference event."""

YAML_ENDINGS = {".yaml", ".yml"}
LINE_ENDINGS = {".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"}
NOT_TEXT = Fault("the file is not UTF-8 text")
TABLE_ENDINGS = {".csv", ".csv.gz"}
LONGEST_LINE = 1 << 25
"""How many bytes a line may hold: no record is as long, and no file is held because it has no line ends."""
AT_ONCE = 1000
"""How many records are in hand at a time."""
MOST_FAULTS = 10_000
"""How many faults are told; the others are counted."""

OnProgress = Callable[[int, int, int], None]
"""Told how many bytes of how many were read, as a share of the whole way, and how many records were written."""


class Unreadable(Exception):
    """Files that cannot be imported: a line for each fault, and a last one for those left out."""

    def __init__(self, faults: list[str], omitted: int = 0) -> None:
        self.faults = [*faults, f"and {omitted:,} faults more"] if omitted else faults
        self.many = len(faults) + omitted
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the revision it made, or none, and how many records of each collection met each fate."""

    revision: int | None
    fates: Counter[tuple[str, Fate]]

    def counts(self) -> dict[Fate, int]:
        """How many records met each fate."""
        counted: Counter[Fate] = Counter()
        for (_, fate), number in self.fates.items():
            counted[fate] += number
        return counted


@dataclass(slots=True)
class _Faults:
    """What is wrong with the files, so far."""

    told: list[str] = field(default_factory=list)
    omitted: int = 0

    def tell(self, place: Place, fault: Fault) -> None:
        if len(self.told) < MOST_FAULTS:
            self.told.append(f"{place.at(fault.pointer)}: {fault.detail}")
        else:
            self.omitted += 1

    def stop_here(self) -> None:
        """Go no further when there are any."""
        if self.told:
            raise Unreadable(self.told, self.omitted)


@dataclass(slots=True)
class _Progress:
    """How far an import has come: reading is one half of the way, writing the other."""

    tell: OnProgress | None
    total: int = 0
    read: int = 0

    def is_read(self, size: int) -> None:
        self.read += size
        if self.tell is not None:
            self.tell(min(self.read, self.total), 2 * self.total, 0)

    def is_written(self, records: int, of: int) -> None:
        if self.tell is not None:
            self.tell(self.total + self.total * records // max(of, 1), 2 * self.total, records)


class _Loader(yaml.SafeLoader):
    """YAML as the register means it: a date stays the text it was written as, a value stands where it is used."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            # A few lines of aliases can stand for more records than any memory holds.
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not read; write the value out", mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def import_native(
    engine: Engine,
    files: Iterable[Path],
    *,
    author: str,
    reason: str | None = None,
    dry_run: bool = False,
    on_progress: OnProgress | None = None,
) -> Imported:
    """Import native files as one revision, or none when they change nothing; raises `Unreadable` naming every fault.

    A dry run checks all of it and takes it back.
    """
    files = list(files)
    progress = _Progress(on_progress, sum(file.stat().st_size for file in files if file.is_file()))
    with Spool() as spool, _nothing_circular():
        _check(files, spool, progress)
        with engine.connect() as connection:
            with revision(connection, author, None, reason) as number:
                fates = _write(connection, Bulk(connection, number, spool.given.access), spool, progress)
            if dry_run or all(fate is Fate.unchanged for _, fate in fates):
                connection.rollback()
                return Imported(None, fates)
            connection.commit()
            return Imported(number, fates)


@contextmanager
def _nothing_circular() -> Iterator[None]:
    """Leave the search for circular rubbish out: a record makes none, and looking for it takes a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _check(files: Iterable[Path], spool: Spool, progress: _Progress) -> None:
    """Read every record, check it by itself and lay it aside."""
    faults = _Faults()
    for place, given in _records(files, progress):
        if isinstance(given, Fault):
            faults.tell(place, given)
            continue
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


def _write(connection: Connection, bulk: Bulk, spool: Spool, progress: _Progress) -> Counter[tuple[str, Fate]]:
    """Write what was laid aside, all that is named before what names it; what became of it."""
    fates: Counter[tuple[str, Fate]] = Counter()
    faults = _Faults()
    for noun in sorted(spool.nameless):
        spool.name(Collection.known[noun], bulk.slug_for)
    for collection in in_turn():
        for some in chunks(spool.read(collection), AT_ONCE):
            entries = [entry for _, entry in some]
            inexact = [entry for place, entry in some if not place.exact]
            if inexact:
                keep_exact(connection, collection, inexact)
            try:
                if faults.told:
                    bulk.check(entries)
                else:
                    bulk.add(collection, entries)
            except Refused as refused:
                for number, fault in refused.faults:
                    faults.tell(some[number][0], fault)
            fates.update((collection.name, entry.fate) for entry in entries)
            gc.collect(0)
            progress.is_written(fates.total(), spool.size)
    faults.stop_here()
    bulk.end()
    return fates


def _entry(given: object) -> Entry:
    if not isinstance(given, dict):
        raise Refused([(0, Fault("a record is a mapping of fields"))])
    name = given.pop("collection", None)
    if not isinstance(name, str) or name not in COLLECTIONS:
        told = "collection is required" if name is None else unlisted("a collection", str(name), COLLECTIONS)
        raise Refused([(0, Fault(told, pointer="/collection"))])
    collection = COLLECTIONS[name]
    for date in collection.partial_dates:
        # YAML reads a bare year as a number.
        if type(given.get(date)) is int:
            given[date] = str(given[date])
    # What a register holds as published comes in again as it went out.
    flags = given.get("flags")
    published = isinstance(flags, list) and EstimateFlag.bounds_out_of_order in flags
    return validated(collection, given, published=published)


def is_native(file: Path) -> bool:
    """Whether a file's name says that it needs no mapping: a native one, or an exported table."""
    return _ending(file) in YAML_ENDINGS | LINE_ENDINGS or _is_table(file)


def _is_table(file: Path) -> bool:
    return _ending(file) in TABLE_ENDINGS and collection_of(file) is not None


def _ending(file: Path) -> str:
    return "".join(file.suffixes[-2:]) if file.suffix == ".gz" else file.suffix


# --- reading -----------------------------------------------------------------------------------------------------


def _records(files: Iterable[Path], progress: _Progress | None = None) -> Iterator[tuple[Place, Any]]:
    """Every record of the files with its place; what cannot be read at all is a `Fault` in its place."""
    progress = progress or _Progress(None)
    for file in files:
        name, ending = str(file), _ending(file)
        try:
            if ending in YAML_ENDINGS:
                text = file.read_text("utf-8-sig")
                progress.is_read(file.stat().st_size)
                yield from _of_yaml(name, text)
            elif ending in LINE_ENDINGS:
                with file.open("rb") as raw:
                    yield from _of_lines(file, raw, progress.is_read, packed=file.suffix == ".gz")
            elif (collection := collection_of(file)) is not None and ending in TABLE_ENDINGS:
                yield from _of_table(file, collection, progress)
            else:
                file.open("rb").close()
                listed = ", ".join(sorted(YAML_ENDINGS | LINE_ENDINGS))
                told = f"a native file ends in one of {listed}; an exported table is called after its collection, as "
                yield Place(name, 1, {}), Fault(f"{told}`figures.csv`; any other takes a mapping")
        except UnicodeDecodeError:
            yield Place(name, 1, {}), NOT_TEXT
        except OSError:
            yield Place(name, 1, {}), Fault("the file cannot be read")


def _of_lines(
    file: Path, raw: IO[bytes], is_read: Callable[[int], None], *, packed: bool
) -> Iterator[tuple[Place, Any]]:
    lines: Any = gzip.GzipFile(fileobj=raw) if packed else raw
    number, before, name, collection = 1, 0, str(file), collection_of(file)
    try:
        while line := lines.readline(LONGEST_LINE):
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if len(line) == LONGEST_LINE:
                yield Place(name, number, {}), Fault(f"the line is longer than {LONGEST_LINE:,} bytes")
                return
            if line.strip():
                exact, given = _of_line(line, collection)
                yield Place(name, number, {}, exact), given
                if given is NOT_TEXT:
                    return
            if number % 500 == 0:
                before = _told(raw, before, is_read)
            number += 1
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield Place(name, number, {}), Fault("the file is damaged: it cannot be unpacked to its end")
    _told(raw, before, is_read)


def _of_line(line: bytes, collection: Collection | None) -> tuple[bool, Any]:
    """The record of a line, or what is wrong with it; first whether its coordinates are exact."""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError:
        return True, Fault("the line is not JSON") if _is_text(line) else NOT_TEXT
    if collection is None or not isinstance(given, dict) or "collection" in given:
        return True, given
    return is_exact(given), native(collection, given)


def _of_table(file: Path, collection: Collection, progress: _Progress) -> Iterator[tuple[Place, Any]]:
    done, before = Progress(file.stat().st_size), 0
    for number, exact, given in table_rows(file, collection, done):
        yield Place(str(file), number, {}, exact), given
        if number % 500 == 0:
            progress.is_read(done.done - before)
            before = done.done
    progress.is_read(done.total - before)


def _told(raw: IO[bytes], before: int, is_read: Callable[[int], None]) -> int:
    """Tell how much of a file was read since it was at a place; the place it is at now."""
    now = raw.tell()
    is_read(now - before)
    return now


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _of_yaml(file: str, text: str) -> Iterator[tuple[Place, Any]]:
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except (yaml.YAMLError, RecursionError) as error:
        line, reason = _flaw(error, text)
        yield Place(file, line, {}), Fault(f"the file is not YAML: {reason}")
        return
    if root is None:
        return
    if not isinstance(root, yaml.SequenceNode):
        yield Place(file, 1, {}), Fault("a native YAML file is a sequence of records")
        return
    for node in root.value:
        fields = {}
        if isinstance(node, yaml.MappingNode):
            fields = {key.value: key.start_mark.line + 1 for key, _ in node.value if isinstance(key.value, str)}
        place = Place(file, node.start_mark.line + 1, fields)
        try:
            record = loader.construct_document(node)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            line, reason = _flaw(error, text)
            yield Place(file, max(line, place.line), {}), Fault(f"the record is not YAML: {reason}")
            continue
        yield place, record


def _flaw(error: Exception, text: str) -> tuple[int, str]:
    """The line of what cannot be read as YAML, as far as it is known, and why."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return error.problem_mark.line + 1, str(error.problem)
    if isinstance(error, yaml.reader.ReaderError):
        return text.count("\n", 0, error.position) + 1, str(error.reason)
    return 1, "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def reference_files() -> list[Path]:
    """The files of the bundled reference event."""
    return sorted(REFERENCE.glob("*.yaml"))
