"""Names matched with records: for a list that somebody has, and for an editor before a write."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from app.reading.finding import bring, present
from app.reading.view import View
from app.records.collection import Collection
from app.records.finding import Found, Question, finding
from app.records.likeness import AROUND
from app.records.names import names_in

LIKELY = 0.8
"""From how much likeness on a record is likely to be the same thing."""
COMPARED = 60
"""With how many records each name is compared."""


class NameQuery(NamedTuple):
    """A name to be matched, and what is known of where the thing lies."""

    name: str
    country: str | None = None
    place: str | None = None


async def match(
    view: View, collection: Collection, names: Sequence[NameQuery], most: int, at_least: float
) -> tuple[int, list[list[Found]]]:
    """The records that each name may be of, the best first, and the revision they were looked for at."""
    view = await present(view)
    found: list[list[Found]] = []
    for one in names:
        question = Question(
            collection.name,
            one.name,
            view.tier,
            view.revision,
            one.country,
            one.place,
            at_least=at_least,
            most=most,
            compared=COMPARED,
        )
        found.append(await bring(view, finding(question)))
        # Others are answered meanwhile.
        await asyncio.sleep(0)
    return view.revision or 0, found


async def likely_duplicates(
    view: View, collection: Collection, record: dict[str, Any], most: int
) -> tuple[int, list[Found]]:
    """The records that a new one is likely to be, by any of its names, the best first."""
    named = list(names_in(collection, {"slug": "", **record}))
    name_queries = [NameQuery(one.text, record.get("country")) for one in named if one.field not in AROUND and one.text]
    revision, found = await match(view, collection, name_queries, most, LIKELY)
    best: dict[int, Found] = {}
    for one in (one for some in found for one in some):
        if one.record_id not in best or best[one.record_id].match.score < one.match.score:
            best[one.record_id] = one
    return revision, sorted(best.values(), key=lambda one: (-one.match.score, one.slug))[:most]
