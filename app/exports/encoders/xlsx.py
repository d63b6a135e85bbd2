"""XLSX: the table of CSV as a workbook of one sheet, with a heading that stays in sight."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from app.catalogue.columns import Record, Sources, as_text
from app.errors import BadInput, Fault
from app.exports.encoding import Encoder, Format, Output

MOST_RECORDS = 1_048_575
"""How many records a worksheet holds below its heading."""
MOST_IN_CELL = 32_767
"""How many characters a cell of a worksheet holds."""
MOST_IN_NAME = 31
"""How many characters the name of a worksheet has."""
OLDEST = "1980-01-01T00:00:00Z"
"""The age of a workbook without records: that of the parts of every workbook, the first day a ZIP archive can name."""


class WorkbookEncoder(Encoder):
    """A workbook that is as old as the newest of its records, whenever it is made: the same records, the same bytes."""

    def __init__(self, output: Output) -> None:
        self._table, self._row, self._newest = output.table, 1, OLDEST
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(output.file, options | {"tmpdir": str(output.file.parent)})
        self._sheet = self._book.add_worksheet(output.table.name[:MOST_IN_NAME])

    def begin(self) -> bytes:
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True})
        for place, column in enumerate(self._table.columns):
            self._sheet.write_string(0, place, column.name, bold)
        return b""

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        if self._row + len(records) > MOST_RECORDS + 1:
            message = f"a worksheet holds at most {MOST_RECORDS} records; narrow the filter, or take csv or parquet"
            raise BadInput.of([Fault(message, parameter="format")])
        self._newest = max([self._newest, *(record["recorded_at"] for record in records if "recorded_at" in record)])
        for values in self._table.rows(records, sources):
            for place, value in enumerate(values):
                self._write(place, value)
            self._row += 1
        return b""

    def _write(self, place: int, value: Any) -> None:
        if type(value) is bool:
            self._sheet.write_boolean(self._row, place, value)
        elif type(value) in {int, float}:
            self._sheet.write_number(self._row, place, value)
        elif text := as_text(value):
            short = text if len(text) <= MOST_IN_CELL else f"{text[: MOST_IN_CELL - 1]}…"
            self._sheet.write_string(self._row, place, short)

    def end(self) -> bytes:
        self._book.set_properties({"created": datetime.fromisoformat(self._newest)})
        self._book.close()
        return b""


FORMAT = Format(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
    "The table of `csv`, as a workbook.",
    WorkbookEncoder,
    binary=True,
    tabular=True,
)
