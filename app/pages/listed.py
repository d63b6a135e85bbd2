"""Every address that is a page too: what a browser is shown where other clients get JSON."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from app.pages.asking import Asker, Page
from app.pages.facility import facility_page
from app.pages.incident import incident_page

MOMENT: Final = frozenset({"revision", "known_at"})


class Made(NamedTuple):
    """How a page is made, and the parameters that it takes beside the moment."""

    make: Callable[[Asker, str, Mapping[str, str]], Awaitable[Page]]
    takes: frozenset[str] = frozenset()


RECORDS: Final = {
    "facilities": Made(facility_page, frozenset({"as_of"})),
    "incidents": Made(incident_page, frozenset({"as_of"})),
}
"""The pages of single records, by collection."""


def page_at(path: str) -> tuple[Made, str, str] | None:
    """The page at an address of the API, with the collection and the key that the address names."""
    parts = path.split("/")
    if len(parts) == 4 and parts[1] == "v1" and parts[3] and (made := RECORDS.get(parts[2])) is not None:
        return made, parts[2], parts[3]
    return None
