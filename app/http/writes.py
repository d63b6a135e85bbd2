"""HTTP of writing, for every collection alike: POST, PATCH, DELETE, batches; with keys, reasons and preconditions."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import Body, Header, Request
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
    Hidden,
    NoRight,
    NotFound,
    NotReady,
    PreconditionRequired,
    Stale,
    TooLarge,
    UnsupportedMedia,
)
from app.history.codes import Access, ReasonCode
from app.http.checking import CheckAsked, Checked, check_record
from app.http.idempotency import store_answer, stored_answer
from app.http.keys import holder_of
from app.http.requests import NoParameters, query_of, tier_of
from app.http.responses import VARY, json_response
from app.http.routing import Endpoint, PathKey
from app.reading.answer import etag_of
from app.records import strict_json as strict
from app.records.collection import Collection
from app.records.listing import Listing
from app.records.shapes import shown
from app.writing.changing import change, retract
from app.writing.creating import New
from app.writing.group_commit import GroupCommit, Write
from app.writing.keys import Holder, KeyScope
from app.writing.revise import Done
from app.writing.revisions import Why
from app.writing.texts import TOO_DEEP
from app.writing.unfolding import new_entries
from app.writing.validation import Entry


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
PATCH_TYPES = {"application/merge-patch+json", "application/json"}
NO_STORE = {"Cache-Control": "private, no-store", "Vary": VARY}
WRITE_PROBLEMS = (BadInput, NoRight, Conflict, TooLarge, UnsupportedMedia, Busy, NotReady)
CHANGE_PROBLEMS = (*WRITE_PROBLEMS, NotFound, Hidden, Gone, Stale, PreconditionRequired)
"""What can be wrong with a write of a record that is there."""


async def json_body(request: Request, types: set[str]) -> Any:
    """The JSON body of a request; raises what is wrong with it as a whole."""
    header: bytes = request.scope["headers_by_name"].get(b"content-type", b"")
    if header.decode("latin-1").split(";")[0].strip().lower() not in types:
        raise UnsupportedMedia(f"Send the body as JSON, with the header `Content-Type: {max(types)}`.")
    text = (await request.body()).removeprefix(BOM_UTF8)
    try:
        body = strict.loads(text)
        orjson.dumps(body)  # refuses what is nested deeper than 254 lists and objects, and nothing else that was read
    except strict.Repeated as repeated:
        raise BadInput.of([Fault(str(repeated), pointer="")]) from None
    except orjson.JSONDecodeError as error:
        message = f"the body is not JSON (line {error.lineno}, column {error.colno})"
        raise BadInput.of([Fault(message, pointer="")]) from None
    except orjson.JSONEncodeError:
        raise BadInput.of([Fault(TOO_DEEP, pointer="")]) from None
    return body


def write_endpoints(listing: Listing) -> Iterator[Endpoint]:
    """`POST` to a collection, `POST` of a batch, `PATCH` and `DELETE` of a record."""
    collection = listing.collection
    noun, plural, model = collection.noun, collection.name, shown(collection)
    article = "an" if noun[0] in "aeiou" else "a"
    key = PathKey("key", f"The {noun}'s {'slug or ' if collection.named else ''}id.", listing.example)
    yield Endpoint(
        method="POST",
        path=f"/v1/{plural}",
        handler=partial(create_record, collection),
        name=f"create_{noun}",
        tag=plural,
        summary=f"Add {article} {noun}",
        about=f"Adds {article} {noun}. Where a source is asked, its slug or a whole new source may be given. "
        "Everything wrong with the body is named at once.",
        query=CheckAsked if collection.called else None,
        headers={"idempotency_key": IDEMPOTENCY_KEY},
        body=Annotated[posted(collection), Body()],
        needs_key=True,
        status=201,
        model=model,
        further={200: {"model": Checked, "description": "What `check=true` finds."}} if collection.called else {},
        problems=WRITE_PROBLEMS,
    )
    yield Endpoint(
        method="POST",
        path=f"/v1/{plural}/batch",
        handler=partial(create_batch, collection),
        name=f"create_{plural}",
        tag=plural,
        summary=f"Add several {plural}",
        about=f"Adds several {plural} in one revision: all of them or none. Faults read `/data/3/low`.",
        headers={"idempotency_key": IDEMPOTENCY_KEY},
        body=Annotated[several(collection), Body()],
        needs_key=True,
        status=201,
        model=listing.written,
        problems=WRITE_PROBLEMS,
    )
    yield Endpoint(
        method="PATCH",
        path=f"/v1/{plural}/{{key}}",
        handler=partial(change_record, collection),
        name=f"change_{noun}",
        tag=plural,
        summary=f"Change {article} {noun}",
        about=f"Changes {article} {noun} by a merge patch (RFC 7396): absent fields stay, null removes, lists are "
        "replaced whole, but for what the key may not see in them. New words without bounds are read again. `access` "
        "changes only where it is stated: opening a record needs `admin`, closing a public one `admin` and a reason.",
        key=key,
        query=Reasons,
        headers={"if_match": IF_MATCH},
        body=Annotated[patched(collection), Body(media_type="application/merge-patch+json")],
        needs_key=True,
        model=model,
        problems=CHANGE_PROBLEMS,
    )
    yield Endpoint(
        method="DELETE",
        path=f"/v1/{plural}/{{key}}",
        handler=partial(retract_record, collection),
        name=f"retract_{noun}",
        tag=plural,
        summary=f"Retract {article} {noun}",
        about=f"Retracts {article} {noun}. Its past stays; asked for again it answers 410 with when and why. "
        "What other records refer to cannot be retracted.",
        key=key,
        query=ReasonsNeeded,
        headers={"if_match": IF_MATCH},
        needs_key=True,
        status=204,
        model=None,
        problems=CHANGE_PROBLEMS,
    )


async def create_record(collection: Collection, request: Request) -> Response:
    """`POST` of a record."""
    why = writer_of(request).why()
    only_check = bool(collection.called) and query_of(request, CheckAsked)[1].check
    if not collection.called:
        query_of(request, NoParameters)
    check = partial(new_entries, collection, [await json_body(request, JSON_TYPES)], lambda _: "")
    if only_check:
        return await check_record(collection, next(one for one in check() if one.collection is collection), request)
    return await create_once(request, collection, check, why, single=True)


async def create_batch(collection: Collection, request: Request) -> Response:
    """`POST` of several records."""
    why = writer_of(request).why()
    query_of(request, NoParameters)
    body = await json_body(request, JSON_TYPES)
    data = body.get("data") if isinstance(body, dict) and body.keys() == {"data"} else None
    if not isinstance(data, list) or not 1 <= len(data) <= MOST_IN_BATCH:
        message = f'a batch is {{"data": [...]}} with 1 to {MOST_IN_BATCH} records'
        raise BadInput.of([Fault(message, pointer="/data")])
    check = partial(new_entries, collection, data, "/data/{}".format)
    return await create_once(request, collection, check, why, single=False)


async def change_record(collection: Collection, request: Request) -> Response:
    """`PATCH` of a record."""
    holder = writer_of(request)
    reasons = query_of(request, Reasons)[1]
    body = await json_body(request, PATCH_TYPES)
    if not isinstance(body, dict):
        raise BadInput.of([Fault("a merge patch is an object", pointer="")])
    match, why = match_of(request), holder.why(reasons.reason_code, reasons.reason)
    done = await request.app.state.writer.submit(
        lambda connection: change(connection, collection, request.path_params["key"], body, match, why)
    )
    return record_response(done, holder.tier, 200)


async def retract_record(collection: Collection, request: Request) -> Response:
    """`DELETE` of a record."""
    holder = writer_of(request)
    reasons = query_of(request, ReasonsNeeded)[1]
    match, why = match_of(request), holder.why(reasons.reason_code, reasons.reason)
    done = await request.app.state.writer.submit(
        lambda connection: retract(connection, collection, request.path_params["key"], match, why)
    )
    return Response(None, 204, {"Data-Revision": str(done.revision)} | NO_STORE)


def writer_of(request: Request) -> Holder:
    """The holder of the key that a write is sent with; raises without a key or without the scope."""
    holder = holder_of(request.scope)
    holder.must(KeyScope.write)
    return holder


def match_of(request: Request) -> frozenset[int] | None:
    """The revisions that `If-Match` names, any of which will do, or none for any; raises without such a header."""
    header = ",".join(request.headers.getlist("if-match"))
    if not header.strip():
        raise PreconditionRequired("Send the record's ETag as `If-Match`.")
    if header.strip() == "*":
        return None
    # What is not one of ours can match nothing.
    tags = (re.fullmatch(r'(?:W/)?"?(\d{1,18})(?:\.[\w.]*)?"?', tag.strip(), re.ASCII) for tag in header.split(","))
    numbers = frozenset(int(tag[1]) for tag in tags if tag is not None)
    if not numbers:
        raise Stale("`If-Match` takes the record's ETag as it was read, several with commas between, or `*`.")
    return numbers


async def create_once(
    request: Request, collection: Collection, check: Callable[[], Sequence[Entry]], why: Why, *, single: bool
) -> Response:
    """Write new records; for an `Idempotency-Key` sent before, the stored answer."""
    tier = tier_of(request)

    def respond(done: Done) -> Response:
        return record_response(done, tier, 201) if single else batch_response(done, tier)

    return await submit_once(request, New(collection, check, why, respond))


async def submit_once(request: Request, write: Write[Response]) -> Response:
    """What a write answers; for an `Idempotency-Key` sent before, the stored answer."""
    holder = writer_of(request)
    writer: GroupCommit = request.app.state.writer
    name = request.headers.get("idempotency-key")
    if name is None:
        return await writer.submit(write)
    if not 1 <= len(name) <= 255:
        raise BadInput.of([Fault("an Idempotency-Key has 1 to 255 characters", parameter="Idempotency-Key")])
    digest = sha256(request.url.path.encode() + b"\n" + await request.body()).hexdigest()

    def run(connection: Connection) -> Response:
        if (stored := stored_answer(connection, holder, name, digest)) is not None:
            return stored
        answer = write(connection)
        store_answer(connection, holder, name, digest, answer)
        return answer

    return await writer.submit(run)


def record_response(done: Done, tier: Access, status: int) -> Response:
    """The answer to a write of one record: the record as it now is."""
    (row,), (doc,) = done.rows, done.docs(tier)
    headers = {"ETag": etag_of(str(row["revision"]), tier), "Data-Revision": str(done.revision)} | NO_STORE
    if status == 201:
        headers["Location"] = f"/v1/{done.collection.name}/{row['slug'] if done.collection.named else row['id']}"
    return json_response(status, doc, headers)


def batch_response(done: Done, tier: Access) -> Response:
    """The answer to a batch: the records as they now are."""
    body = f'{{"data":[{",".join(done.docs(tier))}],"revision":{done.revision}}}'
    headers = {"Data-Revision": str(done.revision)} | NO_STORE
    return json_response(201, body, headers)
