"""The query parameters of a collection, with the formats that its records come in."""

from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, create_model

from app.exports.formats import formats_of
from app.records.listing import Listing
from app.records.parameters import ListQuery, RecordQuery

Q = TypeVar("Q", bound=RecordQuery)


@cache
def list_query(listing: Listing) -> type[ListQuery]:
    """The query parameters of the list."""
    return _with_formats(listing.query, listing)


@cache
def record_query(listing: Listing) -> type[RecordQuery]:
    """The query parameters of one record."""
    return _with_formats(listing.record_query, listing)


def _with_formats(query: type[Q], listing: Listing) -> type[Q]:
    formats = formats_of(listing)
    about = " ".join(f"`{name}`: {one.about}" for name, one in formats.items())
    named = Field(
        description=f"The format; without it `Accept` decides. All but JSON hold the whole filtered set. {about}",
        examples=["csv"],
    )
    narrowed: dict[str, Any] = {"format": (Annotated[Literal[tuple(formats)] | None, named], None)}
    return create_model(query.__name__, __base__=query, **narrowed)
