"""The records that native files give, in any order, each with its place: YAML, NDJSON, and exported tables.

YAML alone is held, a file at a time.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from app.errors import Fault
from app.imports.faults import Place
from app.imports.native.exported import collection_of, cut_off, is_exact, native, stated_in, table_rows
from app.imports.progress import Progress
from app.imports.readers import Flaw
from app.imports.readers.files import Encoding, texts, unpacked
from app.imports.readers.json import json_lines
from app.imports.yaml import PLAIN, loader

_Loader = loader(PLAIN)
"""YAML as the register means it: a date stays the text it was written as, and so does a key with zeros before it."""
YAML_ENDINGS = {".yaml", ".yml"}
LINE_ENDINGS = {".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"}
NOT_TEXT = Fault("the file is not UTF-8 text")
TABLE_ENDINGS = {".csv", ".csv.gz"}
UTF_8 = Encoding("utf-8-sig", damaged=True)
"""How native files are encoded; a line of other bytes is found out."""
REFERENCE = Path(__file__).parents[1] / "reference"
"""The bundled reference event."""


def is_native(file: Path) -> bool:
    """Whether a file's name says that it needs no mapping: a native one, or an exported table."""
    return _ending(file) in YAML_ENDINGS | LINE_ENDINGS or _is_table(file)


def _is_table(file: Path) -> bool:
    return _ending(file) in TABLE_ENDINGS and collection_of(file) is not None


def _ending(file: Path) -> str:
    return "".join(file.suffixes[-2:]) if file.suffix == ".gz" else file.suffix


def records(files: Iterable[Path], progress: Progress | None = None) -> Iterator[tuple[Place, Any]]:
    """Every record of the files with its place; what cannot be read at all is a `Fault` in its place."""
    progress = progress or Progress()
    for file in files:
        name, ending = str(file), _ending(file)
        try:
            if ending in YAML_ENDINGS:
                text = file.read_text("utf-8-sig")
                progress.add(file.stat().st_size)
                yield from _of_yaml(name, text)
            elif ending in LINE_ENDINGS:
                yield from _of_lines(file, progress)
            elif _is_table(file):
                yield from _of_table(file, progress)
            else:
                file.open("rb").close()
                listed = ", ".join(sorted(YAML_ENDINGS | LINE_ENDINGS))
                message = (
                    f"a native file ends in one of {listed}; an exported table is called after its collection, as "
                )
                yield Place(name, 1, {}), Fault(f"{message}`figures.csv`; any other takes a mapping")
        except UnicodeDecodeError:
            yield Place(name, 1, {}), NOT_TEXT
        except OSError:
            yield Place(name, 1, {}), Fault("the file cannot be read")
        progress.report(0)


def _of_lines(file: Path, progress: Progress) -> Iterator[tuple[Place, Any]]:
    number, name, collection = 1, str(file), collection_of(file)
    try:
        with unpacked(file, progress) as stream:
            for number, value in json_lines(texts(stream, UTF_8)):
                if isinstance(value, Flaw):
                    not_text = value.rule == "not_text"
                    yield Place(name, number, {}), NOT_TEXT if not_text else Fault(value.message)
                    if not_text:
                        return
                elif collection is None or not isinstance(value, dict) or "collection" in value:
                    yield Place(name, number, {}), value
                else:
                    place = Place(name, number, {}, is_exact(value), stated_in(collection, value))
                    yield place, cut_off(collection, value) or native(collection, value)
                if number % 500 == 0:
                    progress.report(0)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield Place(name, number, {}), Fault("the file is damaged: it cannot be unpacked to its end")


def _of_table(file: Path, progress: Progress) -> Iterator[tuple[Place, Any]]:
    collection = collection_of(file)
    for place, content in table_rows(file, collection, progress) if collection is not None else ():
        yield place, content
        if place.line % 500 == 0:
            progress.report(0)


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
