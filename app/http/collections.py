"""The routes that every collection has alike, made from the catalogue."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, create_model
from starlette.responses import Response

from app.catalogue.collections import LISTINGS
from app.errors import BadInput, Gone, Hidden, Merged, NotAcceptable, NotFound, Problem, TooSlow
from app.exports.formats import described
from app.exports.queries import list_query, record_query
from app.http.cache import answered
from app.http.exports import format_of, lone, streamed
from app.http.requests import read
from app.http.responses import respond
from app.http.routing import get, router
from app.http.writes import writes
from app.reading.pages import page
from app.reading.record_history import HistoryPage, HistoryQuery, history
from app.reading.records import record
from app.records.listing import Listing
from app.records.parameters import ListQuery

ABSENT: tuple[type[Problem], ...] = (BadInput, NotFound, Hidden, Gone, TooSlow)
"""What can be wrong with asking for one record, or by one."""


def of_collections() -> Iterator[APIRouter]:
    """Reading and writing of each collection; those that rest on no other come last, as the document has them."""
    for listing in sorted(LISTINGS.values(), key=lambda one: not one.collection.needs):
        to = router(listing.collection.name)
        reads(to, listing)
        writes(to, listing)
        if listing.of_facility:
            of_facility(to, listing)
        yield to


def reads(to: APIRouter, listing: Listing) -> None:
    """`GET` of a collection, of one of its records, and of that one's history."""
    collection, example = listing.collection, listing.example
    query, query_of_one = list_query(listing), record_query(listing)
    absent = (*ABSENT, Merged) if collection.mergeable else ABSENT
    further: dict[int | str, Any] = {200: {"content": described(listing)}}

    async def all_of_them(request: Request) -> Response:
        if not (output := format_of(request, listing, query)).paged:
            return await streamed(listing, request, query, output)
        return await answered(request, lambda: read(request, partial(page, listing, model=query)))

    all_of_them.__doc__ = (
        f"{collection.about} Filters narrow the list; each page names the next one. Other formats than JSON hold the "
        "whole filtered set."
    )
    get(
        to,
        f"/{collection.name}",
        all_of_them,
        name=f"list_{collection.name}",
        summary=f"List {collection.name}",
        model=listing.page,
        query=query,
        problems=(BadInput, NotAcceptable, TooSlow),
        further=further,
    )

    async def one(request: Request) -> Response:
        key = request.path_params["key"]
        if not (output := format_of(request, listing, query_of_one)).paged:
            return await lone(listing, request, key, output)
        return await answered(request, lambda: read(request, partial(record, listing, model=query_of_one, key=key)))

    one.__doc__ = f"One {collection.noun}, by its {'slug or ' if collection.named else ''}number."
    get(
        to,
        f"/{collection.name}/{{key}}",
        one,
        name=f"get_{collection.noun}",
        summary=f"Get one {collection.noun}",
        model=listing.single,
        query=query_of_one,
        keys={"key": (f"The {collection.noun}'s {'slug or ' if collection.named else ''}id.", example)},
        problems=(*absent, NotAcceptable),
        further=further,
    )

    async def versions(request: Request) -> Response:
        return respond(request, await read(request, partial(history, listing, key=request.path_params["key"])))

    versions.__doc__ = f"Every revision of one {collection.noun}: when, by whom, why, and which fields changed."
    get(
        to,
        f"/{collection.name}/{{key}}/history",
        versions,
        name=f"get_{collection.noun}_history",
        summary=f"Get the history of one {collection.noun}",
        model=HistoryPage,
        query=HistoryQuery,
        keys={"key": (f"The {collection.noun}'s {'slug or ' if collection.named else ''}id.", example)},
        problems=(BadInput, NotFound, Hidden, TooSlow),
    )


SUBTREE = Field(
    description="Whether what lies under the facility counts too: its units, or the members of a network.",
    examples=[True],
)


def of_facility(to: APIRouter, listing: Listing) -> None:
    """`GET /v1/facilities/{f}/...`: the collection, filtered to a facility and what lies under it."""
    collection = listing.collection
    extra: dict[str, Any] = {"subtree": (Annotated[bool, SUBTREE], True)}
    query: type[ListQuery] = create_model(f"Facility{listing.query.__name__}", __base__=list_query(listing), **extra)

    async def those(request: Request) -> Response:
        facility = request.path_params["facility"]
        if not (output := format_of(request, listing, query)).paged:
            return await streamed(listing, request, query, output, facility=facility)
        return await answered(request, lambda: read(request, partial(page, listing, model=query, facility=facility)))

    those.__doc__ = f"The {collection.name} of a facility and of what lies under it, unless `subtree=false`."
    get(
        to,
        f"/facilities/{{facility}}/{collection.name}",
        those,
        name=f"list_facility_{collection.name}",
        summary=f"List the {collection.name} of a facility",
        model=listing.page,
        query=query,
        keys={"facility": ("The facility's slug or id.", "al-sina-prison")},
        problems=(*ABSENT, Merged, NotAcceptable),
        further={200: {"content": described(listing)}},
    )
