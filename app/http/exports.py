"""HTTP of exports: a whole filtered set, or one record, in a format other than JSON."""

import asyncio
from collections.abc import AsyncIterator
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
from app.exports.encoders import encoder, feature
from app.exports.whole_set import PIECE, Sourced, WholeSet, fitting
from app.http.requests import present_view, query_of, view_of
from app.http.responses import BytesResponse, headers_of, is_held, response_of
from app.reading.addresses import pinned
from app.reading.answer import Answer
from app.reading.pages import wished
from app.reading.records import found_record
from app.reading.view import checked, validator
from app.records.collection import Collection
from app.records.formats import GEOJSON, JSON, Format, accepted
from app.records.listing import Listing
from app.records.parameters import ListQuery, RecordQuery
from app.settings import Settings

LONGEST_ACCEPT = 4096
"""Bytes of an `Accept` header that is read; a longer one would take seconds, and counts as none."""


def format_of(request: Request, listing: Listing, model: type[RecordQuery]) -> Format:
    """The format that a request asks for; raises `NotAcceptable`, or `BadInput` for one there is not."""
    if b"format=" in request.scope["query_string"] and (name := query_of(request, model)[1].format) is not None:
        return listing.formats[name]
    header: bytes | None = request.scope["headers_by_name"].get(b"accept")
    if header is None or header == b"*/*" or len(header) > LONGEST_ACCEPT:
        return JSON
    return accepted(header.decode("latin-1"), placed=listing.placed)


async def export_set(
    listing: Listing, request: Request, model: type[ListQuery], form: Format, *, facility: str | None = None
) -> Response:
    """The whole filtered set that a request asks for, in a format other than JSON."""
    path: str = request.scope["path"]
    settings: Settings = request.app.state.settings
    slots: asyncio.Semaphore = request.app.state.exports
    fitting(query_of(request, model)[0], form)
    wish = await wished(listing, present_view(request), path, request.scope["query_string"], model, facility)
    if slots.locked():
        raise Crowded(settings.exports_at_once)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(slots)
        export = await stack.enter_async_context(wish.view.reader.export(settings.export_seconds))
        whole = WholeSet(export, listing, wish)
        number, tag = await whole.state(facility)
        answer = Answer(b"", number, tag, pinned(path, wish.sent, number, format=form.name), form=form)
        headers = headers_of(request, answer)
        if is_held(request, headers[0][1].decode()):
            return BytesResponse(304, b"", headers)
        headers += _file_headers(listing.collection, form)
        if "is_head" in request.scope:
            return BytesResponse(200, b"", headers)
        file = Path(stack.enter_context(TemporaryDirectory(prefix="detention-export-"))) / form.name
        made = encoder(form, listing.collection, wish.asked.fields, number, file, bom=bool(wish.asked.bom))
        pieces = whole.pieces(form, made)
        if form.binary:
            async with asyncio.timeout(settings.export_seconds):
                async for _ in pieces:
                    pass
            headers.append((b"content-length", b"%d" % file.stat().st_size))
            pieces = _read_file(file)
        return _ExportResponse(pieces, headers, stack.pop_all(), settings.export_seconds)
    raise AssertionError("no context here suppresses an exception")


def _file_headers(collection: Collection, form: Format) -> list[tuple[bytes, bytes]]:
    media = f"{form.media}; charset=utf-8" if form.media.startswith("text/") else form.media
    disposition = f'attachment; filename="{collection.name}.{form.ending}"'
    return [(b"content-type", media.encode()), (b"content-disposition", disposition.encode())]


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


async def export_record(listing: Listing, request: Request, key: str, form: Format) -> Response:
    """One record in a format other than JSON: a line, a table of one row, a GeoJSON feature."""
    query: Any
    raw, query = query_of(request, listing.record_query)
    fitting(raw, form)
    view = await view_of(request, query)
    collection = listing.collection
    async with view.reader.snapshot() as fetch:
        found = await found_record(view, collection, key, fetch)
        table = Table(collection, query.fields) if form.tabular else None
        record = orjson.loads(found.doc)
        sources = await Sourced(fetch, view, table).of([record])
    number = checked(view.revision, found.head)
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / form.name
        if form is GEOJSON:
            body = orjson.dumps(feature(record, frozenset(query.fields) if query.fields else None))
        else:
            made = encoder(form, collection, query.fields, number, file, bom=bool(query.bom))
            body = b"".join((made.begin(), made.batch([found.doc], [record], sources), made.end()))
            body = file.read_bytes() if form.binary else body
    tag = validator(number, number, found.redacted)
    link = pinned(request.scope["path"], raw, number, format=form.name)
    response = response_of(request, Answer(body, number, tag, link, form=form))
    if response.status_code == 200:
        response.raw_headers += _file_headers(collection, form)[1:]
    return response
