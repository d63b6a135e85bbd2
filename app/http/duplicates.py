"""HTTP of likely duplicates: the queue of pairs, and what is decided of one."""

from functools import partial
from typing import Annotated, Any, Literal

import orjson
from fastapi import Body, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from app.answers.duplicates import LEAST, LIKELY, Known
from app.answers.queue import Listed, Queues, decided
from app.catalogue.collections import COLLECTIONS
from app.database.server_tables import DuplicateDecision
from app.errors import BadInput, Crowded, Fault, NoRight, NotReady, TooSlow
from app.http.bodies import body_of
from app.http.exports import Slots
from app.http.keys import holder_of
from app.http.requests import NoParameters, present_view, query_of
from app.http.responses import json_response
from app.http.routing import Endpoint
from app.http.writes import IDEMPOTENCY_KEY, NO_STORE, WRITE_PROBLEMS, submit_once
from app.reading.addresses import canonical
from app.records.bodies import Country, SlugText
from app.writing.deciding import decide
from app.writing.keys import Holder, KeyScope

MergeableName = Literal["facilities", "actors", "sources"]
PATH = "/v1/duplicates"


class DuplicatesQuery(BaseModel):
    """The parameters of the queue."""

    model_config = ConfigDict(extra="forbid")

    collection: Annotated[
        MergeableName, Field(description="Records of which collection are compared.", examples=["facilities"])
    ] = "facilities"
    country: Annotated[
        Country | None, Field(description="Only pairs of which one lies in this country.", examples=["SYR"])
    ] = None
    at_least: Annotated[float, Field(description="The least score of a pair.", ge=LEAST, le=1, examples=[0.9])] = LIKELY
    decision: Annotated[
        Literal["none"] | DuplicateDecision,
        Field(
            description="Pairs of which nobody has decided (`none`), or of which that was decided.", examples=["none"]
        ),
    ] = "none"
    limit: Annotated[int, Field(description="How many pairs a page has.", ge=1, le=1000, examples=[50])] = 50
    after: Annotated[
        str | None,
        Field(
            description="Where the page begins, as `next` says it.",
            pattern=r"^[01]\.\d{1,3}-\d{1,18}-\d{1,18}$",
            examples=["0.894-12-31"],
        ),
    ] = None


class PairedRecord(BaseModel):
    """A record of a pair."""

    id: int = Field(description="The record's number.", examples=[5])
    slug: str = Field(description="The record's slug.", examples=["al-hol-camp"])
    name: str | None = Field(description="Its first name, or title; null where it has none.", examples=["al-Hol camp"])
    country: str | None = Field(description="Its country, where it says one.", examples=["SYR"])


class ReasonShown(BaseModel):
    """What two records have in common."""

    field: str = Field(description="The field of the first record that says it.", examples=["names"])
    first: str = Field(description="What the first record says.", examples=["al-Hawl"])
    second: str = Field(description="What the second one says.", examples=["Hawl Camp"])
    score: float = Field(description="How alike the two are, from 0 to 1.", examples=[0.97])


class DecisionShown(BaseModel):
    """What was decided of a pair."""

    decision: DuplicateDecision = Field(description="What was decided.", examples=["different"])
    note: str | None = Field(description="Why, in words.", examples=["Two camps of one name."])
    author: str = Field(description="The label of the key that decided.", examples=["Example desk"])
    decided_at: str = Field(description="When, in UTC.", examples=["2026-01-01T00:00:00.000000Z"])


class PairShown(BaseModel):
    """Two records that are likely to be of the same thing."""

    score: float = Field(description="How likely, from 0 to 1.", examples=[0.97])
    reasons: list[ReasonShown] = Field(description="The names that are most alike, and where both lie.")
    first: PairedRecord = Field(description="The older record.")
    second: PairedRecord = Field(description="The newer one.")
    decision: DecisionShown | None = Field(description="What was decided; null in the queue.")


class Duplicates(BaseModel):
    """A page of the queue, the likeliest pairs first."""

    data: list[PairShown] = Field(description="The pairs.")
    next: str | None = Field(description="The address of the next page; null on the last.", examples=[None])
    count: int = Field(description="How many pairs there are in all.", examples=[1])
    revision: int = Field(description="The revision that was searched.", examples=[2])


class Deciding(BaseModel):
    """What is decided of two records."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[SlugText, Field(description="The slug of one record.", examples=["al-hol-camp"])]
    second: Annotated[SlugText, Field(description="The slug of the other.", examples=["hawl-camp"])]
    decision: Annotated[DuplicateDecision, Field(description="What they are.", examples=["different"])]
    collection: Annotated[
        MergeableName, Field(description="The collection they belong to.", examples=["facilities"])
    ] = "facilities"
    note: Annotated[
        str | None, Field(description="Why, in words.", max_length=2000, examples=["Two camps of one name."])
    ] = None


class DecisionKept(DecisionShown):
    """A decision as it was kept."""

    collection: MergeableName = Field(description="The collection.", examples=["facilities"])
    first: str = Field(description="The slug of the older record.", examples=["al-hol-camp"])
    second: str = Field(description="The slug of the newer one.", examples=["hawl-camp"])


async def list_duplicates(request: Request) -> Response:
    """`GET /v1/duplicates`."""
    _writer(request)
    parameters, query = query_of(request, DuplicatesQuery)
    collection, view = COLLECTIONS[query.collection], present_view(request)
    queues: Queues = request.app.state.duplicates
    slots: Slots = request.app.state.exports
    with slots.taken(request.client.host if request.client else ""):
        if query.decision == "none":
            revision, found = await queues.undecided(view, collection)
        else:
            revision, found = await decided(view, collection, query.decision)
    if query.decision == "none":
        found = [listed for listed in found if listed.pair.score >= query.at_least]
    elif "at_least" in parameters:
        raise BadInput.of([Fault("decided pairs are listed whatever their score", parameter="at_least")])
    if query.country is not None:
        found = [listed for listed in found if query.country in {listed.pair.first.country, listed.pair.second.country}]
    rest = found
    if query.after is not None:
        score, first, second = query.after.split("-")
        last = -float(score), int(first), int(second)
        rest = [listed for listed in found if listed.pair.place > last]
    page, following = rest[: query.limit], None
    if len(rest) > query.limit:
        pair = page[-1].pair
        following = canonical(PATH, {**parameters, "after": f"{pair.score:.3f}-{pair.first.id}-{pair.second.id}"})
    body = {"data": list(map(_shown, page)), "next": following, "count": len(found), "revision": revision}
    return json_response(200, orjson.dumps(body).decode(), {"Data-Revision": str(revision)} | NO_STORE)


async def decide_pair(request: Request) -> Response:
    """`POST /v1/duplicates`."""
    holder = _writer(request)
    query_of(request, NoParameters)
    body = await body_of(request, Deciding)
    return await submit_once(request, partial(_decided, body, holder))


def _decided(body: Deciding, holder: Holder, connection: Connection) -> Response:
    collection = COLLECTIONS[body.collection]
    stored = decide(connection, collection, (body.first, body.second), body.decision, body.note, holder)
    return json_response(200, orjson.dumps(stored).decode(), dict(NO_STORE))


def _writer(request: Request) -> Holder:
    holder = holder_of(request.scope)
    holder.must(KeyScope.write)
    return holder


def _shown(listed: Listed) -> dict[str, Any]:
    pair, done = listed
    shown = {"score": pair.score, "reasons": [reason._asdict() for reason in pair.reasons]}
    shown |= {"first": _record(pair.first), "second": _record(pair.second)}
    return shown | {"decision": None if done is None else done._asdict()}


def _record(known: Known) -> dict[str, Any]:
    name = next((name.text for name in known.names if name.field in {"name", "title"}), None)
    return {"id": known.id, "slug": known.slug, "name": name, "country": known.country}


ENDPOINTS = (
    Endpoint(
        path=PATH,
        handler=list_duplicates,
        name="list_duplicates",
        tag="register",
        summary="List likely duplicates",
        about="Pairs of records that are likely to be of the same thing, as they stand, the likeliest first, each with "
        "a score from 0 to 1 and the reasons. A pair is in the queue until somebody decides. Needs a key with the "
        "scope `write`; what the key may not see is in no pair.",
        query=DuplicatesQuery,
        needs_key=True,
        model=Duplicates,
        problems=(BadInput, NoRight, TooSlow, NotReady, Crowded),
    ),
    Endpoint(
        method="POST",
        path=PATH,
        handler=decide_pair,
        name="decide_duplicate",
        tag="register",
        summary="Decide on two records",
        about="Says that two records are of the same thing, or of different ones: they are not in the queue any more. "
        "A later decision takes the place of an earlier one. It changes no record; merging is a step of its own. Needs "
        "a key with the scope `write`.",
        headers={"idempotency_key": IDEMPOTENCY_KEY},
        body=Annotated[Deciding, Body()],
        needs_key=True,
        model=DecisionKept,
        problems=WRITE_PROBLEMS,
    ),
)
