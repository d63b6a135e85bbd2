"""Files as rows: CSV, TSV, NDJSON, JSON, GeoJSON and XLSX, each also gzipped, one row at a time.

A row is a mapping of column names to text, with the line of the file it begins on. What cannot be read as a row is told
in its place, and reading goes on. Memory does not grow with the file, except for XLSX, which is bounded by its size.
"""

import codecs
import csv
import gzip
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import orjson

from app.records import strict_json as strict

Value = str | list[str] | None
"""A cell: its text, several texts where the format has lists, or nothing."""


DELIMITERS = ",;\t|"


MOST_UNPACKED = 1 << 29
"""How many bytes an XLSX file may unpack to."""


MOST_IN_CELL = 1 << 20
"""How many characters a cell may hold; a quote that is never closed shows itself by exceeding it."""


LISTS = {"features", "data", "records", "rows", "results", "items", "value"}
"""The fields of a JSON object under which its records may stand."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a row: the rule it breaks, in words, where, and what may be done about it."""

    rule: str
    told: str
    column: str | None = None
    value: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, its cells by column, and what is remarkable about how it was written.

    A row that could not be read has `fatal`, and no cells to rely on.
    """

    line: int
    cells: Mapping[str, Value]
    flaws: Sequence[Flaw] = ()
    fatal: Flaw | None = None


class UnreadableFile(Exception):
    """A file that cannot be read at all; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is written, where its name and its content do not tell."""

    kind: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".geojson": "json",
    ".xlsx": "xlsx",
}


@dataclass(slots=True)
class Progress:
    """How far the reading of a file has come, in bytes of the file as stored."""

    total: int
    done: int = 0
    rows: int = field(default=0)


def read_rows(path: Path, how: Format | None = None, progress: Progress | None = None) -> Iterator[Row]:
    """The rows of a file; raises `UnreadableFile` when there is no such file or nothing in it can be read."""
    how = how or Format()
    try:
        kind = how.kind or kind_of(path)
        with _unpacked(path, progress) as stream:
            if kind == "xlsx":
                yield from _of_xlsx(stream, how)
                return
            texts = _texts(stream, how.encoding or encoding_of(path))
            if kind == "ndjson":
                yield from _of_lines(texts)
            elif kind == "json":
                yield from _of_json(texts)
            else:
                yield from _of_csv(texts, how.delimiter or ("\t" if _ending(path) == ".tsv" else None))
    except UnreadableFile as unreadable:
        raise UnreadableFile(f"{path}: {unreadable}") from None
    except (OSError, EOFError) as error:
        told = "there is no such file" if isinstance(error, FileNotFoundError) else "the file cannot be read to its end"
        raise UnreadableFile(f"{path}: {told}") from None


def kind_of(path: Path) -> str:
    """What a file is, by its name, else by how it begins."""
    if (known := ENDINGS.get(_ending(path))) is not None:
        return known
    with _unpacked(path) as stream:
        head = stream.read(4096)
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start[:1] == b"{":
        first, _, rest = start.partition(b"\n")
        return "ndjson" if rest.lstrip()[:1] == b"{" and first.rstrip().endswith(b"}") else "json"
    return "json" if start[:1] == b"[" else "csv"


def _ending(path: Path) -> str:
    return Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()


@contextmanager
def _unpacked(path: Path, progress: Progress | None = None) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked where it is gzipped, whatever it is called."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        counted: Any = _Counted(raw, progress) if progress is not None else raw
        if packed:
            with gzip.open(counted) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield counted


class _Counted:
    """A file that notes how much of it was read."""

    def __init__(self, raw: IO[bytes], progress: Progress) -> None:
        self._raw, self._progress = raw, progress

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self._progress.done += len(data)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


# --- text --------------------------------------------------------------------------------------------------------


def _texts(stream: IO[bytes], encoding: str) -> Iterator[str]:
    """The text of a file in pieces."""
    decode = _windows if encoding == "cp1252" else codecs.getincrementaldecoder(encoding)().decode
    try:
        while data := stream.read(1 << 16):
            yield decode(data)
        yield decode(b"", True)  # noqa: FBT003  (as decoders take it)
    except UnicodeDecodeError as error:
        told = f"byte {error.object[error.start]:#04x}" if error.start < len(error.object) else "its end"
        raise UnreadableFile(f"the text is not {encoding}: {told}") from None


def encoding_of(path: Path) -> str:
    """UTF-8, UTF-16 where the file begins with its mark, else what Windows calls 1252. Reads the file once."""
    with _unpacked(path) as stream:
        data = stream.read(1 << 16)
        if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while data:
                decoder.decode(data)
                data = stream.read(1 << 16)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _windows(data: bytes, _last: bool = False) -> str:  # noqa: FBT001, FBT002  (as decoders take it)
    """Text as Windows 1252 has it; its five holes as Latin-1 has them, so that every byte is some letter."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """Lines with their ends: CR LF, LF or a lone CR."""
    rest = ""
    for text in texts:
        pieces = _LINE.findall(rest + text)
        rest = pieces.pop() if pieces else rest + text
        yield from pieces
    yield from _LINE.findall(rest)


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


# --- CSV ---------------------------------------------------------------------------------------------------------


def _of_csv(texts: Iterator[str], given: str | None) -> Iterator[Row]:
    lines = _lines(texts)
    first = list(islice(lines, 50))
    delimiter = given or sniffed(first)
    records = _records(chain(first, lines), delimiter)
    columns: list[str] | None = None
    for line, cells, flaw in records:
        if flaw is not None and flaw.rule == "unclosed_quote":
            yield Row(line, {}, fatal=flaw)
        elif all(not cell.strip() for cell in cells) and (columns is None or len(cells) != len(columns)):
            continue
        elif columns is None:
            columns = named(cells)
        else:
            yield _row(line, columns, cells, flaw)
    if columns is None:
        raise UnreadableFile("the file has no line of column names")


def sniffed(lines: Sequence[str]) -> str:
    """The delimiter under which the most of these lines have the same number of cells, and the most cells."""

    def fits(delimiter: str) -> tuple[int, int]:
        counts = [len(cells) for _, cells, _ in _records(iter(lines), delimiter) if cells]
        width = counts[0] if counts else 1
        return (sum(count == width for count in counts) if width > 1 else 0, width)

    return max(DELIMITERS, key=fits)


def _records(lines: Iterator[str], delimiter: str) -> Iterator[tuple[int, list[str], Flaw | None]]:
    """The records of a CSV file, each with the line it begins on, and what is wrong with its quotes."""
    taken: list[str] = []
    number = 0
    again: list[str] = []

    def feed() -> Iterator[str]:
        nonlocal number
        while True:
            line = again.pop() if again else next(lines, None)
            if line is None:
                return
            number += 1
            taken.append(line)
            yield line

    csv.field_size_limit(MOST_IN_CELL)
    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        taken.clear()
        begun = number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells, used, flaw = _mended(taken, delimiter)
            again.extend(reversed(taken[used:]))
            number -= len(taken) - used
            # The reader has met the end of what it was fed, or an error: either way it is begun anew.
            reader = csv.reader(feed(), delimiter=delimiter, strict=True)
            yield begun, cells, flaw
            continue
        yield begun, cells, None


def _mended(lines: Sequence[str], delimiter: str) -> tuple[list[str], int, Flaw]:
    """A record with stray quotes: a quote closes a cell only where the cell can end. Also how many lines it takes."""
    ends = re.compile(rf'"(?={re.escape(delimiter)}|\r?\n?$)')
    for used in range(1, min(len(lines), 100) + 1):
        text = "".join(lines[:used]).rstrip("\r\n")
        cells: list[str] = []
        at, stray = 0, None
        while at <= len(text):
            if text[at : at + 1] == '"':
                close = ends.search(text, at + 1)
                while (
                    close is not None and text[at + 1 : close.end()].count('""') and _doubled(text, at, close.start())
                ):
                    close = ends.search(text, close.end())
                if close is None:
                    break
                inner = text[at + 1 : close.start()]
                if '"' in inner.replace('""', ""):
                    stray = len(cells)
                cells.append(inner.replace('""', '"'))
                at = close.end() + 1
            else:
                end = text.find(delimiter, at)
                end = len(text) if end < 0 else end
                cells.append(text[at:end])
                at = end + 1
        else:
            told = "a quote inside a quoted cell is not doubled; the cell is read as far as a quote that can close it"
            where = f"column {(stray or 0) + 1}"
            shown = cells[stray][:80] if stray is not None else None
            return cells, used, Flaw("unescaped_quote", told, where, shown, 'write "" for a quote inside quotes')
    told = "a quote is opened and never closed; the line is left out"
    return [], 1, Flaw("unclosed_quote", told, None, lines[0][:80].rstrip("\r\n"), "close the quote, or double it")


def _doubled(text: str, start: int, close: int) -> bool:
    """Whether the quote at `close` is the second of a doubled one: an odd number of quotes stands before it."""
    before = 0
    while close - before - 1 > start and text[close - before - 1] == '"':
        before += 1
    return before % 2 == 1


def named(cells: Sequence[str]) -> list[str]:
    """Column names: trimmed, those left empty called by their place, repeated ones numbered."""
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        stem = " ".join(cell.split()) or f"column {place}"
        name, again = stem, 2
        while name in names:
            name, again = f"{stem} ({again})", again + 1
        names.append(name)
    return names


def _row(line: int, columns: Sequence[str], cells: Sequence[str], flaw: Flaw | None) -> Row:
    if len(cells) > len(columns):
        told = f"the row has {len(cells)} cells, the header {len(columns)}"
        return Row(line, {}, fatal=Flaw("too_many_cells", told, hint="quote cells that hold the delimiter"))
    values: dict[str, Value] = dict(zip(columns, cells, strict=False))
    flaws = []
    if flaw is not None:
        place = int((flaw.column or "column 1").split()[1]) - 1
        column = columns[place] if place < len(columns) else None
        flaws.append(Flaw(flaw.rule, flaw.told, column, flaw.value, flaw.hint))
    if len(cells) < len(columns):
        told = f"the row has {len(cells)} cells, the header {len(columns)}; the last ones are taken as missing"
        flaws.append(Flaw("too_few_cells", told))
        values |= dict.fromkeys(columns[len(cells) :])
    return Row(line, values, tuple(flaws))


# --- JSON --------------------------------------------------------------------------------------------------------


def _of_lines(texts: Iterator[str]) -> Iterator[Row]:
    rest, number = "", 0
    # Only a line feed ends a line of JSON: what else looks like an end may stand inside a text.
    for text in chain(texts, ("\n",)):
        *whole, rest = (rest + text).split("\n")
        for line in whole:
            number += 1
            if line.strip():
                try:
                    given = strict.loads(line.encode())
                except strict.Repeated as repeated:
                    yield Row(number, {}, fatal=Flaw("not_json", str(repeated), value=line[:80]))
                    continue
                except orjson.JSONDecodeError:
                    yield Row(number, {}, fatal=Flaw("not_json", "the line is not JSON", value=line[:80]))
                    continue
                yield _of_object(number, given)


def _of_object(line: int, given: object) -> Row:
    if not isinstance(given, dict):
        return Row(line, {}, fatal=Flaw("not_an_object", "a row is a JSON object", value=str(given)[:80]))
    if given.get("type") == "Feature" and isinstance(given.get("properties"), dict | None):
        return Row(line, dict(_flat(_place(given.get("geometry")) | (given["properties"] or {}))))
    return Row(line, dict(_flat(given)))


def _place(geometry: object) -> dict[str, Any]:
    """The coordinates of a GeoJSON point; of nothing else, for a polygon's centre is nobody's statement."""
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        coordinates = geometry.get("coordinates")
        if isinstance(coordinates, list) and len(coordinates) >= 2:
            return {"longitude": coordinates[0], "latitude": coordinates[1]}
    return {}


def _flat(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Value]]:
    """The cells of an object; those of objects inside it are called `outer.inner`."""
    for name, value in given.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield f"{prefix}{name}", [text for one in value if (text := _text(one)) is not None]
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: object) -> str | None:
    """A value of JSON or a spreadsheet as the text a CSV file would have."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _of_json(texts: Iterator[str]) -> Iterator[Row]:
    """The objects of a list, or of the list that an object holds; or the one object there is."""
    text = _Text(texts)
    try:
        first = text.peek()
        if first == "[":
            yield from _elements(text)
            return
        if first != "{":
            raise UnreadableFile("the file is neither a JSON list nor a JSON object")
        text.skip()
        whole: dict[str, Any] = {}
        while text.peek() != "}":
            name = text.value()
            text.expect(":")
            if name in LISTS and text.peek() == "[":
                yield from _elements(text)
                return
            whole[name] = text.value()
            if text.peek() == ",":
                text.skip()
        yield _of_object(1, whole)
    except json.JSONDecodeError as error:
        told = f"from here on the file is not JSON: {error.msg}"
        yield Row(text.line, {}, fatal=Flaw("not_json", told, value=text.shown()))


def _elements(text: "_Text") -> Iterator[Row]:
    text.skip()
    while text.peek() != "]":
        line = text.line
        yield _of_object(line, text.value())
        if text.peek() == ",":
            text.skip()
        elif text.peek() != "]":
            text.expect(",")


class _Text:
    """JSON text that is read value by value, and forgotten behind."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts, self._held, self._at, self.line, self._over = texts, "", 0, 1, False
        self._decoder = json.JSONDecoder()

    def _more(self) -> bool:
        self._held, self._at = self._held[self._at :], 0
        # As much again as is held, so that a long value is not begun anew for every piece.
        size, pieces = 0, []
        for piece in self._texts:
            pieces.append(piece)
            size += len(piece)
            if size >= max(len(self._held), 1 << 16):
                break
        self._held += "".join(pieces)
        self._over = not pieces
        return bool(pieces)

    def peek(self) -> str:
        """The next character that is not blank; nothing at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in " \t\r\n":
                self.line += self._held[self._at] == "\n"
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more():
                raise json.JSONDecodeError("it ends early", "", 0)

    def skip(self) -> None:
        self._at += 1

    def expect(self, sign: str) -> None:
        if self.peek() != sign:
            raise json.JSONDecodeError(f"a {sign!r} is missing", "", 0)
        self._at += 1

    def value(self) -> Any:
        """The next value."""
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._held, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._more():
                    raise json.JSONDecodeError(getattr(error, "msg", "it is nested too deeply"), "", 0) from None
                continue
            # A number may go on in the next piece.
            if end == len(self._held) and not self._over and self._more():
                continue
            self.line += self._held.count("\n", self._at, end)
            self._at = end
            return found

    def shown(self) -> str:
        return self._held[self._at : self._at + 80]


# --- XLSX --------------------------------------------------------------------------------------------------------


def _of_xlsx(stream: IO[bytes], how: Format) -> Iterator[Row]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  (only for such files)

    # The reader seeks, which a gzipped stream and a counted one do badly.
    held = BytesIO(stream.read())
    try:
        with zipfile.ZipFile(held) as packed:
            if sum(member.file_size for member in packed.infolist()) > MOST_UNPACKED:
                raise UnreadableFile(f"the workbook unpacks to more than {MOST_UNPACKED >> 20} MiB; save it as CSV")
        held.seek(0)
        book = CalamineWorkbook.from_filelike(held)
    except (zipfile.BadZipFile, CalamineError):
        raise UnreadableFile("the file is not an XLSX workbook") from None
    name = how.sheet or (book.sheet_names[0] if book.sheet_names else "")
    if name not in book.sheet_names:
        raise UnreadableFile(f"there is no sheet {name!r}: {', '.join(book.sheet_names)}")
    sheet = book.get_sheet_by_name(name)
    columns: list[str] | None = None
    for line, values in enumerate(sheet.iter_rows(), 1):
        cells = [None if value == "" else _text(value) for value in values]
        if not any(cells):
            continue
        if columns is None:
            columns = named([cell or "" for cell in cells])
        else:
            yield Row(line, dict(zip(columns, cells, strict=False)))
    if columns is None:
        raise UnreadableFile("the sheet is empty")
