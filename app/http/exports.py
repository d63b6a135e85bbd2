"""HTTP of exports: a whole filtered set, or one record, in a format other than JSON."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Container, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.catalogue.columns import Table
from app.database.readers import Fetch, in_one_state
from app.database.settings import Settings
from app.errors import Crowded
from app.exports.encoding import Format, Output
from app.exports.formats import PAGED, accepted, check_options
from app.exports.queries import record_query
from app.exports.whole_set import SourceLookup, WholeSet, check_parameters
from app.http.kept_files import KeptFile, KeptFiles, part_of
from app.http.requests import home_of_request, present_view, query_of, view_of
from app.http.responses import BytesResponse, headers_of, is_held, response_of
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.list_request import list_request
from app.reading.records import StoredRecord, fetch_record
from app.reading.view import answered_revision, validator
from app.records.listing import Listing
from app.records.parameters import ListQuery

log = logging.getLogger(__name__)
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
    slots: Slots = request.app.state.exports
    check_parameters(query_of(request, model)[0], output)
    wanted = await list_request(listing, present_view(request), path, request.scope["query_string"], model, facility)
    files: KeptFiles = request.app.state.kept_files
    pinned = wanted.view.revision is not None
    sent: dict[bytes, bytes] = request.scope["headers_by_name"]
    as_file = output.binary or (pinned and (b"range" in sent or "is_head" in request.scope))
    async with AsyncExitStack() as stack:
        if pinned and as_file:
            await stack.enter_async_context(files.turn(f"{wanted.view.tier} {path} {wanted.parameters}"))
        stack.enter_context(slots.taken(request.client.host if request.client else ""))
        export = await stack.enter_async_context(wanted.view.reader.export(settings.export_seconds))
        whole, query = WholeSet(export, listing, wanted), wanted.query
        number, validated = await whole.state(facility)
        link = permalink(path, wanted.parameters, number, format=output.name)
        name = f"{wanted.view.tier} {link} {validated}"
        file = files.find(name) if pinned else None
        rows = await whole.count() if file is None else file.rows
        found = Answer(b"", number, validated, link, format=output.name, rows=rows)
        headers = headers_of(request, found)
        if is_held(request, headers[0][1].decode()):
            return BytesResponse(304, b"", headers)
        headers += file_headers(listing.collection.name, output)
        if pinned:
            headers.append((b"accept-ranges", b"bytes"))
        elif "is_head" in request.scope:
            return BytesResponse(200, b"", headers)
        if file is not None:
            return _of_file(request, file, headers, settings.export_seconds)
        made = Path(stack.enter_context(TemporaryDirectory(prefix="detention-export-"))) / output.name
        table = Table(listing.collection, query.fields)
        home = home_of_request(request)
        encoder = output.encoder(Output(table, query.fields, number, made, bom=bool(query.bom), home=home))
        pieces = whole.pieces(output, encoder)
        if as_file:
            async with asyncio.timeout(settings.export_seconds):
                await _save(pieces, made, binary=output.binary)
            file = KeptFile(made, rows)
            if pinned:
                files.keep(name, file)
            return _of_file(request, file, headers, settings.export_seconds)
        return _ExportResponse(pieces, headers, stack.pop_all(), settings.export_seconds)
    raise AssertionError("no context here suppresses an exception")


def file_headers(name: str, output: Format) -> list[tuple[bytes, bytes]]:
    kind = f"{output.media}; charset=utf-8" if output.media.startswith("text/") else output.media
    disposition = f'attachment; filename="{name}.{output.ending}"'
    return [(b"content-type", kind.encode()), (b"content-disposition", disposition.encode())]


async def _save(pieces: AsyncIterator[bytes], file: Path, *, binary: bool) -> None:
    """Make a file of what is encoded; the encoder of a binary format has written it when all is encoded."""
    with nullcontext() if binary else file.open("wb") as stream:
        async for piece in pieces:
            if stream is not None:
                await asyncio.to_thread(stream.write, piece)


def _of_file(request: Request, file: KeptFile, headers: list[tuple[bytes, bytes]], seconds: float) -> Response:
    """The response that sends a file, or the part of it that is asked for."""
    sent: dict[bytes, bytes] = request.scope["headers_by_name"]
    requested, unless = sent.get(b"range"), sent.get(b"if-range")
    whole, part = range(file.size), None
    if "is_head" in request.scope:
        return BytesResponse(200, b"", [*headers, (b"content-length", b"%d" % file.size)])
    if (b"accept-ranges", b"bytes") in headers and requested is not None and unless in {None, headers[0][1]}:
        part = part_of(requested, file.size)
    headers = [*headers, (b"content-length", b"%d" % len(part or whole))]
    if part is not None:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, part.stop - 1, file.size)))
    return _ExportResponse(file.pieces(part or whole), headers, AsyncExitStack(), seconds, 206 if part else 200)


class Slots:
    """How many whole sets are given at once: in all, and to one address, which may have half of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._given = Counter[str]()

    @contextmanager
    def taken(self, address: str) -> Iterator[None]:
        """Take one for an address; raises `Crowded` when there is none left for it."""
        if self._given.total() >= self._most or self._given[address] >= max(1, self._most // 2):
            raise Crowded(self._most)
        self._given[address] += 1
        try:
            yield
        finally:
            self._given[address] -= 1
            self._given += Counter()  # Addresses that have none are forgotten.


STALLED_SECONDS = 10.0
"""How long a client may take nothing of what is sent, before it is cut off."""


class _ExportResponse(StreamingResponse):
    """A response that is read while it is sent, and then closes what it is read from; too slow, it breaks off."""

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        headers: list[tuple[bytes, bytes]],
        stack: AsyncExitStack,
        seconds: float,
        status: int = 200,
    ) -> None:
        super().__init__(pieces, status)
        self.raw_headers, self._stack, self._seconds = headers, stack, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = asyncio.get_running_loop().time
        last = now() + self._seconds

        async def send_in_time(message: Message) -> None:
            limit.reschedule(min(last, now() + STALLED_SECONDS))
            await send(message)
            limit.reschedule(last)

        try:
            # Around what it is read from: there it is a cancellation, and not a database that was silent for too long.
            async with asyncio.timeout_at(last) as limit, self._stack:
                await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            # The server closes the connection of an answer that is not whole: that tells the client.
            log.warning("an export was broken off: its client took too little of it, or too long")


async def export_record(listing: Listing, request: Request, key: str, output: Format) -> Response:
    """One record in a format other than JSON: a line, a table of one row, a GeoJSON feature."""
    query: Any
    parameters, query = query_of(request, record_query(listing))
    check_parameters(parameters, output)
    view = await view_of(request, query)
    collection = listing.collection
    table = Table(collection, query.fields)

    async def whole(fetch: Fetch) -> tuple[StoredRecord, Any, Any]:
        found = await fetch_record(view, collection, key, fetch)
        record = orjson.loads(found.doc)
        return found, record, await SourceLookup(fetch, view, table if output.tabular else None).of([record])

    found, record, sources = await in_one_state(view.reader, whole)
    number = answered_revision(view.revision, found.head)
    with TemporaryDirectory(prefix="detention-export-") as folder:
        file = Path(folder) / output.name
        home = home_of_request(request)
        encoder = output.encoder(Output(table, query.fields, number, file, bom=bool(query.bom), home=home))
        body = encoder.single(found.doc, record, sources)
        body = file.read_bytes() if output.binary else body
    validated = validator(number, number, found.redacted)
    link = permalink(request.scope["path"], parameters, number, format=output.name)
    made = Answer(body, number, validated, link, media=output.media, format=output.name, rows=1)
    response = response_of(request, made)
    if response.status_code == 200:
        response.raw_headers += file_headers(collection.name, output)[1:]
    return response
