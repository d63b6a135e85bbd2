"""Mapping files as mappings: every fault is named with the file, the line and the key."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unicodedata import normalize

import yaml
from pydantic import BaseModel, ValidationError

from app.errors import sentence_of, unlisted
from app.imports.faults import Unreadable
from app.imports.mapped.checks import constant_faults
from app.imports.mapped.each import EachColumns
from app.imports.mapped.expressions import Computed
from app.imports.mapped.mapping import ImportMapping, Rows, TableMapping
from app.imports.mapped.record import Identity, RecordMapping
from app.imports.yaml import loader

SHIPPED = Path(__file__).parents[1] / "mappings"
"""The mappings known by name."""
TO_DO = "TO DO"
"""How a text begins that a drafted mapping leaves to its editor."""
_Loader = loader(["null"])
"""YAML in which every scalar is the text it is written as, but for null."""


def shipped() -> list[str]:
    """The names of the mappings that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load_mapping(name: str | Path) -> ImportMapping:
    """A mapping by its file, or by its name where it is shipped; raises `Unreadable`, naming every fault."""
    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        if str(name) not in shipped():
            raise Unreadable([unlisted("a shipped mapping", str(name), shipped())])
        path = SHIPPED / f"{name}.yaml"
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise Unreadable([f"{path}: there is no such mapping file"]) from None
    except (OSError, UnicodeDecodeError):
        raise Unreadable([f"{path}: the mapping cannot be read; it is a text file in UTF-8"]) from None
    return parse_mapping(text, str(path))


def parse_mapping(text: str, file: str = "mapping") -> ImportMapping:
    """A mapping as written; raises `Unreadable`: each fault with the file, the line and the key."""
    text = normalize("NFC", text)
    try:
        root = _Loader(text).get_single_node()
        if left := [f"{file}:{line}: {'.'.join(keys)}: this is still to be filled in" for line, keys in _left(root)]:
            raise Unreadable(left)
        data = yaml.load(text, _Loader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        message = getattr(error, "problem", None) or "it is nested too deeply, or not text"
        raise Unreadable([f"{file}:{mark.line + 1 if mark else 1}: the mapping is not YAML: {message}"]) from None
    try:
        mapping = ImportMapping.model_validate(data)
    except ValidationError as error:
        raise Unreadable(sorted(set(_faults(error, root, file)), key=_line)) from None
    wrong = [(_placed(root, place, None), message) for place, message in constant_faults(mapping)]
    if wrong:
        lines = (f"{file}:{line}: {'.'.join(steps)}: {message}" for (line, steps), message in wrong)
        raise Unreadable(sorted(set(lines), key=_line))
    return mapping


def _line(fault: str) -> int:
    found = re.search(r":(\d+): ", fault)
    return int(found[1]) if found else 0


def _left(node: yaml.Node | None, keys: Sequence[str] = ()) -> Iterator[tuple[int, Sequence[str]]]:
    """What a draft left open."""
    if isinstance(node, yaml.MappingNode):
        for key, inner in node.value:
            yield from _left(inner, (*keys, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for number, inner in enumerate(node.value, 1):
            yield from _left(inner, (*keys, str(number)))
    elif isinstance(node, yaml.ScalarNode) and node.value.startswith(TO_DO):
        yield node.start_mark.line + 1, keys


def _faults(error: ValidationError, root: yaml.Node | None, file: str) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        key = fault.get("ctx", {}).get("key")
        line, steps = _placed(root, fault["loc"], key)
        message = sentence_of(fault)
        if fault["type"] == "extra_forbidden":
            known = sorted(info.alias or name for name, info in _model_at(fault["loc"]).model_fields.items())
            message = unlisted("a key here", str(fault["loc"][-1]), known)
        elif fault["type"] == "missing":
            message = f"{fault['loc'][-1]} is required"
        yield f"{file}:{line}: {'.'.join(steps) or 'mapping'}: {message}"


def _model_at(loc: Sequence[Any]) -> type[BaseModel]:
    names: dict[Any, type[BaseModel]] = {"computed": Computed, "identity": Identity, "rows": Rows}
    names["EachColumns"] = EachColumns
    inner = next((names[step] for step in reversed(loc[:-1]) if step in names), None)
    if inner is not None:
        return inner
    return RecordMapping if "records" in loc[:-1] else TableMapping


def _placed(node: yaml.Node | None, steps: Sequence[Any], wanted: str | None) -> tuple[int, list[str]]:
    """The line of a place in the file, and the keys that lead there; steps that the file does not have are passed.

    The key `wanted` is the one at fault, wherever it stands below.
    """
    line, path = 1, []
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            for key, inner in node.value:
                if key.value == str(step):
                    line, node = key.start_mark.line + 1, inner
                    path.append(str(step))
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
            path.append(str(step + 1))
    if wanted is not None and (found := next(_below(node, wanted), None)) is not None:
        return found[0], [*path, *found[1]]
    return line, path


def _below(node: yaml.Node | None, wanted: str) -> Iterator[tuple[int, list[str]]]:
    if isinstance(node, yaml.MappingNode):
        for key, inner in node.value:
            if key.value == wanted:
                yield key.start_mark.line + 1, [wanted]
            for line, path in _below(inner, wanted):
                yield line, [str(key.value), *path]
    elif isinstance(node, yaml.SequenceNode):
        for inner in node.value:
            yield from _below(inner, wanted)
