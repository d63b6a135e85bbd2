"""What a text may hold: nothing that cannot be stored or shown, and in a text of one line nothing that breaks it."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args, get_origin

import orjson
from pydantic import BaseModel

from app.errors import Fault
from app.records.text import tidy

TOO_DEEP = "it is nested too deeply: no record has lists in lists in lists"
LONG = 500
"""A text that may be longer than so many characters may have lines; any other is one line."""
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
# Control characters, and the marks that turn the order of the letters after them round.
_TURNING = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("[\t\n\r\x85\u2028\u2029]+")
# The same in JSON text, all of it at once: nearly no record has any.
_SUSPECT = re.compile(rb"\\[bfnrtu]|\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]|\xe2\x81[\xa6-\xa9]", re.DOTALL)


@cache
def lined(model: type[BaseModel]) -> frozenset[str]:
    """The fields of a body, and of the entries of its lists, that may have lines."""
    found = set()
    for name, info in model.model_fields.items():
        longest = max((getattr(limit, "max_length", None) or 0 for limit in info.metadata), default=0)
        if longest > LONG and get_origin(info.annotation) is not list:
            found.add(info.alias or name)
        for inner in get_args(info.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                found |= lined(inner)
    return frozenset(found)


def unwritable(value: object, lines: frozenset[str] | None = None) -> list[Fault]:
    """The places in a JSON value with text that cannot be stored or shown as it stands, as faults.

    `lines` are the fields that may have lines; without it all may.
    """
    try:
        return list(_unwritable(value, "", "", lines)) if _suspect(value) else []
    except RecursionError:
        return [Fault(TOO_DEEP, pointer="")]


def _suspect(value: object) -> bool:
    try:
        return _SUSPECT.search(orjson.dumps(value)) is not None
    except TypeError:
        return True


def _unwritable(value: object, place: str, field: str, lines: frozenset[str] | None) -> Iterator[Fault]:
    if isinstance(value, str):
        if (message := _wrong(value, one_line=lines is not None and field not in lines)) is not None:
            yield Fault(message, pointer=place)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if _UNWRITABLE.search(key) is not None:
                yield Fault(UNSTORED, pointer=place)
            yield from _unwritable(inner, f"{place}/{key}", key, lines)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _unwritable(inner, f"{place}/{number}", field, lines)


UNSTORED = "text must be Unicode that can be stored, without NUL"


def _wrong(text: str, *, one_line: bool) -> str | None:
    if _UNWRITABLE.search(text) is not None:
        return UNSTORED
    text = tidy(text)
    if (found := _TURNING.search(text)) is not None:
        return f"it holds U+{ord(found[0]):04X}, which controls how text is shown and is no part of it; leave it out"
    if one_line and (found := _BREAKS.search(text)) is not None:
        return f"it is one line of text and holds U+{ord(found[0][0]):04X}; put a blank in its place"
    return None


def one_lined(value: Any, lines: frozenset[str]) -> Any:
    """Published data with a blank in the place of the line breaks of a cell, where a text is one line."""
    try:
        return _folded(value, lines) if _suspect(value) else value
    except RecursionError:
        return value


def _folded(value: Any, lines: frozenset[str], field: str = "") -> Any:
    if type(value) is str:
        return value if field in lines else _BREAKS.sub(" ", value)
    if isinstance(value, Mapping):
        return {key: _folded(inner, lines, key) for key, inner in value.items()}
    return [_folded(inner, lines, field) for inner in value] if isinstance(value, list) else value
