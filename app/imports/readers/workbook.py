"""What a workbook of the XLSX format holds: its sheets, its texts, and the cells of a sheet one row at a time."""

import posixpath
import re
import zipfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any, Final
from xml.parsers.expat import ExpatError, ParserCreate

from app.imports.readers.rows import MOST_IN_CELL, Number, UnreadableFile, text_of

MOST_UNPACKED = 1 << 29
"""How many bytes an XLSX file may unpack to."""
IN_MEMORY = 1 << 24
"""How many bytes of a packed workbook are held; a larger one is put into a temporary file."""
AT_ONCE = 1 << 16
NO_VALUE: Final = object()
"""Stands for the text of a formula that was never calculated."""
DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
"""The formats of the standard that show a number as a date or a time."""
SIGNS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
"""What a format shows as it is, and its colours and conditions."""
FIRST = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""The day before the first of those that are counted; workbooks of old Apple machines count from 1904."""
NO_WORKBOOK = "the file is not an XLSX workbook"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty."""

    text: Any
    """Its text, or `NO_VALUE`."""
    too_long: bool = False


class Workbook:
    """A workbook that was opened, for as long as `opened` is; raises `UnreadableFile` where it is none."""

    def __init__(self, stream: IO[bytes], opened: ExitStack) -> None:
        # A gzipped stream and a counted one do not seek well.
        held: Any = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed with what was opened)
        opened.callback(held.close)
        while data := stream.read(1 << 20):
            held.write(data)
        held.seek(0)
        try:
            self.packed = opened.enter_context(zipfile.ZipFile(held))
            members = {member.filename: member.file_size for member in self.packed.infolist()}
        except zipfile.BadZipFile:
            raise UnreadableFile(NO_WORKBOOK) from None
        if sum(members.values()) > MOST_UNPACKED:
            raise UnreadableFile(f"the workbook unpacks to more than {MOST_UNPACKED >> 20} MiB; save it as CSV")
        if "xl/workbook.xml" not in members:
            raise UnreadableFile(NO_WORKBOOK)
        self.sheets: dict[str, tuple[str, bool]] = {}
        """The part of each sheet, and whether it is shown."""
        self.from_1904 = False
        self._ties = self._read_ties()
        self._read("xl/workbook.xml", self._workbook)
        self.is_date: list[bool] = []
        """Of each style of a cell, whether it shows a number as a date."""
        self._formats: dict[str, bool] = {}
        self._in_styles = False
        self._read("xl/styles.xml", self._style, self._style_ends)
        self.texts = Texts(self, opened)

    def sheet(self, name: str | None) -> str:
        """The part that holds a sheet, or the first one that is not hidden."""
        shown = [one for one, (_, visible) in self.sheets.items() if visible]
        chosen = name or next(iter(shown or self.sheets), "")
        if chosen not in self.sheets:
            raise UnreadableFile(f"there is no sheet {chosen!r}: {', '.join(self.sheets)}")
        return self.sheets[chosen][0]

    def _read_ties(self) -> dict[str, str]:
        ties: dict[str, str] = {}

        def tie(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                target = posixpath.join("/xl", attributes.get("Target", ""))
                ties[attributes.get("Id", "")] = posixpath.normpath(target)[1:]

        self._read("xl/_rels/workbook.xml.rels", tie)
        return ties

    def _workbook(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            tie = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            part = self._ties.get(tie, "")
            if part in self.packed.namelist() and "worksheet" in part:
                self.sheets[attributes.get("name", "")] = (part, attributes.get("state", "visible") == "visible")
        elif name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}

    def _style(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            shown = SIGNS.sub("", attributes.get("formatCode", "")).split(";")[0].casefold()
            self._formats[attributes.get("numFmtId", "")] = bool(re.search("[dmyhs]", shown)) and "general" not in shown
        elif name == "cellXfs":
            self._in_styles = True
        elif name == "xf" and self._in_styles:
            form = attributes.get("numFmtId", "0")
            self.is_date.append(self._formats.get(form, form.isdigit() and int(form) in DATES))

    def _style_ends(self, name: str) -> None:
        self._in_styles = self._in_styles and name != "cellXfs"

    def _read(
        self, part: str, begins: Callable[[str, dict[str, str]], None], ends: Callable[[str], None] = lambda _: None
    ) -> None:
        if part in self.packed.namelist():
            for _ in parsed(self.packed, part, begins, ends, lambda _: None):
                pass


def parsed(
    packed: zipfile.ZipFile,
    part: str,
    begins: Callable[[str, dict[str, str]], None],
    ends: Callable[[str], None],
    says: Callable[[str], None],
) -> Iterator[None]:
    """Call these for the elements of a part of a workbook, and yield after each piece of it."""
    parser = ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise UnreadableFile(NO_WORKBOOK)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: begins(name.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda name: ends(name.rpartition(":")[2])
    parser.CharacterDataHandler = says
    try:
        with packed.open(part) as file:
            while data := file.read(AT_ONCE):
                parser.Parse(data, False)  # noqa: FBT003  (as the parser takes it)
                yield
            parser.Parse(b"", True)  # noqa: FBT003
            yield
    except (ExpatError, zipfile.BadZipFile):
        raise UnreadableFile("the workbook is damaged: a part of it cannot be read") from None


class Text:
    """A text that is put together from pieces; no more of it is held than a cell may have."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0

    def add(self, text: str) -> None:
        self.length += len(text)
        if self.length <= MOST_IN_CELL:
            self.pieces.append(text)

    def take(self) -> str:
        text, self.pieces, self.length = "".join(self.pieces), [], 0
        return re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), text) if "_x" in text else text


class Texts:
    """The texts that cells share, in a temporary file."""

    def __init__(self, book: Workbook, opened: ExitStack) -> None:
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115  (closed with what was opened)
        opened.callback(self._file.close)
        self._ends = array("Q", [0])
        text, phonetic, inside = Text(), 0, False

        def begins(name: str, _attributes: dict[str, str]) -> None:
            nonlocal phonetic, inside
            phonetic += name == "rPh"
            inside = name == "t" and not phonetic

        def ends(name: str) -> None:
            nonlocal phonetic, inside
            phonetic -= name == "rPh"
            inside = False
            if name == "si":
                whole = text.length <= MOST_IN_CELL
                self._file.write((text.take() if whole else "x" * (MOST_IN_CELL + 1)).encode("utf-8", "replace"))
                text.take()
                self._ends.append(self._file.tell())

        if "xl/sharedStrings.xml" in book.packed.namelist():
            says = lambda piece: text.add(piece) if inside else None  # noqa: E731
            for _ in parsed(book.packed, "xl/sharedStrings.xml", begins, ends, says):
                pass
        self.get = lru_cache(maxsize=4096)(self._get)

    def _get(self, number: int) -> str:
        if not 0 <= number < len(self._ends) - 1:
            raise UnreadableFile("the workbook is damaged: a cell refers to a text that is not there")
        self._file.seek(self._ends[number])
        return self._file.read(self._ends[number + 1] - self._ends[number]).decode("utf-8", "replace")


def cells_of(book: Workbook, part: str) -> Iterator[tuple[int, dict[int, Cell]]]:
    """The rows of a sheet: the number of each, and its cells that are not empty, by the number of their column."""
    sheet = _Sheet(book)
    for _ in parsed(book.packed, part, sheet.begins, sheet.ends, sheet.says):
        yield from sheet.rows[:-1]  # the last one may go on
        del sheet.rows[:-1]
    yield from sheet.rows


class _Sheet:
    """The rows of a sheet as far as it was read."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self.rows: list[tuple[int, dict[int, Cell]]] = []
        self._line = self._place = self._phonetic = 0
        self._attributes: dict[str, str] = {}
        self._text, self._reading, self._formula = Text(), False, False

    def begins(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._attributes, self._formula = attributes, False
            self._place = _column(attributes["r"]) if "r" in attributes else self._place + 1
        elif name in {"v", "t"}:
            self._reading = not self._phonetic
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic += 1
        elif name == "row":
            self._line, self._place = int(attributes["r"]) if attributes.get("r", "").isdigit() else self._line + 1, 0
            self.rows.append((self._line, {}))

    def says(self, piece: str) -> None:
        if self._reading:
            self._text.add(piece)

    def ends(self, name: str) -> None:
        if name in {"v", "t"}:
            self._reading = False
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "c" and self.rows:
            too_long = self._text.length > MOST_IN_CELL
            said, cells = self._text.take(), self.rows[-1][1]
            if said.strip():
                cells[self._place] = Cell(said if too_long else _value(self._book, self._attributes, said), too_long)
            elif self._formula and self._attributes.get("t") != "str":
                cells[self._place] = Cell(NO_VALUE)


@lru_cache(maxsize=65536)
def _column(cell: str) -> int:
    place = 0
    for letter in cell:
        if not "A" <= letter <= "Z":
            break
        place = place * 26 + ord(letter) - 64
    return place


def _value(book: Workbook, attributes: dict[str, str], said: str) -> str | None:
    """The text of a cell as a CSV file would have it."""
    kind = attributes.get("t", "n")
    if kind == "s":
        return book.texts.get(int(said)) if said.isdigit() else said
    if kind == "b":
        return "true" if said == "1" else "false"
    if kind != "n":
        return said
    style = attributes.get("s", "0")
    try:
        number = float(said)
    except ValueError:
        return said
    if style.isdigit() and int(style) < len(book.is_date) and book.is_date[int(style)]:
        return text_of(_moment(number, from_1904=book.from_1904)) or Number(said)
    return Number(said) if re.fullmatch("-?[0-9]+", said) else text_of(number)


def _moment(number: float, *, from_1904: bool) -> datetime | date | time | None:
    """The day, the time of day or the moment of a number of days; nothing for what is none of the calendar."""
    seconds = round(number * 86_400)
    if not 0 <= seconds < 2_958_466 * 86_400 or (not from_1904 and 60 <= number < 61):
        return None
    if seconds < 86_400:
        return time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    # The first spreadsheet took 1900 for a leap year, and all have kept to it.
    days = seconds // 86_400 + (not from_1904 and number < 60)
    moment = datetime.combine(FIRST[from_1904], time.min) + timedelta(days=days, seconds=seconds % 86_400)
    return moment.date() if moment.time() == time.min else moment
