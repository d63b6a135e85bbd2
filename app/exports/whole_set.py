"""Whole filtered sets, a batch at a time, all of one state of the register.

What is made as a file (XLSX, Parquet) is made whole before it is sent; all else is sent as it is read, so that memory
holds a batch, however long the set is.
"""

import asyncio
from collections.abc import AsyncIterator, Container, Mapping, Sequence

import orjson

from app.catalogue.collections import NOUNS
from app.catalogue.columns import OF_SOURCES, Record, Table
from app.database.readers import Export, Fetch, Rows
from app.database.store import chunks
from app.errors import BadInput, Fault
from app.exports.encoding import Encoder, Format
from app.exports.formats import option_faults
from app.reading.list_request import ListRequest
from app.reading.list_statements import count_statement, rows_statement, state_statement
from app.reading.missing import unknown_names
from app.reading.planning import check_revisions, plan_of
from app.reading.spellings import check_texts
from app.reading.statements import key_values, records_statement
from app.reading.view import View, answered_revision, validator
from app.records.listing import Listing

ONLY_IN_PAGES = {
    "cursor": "the whole filtered set comes",
    "count": "the whole filtered set comes",
    "include": "each collection comes by itself",
}
"""Parameters that only pages take, and why."""
PIECE = 1 << 18
"""Bytes that a file is read in."""
MOST_SOURCES = 20_000
"""How many sources one export remembers."""


def check_parameters(parameters: Container[str], output: Format) -> None:
    """Raise for parameters that do not go with a whole set in a format, naming each."""
    faults = [
        Fault(f"{name} belongs to JSON; as {output.name} {why}", parameter=name)
        for name, why in ONLY_IN_PAGES.items()
        if name in parameters
    ]
    faults += option_faults(parameters, output)
    if faults:
        raise BadInput.of(faults)


class SourceLookup:
    """What tables say of the sources that their records name: each is looked up once, in a very long set again."""

    def __init__(self, fetch: Fetch, view: View, table: Table | None) -> None:
        self._fetch, self._view, self._table = fetch, view, table
        self._known: dict[str, Record] = {}

    async def of(self, records: Sequence[Record]) -> Mapping[str, Record]:
        """The sources of some records, by slug; one that the reader may not see is not there."""
        if self._table is None or self._table.names_sources is None:
            return self._known
        if len(self._known) > MOST_SOURCES:
            self._known.clear()
        view, sources = self._view, NOUNS["source"]
        for some in chunks(sorted(self._table.slugs(records) - self._known.keys())):
            keys = key_values(set(some))
            statement = records_statement(sources, "slug", len(keys), view.at, view.tier)
            for slug, doc in await self._fetch(statement, keys | {"revision": view.revision}):
                record = orjson.loads(doc)
                self._known[slug] = {field: record[field] for field in OF_SOURCES}
        return self._known


class WholeSet:
    """The records that a request asks for, read from one state."""

    def __init__(self, export: Export, listing: Listing, request: ListRequest) -> None:
        self._export, self._listing, self._request = export, listing, request
        self._plan, self._values = plan_of(listing, request.view, request.query, None)

    async def state(self, facility: str | None = None) -> tuple[int, str]:
        """The revision it is read from, and what validates it; raises what is wrong with the request."""
        statement, request = state_statement(self._listing, self._plan), self._request
        ((head, redacted, known),) = await self._export.fetch(statement, self._values)
        number = answered_revision(request.view.revision, head)
        check_revisions(self._listing, request.query, head)
        if known < self._plan.names(self._listing):
            raise await unknown_names(self._listing, request.view, self._plan, self._values, facility)
        if request.texts:
            await check_texts(request.view, self._listing, request.texts)
        return number, validator(number, number, redacted)

    async def count(self) -> int:
        """How many records it has."""
        ((many,),) = await self._export.fetch(count_statement(self._listing, self._plan), self._values)
        return min(int(many), self._request.query.limit) if "limit" in self._request.parameters else int(many)

    async def pieces(self, output: Format, encoder: Encoder) -> AsyncIterator[bytes]:
        """Its bytes in a format, a batch at a time; those of a binary one are in the encoder's file at the end."""
        view, query, collection = self._request.view, self._request.query, self._listing.collection
        statement = rows_statement(self._listing, self._plan, limited="limit" in self._request.parameters)
        table = Table(collection, query.fields) if output.tabular else None
        sources = SourceLookup(self._export.fetch, view, table)
        yield encoder.begin()
        async for rows in _prefetched(self._export.batches(statement, self._values | {"limit": query.limit})):
            docs = [doc if isinstance(doc, bytes) else doc.encode() for (doc,) in rows]
            # Parsing and encoding take long enough for others to be answered meanwhile; passing JSON on does not.
            records = await asyncio.to_thread(_parsed, docs) if encoder.parses else ()
            if encoder.parses or query.fields is not None:
                yield await asyncio.to_thread(encoder.batch, docs, records, await sources.of(records))
            else:
                yield encoder.batch(docs, (), {})
        yield await asyncio.to_thread(encoder.end)


async def _prefetched(batches: AsyncIterator[Rows]) -> AsyncIterator[Rows]:
    """The batches, each fetched while the one before it is being encoded."""
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


def _parsed(docs: Sequence[bytes]) -> list[Record]:
    return [orjson.loads(doc) for doc in docs]
