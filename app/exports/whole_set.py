"""Whole filtered sets, a batch at a time, all of one state of the register.

What is made as a file (XLSX, Parquet) is made whole before it is sent; all else is sent as it is read, so that memory
holds a batch, however long the set is.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson

from app.catalogue.collections import NOUNS
from app.catalogue.columns import OF_SOURCES, Record, Table
from app.database.readers import Export, Fetch, Rows
from app.database.store import chunks
from app.errors import BadInput, Fault
from app.exports.encoders import Encoder
from app.reading.pages import Wish, misnamed, planned
from app.reading.statements import records_statement, rows_statement, state_statement
from app.reading.view import View, checked, validator
from app.records.formats import NATIVE, NDJSON, Format
from app.records.listing import Listing

OF_PAGES = ("cursor", "count")
"""Parameters that only pages take."""


PIECE = 1 << 18


MOST_SOURCES = 20_000
"""How many sources one export remembers."""


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
            statement = records_statement(sources, "slug", many, view.at, view.tier)
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
        statement = state_statement(self._listing, self._plan)
        ((head, redacted, known),) = await self._export.fetch(statement, self._values)
        number = checked(self._wish.view.revision, head)
        if known < self._plan.names(self._listing):
            raise await misnamed(self._listing, self._wish.view, self._plan, self._values, facility)
        return number, validator(number, number, redacted)

    async def pieces(self, form: Format, made: Encoder) -> AsyncIterator[bytes]:
        """Its bytes in a format, a batch at a time; those of a binary one are in the encoder's file at the end."""
        view, asked, collection = self._wish.view, self._wish.asked, self._listing.collection
        statement = rows_statement(self._listing, self._plan, limited="limit" in self._wish.sent)
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
