"""HTTP of exports: a whole filtered set, or one record, in a format other than JSON."""

import asyncio
from collections.abc import AsyncIterator, Container
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.catalogue.columns import Table
from app.errors import Crowded
from app.exports.encoding import Format, Output
from app.exports.formats import PAGED, accepted, check_options, formats_of
from app.exports.queries import record_query
from app.exports.whole_set import PIECE, SourceLookup, WholeSet, check_parameters
from app.http.requests import asked_of, asker, view_of
from app.http.responses import Ready, headers_of, holds, respond
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.list_request import list_request
from app.reading.records import fetch_record
from app.reading.view import answered_revision, validator
from app.records.collection import Collection
from app.records.listing import Listing
from app.records.parameters import ListQuery, RecordQuery
from app.settings import Settings


def format_of(request: Request, listing: Listing, model: type[RecordQuery]) -> Format:
    """The format that a request asks for; raises `NotAcceptable`, or `BadInput` for one there is not."""
    output, header = PAGED, request.scope["given"].get(b"accept")
    parameters: Container[str] = ()
    if request.scope["query_string"]:
        parameters, query = asked_of(model, request)
        if query.format is not None:
            output, header = formats_of(listing)[query.format], None
    if header is not None and header != b"*/*":
        output = accepted(header.decode("latin-1"), listing)
    check_options(parameters, output)
    return output


async def streamed(
    listing: Listing, request: Request, model: type[ListQuery], output: Format, *, facility: str | None = None
) -> Response:
    """The whole filtered set that a request asks for, in a format that does not come in pages."""
    path: str = request.scope["path"]
    settings: Settings = request.app.state.settings
    turns: asyncio.Semaphore = request.app.state.exports
    check_parameters(asked_of(model, request)[0], output)
    wanted = await list_request(listing, asker(request), path, request.scope["query_string"], model, facility)
    if turns.locked():
        raise Crowded(settings.exports_at_once)
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(turns)
        export = await opened.enter_async_context(wanted.view.reader.export(settings.export_seconds))
        whole, query = WholeSet(export, listing, wanted), wanted.query
        number, validated = await whole.state(facility)
        link = permalink(path, wanted.parameters, number, format=output.name)
        headers = headers_of(request, Answer(b"", number, validated, link, media=output.media, format=output.name))
        if holds(request, headers[0][1].decode()):
            return Ready(304, b"", headers)
        headers += _of_file(listing.collection, output)
        if "bare" in request.scope:
            return Ready(200, b"", headers)
        file = Path(opened.enter_context(TemporaryDirectory(prefix="detention-export-"))) / output.name
        encoder = output.encoder(Output(listing.collection, query.fields, number, file, bom=bool(query.bom)))
        pieces = whole.pieces(output, encoder)
        if output.binary:
            async with asyncio.timeout(settings.export_seconds):
                async for _ in pieces:
                    pass
            headers.append((b"content-length", b"%d" % file.stat().st_size))
            pieces = _of(file)
        return _Streamed(pieces, headers, opened.pop_all(), settings.export_seconds)
    raise AssertionError("what is opened lets nothing pass")


def _of_file(collection: Collection, output: Format) -> list[tuple[bytes, bytes]]:
    kind = f"{output.media}; charset=utf-8" if output.media.startswith("text/") else output.media
    disposition = f'attachment; filename="{collection.name}.{output.ending}"'
    return [(b"content-type", kind.encode()), (b"content-disposition", disposition.encode())]


async def _of(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as stream:
        while piece := await asyncio.to_thread(stream.read, PIECE):
            yield piece


class _Streamed(StreamingResponse):
    """An answer that is read as it is sent, and closes what it is read from; it breaks off when it takes too long."""

    def __init__(
        self, pieces: AsyncIterator[bytes], headers: list[tuple[bytes, bytes]], opened: AsyncExitStack, seconds: float
    ) -> None:
        super().__init__(pieces)
        self.raw_headers, self._opened, self._seconds = headers, opened, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._opened, asyncio.timeout(self._seconds):
            await super().__call__(scope, receive, send)


async def lone(listing: Listing, request: Request, key: str, output: Format) -> Response:
    """One record in a format other than JSON: a line, a table of one row, a GeoJSON feature."""
    query: Any
    parameters, query = asked_of(record_query(listing), request)
    check_parameters(parameters, output)
    view = await view_of(request, query)
    collection = listing.collection
    async with view.reader.snapshot() as fetch:
        found = await fetch_record(view, collection, key, fetch)
        table = Table(collection, query.fields) if output.tabular else None
        record = orjson.loads(found.doc)
        sources = await SourceLookup(fetch, view, table).of([record])
    number = answered_revision(view.revision, found.head)
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / output.name
        encoder = output.encoder(Output(collection, query.fields, number, file, bom=bool(query.bom)))
        body = encoder.single(found.doc, record, sources)
        body = file.read_bytes() if output.binary else body
    validated = validator(number, number, found.redacted)
    link = permalink(request.scope["path"], parameters, number, format=output.name)
    response = respond(request, Answer(body, number, validated, link, media=output.media, format=output.name))
    if response.status_code == 200:
        response.raw_headers += _of_file(collection, output)[1:]
    return response
