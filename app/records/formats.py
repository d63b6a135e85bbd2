"""The formats that records come in, and which one a request asks for: by `format`, else by `Accept`."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mimeparse

from app.errors import NotAcceptable


@dataclass(frozen=True, slots=True)
class Format:
    """A form that records come in."""

    name: str
    media: str
    ending: str
    about: str
    binary: bool = False
    """Whether it is made as a file, and sent when that is whole."""
    tabular: bool = False
    """Whether it is a table, which tells of the sources of its rows."""


JSON = Format("json", "application/json", "json", "Pages of records, as `next` leads through them.")


CSV = Format(
    "csv",
    "text/csv",
    "csv",
    "A table, a row a record, that tells of its sources: publisher, title, URL, licence.",
    tabular=True,
)


NDJSON = Format("ndjson", "application/x-ndjson", "ndjson", "A record as JSON on each line.")


GEOJSON = Format("geojson", "application/geo+json", "geojson", "A feature a record, with a point where one is known.")


XLSX = Format(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
    "The table of `csv`, as a workbook.",
    binary=True,
    tabular=True,
)


PARQUET = Format(
    "parquet",
    "application/vnd.apache.parquet",
    "parquet",
    "The table of `csv`, with typed columns.",
    binary=True,
    tabular=True,
)


NATIVE = Format(
    "native", "application/x-ndjson", "ndjson", "What `POST` takes plus `collection`, a record a line: to import again."
)


FORMATS = {one.name: one for one in (JSON, CSV, NDJSON, GEOJSON, XLSX, PARQUET, NATIVE)}


def formats_of(*, placed: bool) -> dict[str, Format]:
    """The formats of a collection, by name; GeoJSON is for one whose records lie somewhere."""
    return {name: one for name, one in FORMATS.items() if placed or one is not GEOJSON}


def described(*, placed: bool) -> dict[str, Any]:
    """What the OpenAPI document says of answers in other formats than JSON."""
    return {
        one.media: {"schema": {"type": "string"} | ({"format": "binary"} if one.binary else {})}
        for one in formats_of(placed=placed).values()
        if one is not JSON
    }


@lru_cache(maxsize=256)
def accepted(header: str, *, placed: bool) -> Format:
    """The format that an `Accept` header prefers, in whatever case; raises `NotAcceptable`, naming those there are."""
    # Of two formats with one media type the first is meant. Without a preference the last one listed is taken: JSON.
    known = {one.media: one for one in reversed(formats_of(placed=placed).values())}
    try:
        best = mimeparse.best_match(list(known), header.lower() or "*/*")
    except (mimeparse.MimeTypeParseException, ValueError):
        best = ""
    if not best:
        told = ", ".join(f"{one.media} (format={one.name})" for one in formats_of(placed=placed).values())
        raise NotAcceptable(f"It does not come as {header[:80]!r}; it comes as {told}.")
    return known[best]
