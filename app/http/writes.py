"""HTTP of writing, for every collection alike: POST, PATCH, DELETE, batches; with keys, reasons and preconditions."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Header, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from app.catalogue.bodies import patched, posted, several
from app.errors import (
    BadInput,
    Busy,
    Conflict,
    Fault,
    Gone,
    NoRight,
    NotFound,
    PreconditionRequired,
    Stale,
    TooLarge,
    Unauthorized,
    UnsupportedMedia,
)
from app.history.codes import Access, ReasonCode
from app.http.idempotency import answered_before, remember
from app.http.keys import holder_of
from app.http.requests import asked_of, tier_of
from app.http.responses import VARY, ready
from app.http.routing import route
from app.reading.answer import etag_of
from app.records import strict_json as strict
from app.records.collection import Collection
from app.records.listing import Listing
from app.records.shapes import shown
from app.writing.changing import change, retract
from app.writing.creating import New
from app.writing.group_commit import GroupCommit
from app.writing.keys import Holder, KeyScope
from app.writing.revise import Done
from app.writing.revisions import Why
from app.writing.unfolding import new_entries
from app.writing.validation import TOO_DEEP, Entry


class Reasons(BaseModel):
    """Why a record is changed."""

    model_config = ConfigDict(extra="forbid")

    reason_code: Annotated[ReasonCode | None, Field(description="Why, as a code.", examples=["new_report"])] = None
    reason: Annotated[
        str | None,
        Field(description="Why, in words; shown with the revision.", max_length=2000, examples=["A later count."]),
    ] = None


class ReasonsNeeded(Reasons):
    """Why a record is retracted."""

    reason_code: Annotated[ReasonCode, Field(description="Why, as a code.", examples=["our_error"])]
    reason: Annotated[
        str,
        Field(
            description="Why, in words; shown to whoever asks for the record.",
            pattern=r"\S",
            max_length=2000,
            examples=["Entered twice."],
        ),
    ]


class Nothing(BaseModel):
    """What a POST takes in its address."""

    model_config = ConfigDict(extra="forbid")


IF_MATCH = Annotated[
    str,
    Header(
        alias="If-Match", description="The record's `ETag`: which state is changed.", examples=['"1.c4d28d2e.public"']
    ),
]


IDEMPOTENCY_KEY = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="A name of your own for this request: sent again with the same body it writes nothing twice.",
        max_length=255,
        examples=["5f0c2a9e-report-17"],
    ),
]


MOST_IN_BATCH = 1000


JSON_TYPES = {"application/json"}


UNKEPT = {"Cache-Control": "private, no-store", "Vary": VARY}


PATCH_TYPES = {"application/merge-patch+json", "application/json"}


WRITE_PROBLEMS = (BadInput, Unauthorized, NoRight, Conflict, TooLarge, UnsupportedMedia, Busy)


async def json_body(request: Request, types: set[str]) -> Any:
    """The JSON a request brings; raises what is wrong with it as a whole."""
    sent = request.scope["given"].get(b"content-type", b"").decode("latin-1").split(";")[0].strip().lower()
    if sent not in types:
        raise UnsupportedMedia(f"Send the body as JSON, with the header `Content-Type: {max(types)}`.")
    text = (await request.body()).removeprefix(BOM_UTF8)
    try:
        given = strict.loads(text)
        orjson.dumps(given)  # refuses what is nested deeper than 254 lists and objects, and nothing else that was read
    except strict.Repeated as repeated:
        raise BadInput.of([Fault(str(repeated), pointer="")]) from None
    except orjson.JSONDecodeError as error:
        told = f"the body is not JSON (line {error.lineno}, column {error.colno})"
        raise BadInput.of([Fault(told, pointer="")]) from None
    except orjson.JSONEncodeError:
        raise BadInput.of([Fault(TOO_DEEP, pointer="")]) from None
    return given


def writes(to: APIRouter, listing: Listing) -> None:
    """`POST` to a collection, `PATCH` and `DELETE` of a record, `POST` of a batch."""
    collection = listing.collection
    key = {"key": (f"The {collection.noun}'s {'slug or ' if collection.named else ''}id.", listing.example)}
    one, plural = shown(collection), collection.name

    async def post(request: Request) -> Response:
        why = writer_of(request).why()
        asked_of(Nothing, request)
        check = partial(new_entries, collection, [await json_body(request, JSON_TYPES)], lambda _: "")
        return await once(request, collection, check, why, single=True)

    post.__doc__ = (
        f"Adds a {collection.noun}. Where a source is asked, its slug or a whole new source may be given. "
        "Everything wrong with the body is named at once."
    )

    async def post_batch(request: Request) -> Response:
        why = writer_of(request).why()
        asked_of(Nothing, request)
        body = await json_body(request, JSON_TYPES)
        data = body.get("data") if isinstance(body, dict) and body.keys() == {"data"} else None
        if not isinstance(data, list) or not 1 <= len(data) <= MOST_IN_BATCH:
            told = f'a batch is {{"data": [...]}} with 1 to {MOST_IN_BATCH} records'
            raise BadInput.of([Fault(told, pointer="/data")])
        check = partial(new_entries, collection, data, "/data/{}".format)
        return await once(request, collection, check, why, single=False)

    post_batch.__doc__ = f"Adds several {plural} in one revision: all of them or none. Faults read `/data/3/low`."

    async def patch(request: Request) -> Response:
        holder = writer_of(request)
        reasons = asked_of(Reasons, request)[1]
        body = await json_body(request, PATCH_TYPES)
        if not isinstance(body, dict):
            raise BadInput.of([Fault("a merge patch is an object", pointer="")])
        match, why = match_of(request), holder.why(reasons.reason_code, reasons.reason)
        done = await request.app.state.writer.submit(
            lambda connection: change(connection, collection, request.path_params["key"], body, match, why)
        )
        return wrote(done, holder.tier, 200)

    patch.__doc__ = (
        f"Changes a {collection.noun} by a merge patch (RFC 7396): absent fields stay, null removes, lists are "
        "replaced whole, but for what the key may not see in them. New words without bounds are read again. `access` "
        "changes only where it is stated: opening a record needs `admin`, closing a public one `admin` and a reason."
    )

    async def delete(request: Request) -> Response:
        holder = writer_of(request)
        reasons = asked_of(ReasonsNeeded, request)[1]
        match, why = match_of(request), holder.why(reasons.reason_code, reasons.reason)
        done = await request.app.state.writer.submit(
            lambda connection: retract(connection, collection, request.path_params["key"], match, why)
        )
        return Response(None, 204, {"Data-Revision": str(done.revision)} | UNKEPT)

    delete.__doc__ = (
        f"Retracts a {collection.noun}. Its past stays; asked for again it answers 410 with when and why. "
        "What other records refer to cannot be retracted."
    )
    route(
        to, "POST", f"/{plural}", post, name=f"create_{collection.noun}", summary=f"Add a {collection.noun}",
        model=one, status=201, headers={"idempotency_key": IDEMPOTENCY_KEY},
        body=Annotated[posted(collection), Body()], problems=WRITE_PROBLEMS,
    )  # fmt: skip
    route(
        to, "POST", f"/{plural}/batch", post_batch, name=f"create_{plural}", summary=f"Add several {plural}",
        model=listing.written, status=201, headers={"idempotency_key": IDEMPOTENCY_KEY},
        body=Annotated[several(collection), Body()], problems=WRITE_PROBLEMS,
    )  # fmt: skip
    standing = (*WRITE_PROBLEMS, NotFound, Gone, Stale, PreconditionRequired)
    route(
        to, "PATCH", f"/{plural}/{{key}}", patch, name=f"change_{collection.noun}",
        summary=f"Change a {collection.noun}", model=one, query=Reasons, keys=key, headers={"if_match": IF_MATCH},
        body=Annotated[patched(collection), Body(media_type="application/merge-patch+json")], problems=standing,
    )  # fmt: skip
    route(
        to, "DELETE", f"/{plural}/{{key}}", delete, name=f"retract_{collection.noun}",
        summary=f"Retract a {collection.noun}", model=None, status=204, query=ReasonsNeeded, keys=key,
        headers={"if_match": IF_MATCH}, problems=standing,
    )  # fmt: skip


def writer_of(request: Request) -> Holder:
    """Who writes; raises without a key or without the scope."""
    holder = holder_of(request.scope)
    holder.must(KeyScope.write)
    return holder


def match_of(request: Request) -> frozenset[int] | None:
    """The revisions that `If-Match` names, any of which will do, or none for any; raises without such a header."""
    given = ",".join(request.headers.getlist("if-match"))
    if not given.strip():
        raise PreconditionRequired("Send the record's ETag as `If-Match`.")
    if given.strip() == "*":
        return None
    # What is not one of ours can match nothing.
    tags = (re.fullmatch(r'(?:W/)?"?(\d{1,18})(?:\.[\w.]*)?"?', tag.strip(), re.ASCII) for tag in given.split(","))
    numbers = frozenset(int(tag[1]) for tag in tags if tag is not None)
    if not numbers:
        raise Stale("`If-Match` takes the record's ETag as it was read, several with commas between, or `*`.")
    return numbers


async def once(
    request: Request, collection: Collection, check: Callable[[], Sequence[Entry]], why: Why, *, single: bool
) -> Response:
    """Write new records, or with an `Idempotency-Key` sent before give the first answer again."""
    holder, tier = writer_of(request), tier_of(request)
    writer: GroupCommit = request.app.state.writer
    name = request.headers.get("idempotency-key")

    def told(done: Done) -> Response:
        return wrote(done, tier, 201) if single else wrote_several(done, tier)

    new = New(collection, check, why, told)
    if name is None:
        return await writer.submit(new)
    if not 1 <= len(name) <= 255:
        raise BadInput.of([Fault("an Idempotency-Key has 1 to 255 characters", parameter="Idempotency-Key")])
    digest = sha256(request.url.path.encode() + b"\n" + await request.body()).hexdigest()

    def run(connection: Connection) -> Response:
        if (replayed := answered_before(connection, holder, name, digest)) is not None:
            return replayed
        answer = new(connection)
        remember(connection, holder, name, digest, answer)
        return answer

    return await writer.submit(run)


def wrote(done: Done, tier: Access, status: int) -> Response:
    """The answer to a write of one record: the record as it now is."""
    (row,), (doc,) = done.rows, done.docs(tier)
    headers = {"ETag": etag_of(str(row["revision"]), tier), "Data-Revision": str(done.revision)} | UNKEPT
    if status == 201:
        headers["Location"] = f"/v1/{done.collection.name}/{row['slug'] if done.collection.named else row['id']}"
    return ready(status, doc, headers)


def wrote_several(done: Done, tier: Access) -> Response:
    """The answer to a batch: the records as they now are."""
    body = f'{{"data":[{",".join(done.docs(tier))}],"revision":{done.revision}}}'
    headers = {"Data-Revision": str(done.revision)} | UNKEPT
    return ready(201, body, headers)
