"""JSON: pages of records over HTTP; one page that holds the whole set in a file."""

from collections.abc import Sequence

from app.catalogue.columns import Record, Sources
from app.exports.encoders.ndjson import trimmed_docs
from app.exports.encoding import Encoder, Format, Output


class PageEncoder(Encoder):
    """One page of JSON that holds the whole set."""

    def __init__(self, output: Output) -> None:
        self._fields, self._revision, self._first = output.fields, output.revision, True
        self.parses = False

    def begin(self) -> bytes:
        return b'{"data":['

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        comma = b"" if self._first else b","
        self._first = False
        return comma + b",".join(trimmed_docs(docs, self._fields))

    def end(self) -> bytes:
        return b'],"next":null,"revision":%d}' % self._revision


FORMAT = Format(
    "json", "application/json", "json", "Pages of records, as `next` leads through them.", PageEncoder, paged=True
)
