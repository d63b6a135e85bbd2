"""BibTeX: an entry a record, for LaTeX and for programs that keep literature."""

import re
from collections.abc import Iterator, Sequence

from app.catalogue.columns import Record, Sources
from app.exports.citations import WHOLE, Entry, entry
from app.exports.encoding import Encoder, Format, Output

KINDS = {"article": "article", "report": "techreport", "bulletin": "techreport"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPECIAL = re.compile(r"[\\{}%&$#_~^]")
WRITTEN = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


class BibtexEncoder(Encoder):
    """The entries, with what TeX reads otherwise written so that it stands as it is."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def batch(self, docs: Sequence[bytes], records: Sequence[Record], sources: Sources) -> bytes:
        return "".join(_written(entry(self._output, record)) for record in records).encode()


def _written(one: Entry) -> str:
    fields = ",\n".join(f"  {name} = {value}" for name, value in _fields(one))
    return f"@{KINDS.get(one.kind, 'misc')}{{{one.key},\n{fields}\n}}\n"


def _fields(one: Entry) -> Iterator[tuple[str, str]]:
    # In braces of its own an organisation is one name, and a title keeps its capitals.
    names = [_escaped(name) if one.people else f"{{{_escaped(name)}}}" for name in one.authors]
    yield "author", f"{{{' and '.join(names)}}}"
    yield "title", f"{{{{{_escaped(one.title)}}}}}"
    if one.publisher:
        named = {"article": "journal", "techreport": "institution"}.get(KINDS.get(one.kind, "misc"), "publisher")
        yield named, f"{{{_escaped(one.publisher)}}}"
    if one.day:
        yield "year", f"{{{one.day[0]}}}"
    if len(one.day) > 1:
        yield "month", MONTHS[one.day[1] - 1]
    if len(one.day) > 2:
        yield "day", f"{{{one.day[2]}}}"
    if one.url:
        yield "url", f"{{{one.url}}}"
    if one.note:
        yield "note", f"{{{_escaped(one.note)}}}"
    if one.language:
        yield "language", f"{{{one.language}}}"


def _escaped(text: str) -> str:
    return SPECIAL.sub(lambda found: WRITTEN.get(found[0], f"\\{found[0]}"), " ".join(text.split()))


FORMAT = Format(
    "bibtex",
    "application/x-bibtex",
    "bib",
    "An entry of BibTeX a record, to cite it.",
    BibtexEncoder,
    cites=True,
    refuses=WHOLE,
)
