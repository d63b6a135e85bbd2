"""NDJSON: a record as JSON on each line."""

from collections.abc import Sequence

from app.catalogue.columns import Record, Sources
from app.exports.encoding import Encoder, Format, Output
from app.reading.trimming import trim


class LinesEncoder(Encoder):
    """The stored JSON of a record on each line."""

    def __init__(self, output: Output) -> None:
        self._fields = output.fields
        self.parses = False

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return b"\n".join(trimmed_docs(docs, self._fields)) + b"\n"


def trimmed_docs(docs: Sequence[bytes], fields: Sequence[str] | None) -> Sequence[bytes]:
    """The stored JSON of some records, cut down to the fields asked for."""
    return docs if fields is None else [trim(doc, fields) for doc in docs]


FORMAT = Format("ndjson", "application/x-ndjson", "ndjson", "A record as JSON on each line.", LinesEncoder)
