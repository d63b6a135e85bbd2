"""The records that native files give, in any order, each with its place: YAML, NDJSON, and exported tables.

YAML alone is held, a file at a time.
"""

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import orjson
import yaml

from app.errors import Fault
from app.imports.native.exported import collection_of, is_exact, native, table_rows
from app.imports.native.spool import Place
from app.imports.readers import Progress
from app.imports.yaml import loader
from app.records import strict_json as strict
from app.records.collection import Collection

_Loader = loader(lambda tag: tag != "timestamp")
"""YAML as the register means it: a date stays the text it was written as."""


YAML_ENDINGS = {".yaml", ".yml"}


LINE_ENDINGS = {".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"}


NOT_TEXT = Fault("the file is not UTF-8 text")


TABLE_ENDINGS = {".csv", ".csv.gz"}


LONGEST_LINE = 1 << 25
"""How many bytes a line may hold: no record is as long, and no file is held because it has no line ends."""


REFERENCE = Path(__file__).parents[1] / "reference"
"""The bundled reference event."""


MOST_FAULTS = 10_000
"""How many faults are told; the others are counted."""


IsRead = Callable[[int], None]
"""Told how many bytes more were read."""


class Unreadable(Exception):
    """Files that cannot be imported: a line for each fault, and a last one for those left out."""

    def __init__(self, faults: list[str], omitted: int = 0) -> None:
        self.faults = [*faults, f"and {omitted:,} faults more"] if omitted else faults
        self.many = len(faults) + omitted
        super().__init__("\n".join(self.faults))


@dataclass(slots=True)
class Faults:
    """What is wrong with the files, so far."""

    told: list[str] = field(default_factory=list)
    omitted: int = 0

    def __bool__(self) -> bool:
        return bool(self.told)

    def tell(self, place: Place, fault: Fault) -> None:
        """Note a fault of the record at a place."""
        if len(self.told) < MOST_FAULTS:
            self.told.append(f"{place.at(fault.pointer)}: {fault.detail}")
        else:
            self.omitted += 1

    def stop_here(self) -> None:
        """Go no further when there are any."""
        if self.told:
            raise Unreadable(self.told, self.omitted)


def is_native(file: Path) -> bool:
    """Whether a file's name says that it needs no mapping: a native one, or an exported table."""
    return _ending(file) in YAML_ENDINGS | LINE_ENDINGS or _is_table(file)


def _is_table(file: Path) -> bool:
    return _ending(file) in TABLE_ENDINGS and collection_of(file) is not None


def _ending(file: Path) -> str:
    return "".join(file.suffixes[-2:]) if file.suffix == ".gz" else file.suffix


def records(files: Iterable[Path], is_read: IsRead = lambda _: None) -> Iterator[tuple[Place, Any]]:
    """Every record of the files with its place; what cannot be read at all is a `Fault` in its place."""
    for file in files:
        name, ending = str(file), _ending(file)
        try:
            if ending in YAML_ENDINGS:
                text = file.read_text("utf-8-sig")
                is_read(file.stat().st_size)
                yield from _of_yaml(name, text)
            elif ending in LINE_ENDINGS:
                with file.open("rb") as raw:
                    yield from _of_lines(file, raw, is_read, packed=file.suffix == ".gz")
            elif (collection := collection_of(file)) is not None and ending in TABLE_ENDINGS:
                yield from _of_table(file, collection, is_read)
            else:
                file.open("rb").close()
                listed = ", ".join(sorted(YAML_ENDINGS | LINE_ENDINGS))
                told = f"a native file ends in one of {listed}; an exported table is called after its collection, as "
                yield Place(name, 1, {}), Fault(f"{told}`figures.csv`; any other takes a mapping")
        except UnicodeDecodeError:
            yield Place(name, 1, {}), NOT_TEXT
        except OSError:
            yield Place(name, 1, {}), Fault("the file cannot be read")


def _of_lines(file: Path, raw: IO[bytes], is_read: IsRead, *, packed: bool) -> Iterator[tuple[Place, Any]]:
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
        given = strict.loads(line)
    except strict.Repeated as repeated:
        return True, Fault(str(repeated))
    except orjson.JSONDecodeError:
        return True, Fault("the line is not JSON") if _is_text(line) else NOT_TEXT
    if collection is None or not isinstance(given, dict) or "collection" in given:
        return True, given
    return is_exact(given), native(collection, given)


def _of_table(file: Path, collection: Collection, is_read: IsRead) -> Iterator[tuple[Place, Any]]:
    done, before = Progress(file.stat().st_size), 0
    for number, exact, given in table_rows(file, collection, done):
        yield Place(str(file), number, {}, exact), given
        if number % 500 == 0:
            is_read(done.done - before)
            before = done.done
    is_read(done.total - before)


def _told(raw: IO[bytes], before: int, is_read: IsRead) -> int:
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
