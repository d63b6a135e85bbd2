"""GeoJSON (RFC 7946): a feature a record, each on a line of its own; one without a known place has no geometry."""

from collections.abc import Sequence
from typing import Any

import orjson

from app.catalogue.columns import Record, Sources
from app.exports.encoding import Encoder, Format, Output


class FeatureEncoder(Encoder):
    """A collection of features; of a single record, its feature alone."""

    def __init__(self, output: Output) -> None:
        self._fields, self._first = frozenset(output.fields) if output.fields else None, True

    def begin(self) -> bytes:
        return b'{"type":"FeatureCollection","features":[\n'

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        comma = b"" if self._first else b",\n"
        self._first = False
        return comma + b",\n".join(self._feature(record) for record in records)

    def end(self) -> bytes:
        return b"\n]}\n"

    def single(self, doc: bytes, record: Record, sources: Sources) -> bytes:
        return self._feature(record)

    def _feature(self, record: Record) -> bytes:
        known, fields = record["latitude"] is not None, self._fields
        geometry = {"type": "Point", "coordinates": [record["longitude"], record["latitude"]]} if known else None
        properties: dict[str, Any] = {
            name: value
            for name, value in record.items()
            if name not in {"latitude", "longitude"} and (fields is None or name in fields)
        }
        return orjson.dumps({"type": "Feature", "id": record["slug"], "geometry": geometry, "properties": properties})


FORMAT = Format(
    "geojson",
    "application/geo+json",
    "geojson",
    "A feature a record, with a point where one is known.",
    FeatureEncoder,
    placed=True,
)
