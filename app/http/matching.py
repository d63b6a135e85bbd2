"""HTTP of matching: a list of names against the register, and a new record before it is written."""

from typing import Annotated, Literal

import orjson
from fastapi import Body, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.answers.matching import NameQuery, match
from app.catalogue.collections import COLLECTIONS
from app.errors import BadInput, Crowded, NotReady, TooLarge, TooSlow, UnsupportedMedia
from app.http.bodies import body_of
from app.http.checking import Candidate, candidate_of, headers_of
from app.http.exports import Slots
from app.http.requests import NoParameters, present_view, query_of
from app.http.responses import json_response
from app.http.routing import Endpoint
from app.records.bodies import Country

Name = Annotated[str, Field(description="The name.", min_length=1, max_length=300, examples=["Ghwayran prison"])]


class NameAsked(BaseModel):
    """A name to be matched."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    country: Annotated[Country | None, Field(description="Only records of this country.", examples=["SYR"])] = None
    place: Annotated[
        str | None, Field(description="Where it lies: others count less.", max_length=300, examples=["Hasaka"])
    ] = None


class NamesAsked(BaseModel):
    """Names to be matched with the records of a collection."""

    model_config = ConfigDict(extra="forbid")

    names: Annotated[
        list[NameAsked | Name],
        Field(description="The names.", min_length=1, max_length=1000, examples=[["Ghwayran prison"]]),
    ]
    collection: Annotated[
        Literal["facilities", "incidents", "actors", "sources"],
        Field(description="What they are names of.", examples=["facilities"]),
    ] = "facilities"
    limit: Annotated[int, Field(description="How many candidates each name has.", ge=1, le=20, examples=[3])] = 3
    at_least: Annotated[float, Field(description="The least score of a candidate.", ge=0.4, le=1, examples=[0.6])] = 0.6


class Matched(BaseModel):
    """A name with the records that it may be of."""

    name: str = Field(description="The name, as asked.", examples=["Ghwayran prison"])
    candidates: list[Candidate] = Field(description="The records, the best first.")


class Matches(BaseModel):
    """Names with the records that they may be of."""

    data: list[Matched] = Field(description="The names, in the order given.")
    revision: int = Field(description="The revision that was searched.", examples=[1])


async def match_names(request: Request) -> Response:
    """`POST /v1/match`."""
    query_of(request, NoParameters)
    body = await body_of(request, NamesAsked)
    names = [
        NameQuery(one) if isinstance(one, str) else NameQuery(one.name, one.country, one.place) for one in body.names
    ]
    collection, view = COLLECTIONS[body.collection], present_view(request)
    slots: Slots = request.app.state.exports
    with slots.taken(request.client.host if request.client else ""):
        revision, found = await match(view, collection, names, body.limit, body.at_least)
    data = [
        {"name": one.name, "candidates": list(map(candidate_of, some))} for one, some in zip(names, found, strict=True)
    ]
    return json_response(200, orjson.dumps({"data": data, "revision": revision}).decode(), headers_of(revision))


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/match",
        handler=match_names,
        name="match_names",
        tag="register",
        summary="Match names with records",
        about="Up to 1,000 names, each with a country or a place where these are known, and for each the records it "
        "may be of, with a score from 0 to 1 and the name that matched. It takes no key, and writes nothing.",
        body=Annotated[NamesAsked, Body()],
        model=Matches,
        problems=(BadInput, TooLarge, UnsupportedMedia, TooSlow, NotReady, Crowded),
    ),
)
