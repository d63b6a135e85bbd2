"""HTTP of merging: two records of one thing made one, and undone."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import Body, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.errors import NotFound
from app.history.codes import ReasonCode
from app.http.bodies import body_of
from app.http.keys import holder_of
from app.http.requests import NoParameters, query_of
from app.http.routing import Endpoint, PathKey
from app.http.writes import (
    CHANGE_PROBLEMS,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    WRITE_PROBLEMS,
    match_of,
    record_response,
    submit_once,
)
from app.records.bodies import SlugText
from app.records.collection import Collection
from app.records.listing import Listing
from app.records.shapes import shown
from app.writing.keys import Holder, KeyScope
from app.writing.merging import merge, split

WORDS = Annotated[
    str,
    Field(
        description="Why, in words; shown with the revision.",
        pattern=r"\S",
        max_length=2000,
        examples=["The same camp, by its place and size."],
    ),
]


class Splitting(BaseModel):
    """Why a merge is undone."""

    model_config = ConfigDict(extra="forbid")

    reason: WORDS
    reason_code: Annotated[ReasonCode, Field(description="Why, as a code.", examples=["our_error"])] = (
        ReasonCode.our_error
    )


class Merging(BaseModel):
    """The record that stays, and why."""

    model_config = ConfigDict(extra="forbid")

    into: Annotated[SlugText, Field(description="The slug of the record that stays.", examples=["al-hol-camp"])]
    reason: WORDS
    reason_code: Annotated[ReasonCode, Field(description="Why, as a code.", examples=["duplicate"])] = (
        ReasonCode.duplicate
    )


def merge_endpoints(listing: Listing) -> Iterator[Endpoint]:
    """`POST` of a merge and of a split, for a collection whose records can be merged."""
    collection = listing.collection
    noun, plural = collection.noun, collection.name
    key = PathKey("key", f"The slug or id of the {noun} that is given up.", listing.example)
    yield Endpoint(
        method="POST",
        path=f"/v1/{plural}/{{key}}/merge",
        handler=partial(merge_record, collection),
        name=f"merge_{noun}",
        tag=plural,
        summary=f"Merge two {plural} into one",
        about=f"Gives one {noun} up in favour of another of the same thing, whose record is answered. What referred to "
        "the one refers to the other from then on; words stay as published. Its address leads to the other (308). "
        "Needs a key with the scope `admin`.",
        key=key,
        headers={"if_match": IF_MATCH, "idempotency_key": IDEMPOTENCY_KEY},
        body=Annotated[Merging, Body()],
        needs_key=True,
        model=shown(collection),
        problems=CHANGE_PROBLEMS,
    )
    yield Endpoint(
        method="POST",
        path=f"/v1/{plural}/{{key}}/split",
        handler=partial(split_record, collection),
        name=f"split_{noun}",
        tag=plural,
        summary=f"Undo a merge of two {plural}",
        about=f"Brings a merged {noun} back as it was, with what the merge moved wherever that was not changed since. "
        "Needs a key with the scope `admin`.",
        key=key,
        headers={"idempotency_key": IDEMPOTENCY_KEY},
        body=Annotated[Splitting, Body()],
        needs_key=True,
        model=shown(collection),
        problems=(*WRITE_PROBLEMS, NotFound),
    )


async def merge_record(collection: Collection, request: Request) -> Response:
    """`POST` of a merge."""
    holder = _admin(request)
    body, match = await body_of(request, Merging), match_of(request)
    why, key = holder.why(body.reason_code, body.reason), request.path_params["key"]
    return await submit_once(
        request,
        lambda connection: record_response(merge(connection, collection, key, body.into, match, why), holder.tier, 200),
    )


async def split_record(collection: Collection, request: Request) -> Response:
    """`POST` of a split."""
    holder = _admin(request)
    body = await body_of(request, Splitting)
    why, key = holder.why(body.reason_code, body.reason), request.path_params["key"]
    return await submit_once(
        request, lambda connection: record_response(split(connection, collection, key, why), holder.tier, 200)
    )


def _admin(request: Request) -> Holder:
    """The holder of the key that a merge is sent with; raises without a key, the scope, or for a parameter."""
    holder = holder_of(request.scope)
    holder.must(KeyScope.admin)
    query_of(request, NoParameters)
    return holder
