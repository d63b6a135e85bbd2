"""What files in the formats of exports hold, read by other programs than those that made them."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any

from pyarrow import parquet
from python_calamine import CalamineWorkbook


def read(form: str, body: bytes) -> list[Any]:
    """What a format holds: records where it has them, else rows of texts."""
    if form == "csv":
        return list(csv.DictReader(StringIO(body.decode(), newline="")))
    if form == "xlsx":
        head, *rows = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()
        return [dict(zip(map(str, head), row, strict=True)) for row in rows]
    if form == "parquet":
        return list(parquet.read_table(BytesIO(body)).to_pylist())
    if form == "geojson":
        return list(json.loads(body)["features"])
    return [json.loads(line) for line in body.decode().splitlines()]
