"""What the register says of itself: its entry page for clients, its code lists, its health."""

from typing import Annotated

import orjson
from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.errors import BadInput, NoSuchMoment, NotFound, NotReady, TooSlow, unlisted
from app.http.requests import NoParameters, query_of, view_of
from app.http.responses import VARY, response_of
from app.http.routing import Endpoint, PathKey
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.overview import RegisterShown, describe
from app.reading.view import answered_revision, validator
from app.reading.vocabularies import Vocabularies, Vocabulary, code_lists
from app.records.parameters import Query


class Health(BaseModel):
    """How the server is."""

    status: Annotated[str, Field(description="`ok`, or what is missing.", examples=["ok"])]


async def get_register(request: Request) -> Response:
    """`GET /v1`."""
    raw, query = query_of(request, Query)
    view = await view_of(request, query)
    body = await describe(view, request.app.state.settings)
    head, redacted = body.pop("state")
    number = answered_revision(view.revision, head)
    tag = validator(number, number, redacted)
    return response_of(request, Answer(orjson.dumps(body), number, tag, permalink(request.url.path, raw, number)))


async def list_vocabularies(request: Request) -> Response:
    """`GET /v1/vocabularies`."""
    query_of(request, NoParameters)
    return _constant_response({"data": list(code_lists().values())})


async def get_vocabulary(request: Request) -> Response:
    """`GET /v1/vocabularies/{name}`."""
    query_of(request, NoParameters)
    name = request.path_params["name"]
    if name not in code_lists():
        message = unlisted("a code list", name, code_lists())
        raise NotFound(f"{message[0].upper()}{message[1:]}")
    return _constant_response(code_lists()[name])


def _constant_response(body: object) -> Response:
    """An answer that only a new version of the software changes."""
    return Response(
        orjson.dumps(body), 200, {"Cache-Control": "public, max-age=3600", "Vary": VARY}, "application/json"
    )


async def get_health(_request: Request) -> Response:
    """`GET /healthz`."""
    return _health_response("ok", 200)


async def get_readiness(request: Request) -> Response:
    """`GET /readyz`."""
    missing = await request.app.state.readiness()
    return _health_response(missing or "ok", 503 if missing else 200)


def _health_response(status: str, code: int) -> Response:
    return Response(orjson.dumps({"status": status}), code, {"Cache-Control": "no-store"}, "application/json")


REGISTER_ENDPOINTS = (
    Endpoint(
        path="/v1",
        handler=get_register,
        name="get_register",
        tag="register",
        summary="What this register is",
        about="The register's name, revision, counts and licence, and where its collections are.",
        query=Query,
        model=RegisterShown,
        problems=(BadInput, NoSuchMoment, TooSlow, NotReady),
    ),
    Endpoint(
        path="/v1/vocabularies",
        handler=list_vocabularies,
        name="list_vocabularies",
        tag="register",
        summary="List the code lists",
        about="Every code list, each code with a one-line definition; the same lists that validate what is written.",
        model=Vocabularies,
        problems=(BadInput,),
    ),
    Endpoint(
        path="/v1/vocabularies/{name}",
        handler=get_vocabulary,
        name="get_vocabulary",
        tag="register",
        summary="Get one code list",
        about="One code list by its name.",
        key=PathKey("name", "The list's name.", "incident-kind"),
        model=Vocabulary,
        problems=(BadInput, NotFound),
    ),
)
HEALTH_ENDPOINTS = (
    Endpoint(
        path="/healthz",
        handler=get_health,
        name="get_health",
        tag="health",
        summary="Whether the process runs",
        about="Answers as long as the process runs; it asks nothing of the database.",
        model=Health,
    ),
    Endpoint(
        path="/readyz",
        handler=get_readiness,
        name="get_readiness",
        tag="health",
        summary="Whether the server can answer",
        about="Ready when the database answers, and its schema and records are in the versions this server writes.",
        model=Health,
        further={
            503: {
                "description": "It cannot: the database does not answer, or has to be migrated first.",
                "model": Health,
            }
        },
    ),
)
