"""Native records: what `POST` takes, with the collection it goes to, a record a line; to be imported again."""

from collections.abc import Sequence
from typing import Any

import orjson

from app.catalogue.columns import Record, Sources, Table
from app.estimates.dates import days
from app.exports.encoding import Encoder, Format, Output
from app.records.tables import partial_dates, payload


class NativeEncoder(Encoder):
    """The body of each record as a client would write it: nothing empty, nothing that the register makes itself."""

    def __init__(self, output: Output) -> None:
        if not isinstance(output.table, Table):
            raise TypeError("only records of a collection are native")
        self._collection = output.table.collection
        self._derived = {
            name: {day for date in partial_dates(part) for day in days(date)} | {"withheld"}
            for name, part in self._collection.part_tables.items()
            if len(payload(part)) > 1
        }
        """Of each list with entries of several fields, the fields that no client writes."""

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return b"\n".join(orjson.dumps(self._body(record)) for record in records) + b"\n"

    def _body(self, record: Record) -> dict[str, Any]:
        body: dict[str, Any] = {"collection": self._collection.name}
        for name in self._collection.body.model_fields:
            value = record[name]
            if value is None or value in ([], {}):
                continue
            if name in self._derived:
                derived = self._derived[name]
                value = [
                    {field: item for field, item in entry.items() if item is not None and field not in derived}
                    for entry in value
                ]
            body[name] = value
        return body


FORMAT = Format(
    "native",
    "application/x-ndjson",
    "ndjson",
    "What `POST` takes plus `collection`, a record a line: to import again.",
    NativeEncoder,
    importable=True,
    refuses={"fields": "a native record is whole: it is there to be imported"},
)
