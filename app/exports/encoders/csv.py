"""CSV (RFC 4180): commas, CR LF, a heading; no cell that a spreadsheet would run."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from app.catalogue.columns import Record, Sources, as_text, safe
from app.exports.encoding import Encoder, Format, Output


class CsvEncoder(Encoder):
    """A row a record, with what is known of its sources."""

    def __init__(self, output: Output) -> None:
        self._table, self._bom = output.table, output.bom

    def begin(self) -> bytes:
        return (b"\xef\xbb\xbf" if self._bom else b"") + _lines([[column.name for column in self._table.columns]])

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return _lines([_cells(row) for row in self._table.rows(records, sources)])


def _cells(row: Sequence[Any]) -> list[Any]:
    # Numbers are what they are, minus signs included; all else is text.
    return [value if type(value) in {int, float} else safe(as_text(value)) for value in row]


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


FORMAT = Format(
    "csv",
    "text/csv",
    "csv",
    "A table, a row a record, that tells of its sources: publisher, title, URL, licence.",
    CsvEncoder,
    tabular=True,
    takes=frozenset({"bom"}),
)
