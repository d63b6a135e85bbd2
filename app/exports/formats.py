"""The formats there are, and which one a request asks for: by `format`, else by `Accept`.

A format is a module of `app.exports.encoders` called as it is, which declares its `FORMAT`. To add one, write the
module and add its name to the tuple.
"""

from collections.abc import Container, Iterator, Mapping
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import mimeparse

from app.errors import BadInput, Fault, NotAcceptable
from app.exports.encoding import Format
from app.records.listing import Listing

NAMES: Final = (
    "json",
    "csv",
    "ndjson",
    "geojson",
    "xlsx",
    "parquet",
    "native",
    "bibtex",
    "ris",
    "csl",
)
"""The formats in the order in which a reader meets them; of two with one media type, `Accept` means the first."""


def _declared(name: str) -> Format:
    declared: Format = import_module(f"app.exports.encoders.{name}").FORMAT
    return declared


FORMATS: Final = {name: _declared(name) for name in NAMES}
PAGED: Final = next(one for one in FORMATS.values() if one.paged)
"""What a request gets that asks for no format."""
OPTIONS: Final = frozenset[str]().union(*(one.takes for one in FORMATS.values()))
"""Parameters that belong to some formats only."""


@cache
def formats_of(listing: Listing) -> Mapping[str, Format]:
    """The formats that the records of a collection come in, by name."""
    return {name: one for name, one in FORMATS.items() if listing.placed or not one.placed}


@cache
def formats_of_answers() -> Mapping[str, Format]:
    """The formats that a derived answer comes in, by name: its rows are no records to be placed, cited or imported."""
    return {name: one for name, one in FORMATS.items() if not (one.placed or one.importable or one.cites)}


def formats_of_register() -> Mapping[str, Format]:
    """The formats that a whole register comes in, by name."""
    return {name: one for name, one in FORMATS.items() if one.importable}


def described(formats: Mapping[str, Format]) -> dict[str, Any]:
    """What the OpenAPI document says of answers in other formats than pages."""
    return {
        one.media: {"schema": {"type": "string"} | ({"format": "binary"} if one.binary else {})}
        for one in formats.values()
        if not one.paged
    }


@lru_cache(maxsize=256)
def accepted(header: str, formats: tuple[Format, ...]) -> Format:
    """The format that an `Accept` header prefers, in whatever case; raises `NotAcceptable`, naming those there are."""
    # Without a preference the last one listed is taken: that is the first format, the pages.
    by_media = {one.media: one for one in reversed(formats)}
    try:
        best = mimeparse.best_match(list(by_media), header.lower() or "*/*")
    except (mimeparse.MimeTypeParseException, ValueError):
        best = ""
    if not best:
        listed = ", ".join(f"{one.media} (format={one.name})" for one in formats)
        raise NotAcceptable(f"It does not come as {header[:80]!r}; it comes as {listed}.")
    return by_media[best]


def format_of_file(out: Path | None, name: str | None, formats: Mapping[str, Format]) -> Format:
    """The format that was asked for, else that of the file's ending, else CSV if it is among them, else the first.

    Raises `KeyError` for one there is not.
    """
    if name is not None:
        return formats[name]
    if out is not None and out.suffix:
        return {f".{one.ending}": one for one in reversed([*formats.values()])}[out.suffix.lower()]
    return formats.get("csv") or next(iter(formats.values()))


def check_options(raw: Container[str], output: Format) -> None:
    """Raise for parameters that a format does not take, naming each."""
    if faults := list(option_faults(raw, output)):
        raise BadInput.of(faults)


def option_faults(raw: Container[str], output: Format) -> Iterator[Fault]:
    """What is wrong with the parameters of a request, for a format."""
    for name, why in output.refuses.items():
        if name in raw:
            yield Fault(why, parameter=name)
    for name in sorted(OPTIONS - output.takes):
        if name in raw:
            takers = " or ".join(f"format={one.name}" for one in FORMATS.values() if name in one.takes)
            yield Fault(f"{name} belongs to {takers}", parameter=name)
