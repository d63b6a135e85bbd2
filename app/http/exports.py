"""HTTP of exports: a whole filtered set, or one record, in a format other than JSON."""

import asyncio
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.catalogue.columns import Table
from app.database.settings import Settings
from app.errors import Crowded
from app.exports.encoding import Format, Output
from app.exports.formats import PAGED, accepted, check_options
from app.exports.queries import record_query
from app.exports.whole_set import PIECE, SourceLookup, WholeSet, check_parameters
from app.http.requests import present_view, query_of, view_of
from app.http.responses import BytesResponse, headers_of, is_held, response_of
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.list_request import list_request
from app.reading.records import fetch_record
from app.reading.view import answered_revision, validator
from app.records.listing import Listing
from app.records.parameters import ListQuery

LONGEST_ACCEPT = 4096
"""Bytes of an `Accept` header that is read; a longer one would take seconds, and counts as none."""


def format_of(request: Request, formats: Mapping[str, Format], model: type[BaseModel]) -> Format:
    """The format that a request asks for; raises `NotAcceptable`, or `BadInput` for one there is not."""
    output, header = PAGED, request.scope["headers_by_name"].get(b"accept")
    parameters: Container[str] = ()
    if request.scope["query_string"]:
        query: Any
        parameters, query = query_of(request, model)
        if query.format is not None:
            output, header = formats[query.format], None
    if header is not None and header != b"*/*" and len(header) <= LONGEST_ACCEPT:
        output = accepted(header.decode("latin-1"), tuple(formats.values()))
    check_options(parameters, output)
    return output


async def export_set(
    listing: Listing, request: Request, model: type[ListQuery], output: Format, *, facility: str | None = None
) -> Response:
    """The whole filtered set that a request asks for, in a format that does not come in pages."""
    path: str = request.scope["path"]
    settings: Settings = request.app.state.settings
    slots: asyncio.Semaphore = request.app.state.exports
    check_parameters(query_of(request, model)[0], output)
    wanted = await list_request(listing, present_view(request), path, request.scope["query_string"], model, facility)
    if slots.locked():
        raise Crowded(settings.exports_at_once)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(slots)
        export = await stack.enter_async_context(wanted.view.reader.export(settings.export_seconds))
        whole, query = WholeSet(export, listing, wanted), wanted.query
        number, validated = await whole.state(facility)
        link = permalink(path, wanted.parameters, number, format=output.name)
        headers = headers_of(request, Answer(b"", number, validated, link, media=output.media, format=output.name))
        if is_held(request, headers[0][1].decode()):
            return BytesResponse(304, b"", headers)
        headers += file_headers(listing.collection.name, output)
        if "is_head" in request.scope:
            return BytesResponse(200, b"", headers)
        file = Path(stack.enter_context(TemporaryDirectory(prefix="detention-export-"))) / output.name
        table = Table(listing.collection, query.fields)
        encoder = output.encoder(Output(table, query.fields, number, file, bom=bool(query.bom)))
        pieces = whole.pieces(output, encoder)
        if output.binary:
            async with asyncio.timeout(settings.export_seconds):
                async for _ in pieces:
                    pass
            headers.append((b"content-length", b"%d" % file.stat().st_size))
            pieces = _read_file(file)
        return _ExportResponse(pieces, headers, stack.pop_all(), settings.export_seconds)
    raise AssertionError("no context here suppresses an exception")


def file_headers(name: str, output: Format) -> list[tuple[bytes, bytes]]:
    kind = f"{output.media}; charset=utf-8" if output.media.startswith("text/") else output.media
    disposition = f'attachment; filename="{name}.{output.ending}"'
    return [(b"content-type", kind.encode()), (b"content-disposition", disposition.encode())]


async def _read_file(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as stream:
        while piece := await asyncio.to_thread(stream.read, PIECE):
            yield piece


class _ExportResponse(StreamingResponse):
    """A response that is read while it is sent, and then closes what it is read from; too slow, it breaks off."""

    def __init__(
        self, pieces: AsyncIterator[bytes], headers: list[tuple[bytes, bytes]], stack: AsyncExitStack, seconds: float
    ) -> None:
        super().__init__(pieces)
        self.raw_headers, self._stack, self._seconds = headers, stack, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._stack, asyncio.timeout(self._seconds):
            await super().__call__(scope, receive, send)


async def export_record(listing: Listing, request: Request, key: str, output: Format) -> Response:
    """One record in a format other than JSON: a line, a table of one row, a GeoJSON feature."""
    query: Any
    parameters, query = query_of(request, record_query(listing))
    check_parameters(parameters, output)
    view = await view_of(request, query)
    collection = listing.collection
    async with view.reader.snapshot() as fetch:
        found = await fetch_record(view, collection, key, fetch)
        table, record = Table(collection, query.fields), orjson.loads(found.doc)
        sources = await SourceLookup(fetch, view, table if output.tabular else None).of([record])
    number = answered_revision(view.revision, found.head)
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / output.name
        encoder = output.encoder(Output(table, query.fields, number, file, bom=bool(query.bom)))
        body = encoder.single(found.doc, record, sources)
        body = file.read_bytes() if output.binary else body
    validated = validator(number, number, found.redacted)
    link = permalink(request.scope["path"], parameters, number, format=output.name)
    response = response_of(request, Answer(body, number, validated, link, media=output.media, format=output.name))
    if response.status_code == 200:
        response.raw_headers += file_headers(collection.name, output)[1:]
    return response
