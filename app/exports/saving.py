"""Exports of the command line: a collection in a format, or the whole register as native records."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO
from urllib.parse import quote_plus

from app.catalogue.collections import LISTINGS
from app.catalogue.columns import Table
from app.database.engines import reader_of
from app.database.readers import Export
from app.database.settings import Settings
from app.exports.encoding import Format, Output
from app.exports.queries import list_query
from app.exports.whole_set import PIECE, WholeSet, check_parameters
from app.history.codes import Access
from app.reading.list_request import list_request
from app.reading.parameters import parse_query
from app.reading.view import View, home_of
from app.records.listing import Listing


async def save(
    settings: Settings,
    name: str,
    output: Format,
    parameters: Mapping[str, Iterable[str]],
    tier: Access,
    out: BinaryIO,
) -> None:
    """Write a collection, or with the name `all` every one, as a tier may see it; raises `Problem`."""
    reader = reader_of(settings.database_url, pool_size=1)
    await reader.open()
    try:
        async with reader.export(settings.export_seconds) as export:
            view = View(reader, tier, None, home=home_of(settings))
            for listing in LISTINGS.values() if name == "all" else [LISTINGS[name]]:
                own = parameters if name != "all" else {**parameters, "sort": ["id"]}
                await _save_collection(export, listing, view, output, query_string(own), out)
    finally:
        await reader.close()


def query_string(parameters: Mapping[str, Iterable[str]]) -> bytes:
    """Parameters as a query string, where a comma parts values and `%2C` is a comma, as in an address."""
    pairs = ((name, quote_plus(value, safe=",")) for name, values in parameters.items() for value in values)
    return "&".join(f"{quote_plus(name)}={value.replace('%252C', '%2C')}" for name, value in pairs).encode()


async def _save_collection(
    export: Export, listing: Listing, view: View, output: Format, parameters: bytes, out: BinaryIO
) -> None:
    model = list_query(listing)
    check_parameters(parse_query(model, parameters)[0], output)
    request = await list_request(listing, view, f"/v1/{listing.collection.name}", parameters, model, None)
    whole = WholeSet(export, listing, request)
    number, _ = await whole.state()
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / output.name
        query = request.query
        table = Table(listing.collection, query.fields)
        encoder = output.encoder(Output(table, query.fields, number, file, bom=bool(query.bom), home=view.home))
        async for piece in whole.pieces(output, encoder):
            out.write(piece)
        if output.binary:
            with file.open("rb") as stream:
                while piece := stream.read(PIECE):
                    out.write(piece)
