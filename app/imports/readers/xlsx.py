"""Workbooks as rows of one of their sheets."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import IO, TYPE_CHECKING

from app.imports.readers.rows import Row, UnreadableFile, column_names, text_of

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

MOST_UNPACKED = 1 << 29
"""How many bytes an XLSX file may unpack to."""
MOST_CELLS = 50_000_000
"""How many cells there may be in the rectangle that a sheet fills: all of them are held, empty ones too."""
_CELL = re.compile(rb'<(?:\w+:)?c [^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')


def xlsx_rows(stream: IO[bytes], sheet: str | None = None) -> Iterator[Row]:
    """The rows of a sheet, or of the first one that is not hidden; its first row has the column names."""
    columns: list[str] | None = None
    for line, values in enumerate(_sheet(_opened(stream), sheet), 1):
        cells = [None if value == "" else text_of(value) for value in values]
        if not any(cells):
            continue
        if columns is None:
            columns = column_names([cell or "" for cell in cells])
        else:
            yield Row(line, dict(zip(columns, cells, strict=False)))
    if columns is None:
        raise UnreadableFile("the sheet is empty")


def _opened(stream: IO[bytes]) -> "CalamineWorkbook":
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415  (only for such files)

    # The reader seeks, which a gzipped stream and a counted one do badly.
    held = BytesIO(stream.read())
    try:
        with zipfile.ZipFile(held) as packed:
            if sum(member.file_size for member in packed.infolist()) > MOST_UNPACKED:
                raise UnreadableFile(f"the workbook unpacks to more than {MOST_UNPACKED >> 20} MiB; save it as CSV")
            for member in packed.namelist():
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", member):
                    _check_size(packed, member)
        held.seek(0)
        return CalamineWorkbook.from_filelike(held)
    except (zipfile.BadZipFile, CalamineError):
        raise UnreadableFile("the file is not an XLSX workbook") from None


def _check_size(packed: zipfile.ZipFile, member: str) -> None:
    """Refuse a sheet that one stray cell makes too large to be held."""
    width = height = 0
    rest = b""
    with packed.open(member) as sheet:
        while data := sheet.read(1 << 20):
            text = rest + data
            for letters, number in _CELL.findall(text):
                width, height = max(width, _column(letters)), max(height, int(number))
                if width * height > MOST_CELLS:
                    place = (letters + number).decode()
                    raise UnreadableFile(f"the sheet reaches as far as the cell {place}; clear what stands there")
            rest = text[-200:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _sheet(book: "CalamineWorkbook", name: str | None) -> Iterator[Sequence[object]]:
    from python_calamine import SheetVisibleEnum  # noqa: PLC0415  (only for such files)

    visible = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
    chosen = name or next(iter(visible or book.sheet_names), "")
    if chosen not in book.sheet_names:
        raise UnreadableFile(f"there is no sheet {chosen!r}: {', '.join(book.sheet_names)}")
    return book.get_sheet_by_name(chosen).iter_rows()
