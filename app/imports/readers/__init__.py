"""Files as rows: CSV, TSV, NDJSON, JSON, GeoJSON and XLSX, each also gzipped, one row at a time.

A row is a mapping of column names to text, with the line of the file it begins on. What cannot be read as a row is
reported in its place, and reading goes on. Memory does not grow with the file, except for XLSX, which is bounded by its
size.
"""

import codecs
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from app.imports.progress import Progress
from app.imports.readers.csv import csv_rows
from app.imports.readers.files import Encoding, encoding_of, head_of, texts, unpacked
from app.imports.readers.json import json_rows, ndjson_rows
from app.imports.readers.rows import Flaw, Format, Row, UnreadableFile, Value
from app.imports.readers.xlsx import xlsx_rows

__all__ = [
    "ENDINGS",
    "Flaw",
    "Format",
    "Row",
    "UnreadableFile",
    "Value",
    "encoding_of",
    "kind_of",
    "read_rows",
]

ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".geojson": "json",
    ".xlsx": "xlsx",
}
GUESSED = Flaw(
    "encoding_guessed",
    "the file is not UTF-8: its text is read as Windows 1252, which may not be right",
    hint="name its encoding in the mapping, as `encoding: cp1251`, or save it as UTF-8",
)
"""What the first row of a file is flagged with that does not say how it is encoded."""


def read_rows(path: Path, how: Format | None = None, progress: Progress | None = None) -> Iterator[Row]:
    """The rows of a file; raises `UnreadableFile` when there is no such file or nothing in it can be read."""
    how = how or Format()
    try:
        yield from _rows(path, how, progress)
    except UnreadableFile as unreadable:
        raise UnreadableFile(f"{path}: {unreadable}") from None
    except (OSError, EOFError) as error:
        missing = isinstance(error, FileNotFoundError)
        message = "there is no such file" if missing else "the file cannot be read to its end"
        raise UnreadableFile(f"{path}: {message}") from None


def _rows(path: Path, how: Format, progress: Progress | None) -> Iterator[Row]:
    kind = how.kind or kind_of(path)
    with unpacked(path, progress) as stream:
        if kind == "xlsx":
            yield from xlsx_rows(stream, how.sheet)
            return
        encoding = Encoding(how.encoding) if how.encoding else encoding_of(path)
        text = texts(stream, encoding)
        if kind == "csv":
            rows = csv_rows(text, how.delimiter or ("\t" if _ending(path) == ".tsv" else None))
        else:
            rows = ndjson_rows(text) if kind == "ndjson" else json_rows(text)
        if encoding.guessed and (first := next(rows, None)) is not None:
            yield replace(first, flaws=(*first.flaws, GUESSED))
        yield from rows


def kind_of(path: Path) -> str:
    """What a file is, by its name, else by how it begins."""
    if (known := ENDINGS.get(_ending(path))) is not None:
        return known
    head = head_of(path)
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start[:1] == b"{":
        first, _, rest = start.partition(b"\n")
        return "ndjson" if rest.lstrip()[:1] == b"{" and first.rstrip().endswith(b"}") else "json"
    return "json" if start[:1] == b"[" else "csv"


def _ending(path: Path) -> str:
    return Path(path.stem if path.suffix.lower() == ".gz" else path.name).suffix.lower()
