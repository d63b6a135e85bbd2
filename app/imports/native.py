"""Native files: a record as `POST` would take it plus `collection`, as YAML or NDJSON, in any order, across files too.

Everything is read and checked first, and every fault is named with its file and line; then all of it is one revision.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml
from sqlalchemy import Engine

from app.errors import Fault, unlisted
from app.register import COLLECTIONS
from app.validation import Entry, Refused, validated
from app.writing import Written, write

REFERENCE = Path(__file__).parent.parent / "data" / "reference"
"""The bundled reference event."""

YAML_ENDINGS = {".yaml", ".yml"}
LINE_ENDINGS = {".ndjson", ".jsonl"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its file, its line, and the lines of its fields where they are known."""

    file: str
    line: int
    fields: dict[str, int]

    def at(self, pointer: str | None) -> str:
        """The place of a fault, as people look for it."""
        head = (pointer or "").split("/")[1] if pointer else ""
        return f"{self.file}:{self.fields.get(head, self.line)}{f' {pointer}' if pointer else ''}"


class Unreadable(Exception):
    """Files that cannot be imported: a line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


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
    engine: Engine, files: Iterable[Path], *, author: str, reason: str | None = None, dry_run: bool = False
) -> Written:
    """Import native files as one revision, or none when they change nothing; raises `Unreadable` naming every fault.

    A dry run checks all of it and takes it back.
    """
    entries: list[Entry] = []
    places: list[Place] = []
    faults: list[str] = []
    for place, given in _records(files):
        if isinstance(given, Fault):
            faults.append(f"{place.at(given.pointer)}: {given.detail}")
            continue
        try:
            entries.append(_entry(given))
            places.append(place)
        except Refused as refused:
            faults += [f"{place.at(fault.pointer)}: {fault.detail}" for _, fault in refused.faults]
    if faults:
        raise Unreadable(faults)
    try:
        return write(engine, entries, author=author, reason=reason, dry_run=dry_run)
    except Refused as refused:
        told = [f"{places[number].at(fault.pointer)}: {fault.detail}" for number, fault in refused.faults]
        raise Unreadable(told) from None


def _entry(given: object) -> Entry:
    if not isinstance(given, dict):
        raise Refused([(0, Fault("a record is a mapping of fields"))])
    name = given.get("collection")
    if not isinstance(name, str) or name not in COLLECTIONS:
        told = "collection is required" if name is None else unlisted("a collection", str(name), COLLECTIONS)
        raise Refused([(0, Fault(told, pointer="/collection"))])
    collection = COLLECTIONS[name]
    body = {key: value for key, value in given.items() if key != "collection"}
    for date in collection.partial_dates:
        # YAML reads a bare year as a number.
        if type(body.get(date)) is int:
            body[date] = str(body[date])
    return validated(collection, body)


def _records(files: Iterable[Path]) -> Iterator[tuple[Place, Any]]:
    """Every record of the files with its place; what cannot be read at all is a `Fault` in its place."""
    for file in files:
        try:
            text = file.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            told = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "cannot be read"
            yield Place(str(file), 1, {}), Fault(f"the file {told}")
            continue
        if file.suffix in YAML_ENDINGS:
            yield from _of_yaml(str(file), text)
        elif file.suffix in LINE_ENDINGS:
            yield from _of_lines(str(file), text)
        else:
            listed = ", ".join(sorted(YAML_ENDINGS | LINE_ENDINGS))
            yield Place(str(file), 1, {}), Fault(f"a native file ends in one of {listed}")


def _of_lines(file: str, text: str) -> Iterator[tuple[Place, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield Place(file, number, {}), orjson.loads(line)
            except orjson.JSONDecodeError:
                yield Place(file, number, {}), Fault("the line is not JSON")


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
