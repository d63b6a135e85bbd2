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
from app.http.requests import asked_of, asker, view_of
from app.http.responses import Ready, headers_of, holds, respond
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


def form_of(request: Request, listing: Listing, query: type[RecordQuery]) -> Format:
    """The format that a request asks for; raises `NotAcceptable`, or `BadInput` for one there is not."""
    if b"format=" in request.scope["query_string"] and (named := asked_of(query, request)[1].format) is not None:
        return listing.formats[named]
    header: bytes | None = request.scope["given"].get(b"accept")
    if header is None or header == b"*/*":
        return JSON
    return accepted(header.decode("latin-1"), placed=listing.placed)


async def streamed(
    listing: Listing, request: Request, query: type[ListQuery], form: Format, *, facility: str | None = None
) -> Response:
    """The whole filtered set that a request asks for, in a format other than JSON."""
    path: str = request.scope["path"]
    settings: Settings = request.app.state.settings
    turns: asyncio.Semaphore = request.app.state.exports
    fitting(asked_of(query, request)[0], form)
    wish = await wished(listing, asker(request), path, request.scope["query_string"], query, facility)
    if turns.locked():
        raise Crowded(settings.exports_at_once)
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(turns)
        whole = WholeSet(
            await opened.enter_async_context(wish.view.reader.export(settings.export_seconds)), listing, wish
        )
        number, validated = await whole.state(facility)
        answer = Answer(b"", number, validated, pinned(path, wish.sent, number, format=form.name), form=form)
        headers = headers_of(request, answer)
        if holds(request, headers[0][1].decode()):
            return Ready(304, b"", headers)
        headers += _of_file(listing.collection, form)
        if "bare" in request.scope:
            return Ready(200, b"", headers)
        file = Path(opened.enter_context(TemporaryDirectory(prefix="detention-export-"))) / form.name
        made = encoder(form, listing.collection, wish.asked.fields, number, file, bom=bool(wish.asked.bom))
        pieces = whole.pieces(form, made)
        if form.binary:
            async with asyncio.timeout(settings.export_seconds):
                async for _ in pieces:
                    pass
            headers.append((b"content-length", b"%d" % file.stat().st_size))
            pieces = _of(file)
        return _Streamed(pieces, headers, opened.pop_all(), settings.export_seconds)
    raise AssertionError("what is opened lets nothing pass")


def _of_file(collection: Collection, form: Format) -> list[tuple[bytes, bytes]]:
    kind = f"{form.media}; charset=utf-8" if form.media.startswith("text/") else form.media
    named = f'attachment; filename="{collection.name}.{form.ending}"'
    return [(b"content-type", kind.encode()), (b"content-disposition", named.encode())]


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


async def lone(listing: Listing, request: Request, key: str, form: Format) -> Response:
    """One record in a format other than JSON: a line, a table of one row, a GeoJSON feature."""
    asked: Any
    sent, asked = asked_of(listing.record_query, request)
    fitting(sent, form)
    view = await view_of(request, asked)
    collection = listing.collection
    async with view.reader.snapshot() as fetch:
        found = await found_record(view, collection, key, fetch)
        table = Table(collection, asked.fields) if form.tabular else None
        record = orjson.loads(found.doc)
        sources = await Sourced(fetch, view, table).of([record])
    number = checked(view.revision, found.head)
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / form.name
        if form is GEOJSON:
            body = orjson.dumps(feature(record, frozenset(asked.fields) if asked.fields else None))
        else:
            made = encoder(form, collection, asked.fields, number, file, bom=bool(asked.bom))
            body = b"".join((made.begin(), made.batch([found.doc], [record], sources), made.end()))
            body = file.read_bytes() if form.binary else body
    validated = validator(number, number, found.redacted)
    link = pinned(request.scope["path"], sent, number, format=form.name)
    response = respond(request, Answer(body, number, validated, link, form=form))
    if response.status_code == 200:
        response.raw_headers += _of_file(collection, form)[1:]
    return response
