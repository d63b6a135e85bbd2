"""XLSX: the table of CSV as a workbook, with a heading that stays in sight, real dates, and no text cut short."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from app.catalogue.columns import Column, Record, Sources, as_text
from app.errors import BadInput, Fault
from app.exports.encoding import Encoder, Format, Output

MOST_RECORDS = 1_048_575
"""How many records a worksheet holds below its heading."""
MOST_IN_CELL = 32_767
"""How many characters a cell of a worksheet holds."""
LONG_TEXTS = "long texts"
"""The sheet of texts that are longer; in their place stands their beginning, with an ellipsis at its end."""
ABOUT = "about"
"""The sheet that says what the table is."""
HOW_TO_READ = "An empty cell is unknown, never zero. A figure is a claim: cite source, day and originator."
WIDTHS = {"day": 11, "integer": 9, "number": 10, "truth": 8}
"""Of columns by what stands in them, in characters; text takes more."""
WIDEST = 36
FIRST_DATE = date(1900, 3, 1)
"""The first day that spreadsheets agree on; an earlier one is text."""
MOST_IN_NAME = 31
"""How many characters the name of a worksheet has."""
OLDEST = "1980-01-01T00:00:00Z"
"""The age of a workbook without records: that of the parts of every workbook, the first day a ZIP archive can name."""


class WorkbookEncoder(Encoder):
    """A workbook that is as old as the newest of its records, whenever it is made: the same records, the same bytes."""

    def __init__(self, output: Output) -> None:
        self._table, self._row, self._newest, self._revision = output.table, 1, OLDEST, output.revision
        self._home = output.home
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(output.file, options | {"tmpdir": str(output.file.parent)})
        self._sheet = self._book.add_worksheet(output.table.name[:MOST_IN_NAME])
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._bold = self._book.add_format({"bold": True})
        self._longs = 0
        self._long: Any = None

    def begin(self) -> bytes:
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._table.columns):
            self._sheet.set_column(place, place, _width(column))
            self._sheet.write_string(0, place, column.name, self._bold)
        return b""

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        if self._row + len(records) > MOST_RECORDS + 1:
            message = f"a worksheet holds at most {MOST_RECORDS} records; narrow the filter, or take csv or parquet"
            raise BadInput.of([Fault(message, parameter="format")])
        self._newest = max([self._newest, *(record["recorded_at"] for record in records if "recorded_at" in record)])
        for values in self._table.rows(records, sources):
            for place, (column, value) in enumerate(zip(self._table.columns, values, strict=True)):
                self._write(place, column, value)
            self._row += 1
        return b""

    def _write(self, place: int, column: Column, value: Any) -> None:
        if type(value) is bool:
            self._sheet.write_boolean(self._row, place, value)
        elif type(value) in {int, float}:
            self._sheet.write_number(self._row, place, value)
        elif column.kind == "day" and value and (day := date.fromisoformat(value)) >= FIRST_DATE:
            self._sheet.write_datetime(self._row, place, datetime.combine(day, time()), self._day)
        elif text := as_text(value):
            if len(text) > MOST_IN_CELL:
                self._write_long(column.name, text)
                text = f"{text[: MOST_IN_CELL - 1]}…"
            self._sheet.write_string(self._row, place, text)

    def _write_long(self, column: str, text: str) -> None:
        """A text that no cell holds, in parts on a sheet of its own: the row and the column it belongs to."""
        if self._long is None:
            self._long = self._book.add_worksheet(LONG_TEXTS)
            for place, heading in enumerate(("row", "column", "part", "text")):
                self._long.write_string(0, place, heading)
        for part, start in enumerate(range(0, len(text), MOST_IN_CELL), 1):
            self._longs += 1
            self._long.write_number(self._longs, 0, self._row + 1)
            self._long.write_string(self._longs, 1, column)
            self._long.write_number(self._longs, 2, part)
            self._long.write_string(self._longs, 3, text[start : start + MOST_IN_CELL])

    def _write_about(self) -> None:
        """What the table is and what its columns mean, for who opens it without the documentation."""
        sheet = self._book.add_worksheet(ABOUT)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 120)
        terms = f"The register's own records: {self._home.licence}. Each source keeps its own licence."
        lines = [
            ("this table", f"{self._table.name}, of {self._home.name}"),
            ("at revision", str(self._revision)),
            ("licence", terms),
            ("how to read it", HOW_TO_READ),
        ]
        lines += [(column.name, column.about) for column in self._table.columns]
        for row, (name, description) in enumerate(lines):
            sheet.write_string(row, 0, name, self._bold)
            sheet.write_string(row, 1, description)

    def end(self) -> bytes:
        if self._table.columns:
            # A filter over the heading and all rows; a table of one heading has one too.
            self._sheet.autofilter(0, 0, max(self._row - 1, 0), len(self._table.columns) - 1)
        self._write_about()
        self._book.set_properties({"created": datetime.fromisoformat(self._newest)})
        self._book.close()
        return b""


def _width(column: Column) -> int:
    """How wide a column is: its heading, or what usually stands in it."""
    usual = WIDTHS.get(column.kind, 60 if column.name in {"reads_as", "description", "summary"} else 18)
    return min(max(len(column.name) + 3, usual), 60 if usual == 60 else WIDEST)


FORMAT = Format(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
    "The table of `csv`, as a workbook; a text longer than a cell holds stands whole on a sheet `long texts`.",
    WorkbookEncoder,
    binary=True,
    tabular=True,
)
