"""RIS: an entry a record, for programs that keep literature."""

from collections.abc import Iterator, Sequence

from app.catalogue.columns import Record, Sources
from app.exports.citations import WHOLE, Entry, entry
from app.exports.encoding import Encoder, Format, Output

KINDS = {
    "article": "MGZN",
    "report": "RPRT",
    "dataset": "DATA",
    "bulletin": "RPRT",
    "statement": "PRESS",
    "video": "VIDEO",
    "court_record": "CASE",
    "data": "DATA",
}


class RisEncoder(Encoder):
    """The entries, a line for each tag."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return "".join(_written(entry(self._output, record)) for record in records).encode()


def _written(one: Entry) -> str:
    lines = [f"{tag}  - {' '.join(str(value).split())}" for tag, value in _tags(one)]
    return "".join(f"{line}\r\n" for line in [*lines, "ER  - ", ""])


def _tags(one: Entry) -> Iterator[tuple[str, str]]:
    yield "TY", KINDS.get(one.kind, "GEN")
    yield "ID", one.key
    for name in one.authors:
        yield "AU", name
    yield "TI", one.title
    if one.publisher:
        yield "PB", one.publisher
    if one.day:
        yield "PY", str(one.day[0])
        yield "DA", "/".join([str(one.day[0]), *(f"{part:02}" for part in one.day[1:])])
    if one.url:
        yield "UR", one.url
    if one.note:
        yield "N1", one.note
    if one.language:
        yield "LA", one.language


FORMAT = Format(
    "ris",
    "application/x-research-info-systems",
    "ris",
    "An entry of RIS a record, to cite it.",
    RisEncoder,
    cites=True,
    refuses=WHOLE,
)
