"""Whole filtered sets, a batch at a time, all of one state of the register.

What is made as a file (XLSX, Parquet) is made whole before it is sent; all else is sent as it is read, so that memory
holds a batch, however long the set is.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.answers import Answer, Ready, headers_of, holds, respond
from app.catalogue import NOUNS
from app.db import Export, Fetch, Rows
from app.errors import BadInput, Crowded, Fault
from app.exports.columns import OF_SOURCES, Record, Table
from app.exports.encoders import Encoder, encoder, feature
from app.formats import GEOJSON, JSON, NATIVE, NDJSON, Format, accepted
from app.listing import Listing
from app.moments import View, asker, checked, validator, view_of
from app.paging import ListQuery, RecordQuery, asked_of, pinned
from app.reading import Wish, found_record, misnamed, planned, wished
from app.records import Collection
from app.settings import Settings
from app.statements import records_statement, rows_statement, state_statement
from app.store import chunks

OF_PAGES = ("cursor", "count")
"""Parameters that only pages take."""
PIECE = 1 << 18
MOST_SOURCES = 20_000
"""How many sources one export remembers."""


def form_of(request: Request, listing: Listing, query: type[RecordQuery]) -> Format:
    """The format that a request asks for; raises `NotAcceptable`, or `BadInput` for one there is not."""
    if b"format=" in request.scope["query_string"] and (named := asked_of(query, request)[1].format) is not None:
        return listing.formats[named]
    header: bytes | None = request.scope["given"].get(b"accept")
    if header is None or header == b"*/*":
        return JSON
    return accepted(header.decode("latin-1"), placed=listing.placed)


def fitting(sent: Mapping[str, Any], form: Format) -> None:
    """Raise for parameters that do not go with the format."""
    told = f"belongs to JSON; as {form.name} "
    faults = [Fault(f"{name} {told}the whole filtered set comes", parameter=name) for name in OF_PAGES if name in sent]
    if "include" in sent:
        faults.append(Fault(f"include {told}each collection comes by itself", parameter="include"))
    if "fields" in sent and form is NATIVE:
        faults.append(Fault("a native record is whole: it is there to be imported", parameter="fields"))
    if "bom" in sent and form.name != "csv":
        faults.append(Fault("bom belongs to format=csv", parameter="bom"))
    if faults:
        raise BadInput.of(faults)


class Sourced:
    """What tables tell of the sources their records name: each is looked up once, in a very long set again."""

    def __init__(self, fetch: Fetch, view: View, table: Table | None) -> None:
        self._fetch, self._view, self._table = fetch, view, table
        self._known: dict[str, Record] = {}

    async def of(self, records: Sequence[Record]) -> Mapping[str, Record]:
        """What is told of the sources of some records; one that the reader may not see is not there."""
        if self._table is None or self._table.names_sources is None:
            return self._known
        if len(self._known) > MOST_SOURCES:
            self._known.clear()
        view, sources = self._view, NOUNS["source"]
        for some in chunks(sorted(self._table.slugs(records) - self._known.keys())):
            many = 1 << (len(some) - 1).bit_length()
            keys = {f"key_{place}": some[min(place, len(some) - 1)] for place in range(many)}
            statement = records_statement(sources, "slug", many, view.at, view.tier, view.reader.dialect)
            for slug, doc in await self._fetch(statement, keys | {"revision": view.revision}):
                record = orjson.loads(doc)
                self._known[slug] = {field: record[field] for field in OF_SOURCES}
        return self._known


class WholeSet:
    """The records that a wish holds, read from one state."""

    def __init__(self, export: Export, listing: Listing, wish: Wish) -> None:
        self._export, self._listing, self._wish = export, listing, wish
        self._plan, self._values = planned(listing, wish.view, wish.asked, None)

    async def state(self, facility: str | None = None) -> tuple[int, str]:
        """The revision it is read from, and what validates it; raises what is wrong with the wish."""
        statement = state_statement(self._listing, self._plan, self._wish.view.reader.dialect)
        ((head, redacted, known),) = await self._export.fetch(statement, self._values)
        number = checked(self._wish.view.revision, head)
        if known < self._plan.names(self._listing):
            raise await misnamed(self._listing, self._wish.view, self._plan, self._values, facility)
        return number, validator(number, number, redacted)

    async def pieces(self, form: Format, made: Encoder) -> AsyncIterator[bytes]:
        """Its bytes in a format, a batch at a time; those of a binary one are in the encoder's file at the end."""
        view, asked, collection = self._wish.view, self._wish.asked, self._listing.collection
        statement = rows_statement(self._listing, self._plan, view.reader.dialect, limited="limit" in self._wish.sent)
        sourced = Sourced(self._export.fetch, view, Table(collection, asked.fields) if form.tabular else None)
        yield made.begin()
        async for rows in _ahead(self._export.batches(statement, self._values | {"limit": asked.limit})):
            docs = [doc if isinstance(doc, bytes) else doc.encode() for (doc,) in rows]
            if form is NDJSON and asked.fields is None:
                yield made.batch(docs, (), {})
            else:
                # Taking records apart takes long enough for others to be answered meanwhile.
                records = await asyncio.to_thread(_taken_apart, docs)
                yield await asyncio.to_thread(made.batch, docs, records, await sourced.of(records))
        yield await asyncio.to_thread(made.end)


async def _ahead(batches: AsyncIterator[Rows]) -> AsyncIterator[Rows]:
    """The batches, each brought while the one before it is made use of."""
    following = asyncio.ensure_future(_next(batches))
    try:
        while rows := await following:
            following = asyncio.ensure_future(_next(batches))
            yield rows
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _next(batches: AsyncIterator[Rows]) -> Rows:
    """The next batch; an empty one at the end."""
    try:
        return await anext(batches)
    except StopAsyncIteration:
        return ()


def _taken_apart(docs: Sequence[bytes]) -> list[Record]:
    return [orjson.loads(doc) for doc in docs]


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
