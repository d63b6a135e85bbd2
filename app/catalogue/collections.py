"""The catalogue: the collections of the register, listed once; whatever speaks of all of them is made from it.

A collection is a package called as it is, whose `queries` say how its records are read. To add one, write the package
and add its name to the tuple. Whoever imports this module has every table of the register declared: no noun, and
nothing that nouns are made of, imports it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal

import app.database.server_tables  # noqa: F401  (declares the tables that are no collection's)
from app.history.past import add_history_tables
from app.records.collection import Collection
from app.records.listing import Listing

NAMES: Final = (
    "facilities",
    "populations",
    "incidents",
    "figures",
    "claims",
    "sources",
    "actors",
)
"""The collections in the order in which a reader meets them: on the front page, in the documentation."""


def _declared(name: str) -> Listing:
    listing: Listing = import_module(f"app.{name}.queries").LISTING
    return listing


def in_order_of_need(collections: Iterable[Collection]) -> list[Collection]:
    """Each collection after those that its records name; of several that could come next, those that others name."""
    waiting = {one.noun: one for one in collections}
    needs = {noun: one.needs & waiting.keys() for noun, one in waiting.items()}
    needed = set().union(*needs.values())
    ordered: list[Collection] = []
    while waiting:
        ready = [noun for noun in waiting if not needs[noun] & waiting.keys()]
        if not ready:
            raise ValueError(f"{', '.join(waiting)} name each other in a circle")
        first = next((noun for noun in ready if noun in needed), ready[0])
        ordered.append(waiting.pop(first))
    return ordered


def _catalogued(listing: Listing, nouns: Mapping[str, Collection]) -> Listing:
    """The listing with what can be included: the collections that its records mention."""
    own = listing.collection
    mentioned = set(own.nouns)
    for embedded in own.embedded.values():
        inner = nouns[embedded.collection]
        mentioned |= set(inner.references.values()) if embedded.whole else {embedded.collection}
    names = [collection.name for noun, collection in nouns.items() if noun in mentioned]
    return replace(listing, includes=(*names, *(name for name in listing.holds if name not in names)))


_LISTED: Final = {name: _declared(name) for name in NAMES}
_ORDERED: Final = in_order_of_need(listing.collection for listing in _LISTED.values())
NOUNS: Final = {collection.noun: collection for collection in _ORDERED}
"""Every collection by its noun, in the order in which their records depend on each other."""
COLLECTIONS: Final = {collection.name: collection for collection in _ORDERED}
"""The same by name."""
LISTINGS: Final = {name: _catalogued(_LISTED[name], NOUNS) for name in COLLECTIONS}
"""How each is read, by name, in the same order."""


if TYPE_CHECKING:
    CollectionName = str
else:
    CollectionName = Literal[tuple(COLLECTIONS)]


add_history_tables(table for one in _ORDERED for table in (one.rows, *one.part_tables.values()))
