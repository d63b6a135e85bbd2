"""The page of a search: what the register finds by a name, in whatever spelling the API understands."""

from collections.abc import Mapping
from typing import Any, Final

from app.catalogue.collections import LISTINGS
from app.http.pages.asking import Asker, Page

FOUND: Final = 10
"""How many hits of each collection the page shows; the list has all."""
ORDER: Final = ("facilities", "incidents", "actors", "sources")


def searchable() -> list[str]:
    """The collections that can be searched by name."""
    return [name for name in ORDER if "q" in LISTINGS[name].query.model_fields]


async def search_page(ask: Asker, _key: str, parameters: Mapping[str, Any]) -> Page:
    """What the API finds."""
    text = str(parameters.get("q", "")).strip()
    found = []
    for name in searchable() if text else ():
        answer = await ask(f"/v1/{name}", q=text, limit=FOUND, count="exact")
        if answer["data"]:
            found.append((name, answer))
    if not text:
        await ask("/v1")
    return Page("search.html", {"title": f"Search: {text}" if text else "Search", "asked": text, "found": found})
