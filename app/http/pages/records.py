"""The pages of actors, sources, claims and single statements: the record, and what the register holds that names it."""

from collections.abc import Mapping
from typing import Any, Final

from app.http.pages.asking import Asker, Page
from app.http.pages.charts import top_of

SHOWN: Final = 25
"""How many records of each kind a page shows; the list has all."""


async def actor_page(ask: Asker, key: str, _given: Mapping[str, Any]) -> Page:
    """What the API says of an actor."""
    record = await ask(f"/v1/actors/{key}", include=["actors"])
    slug = record["slug"]
    content = {
        "record": record,
        "included": record["included"],
        "title": record["name"],
        "parts": await ask("/v1/actors", part_of=slug, limit=SHOWN, count="exact"),
        "facilities": await ask("/v1/facilities", operator=slug, limit=SHOWN, count="exact", sort="name"),
        "incidents": await ask("/v1/incidents", actor=slug, limit=SHOWN, count="exact", include="actors"),
        "made": await ask("/v1/claims", made_by=slug, limit=SHOWN, count="exact"),
        "about": await ask("/v1/claims", about=slug, limit=SHOWN, count="exact"),
        "figures": await ask("/v1/figures", attributed_to=slug, limit=SHOWN, count="exact"),
        "populations": await ask("/v1/populations", attributed_to=slug, limit=SHOWN, count="exact"),
        "history": await ask(f"/v1/actors/{key}/history", limit=100),
    }
    return Page("actor.html", content)


async def source_page(ask: Asker, key: str, _given: Mapping[str, Any]) -> Page:
    """What the API says of a source."""
    record = await ask(f"/v1/sources/{key}", include=["sources"])
    slug = record["slug"]
    content = {
        "record": record,
        "included": record["included"],
        "title": record["label"],
        "figures": await ask("/v1/figures", source=slug, limit=SHOWN, count="exact"),
        "populations": await ask("/v1/populations", source=slug, limit=SHOWN, count="exact"),
        "claims": await ask("/v1/claims", source=slug, limit=SHOWN, count="exact"),
        "facilities": await ask("/v1/facilities", source=slug, limit=SHOWN, count="exact"),
        "incidents": await ask("/v1/incidents", source=slug, limit=SHOWN, count="exact"),
        "history": await ask(f"/v1/sources/{key}/history", limit=100),
    }
    return Page("source.html", content)


async def claim_page(ask: Asker, key: str, _given: Mapping[str, Any]) -> Page:
    """What the API says of a claim."""
    record = await ask(f"/v1/claims/{key}", include=["all"])
    content = {
        "record": record,
        "included": record["included"],
        "title": record["statement"],
        "history": await ask(f"/v1/claims/{key}/history", limit=100),
    }
    return Page("claim.html", content)


async def figure_page(ask: Asker, key: str, _given: Mapping[str, Any]) -> Page:
    """What the API says of a figure."""
    return await _statement(ask, "figures", key)


async def population_page(ask: Asker, key: str, _given: Mapping[str, Any]) -> Page:
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
