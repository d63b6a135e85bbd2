"""Parquet: the table of CSV with typed columns; needs the package's extra `parquet`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from typing import Any

import orjson

from app.catalogue.columns import Column, Kind, Record, Sources
from app.errors import NotAcceptable
from app.exports.encoding import Encoder, Format, Output

READ: Mapping[Kind, Callable[[str], date]] = {"day": date.fromisoformat, "moment": datetime.fromisoformat}
"""From the text of a cell to its value."""


class ParquetEncoder(Encoder):
    """A row a record, with what is known of its sources."""

    def __init__(self, output: Output) -> None:
        if find_spec("pyarrow") is None:
            raise NotAcceptable("This server makes no parquet: its extra `parquet` is not installed.")
        import pyarrow as pa  # noqa: PLC0415  (an extra, and a large one)
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

        self._pa, self._table = pa, output.table
        kinds = {
            "text": pa.string(),
            "entries": pa.string(),
            "mapping": pa.string(),
            "integer": pa.int64(),
            "number": pa.float64(),
            "truth": pa.bool_(),
            "day": pa.date32(),
            "moment": pa.timestamp("us", tz="UTC"),
            "texts": pa.list_(pa.string()),
        }
        self._schema = pa.schema(
            [pa.field(one.name, kinds[one.kind], metadata={"description": one.about}) for one in self._table.columns]
        )
        self._writer = ParquetWriter(output.file, self._schema, compression="zstd")

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        by_column = list(zip(*self._table.rows(records, sources), strict=True))
        typed = [
            [_typed(column, value) for value in values]
            for column, values in zip(self._table.columns, by_column, strict=True)
        ]
        arrays = [self._pa.array(values, kind) for values, kind in zip(typed, self._schema.types, strict=True)]
        self._writer.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))
        return b""

    def end(self) -> bytes:
        self._writer.close()
        return b""


def _typed(column: Column, value: Any) -> Any:
    if column.kind in {"entries", "mapping"}:
        return orjson.dumps(value).decode() if value is not None else None
    if value is not None and (read := READ.get(column.kind)) is not None:
        return read(value)
    return value


FORMAT = Format(
    "parquet",
    "application/vnd.apache.parquet",
    "parquet",
    "The table of `csv`, with typed columns.",
    ParquetEncoder,
    binary=True,
    tabular=True,
)
