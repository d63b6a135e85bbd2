"""The pages of actors, sources, claims and single statements: the record, and what the register holds that names it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.http.pages.asking import Asker, Page
from app.http.pages.charts import top_of
from app.http.pages.words import named

SHOWN: Final = 25
"""How many records of each kind a page shows; the list has all."""


class Mention(NamedTuple):
    """Records that name one: what the page calls them, their collection, what finds them, and how they are asked."""

    called: str
    collection: str
    by: str
    further: Mapping[str, Any] = {}


OF_ACTORS: Final = (
    Mention("parts", "actors", "part_of"),
    Mention("facilities", "facilities", "operator", {"sort": "name"}),
    Mention("incidents", "incidents", "actor", {"include": "actors"}),
    Mention("made", "claims", "made_by"),
    Mention("about", "claims", "about"),
    Mention("figures", "figures", "attributed_to"),
    Mention("populations", "populations", "attributed_to"),
)
OF_SOURCES: Final = tuple(
    Mention(name, name, "source") for name in ("figures", "populations", "claims", "facilities", "incidents")
)


async def actor_page(ask: Asker, key: str, _parameters: Mapping[str, Any]) -> Page:
    """What the API says of an actor."""
    return await _mentioned(ask, "actors", key, "actor.html", OF_ACTORS)


async def source_page(ask: Asker, key: str, _parameters: Mapping[str, Any]) -> Page:
    """What the API says of a source."""
    return await _mentioned(ask, "sources", key, "source.html", OF_SOURCES)


async def _mentioned(ask: Asker, collection: str, key: str, template: str, mentions: Sequence[Mention]) -> Page:
    """A record, with the records that name it."""
    record = await ask(f"/v1/{collection}/{key}", include=[collection])
    naming = {
        one.called: await ask(
            f"/v1/{one.collection}", **{one.by: record["slug"]}, limit=SHOWN, count="exact", **one.further
        )
        for one in mentions
    }
    history = await ask(f"/v1/{collection}/{key}/history", limit=100)
    content = {"record": record, "included": record["included"], "title": named(record), "history": history}
    return Page(template, content | naming)


async def claim_page(ask: Asker, key: str, _parameters: Mapping[str, Any]) -> Page:
    """What the API says of a claim."""
    record = await ask(f"/v1/claims/{key}", include=["all"])
    content = {
        "record": record,
        "included": record["included"],
        "title": record["statement"],
        "history": await ask(f"/v1/claims/{key}/history", limit=100),
    }
    return Page("claim.html", content)


async def figure_page(ask: Asker, key: str, _parameters: Mapping[str, Any]) -> Page:
    """What the API says of a figure."""
    return await _statement(ask, "figures", key)


async def population_page(ask: Asker, key: str, _parameters: Mapping[str, Any]) -> Page:
    """What the API says of a population."""
    return await _statement(ask, "populations", key)


async def _statement(ask: Asker, collection: str, key: str) -> Page:
    record: dict[str, Any] = await ask(f"/v1/{collection}/{key}", include=["all"])
    content = {
        "record": record,
        "included": record["included"],
        "title": record["reads_as"],
        "collection": collection,
        "top": top_of([record]),
        "history": await ask(f"/v1/{collection}/{key}/history", limit=100),
    }
    return Page("statement.html", content)
