"""JSON, GeoJSON and NDJSON as rows, one at a time."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any

import ijson
import orjson

from app.imports.readers.files import LONGEST_LINE, is_damaged
from app.imports.readers.rows import MOST_IN_CELL, OF_ROW, Flaw, Row, UnreadableFile, Value, no_text, text_of
from app.records import strict_json as strict
from app.records.text import folded

LISTS = {"features", "data", "records", "rows", "results", "items", "value"}
"""The fields of a JSON object under which its records may stand."""
MOST_DEEP = 100
"""How many objects and lists may stand inside each other."""


# --- a JSON object on each line ----------------------------------------------------------------------------------


def ndjson_rows(texts: Iterable[str]) -> Iterator[Row]:
    """The objects of a file that has one on each line."""
    for number, value in json_lines(texts):
        yield Row(number, {}, fatal=value) if isinstance(value, Flaw) else _row(number, value)


def json_lines(texts: Iterable[str]) -> Iterator[tuple[int, Any]]:
    """The value on each line that is not empty, with the line's number; a `Flaw` in the place of one that is none."""
    rest, number = "", 0
    # Only a line feed ends a line of JSON: what else looks like an end may stand inside a text.
    for text in chain(texts, ("\n",)):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            if len(line) > LONGEST_LINE:
                yield number, _too_long()
            elif line and not line.isspace():
                yield number, _value_of(line)
        if len(rest) > LONGEST_LINE:
            yield number + 1, _too_long()
            return


def _too_long() -> Flaw:
    return Flaw("too_long", f"the line is longer than {LONGEST_LINE:,} characters")


def _value_of(line: str) -> Any:
    if is_damaged(line):
        return no_text(None, line)
    try:
        # Integers that do not fit into 64 bits are codes: `orjson` would make fractions of them.
        text = line if _LONG_NUMBER.search(line) is None else _LONG_TOKEN.sub(_kept, line)
        return strict.loads(text.encode())
    except strict.Repeated as repeated:
        return Flaw("not_json", str(repeated), value=line[:80])
    except (orjson.JSONDecodeError, UnicodeEncodeError, RecursionError):
        return Flaw("not_json", "the line is not JSON", value=line[:80])


_LONG_NUMBER = re.compile(r"[0-9]{19}")
_LONG_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]{18,}')
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")


def _kept(token: re.Match[str]) -> str:
    """A long integer as a text of its digits; any other token as it is."""
    digits = token[0]
    if _INTEGER.fullmatch(digits) is None or (len(digits) <= 20 and -(2**63) <= int(digits) < 2**63):
        return digits
    return f'"{digits}"'


def _row(line: int, element: object) -> Row:
    if not isinstance(element, dict):
        return Row(line, {}, fatal=Flaw("not_an_object", "a row is a JSON object", value=str(element)[:80]))
    if element.get("type") == "Feature" and isinstance(element.get("properties"), dict | None):
        element = _feature(element)
    cells: dict[str, Value] = {}
    last: dict[str, int] = {}
    """Of names that are compared as another's, as they are numbered in a table: the last number given."""
    for stem, value in _flat(element):
        name = stem
        while name in cells:
            last[stem] = last.get(stem, 1) + 1
            name = f"{stem} ({last[stem]})"
        cells[name] = value
    return Row(line, cells)


_column = lru_cache(maxsize=4096)(folded)


def _feature(element: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a GeoJSON feature, with what it has itself: its `id`, and the coordinates of its point.

    A property beside a point that is called like a coordinate is `properties.latitude`; an `id` of the feature beside
    one of its properties is `feature.id`.
    """
    point, properties = _point(element.get("geometry")), element["properties"] or {}
    made = {f"properties.{name}" if name in point else name: value for name, value in properties.items()} | point
    if isinstance(element.get("id"), str | int | Decimal):
        made["feature.id" if "id" in properties else "id"] = element["id"]
    return made


def _point(geometry: object) -> dict[str, Any]:
    """The coordinates of a GeoJSON point; of nothing else, for a polygon's centre is nobody's statement."""
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        coordinates = geometry.get("coordinates")
        if isinstance(coordinates, list) and len(coordinates) >= 2:
            return {"longitude": coordinates[0], "latitude": coordinates[1]}
    return {}


def _flat(element: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Value]]:
    """The cells of an object; those of objects inside it are called `outer.inner`."""
    for key, value in element.items():
        name = f"{prefix}{_column(key)}" if prefix or key not in OF_ROW else f"{key} (2)"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, list):
            yield name, [text for one in value if (text := text_of(one)) is not None]
        else:
            yield name, text_of(value)


# --- any other JSON ----------------------------------------------------------------------------------------------


def json_rows(texts: Iterable[str]) -> Iterator[Row]:
    """The objects of each list, or of the lists that an object holds, or the objects there are, one after the other.

    Many may stand on one line: the place of a row is its number.
    """
    events = ijson.sendable_list()
    parser = ijson.basic_parse_coro(events, multiple_values=True)
    builder, number, shown = _Builder(), 0, ""
    for piece in chain(_pieces(texts), (None,)):
        text = (piece or "").strip()
        if text and not shown and text[0] not in "[{":
            raise UnreadableFile("the file is neither a JSON list nor a JSON object")
        shown = text or shown
        whole = _sent(parser, piece)
        for event, value in events:
            for made, fault in builder.take(event, value):
                number += 1
                broken = Row(number, {}, fatal=Flaw("not_json", fault)) if fault else None
                yield broken or _row(number, made)
        events.clear()
        if not whole:
            message = "from here on the file is not JSON"
            yield Row(number + 1, {}, fatal=Flaw("not_json", message, value=shown[:80]))
            return
    if not shown:
        raise UnreadableFile("the file is empty")


def _sent(parser: Any, piece: str | None) -> bool:
    """Give the parser the next piece, or the end; whether it is JSON."""
    try:
        if piece is None:
            parser.close()
        else:
            parser.send(piece.encode(errors="replace"))
    except ijson.JSONError:
        return False
    return True


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """The text by lines, so that what is wrong can be shown, or by what there is of a long line."""
    rest = ""
    for text in texts:
        mended, rest = _mended(rest + text)
        if len(rest) > MOST_IN_CELL:
            raise UnreadableFile(f"a text is longer than {MOST_IN_CELL:,} characters")
        yield from _split(mended)
    yield from _split(rest)


def _split(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


_UNREADABLE = "\0"
"""How a text begins that stands for something the parser cannot read; no text of the register holds this sign."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b|-?[0-9][0-9.eE+-]{300,}', re.DOTALL)
"""A text, a word that Python writes and JSON does not have, or a number longer than the parser takes."""
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_UNFINISHED = re.compile(r'".*|[\w.+-]+$', re.DOTALL)
"""A text, a word or a number that may go on in the next piece."""


def _mended(text: str) -> tuple[str, str]:
    """The text with what the parser would stop at, or change, put into texts; and a rest that may go on."""
    at, made = 0, list[str]()
    for token in _TOKEN.finditer(text):
        if token.end() == len(text) and token[0][-1] != '"':
            break
        made += [text[at : token.start()], _readable(token[0])]
        at = token.end()
    left = text[at:]
    unfinished = _UNFINISHED.search(left)
    cut = unfinished.start() if unfinished is not None else len(left)
    return "".join([*made, left[:cut]]), left[cut:]


def _readable(token: str) -> str:
    """A token as the parser can read it: in its place a text that says why it is none, or has its digits."""
    if token[0] != '"':
        if _NUMBER.fullmatch(token):
            return f'"{token}"'
        return f'"\\u0000{token} is no value of JSON"' if token[-1].isalpha() else token
    if _SURROGATE.search(token) is None:
        return token
    try:
        json.loads(token).encode()
    except UnicodeEncodeError:
        return '"\\u0000a text holds half of a letter, or bytes that are no text"'
    except ValueError:
        pass
    return token


@dataclass(slots=True)
class _Open:
    """An object or a list that has begun and has not ended."""

    value: dict[str, Any] | list[Any] | None
    """What is in it so far; nothing for a list whose entries are rows."""
    key: str = ""
    has_rows: bool = False
    fault: str | None = None


Made = tuple[Any, str | None]
"""What may be a row, and what is wrong with it."""


class _Builder:
    """Makes rows of the events of a parser."""

    def __init__(self) -> None:
        self._open: list[_Open] = []

    def take(self, event: str, value: Any) -> Iterator[Made]:
        """Take the next event; the row that it ends, if any."""
        if event == "map_key":
            self._name(value)
        elif event == "start_map":
            self._open.append(_Open({}))
        elif event == "start_array":
            self._begin_list()
        elif event.startswith("end"):
            ended = self._open.pop()
            if ended.value is not None and not ended.has_rows:
                yield from self._add(ended.value, ended.fault)
        elif isinstance(value, str) and value.startswith(_UNREADABLE):
            yield from self._add(None, value[1:])
        else:
            yield from self._add(value, None)

    def _begin_list(self) -> None:
        outer = self._open[-1] if self._open else None
        if outer is None:
            self._open.append(_Open(None))
        elif len(self._open) == 1 and outer.key in LISTS and isinstance(outer.value, dict):
            outer.has_rows = True
            self._open.append(_Open(None))
        else:
            self._open.append(_Open([]))

    def _name(self, key: str) -> None:
        outer = self._open[-1]
        outer.key = key
        if isinstance(outer.value, dict) and key in outer.value:
            outer.fault = outer.fault or str(strict.Repeated(key))
        if key.startswith(_UNREADABLE):
            outer.fault = outer.fault or key[1:]

    def _add(self, value: Any, fault: str | None) -> Iterator[Made]:
        """Put a value where it belongs; it may be a row by itself."""
        outer = self._open[-1] if self._open else None
        if outer is None or outer.value is None:
            yield value, fault
            return
        if len(self._open) > MOST_DEEP:
            fault, value = "it is nested too deeply", None
        outer.fault = outer.fault or fault
        if isinstance(outer.value, dict):
            outer.value[outer.key] = value
        else:
            outer.value.append(value)
