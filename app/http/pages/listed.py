"""Every address that is a page too: what a browser is shown where other clients get JSON."""

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from app.catalogue.collections import LISTINGS
from app.http.pages.asking import Asker, Page
from app.http.pages.facility import facility_page
from app.http.pages.front import front_page
from app.http.pages.incident import incident_page
from app.http.pages.lists import list_page
from app.http.pages.records import actor_page, claim_page, figure_page, population_page, source_page
from app.http.pages.search import search_page, searchable

MOMENT: Final = frozenset({"revision", "known_at"})
DATED: Final = MOMENT | {"as_of"}
DATA: Final = frozenset({"format", "fields", "include", "bom"})
"""Parameters of data, which no page takes."""


class Made(NamedTuple):
    """How a page is made, and the parameters that it takes."""

    make: Callable[[Asker, str, Mapping[str, Any]], Awaitable[Page]]
    takes: frozenset[str] = MOMENT
    is_list: bool = False


class Found(NamedTuple):
    """The page at an address, and the collection and the key that the address names."""

    made: Made
    collection: str
    key: str


RECORDS: Final = {
    "facilities": Made(facility_page, DATED),
    "incidents": Made(incident_page, DATED),
    "actors": Made(actor_page),
    "sources": Made(source_page),
    "claims": Made(claim_page),
    "figures": Made(figure_page),
    "populations": Made(population_page),
}
"""The pages of single records, by collection."""


FRONT: Final = Made(front_page)
SEARCH: Final = "/search"


@cache
def list_made(name: str) -> Made:
    """The page of a list: it takes what the list takes, but for what makes it data."""
    fields = LISTINGS[name].query.model_fields
    return Made(list_page, frozenset(info.alias or field for field, info in fields.items()) - DATA, is_list=True)


def page_at(path: str) -> Found | None:
    """The page at an address of the API."""
    if path == "/":
        return Found(FRONT, "", "")
    if path == SEARCH and searchable():
        return Found(Made(search_page, MOMENT | {"q"}), "", "")
    _, *parts = path.split("/")
    if parts[:1] != ["v1"] or len(parts) not in {2, 3} or parts[1] not in LISTINGS or not parts[-1]:
        return None
    name = parts[1]
    return Found(list_made(name), name, name) if len(parts) == 2 else Found(RECORDS[name], name, parts[2])
