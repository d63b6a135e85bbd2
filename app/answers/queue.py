"""The queue of likely duplicates: pairs of records that a reader may see and that nobody has decided on."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, String, bindparam, null, select

from app.answers.duplicates import LEAST, Known, Pair, compared, likely_pairs
from app.database.server_tables import DECIDED
from app.database.store import chunks
from app.history.access import seen
from app.history.codes import Access
from app.history.tables import FOREVER
from app.reading.finding import present
from app.reading.view import View
from app.records.collection import Collection
from app.records.likeness import Named
from app.records.names import ENTRIES

AT_ONCE = 5_000
"""How many records are read at a time."""
FURTHER = ("parent", "published_on")
"""Columns that tell two records apart too, of those collections that have them."""


class Decided(NamedTuple):
    """What was decided of two records."""

    decision: str
    note: str | None
    author: str
    decided_at: str


class Listed(NamedTuple):
    """A pair of the queue, with what was decided of it."""

    pair: Pair
    decided: Decided | None


class Queues:
    """The likely pairs of each collection as each tier sees them, kept while the register stays at a revision."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Access], tuple[int, list[Pair]]] = {}
        self._turn = asyncio.Lock()

    async def pairs(self, view: View, collection: Collection) -> tuple[int, list[Pair]]:
        """The revision that was searched, and all pairs that may be asked for, the likeliest first."""
        async with self._turn:
            view = await present(view)
            revision, key = view.revision or 0, (collection.name, view.tier)
            if key not in self._kept or self._kept[key][0] != revision:
                records = await _all_known(view, collection)
                # It takes seconds where there are ten thousands: others are answered meanwhile.
                self._kept[key] = revision, await asyncio.to_thread(likely_pairs, records, LEAST)
            return self._kept[key]

    async def undecided(self, view: View, collection: Collection) -> tuple[int, list[Listed]]:
        """The pairs that nobody has decided on."""
        revision, pairs = await self.pairs(view, collection)
        done = await _decisions(view, collection)
        return revision, [Listed(pair, None) for pair in pairs if (pair.first.id, pair.second.id) not in done]


async def decided(view: View, collection: Collection, decision: str) -> tuple[int, list[Listed]]:
    """The pairs of which that was decided, of records that are still there and that the reader may see."""
    view = await present(view)
    done = await _decisions(view, collection)
    ids = sorted({number for pair, one in done.items() if one.decision == decision for number in pair})
    known: dict[int, Known] = {}
    for some in chunks(ids, 256):
        known |= {record.id: record for record in await _known(view, collection, among=some)}
    found = [
        Listed(compared(known[first], known[second]), one)
        for (first, second), one in done.items()
        if one.decision == decision and first in known and second in known
    ]
    return view.revision or 0, sorted(found, key=lambda listed: listed.pair.place)


async def _decisions(view: View, collection: Collection) -> Mapping[tuple[int, int], Decided]:
    rows = await view.reader.fetch(_decided_statement(), {"collection": collection.name}, slow=True)
    return {(first, second): Decided(*made) for first, second, *made in rows}


async def _all_known(view: View, collection: Collection) -> list[Known]:
    records: list[Known] = []
    while some := await _known(view, collection, after=records[-1].id if records else 0):
        records += some
    return records


async def _known(view: View, collection: Collection, *, after: int = 0, among: Sequence[int] = ()) -> list[Known]:
    """What is known of some records: of those after one, or of a few."""
    values = {"collection": collection.name, "now": FOREVER, "after": after, "limit": AT_ONCE}
    # A power of two of them, so that few statements are made.
    many = 1 << (len(among) - 1).bit_length() if among else 0
    values |= {f"id_{place}": among[min(place, len(among) - 1)] for place in range(many)}
    rows = await view.reader.fetch(_known_statement(collection, view.tier, many), values, slow=True)
    records = [
        Known(number, slug, country, tuple(Named(field, text) for *_, field, text in names), whole, day)
        for (number, slug, country, whole, day), names in groupby(rows, key=lambda row: tuple(row[:5]))
    ]
    # Of the last one there may be more.
    return records[:-1] if len(rows) == AT_ONCE and not among else records


@cache
def _decided_statement() -> Select[Any]:
    columns = (DECIDED.c[name] for name in ("first_id", "second_id", "decision", "note", "author", "decided_at"))
    return select(*columns).where(DECIDED.c.collection == bindparam("collection", type_=String()))


@lru_cache(maxsize=64)
def _known_statement(collection: Collection, tier: Access, among: int) -> Select[Any]:
    rows = collection.rows
    further = (rows.c[name] if name in rows.c else null() for name in FURTHER)
    names = select(ENTRIES.c.record_id, ENTRIES.c.slug, ENTRIES.c.country, *further, ENTRIES.c.field, ENTRIES.c.text)
    names = names.select_from(ENTRIES.outerjoin(rows, rows.c.id == ENTRIES.c.record_id))
    own = ENTRIES.c.collection == bindparam("collection", type_=String())
    names = names.where(own, ENTRIES.c.until == bindparam("now", type_=BigInteger()), *seen(ENTRIES, tier))
    names = names.order_by(ENTRIES.c.record_id, ENTRIES.c.place)
    if among:
        ids = [bindparam(f"id_{place}", type_=BigInteger()) for place in range(among)]
        return names.where(ENTRIES.c.record_id.in_(ids))
    after, limit = (bindparam(name, type_=BigInteger()) for name in ("after", "limit"))
    return names.where(ENTRIES.c.record_id > after).limit(limit)
