"""CSL-JSON: an item a record, for programs that set citations in any style."""

from collections.abc import Sequence
from typing import Any

import orjson

from app.catalogue.columns import Record, Sources
from app.exports.citations import WHOLE, Entry, entry
from app.exports.encoding import Encoder, Format, Output

KINDS = {
    "article": "article-newspaper",
    "report": "report",
    "dataset": "dataset",
    "bulletin": "report",
    "statement": "document",
    "video": "motion_picture",
    "court_record": "legal_case",
    "data": "dataset",
}


class CslEncoder(Encoder):
    """One list of items."""

    def __init__(self, output: Output) -> None:
        self._output, self._first = output, True

    def begin(self) -> bytes:
        return b"["

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        comma = b"" if self._first else b","
        self._first = False
        return comma + b",".join(orjson.dumps(_item(entry(self._output, record))) for record in records)

    def end(self) -> bytes:
        return b"]"


def _item(one: Entry) -> dict[str, Any]:
    item = {
        "id": one.key,
        "type": KINDS.get(one.kind, "document"),
        "title": one.title,
        "author": [{"literal": name} for name in one.authors],
        "issued": {"date-parts": [list(one.day)]} if one.day else None,
        "publisher": one.publisher,
        "URL": one.url,
        "note": one.note,
        "language": one.language,
    }
    return {name: value for name, value in item.items() if value is not None}


FORMAT = Format(
    "csl",
    "application/vnd.citationstyles.csl+json",
    "csl.json",
    "A list of items of CSL-JSON, to cite each record.",
    CslEncoder,
    cites=True,
    refuses=WHOLE,
)
