"""Files as rows: CSV, TSV, NDJSON, JSON, GeoJSON and XLSX, each also gzipped, one row at a time.

A row is a mapping of column names to text, with the line of the file it begins on. What cannot be read as a row is
reported in its place, and reading goes on. Memory does not grow with the file.
"""

import codecs
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from app.imports.progress import Progress
from app.imports.readers.csv import csv_table
from app.imports.readers.files import Encoding, encoding_of, head_of, texts, unpacked
from app.imports.readers.json import json_rows, ndjson_rows
from app.imports.readers.rows import Flaw, Format, Row, UnreadableFile, Value
from app.imports.readers.xlsx import xlsx_table

__all__ = [
    "ENDINGS",
    "Flaw",
    "Format",
    "Row",
    "UnreadableFile",
    "Value",
    "columns_in",
    "encoding_of",
    "faults_of",
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
    with faults_of(path), ExitStack() as opened:
        yield from _table(path, how or Format(), progress, opened)[1]


def columns_in(path: Path, how: Format | None = None) -> list[str] | None:
    """The column names of a file; nothing where each row has its own. Raises `UnreadableFile`."""
    with faults_of(path), ExitStack() as opened:
        return _table(path, how or Format(), None, opened)[0]


@contextmanager
def faults_of(path: Path) -> Iterator[None]:
    """Say of what cannot be read which file it is: `UnreadableFile`, whatever kept it from being read."""
    try:
        yield
    except UnreadableFile as unreadable:
        raise UnreadableFile(f"{path}: {unreadable}") from None
    except FileNotFoundError:
        raise UnreadableFile(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path}: it is a folder; name the files in it") from None
    except (OSError, EOFError, zlib.error):
        raise UnreadableFile(f"{path}: the file cannot be read to its end") from None


def _table(
    path: Path, how: Format, progress: Progress | None, opened: ExitStack
) -> tuple[list[str] | None, Iterator[Row]]:
    """The column names of a file and its rows, to be read as long as what is `opened` is."""
    kind = how.kind or kind_of(path)
    refuse_other(head_of(path), kind)
    stream = opened.enter_context(unpacked(path, progress))
    if kind == "xlsx":
        return xlsx_table(stream, opened, how.sheet, how.header)
    columns: list[str] | None = None
    encoding = Encoding(how.encoding) if how.encoding else encoding_of(path)
    text = texts(stream, encoding)
    if kind == "csv":
        columns, rows = csv_table(text, how.delimiter or ("\t" if _ending(path) == ".tsv" else None), how.header)
    else:
        rows = ndjson_rows(text) if kind == "ndjson" else json_rows(text)
    return columns, _flagged(rows) if encoding.guessed else rows


def _flagged(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows, the first of them flagged with the guess at their encoding."""
    if (first := next(rows, None)) is not None:
        yield replace(first, flaws=(*first.flaws, GUESSED))
    yield from rows


def refuse_other(head: bytes, kind: str) -> None:
    """Refuse what is no table, whatever its name says, and say what to do with it."""
    for signs, what in OTHERS.items():
        if head.startswith(signs) or (signs[:1] == b"<" and head.lstrip().lower().startswith(signs)):
            raise UnreadableFile(what)
    if kind != "xlsx" and head.startswith(b"PK\x03\x04"):
        raise UnreadableFile("the file is packed, or a document of another kind: unpack it, or save it as CSV")


OTHERS = {
    b"\xd0\xcf\x11\xe0": "the file is an old Excel workbook (.xls), or has a password: save it as .xlsx or CSV",
    b"%PDF": "the file is a PDF: its tables have to be copied into a CSV file",
    b"PAR1": "the file is in the Parquet format: save it as CSV",
    b"<?xml": "the file is XML: save it as CSV or .xlsx",
    b"<!doctype": "the file is a page of HTML: save its table as CSV or .xlsx",
    b"<html": "the file is a page of HTML: save its table as CSV or .xlsx",
    b"<table": "the file is a page of HTML: save its table as CSV or .xlsx",
}
"""How files begin that are no tables, and what to say of them."""


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
