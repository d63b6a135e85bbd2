"""Workbooks as rows of one of their sheets, cell by cell: memory grows neither with a sheet nor with a stray cell."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO
from zipfile import ZipFile

from app.imports.readers.rows import Flaw, Row, UnreadableFile, Value, column_names
from app.imports.readers.workbook import NO_VALUE, Cell, Workbook, cells_of

MOST_MERGED = 1_000_000
"""How many merged regions a sheet may have."""
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?\bref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_LONGEST = 200
"""How many bytes of what was read may belong to an element that goes on."""


def xlsx_table(
    stream: IO[bytes], opened: ExitStack, sheet: str | None = None, header: int = 1
) -> tuple[list[str], Iterator[Row]]:
    """The column names of a sheet, or of the first one that is not hidden, and its rows below them.

    The workbook is closed with `opened`.
    """
    book = Workbook(stream, opened)
    member = book.sheet(sheet)
    rows = _filled(cells_of(book, member), _merged(book.packed, member))
    for line, cells, _ in rows:
        if line >= header and cells:
            names = ["" if (cell := cells.get(place)) is None else str(cell.text) for place in range(1, max(cells) + 1)]
            columns = column_names(names)
            return columns, (_row(line, columns, cells, notes) for line, cells, notes in rows if cells)
    raise UnreadableFile("the sheet is empty" if header == 1 else f"the sheet has no column names in row {header}")


def _row(line: int, columns: Sequence[str], cells: Mapping[int, Cell], notes: Sequence[tuple[int, str]]) -> Row:
    values: dict[str, Value] = dict.fromkeys(columns)
    flaws: list[Flaw] = []
    for place, cell in cells.items():
        name = columns[place - 1] if place <= len(columns) else f"column {place}"
        if cell.text is NO_VALUE:
            message = "the cell holds a formula without a stored value; it counts as missing"
            hint = "open the workbook, let it calculate, and save it again"
            flaws.append(Flaw("cell_error", message, name, letters(place) + str(line), hint))
        elif cell.too_long:
            fatal = Flaw("too_long", "a cell holds more characters than any value can", name, str(cell.text)[:80])
            return Row(line, dict.fromkeys(columns), fatal=fatal)
        else:
            values[name] = cell.text
    if cells and min(cells) > len(columns):
        place = min(cells)
        message = f"the row has nothing but the cell {letters(place)}{line}, outside the {len(columns)} columns"
        shown = str(cells[place].text)[:80]
        fatal = Flaw("too_many_cells", message, None, shown, "clear the cell, or give its column a name")
        return Row(line, dict.fromkeys(columns), fatal=fatal)
    for place, region in notes:
        name = columns[place - 1] if place <= len(columns) else f"column {place}"
        message = f"the cells {region} are merged: the row takes the value of the first"
        shown = str(cells[place].text)[:80]
        flaws.append(Flaw("merged_cells", message, name, shown, "check that it is meant for each of the rows"))
    return Row(line, values, tuple(flaws))


def letters(place: int) -> str:
    """A column as a spreadsheet calls it."""
    text = ""
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


# --- merged cells ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Region:
    """Cells merged over several rows: what stands in the first is meant for the column below it."""

    column: int
    last: int
    name: str
    cell: Cell | None = field(default=None)


def _merged(packed: ZipFile, member: str) -> dict[int, list[_Region]]:
    """The merged regions of a sheet by their first row; they stand behind its cells."""
    regions: dict[int, list[_Region]] = defaultdict(list)
    rest, many = b"", 0
    with packed.open(member) as sheet:
        while data := sheet.read(1 << 20):
            text, end = rest + data, 0
            for found in _MERGED.finditer(text):
                end = found.end()
                (left, top, right, bottom), many = found.groups(), many + 1
                if int(bottom) > int(top):
                    name = f"{left.decode()}{top.decode()}:{right.decode()}{bottom.decode()}"
                    regions[int(top)].append(_Region(_place(left), int(bottom), name))
            if many > MOST_MERGED:
                raise UnreadableFile(f"the sheet has more than {MOST_MERGED:,} merged regions")
            rest = text[max(end, len(text) - _LONGEST) :]
    return regions


def _place(name: bytes) -> int:
    place = 0
    for letter in name:
        place = place * 26 + letter - ord("A") + 1
    return place


Line = tuple[int, dict[int, Cell], list[tuple[int, str]]]
"""The number of a row, its cells by their column, and the columns filled from a merged region, with its name."""


def _filled(rows: Iterator[tuple[int, dict[int, Cell]]], regions: Mapping[int, Sequence[_Region]]) -> Iterator[Line]:
    """Rows whose merged cells have the value of the first one. A row that has no cell of its own stays empty."""
    active: list[_Region] = []
    begun = sorted(regions, reverse=True)
    for line, cells in rows:
        while begun and begun[-1] <= line:
            top = begun.pop()
            for region in regions[top]:
                region.cell = cells.get(region.column) if top == line else None
            active += [region for region in regions[top] if region.cell is not None]
        active = [region for region in active if region.last >= line]
        notes = []
        for region in active if cells else ():
            if region.cell is not None and region.column not in cells:
                cells[region.column] = region.cell
                notes.append((region.column, region.name))
        yield line, cells, notes
