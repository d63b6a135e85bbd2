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


async def search_page(ask: Asker, _key: str, given: Mapping[str, Any]) -> Page:
    """What the API finds."""
    asked = str(given.get("q", "")).strip()
    found = []
    for name in searchable() if asked else ():
        answer = await ask(f"/v1/{name}", q=asked, limit=FOUND, count="exact")
        if answer["data"]:
            found.append((name, answer))
    if not asked:
        await ask("/v1")
    return Page("search.html", {"title": f"Search: {asked}" if asked else "Search", "asked": asked, "found": found})
