"""CSV as rows: whatever its delimiter, its line ends and its quotes."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from app.imports.readers.files import LONGEST_LINE, is_damaged
from app.imports.readers.rows import MOST_IN_CELL, Flaw, Row, UnreadableFile, Value, column_names, no_text

DELIMITERS = ",;\t|"
FATAL = {"unclosed_quote", "too_long"}
"""What is wrong with a line that is no row."""
MOST_LINES_OF_A_ROW = 100
"""How many lines a row with stray quotes may go on over."""


def csv_table(texts: Iterator[str], delimiter: str | None = None, header: int = 1) -> tuple[list[str], Iterator[Row]]:
    """The column names of a CSV file and its rows.

    The names are on the first line from `header` on that is not empty; a line `sep=;` above them names the delimiter.
    """
    lines = _lines(texts)
    first = list(islice(lines, 1))
    said = _SAID.fullmatch(first[0].strip(_MARKS)) if first else None
    delimiter = delimiter or (said[1] if said is not None else None)
    above = max(header - 1, 0 if said is None else 1)
    first = list(islice(chain(first, lines), above, above + 50))
    records = _records(chain(first, lines), delimiter or sniffed(first), above)
    for line, cells, flaw in records:
        if flaw is not None and flaw.rule in FATAL:
            raise UnreadableFile(f"line {line} cannot be read, which has the column names: {flaw.message}")
        if any(cell.strip() for cell in cells):
            columns = column_names(cells)
            return columns, _rows(columns, records)
    raise UnreadableFile("the file has no line of column names" + (f" from line {header} on" if header > 1 else ""))


_SAID = re.compile(r"sep=(.)", re.IGNORECASE)
_MARKS = '\ufeff" \r\n'
"""What may stand around such a line."""


def _rows(columns: list[str], records: Iterator[tuple[int, list[str], Flaw | None]]) -> Iterator[Row]:
    for line, cells, flaw in records:
        if flaw is not None and flaw.rule in FATAL:
            yield Row(line, dict.fromkeys(columns), fatal=flaw)
        elif any(cell.strip() for cell in cells):
            yield _row(line, columns, cells, flaw)


def _lines(texts: Iterator[str]) -> Iterator[str]:
    """Lines with their ends; a lone CR ends a line only in a file that has no LF."""
    first = next(texts, "")
    rest, line = "", _LF_LINE if "\n" in first else _ANY_LINE
    for text in chain((first,), texts):
        pieces = line.findall(rest + text)
        rest = pieces.pop() if pieces else ""
        if len(rest) > LONGEST_LINE:
            raise UnreadableFile(f"a line is longer than {LONGEST_LINE:,} characters")
        yield from pieces
    yield from line.findall(rest)


_LF_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ANY_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


def sniffed(lines: Sequence[str]) -> str:
    """The delimiter under which the most of these lines have the same number of cells, and the most cells."""

    def fits(delimiter: str) -> tuple[int, int]:
        counts = [len(cells) for _, cells, _ in _records(lines, delimiter) if cells]
        width = counts[0] if counts else 1
        return (sum(count == width for count in counts) if width > 1 else 0, width)

    return max(DELIMITERS, key=fits)


def _records(lines: Iterable[str], delimiter: str, above: int = 0) -> Iterator[tuple[int, list[str], Flaw | None]]:
    """The records of a CSV file, each with the line it begins on, and what is wrong with its quotes."""
    lines = iter(lines)
    taken: list[str] = []
    number = above
    left: list[str] = []

    def feed() -> Iterator[str]:
        nonlocal number
        while True:
            line = left.pop() if left else next(lines, None)
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
            left.extend(reversed(taken[used:]))
            number -= len(taken) - used
            # The reader has met the end of what it was fed, or an error: either way it is begun anew.
            reader = csv.reader(feed(), delimiter=delimiter, strict=True)
            yield begun, cells, flaw
            continue
        yield begun, cells, None


def _mended(lines: Sequence[str], delimiter: str) -> tuple[list[str], int, Flaw]:
    """A record that breaks the rules of CSV as it can be read: its cells, how many lines it takes, what is wrong."""
    shown = lines[0][:80].rstrip("\r\n")
    if len(lines[0]) > MOST_IN_CELL:
        message = f"a cell holds more than {MOST_IN_CELL:,} characters; the line is left out"
        return [], 1, Flaw("too_long", message, value=shown)
    text = ""
    for used, line in enumerate(lines[:MOST_LINES_OF_A_ROW], 1):
        text += line
        if len(text) > MOST_IN_CELL:
            break
        cells, stray, whole = _cells(text.rstrip("\r\n"), delimiter)
        if not whole:
            continue
        if stray is None and any("\r" in cell for cell in cells):
            place = next(place for place, cell in enumerate(cells) if "\r" in cell)
            message = "a lone carriage return stands inside the cell; it is taken for a blank"
            flaw = Flaw("line_end_in_cell", message, f"column {place + 1}", cells[place][:80])
            return [cell.replace("\r", " ") for cell in cells], used, flaw
        message = "a quote inside a quoted cell is not doubled; the cell is read as far as a quote that can close it"
        value = cells[stray][:80] if stray is not None else None
        hint = 'write "" for a quote inside quotes'
        return cells, used, Flaw("unescaped_quote", message, f"column {(stray or 0) + 1}", value, hint)
    message = "a quote is opened and never closed; the line is left out"
    return [], 1, Flaw("unclosed_quote", message, None, shown, "close the quote, or double it")


def _cells(text: str, delimiter: str) -> tuple[list[str], int | None, bool]:
    """The cells of a text, the last one with a stray quote in it, and whether every quote is closed.

    A quote closes a cell only where the cell can end.
    """
    ends = re.compile(rf'"(?={re.escape(delimiter)}|\r?\n?$)')
    cells: list[str] = []
    at, stray = 0, None
    while at <= len(text):
        if text[at : at + 1] != '"':
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            cells.append(text[at:end])
            at = end + 1
            continue
        close = ends.search(text, at + 1)
        while close is not None and _doubled(text, at, close.start()):
            close = ends.search(text, close.end())
        if close is None:
            return cells, stray, False
        inner = text[at + 1 : close.start()]
        if '"' in inner.replace('""', ""):
            stray = len(cells)
        cells.append(inner.replace('""', '"'))
        at = close.end() + 1
    return cells, stray, True


def _doubled(text: str, start: int, close: int) -> bool:
    """Whether the quote at `close` is the second of a doubled one: an odd number of quotes stands before it."""
    before = 0
    while close - before - 1 > start and text[close - before - 1] == '"':
        before += 1
    return before % 2 == 1


def _row(line: int, columns: Sequence[str], cells: Sequence[str], flaw: Flaw | None) -> Row:
    if len(cells) > len(columns):
        message = f"the row has {len(cells)} cells, the header {len(columns)}"
        fatal = Flaw("too_many_cells", message, hint="quote cells that hold the delimiter")
        return Row(line, dict.fromkeys(columns), fatal=fatal)
    for column, cell in zip(columns, cells, strict=False):
        if is_damaged(cell):
            return Row(line, dict.fromkeys(columns), fatal=no_text(column, cell))
    values: dict[str, Value] = dict(zip(columns, cells, strict=False))
    flaws = []
    if flaw is not None:
        place = int((flaw.column or "column 1").split()[1]) - 1
        flaws.append(replace(flaw, column=columns[place] if place < len(columns) else None))
    if len(cells) < len(columns):
        message = f"the row has {len(cells)} cells, the header {len(columns)}; the last ones are taken as missing"
        flaws.append(Flaw("too_few_cells", message))
        values |= dict.fromkeys(columns[len(cells) :])
    return Row(line, values, tuple(flaws))
