"""The endpoints that every collection has alike, made from the catalogue."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import Request
from pydantic import Field, create_model
from starlette.responses import Response

from app.catalogue.collections import LISTINGS
from app.errors import (
    BadInput,
    Crowded,
    Gone,
    Hidden,
    Merged,
    NoSuchMoment,
    NotAcceptable,
    NotFound,
    NotReady,
    Problem,
    RangeNotSatisfiable,
    TooSlow,
)
from app.exports.formats import described, formats_of
from app.exports.queries import list_query, record_query
from app.http.cache import cached_response
from app.http.exports import export_record, export_set, format_of
from app.http.merging import merge_endpoints
from app.http.requests import read
from app.http.responses import response_of
from app.http.routing import Endpoint, PathKey
from app.http.writes import write_endpoints
from app.reading.pages import page
from app.reading.record_history import HistoryPage, HistoryQuery, history
from app.reading.records import record
from app.records.listing import Listing
from app.records.parameters import ListQuery

Problems = tuple[type[Problem], ...]

READ_PROBLEMS: Problems = (BadInput, NoSuchMoment, TooSlow, NotReady)
"""What can be wrong with any read."""
RECORD_PROBLEMS: Problems = (*READ_PROBLEMS, NotFound, Hidden, Gone)
"""What can be wrong with a read that names a record."""
SUBTREE = Field(
    description="Whether what lies under the facility counts too: its units, or the members of a network.",
    examples=[True],
)


def collection_endpoints() -> Iterator[Endpoint]:
    """Reading and writing of each collection; those that depend on no other come last, as the document has them."""
    for listing in sorted(LISTINGS.values(), key=lambda listing: not listing.collection.needs):
        yield from read_endpoints(listing)
        yield from write_endpoints(listing)
        if listing.collection.mergeable:
            yield from merge_endpoints(listing)
        if listing.of_facility:
            yield facility_endpoint(listing)


async def get_list(listing: Listing, request: Request) -> Response:
    """`GET` of a collection."""
    model = list_query(listing)
    if not (output := format_of(request, formats_of(listing), model)).paged:
        return await export_set(listing, request, model, output)
    return await cached_response(request, lambda: read(request, partial(page, listing, model=model)))


async def get_record(listing: Listing, request: Request) -> Response:
    """`GET` of one record."""
    key = request.path_params["key"]
    model = record_query(listing)
    if not (output := format_of(request, formats_of(listing), model)).paged:
        return await export_record(listing, request, key, output)
    return await cached_response(request, lambda: read(request, partial(record, listing, model=model, key=key)))


async def get_history(listing: Listing, request: Request) -> Response:
    """`GET` of a record's history."""
    return response_of(request, await read(request, partial(history, listing, key=request.path_params["key"])))


async def get_facility_list(listing: Listing, model: type[ListQuery], request: Request) -> Response:
    """`GET` of a collection, filtered to a facility and what lies under it."""
    facility = request.path_params["facility"]
    if not (output := format_of(request, formats_of(listing), model)).paged:
        return await export_set(listing, request, model, output, facility=facility)
    return await cached_response(request, lambda: read(request, partial(page, listing, model=model, facility=facility)))


def read_endpoints(listing: Listing) -> Iterator[Endpoint]:
    """`GET` of a collection, of one of its records, and of that one's history."""
    collection, media = listing.collection, described(formats_of(listing))
    identifier = f"{'slug or ' if collection.named else ''}id"
    key = PathKey("key", f"The {collection.noun}'s {identifier}.", listing.example)
    problems = (*RECORD_PROBLEMS, Merged) if collection.mergeable else RECORD_PROBLEMS
    yield Endpoint(
        path=f"/v1/{collection.name}",
        handler=partial(get_list, listing),
        name=f"list_{collection.name}",
        tag=collection.name,
        summary=f"List {collection.name}",
        about=f"{collection.about} Filters narrow the list; each page names the next one. Other formats than JSON "
        "hold the whole filtered set; of a pinned revision they come in parts too, as `Range` asks for (206).",
        query=list_query(listing),
        model=listing.page,
        media=media,
        problems=(*READ_PROBLEMS, NotAcceptable, Crowded, RangeNotSatisfiable),
    )
    yield Endpoint(
        path=f"/v1/{collection.name}/{{key}}",
        handler=partial(get_record, listing),
        name=f"get_{collection.noun}",
        tag=collection.name,
        summary=f"Get one {collection.noun}",
        about=f"One {collection.noun}, by its {identifier.removesuffix('id')}number.",
        key=key,
        query=record_query(listing),
        model=listing.single,
        media=media,
        problems=(*problems, NotAcceptable),
    )
    yield Endpoint(
        path=f"/v1/{collection.name}/{{key}}/history",
        handler=partial(get_history, listing),
        name=f"get_{collection.noun}_history",
        tag=collection.name,
        summary=f"Get the history of one {collection.noun}",
        about=f"Every revision of one {collection.noun}: when, by whom, why, and which fields changed.",
        key=key,
        query=HistoryQuery,
        model=HistoryPage,
        problems=(*READ_PROBLEMS, NotFound, Hidden),
    )


def facility_endpoint(listing: Listing) -> Endpoint:
    """`GET /v1/facilities/{facility}/...`: the collection, filtered to a facility and what lies under it."""
    collection = listing.collection
    extra: dict[str, Any] = {"subtree": (Annotated[bool, SUBTREE], True)}
    query: type[ListQuery] = create_model(f"Facility{listing.query.__name__}", __base__=list_query(listing), **extra)
    return Endpoint(
        path=f"/v1/facilities/{{facility}}/{collection.name}",
        handler=partial(get_facility_list, listing, query),
        name=f"list_facility_{collection.name}",
        tag=collection.name,
        summary=f"List the {collection.name} of a facility",
        about=f"The {collection.name} of a facility and of what lies under it, unless `subtree=false`.",
        key=PathKey("facility", "The facility's slug or id.", "al-sina-prison"),
        query=query,
        model=listing.page,
        media=described(formats_of(listing)),
        problems=(*RECORD_PROBLEMS, Merged, NotAcceptable, Crowded, RangeNotSatisfiable),
    )
