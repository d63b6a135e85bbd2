"""From wire forms to the bytes of a format, a batch at a time: memory does not grow with the number of records."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import orjson
import xlsxwriter

from app.catalogue.columns import Column, Record, Sources, Table, as_text, safe
from app.errors import BadInput, Fault, NotAcceptable
from app.estimates.dates import days
from app.reading.pages import trimmed
from app.records.collection import Collection
from app.records.formats import CSV, GEOJSON, JSON, NATIVE, NDJSON, XLSX, Format
from app.records.tables import partial_dates, payload

MOST_IN_SHEET = 1_048_575
"""How many records a worksheet holds below its heading."""


MOST_IN_CELL = 32_767
"""How many characters a cell of a worksheet holds."""


OLDEST = "1980-01-01T00:00:00Z"
"""The age of a workbook without records: that of the parts of every workbook, the first day a ZIP archive can name."""


class Encoder(Protocol):
    """Makes the body of one answer, from batches of wire forms and of the records they are when taken apart."""

    def begin(self) -> bytes: ...
    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes: ...
    def end(self) -> bytes: ...


def encoder(
    form: Format, collection: Collection, fields: Sequence[str] | None, number: int, file: Path, *, bom: bool
) -> Encoder:
    """What makes a format of records at a revision; the binary ones write their bytes to the file."""
    table = Table(collection, fields)
    if form is JSON:
        return _Page(fields, number)
    if form is CSV:
        return _Csv(table, bom=bom)
    if form is NDJSON:
        return _Lines(fields)
    if form is GEOJSON:
        return _Features(fields)
    if form is NATIVE:
        return _Native(collection)
    return _Workbook(table, file) if form is XLSX else _Parquet(table, file)


class _Lines:
    """A wire form on each line."""

    def __init__(self, fields: Sequence[str] | None) -> None:
        self._wanted = frozenset(fields) if fields is not None else None

    def begin(self) -> bytes:
        return b""

    def of(self, docs: Sequence[bytes]) -> Sequence[bytes]:
        """The lines of some records."""
        return docs if self._wanted is None else [trimmed(doc, self._wanted) for doc in docs]

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return b"\n".join(self.of(docs)) + b"\n"

    def end(self) -> bytes:
        return b""


class _Page:
    """One page of JSON that holds the whole set."""

    def __init__(self, fields: Sequence[str] | None, number: int) -> None:
        self._lines, self._number, self._first = _Lines(fields), number, True

    def begin(self) -> bytes:
        return b'{"data":['

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        comma = b"" if self._first else b","
        self._first = False
        return comma + b",".join(self._lines.of(docs))

    def end(self) -> bytes:
        return b'],"next":null,"revision":%d}' % self._number


class _Csv:
    """RFC 4180: commas, CR LF, a heading; no cell that a spreadsheet would run."""

    def __init__(self, table: Table, *, bom: bool) -> None:
        self._table, self._bom = table, bom

    def begin(self) -> bytes:
        return (b"\xef\xbb\xbf" if self._bom else b"") + _lines([[column.name for column in self._table.columns]])

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return _lines([_cells(row) for row in self._table.rows(records, sources)])

    def end(self) -> bytes:
        return b""


def _cells(row: Sequence[Any]) -> list[Any]:
    # Numbers are what they are, minus signs included; all else is text.
    return [value if type(value) in {int, float} else safe(as_text(value)) for value in row]


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    made = StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue().encode()


class _Features:
    """GeoJSON (RFC 7946): a feature without a known place has no geometry."""

    def __init__(self, fields: Sequence[str] | None) -> None:
        self._wanted, self._first = frozenset(fields) if fields is not None else None, True

    def begin(self) -> bytes:
        return b'{"type":"FeatureCollection","features":['

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        comma = b"" if self._first else b","
        self._first = False
        return comma + b",".join(orjson.dumps(feature(record, self._wanted)) for record in records)

    def end(self) -> bytes:
        return b"]}"


def feature(record: Record, wanted: frozenset[str] | None = None) -> dict[str, Any]:
    """A record as a GeoJSON feature."""
    known = record["latitude"] is not None
    place = {"type": "Point", "coordinates": [record["longitude"], record["latitude"]]} if known else None
    told = {
        name: value
        for name, value in record.items()
        if name not in {"latitude", "longitude"} and (wanted is None or name in wanted)
    }
    return {"type": "Feature", "id": record["slug"], "geometry": place, "properties": told}


class _Native(_Lines):
    """What `POST` takes, with the collection it goes to."""

    def __init__(self, collection: Collection) -> None:
        super().__init__(None)
        self._collection = collection
        self._unwritten = {
            name: {day for date in partial_dates(part) for day in days(date)} | {"withheld"}
            for name, part in collection.part_tables.items()
            if len(payload(part)) > 1
        }

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return super().batch([orjson.dumps(self._body(record)) for record in records], records, sources)

    def _body(self, record: Record) -> Mapping[str, Any]:
        body: dict[str, Any] = {"collection": self._collection.name}
        for name in self._collection.body.model_fields:
            value = record[name]
            if value is None or value in ([], {}):
                continue
            if name in self._unwritten:
                value = [
                    {
                        field: one
                        for field, one in entry.items()
                        if one is not None and field not in self._unwritten[name]
                    }
                    for entry in value
                ]
            body[name] = value
        return body


class _Workbook:
    """XLSX: one sheet, a heading that stays in sight.

    It is as old as the newest of its records, whenever it is made: the same records are the same bytes.
    """

    def __init__(self, table: Table, file: Path) -> None:
        self._table, self._at, self._newest = table, 1, OLDEST
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(file, options | {"tmpdir": str(file.parent)})
        self._sheet = self._book.add_worksheet(table.collection.name)

    def begin(self) -> bytes:
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True})
        for place, column in enumerate(self._table.columns):
            self._sheet.write_string(0, place, column.name, bold)
        return b""

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        if self._at + len(records) > MOST_IN_SHEET + 1:
            told = f"a worksheet holds at most {MOST_IN_SHEET} records; narrow the filter, or take csv or parquet"
            raise BadInput.of([Fault(told, parameter="format")])
        self._newest = max([self._newest, *(record["recorded_at"] for record in records)])
        for row in self._table.rows(records, sources):
            for place, value in enumerate(row):
                if value is None:
                    continue
                if type(value) is bool:
                    self._sheet.write_boolean(self._at, place, value)
                elif type(value) in {int, float}:
                    self._sheet.write_number(self._at, place, value)
                elif text := as_text(value):
                    self._sheet.write_string(
                        self._at, place, text if len(text) <= MOST_IN_CELL else f"{text[: MOST_IN_CELL - 1]}…"
                    )
            self._at += 1
        return b""

    def end(self) -> bytes:
        self._book.set_properties({"created": datetime.fromisoformat(self._newest)})
        self._book.close()
        return b""


class _Parquet:
    """Parquet with typed columns; needs the package's extra `parquet`."""

    def __init__(self, table: Table, file: Path) -> None:
        if find_spec("pyarrow") is None:
            raise NotAcceptable("This server makes no parquet: its extra `parquet` is not installed.")
        import pyarrow as pa  # noqa: PLC0415  (an extra, and a large one)
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

        self._pa, self._table = pa, table
        kinds = {
            "text": pa.string(),
            "entries": pa.string(),
            "mapping": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "truth": pa.bool_(),
            "day": pa.date32(),
            "texts": pa.list_(pa.string()),
        }
        self._schema = pa.schema(
            [pa.field(one.name, kinds[one.kind], metadata={"description": one.about}) for one in table.columns]
        )
        self._writer = ParquetWriter(file, self._schema, compression="zstd")

    def begin(self) -> bytes:
        return b""

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        rows = self._table.rows(records, sources)
        listed = list(zip(*rows, strict=True))
        made = [
            [_typed(column, value) for value in values]
            for column, values in zip(self._table.columns, listed, strict=True)
        ]
        arrays = [self._pa.array(values, kind) for values, kind in zip(made, self._schema.types, strict=True)]
        self._writer.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))
        return b""

    def end(self) -> bytes:
        self._writer.close()
        return b""


def _typed(column: Column, value: Any) -> Any:
    if column.kind in {"entries", "mapping"}:
        return orjson.dumps(value).decode() if value is not None else None
    return date.fromisoformat(value) if column.kind == "day" and value is not None else value
