"""Exports of the command line: a collection in a format, or the whole register as native records."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from urllib.parse import urlencode

from app.catalogue.collections import LISTINGS
from app.database.engines import reader_of
from app.database.readers import Export
from app.exports.encoders import encoder
from app.exports.whole_set import PIECE, WholeSet, fitting
from app.history.codes import Access
from app.reading.pages import wished
from app.reading.parameters import asked_in
from app.reading.view import View
from app.records.formats import CSV, NATIVE, Format
from app.records.listing import Listing


async def save(
    url: str,
    name: str,
    form: Format,
    parameters: Mapping[str, Iterable[str]],
    tier: Access,
    out: BinaryIO,
    seconds: float,
) -> None:
    """Write a collection, or with the name `all` every one, as a tier may see it; raises `Problem`."""
    reader = reader_of(url, pool_size=1)
    await reader.open()
    try:
        async with reader.export(seconds) as export:
            view = View(reader, tier, None)
            for listing in LISTINGS.values() if name == "all" else [LISTINGS[name]]:
                own = parameters if name != "all" else {**parameters, "sort": ["id"]}
                await _saved(export, listing, view, form, own, out)
    finally:
        await reader.close()


async def _saved(
    export: Export, listing: Listing, view: View, form: Format, parameters: Mapping[str, Iterable[str]], out: BinaryIO
) -> None:
    raw = urlencode(parameters, doseq=True).encode()
    fitting(asked_in(listing.query, raw)[0], form)
    wish = await wished(listing, view, f"/v1/{listing.collection.name}", raw, listing.query, None)
    whole = WholeSet(export, listing, wish)
    number, _ = await whole.state()
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / form.name
        made = encoder(form, listing.collection, wish.asked.fields, number, file, bom=bool(wish.asked.bom))
        async for piece in whole.pieces(form, made):
            out.write(piece)
        if form.binary:
            with file.open("rb") as stream:
                while piece := stream.read(PIECE):
                    out.write(piece)


def form_for(out: Path | None, named: str | None, formats: Mapping[str, Format]) -> Format:
    """The format that was asked for, else that of the file's ending, else CSV, and native for the whole register.

    Raises `KeyError` for one there is not.
    """
    if named is not None:
        return formats[named]
    if out is not None and out.suffix:
        return {f".{one.ending}": one for one in reversed([*formats.values()])}[out.suffix.lower()]
    return formats.get(CSV.name, NATIVE)
