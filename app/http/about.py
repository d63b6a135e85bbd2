"""What the register says of itself: its entry page for clients, its code lists, its health."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from app.errors import BadInput, NotFound, unlisted
from app.http.requests import asked_of, view_of
from app.http.responses import VARY, respond
from app.http.routing import BytesRoute, get, router
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.overview import RegisterShown, describe
from app.reading.view import answered_revision, validator
from app.reading.vocabularies import Vocabularies, Vocabulary, code_lists
from app.records.parameters import Query

routes = router("register")


health = APIRouter(tags=["health"], route_class=BytesRoute)


async def register_now(request: Request) -> Response:
    """The register's name, revision, counts and licence, and where its collections are."""
    sent, asked = asked_of(Query, request)
    view = await view_of(request, asked)
    told = await describe(view, request.app.state.settings)
    head, redacted = told.pop("state")
    number = answered_revision(view.revision, head)
    of = validator(number, number, redacted)
    return respond(request, Answer(orjson.dumps(told), number, of, permalink(request.url.path, sent, number)))


get(
    routes,
    "",
    register_now,
    name="get_register",
    summary="What this register is",
    model=RegisterShown,
    query=Query,
    problems=(BadInput,),
)


def _fixed(body: object) -> Response:
    """An answer that only a new version of the software changes."""
    return Response(
        orjson.dumps(body), 200, {"Cache-Control": "public, max-age=3600", "Vary": VARY}, "application/json"
    )


class Nothing(BaseModel):
    """No parameters."""

    model_config = {"extra": "forbid"}


async def vocabularies(request: Request) -> Response:
    """Every code list, each code with a one-line definition; the same lists that validate what is written."""
    asked_of(Nothing, request)
    return _fixed({"data": list(code_lists().values())})


async def vocabulary(request: Request) -> Response:
    """One code list by its name."""
    asked_of(Nothing, request)
    name = request.path_params["name"]
    if name not in code_lists():
        told = unlisted("a code list", name, code_lists())
        raise NotFound(f"{told[0].upper()}{told[1:]}")
    return _fixed(code_lists()[name])


get(
    routes,
    "/vocabularies",
    vocabularies,
    name="list_vocabularies",
    summary="List the code lists",
    model=Vocabularies,
    problems=(BadInput,),
)


get(
    routes,
    "/vocabularies/{name}",
    vocabulary,
    name="get_vocabulary",
    summary="Get one code list",
    model=Vocabulary,
    keys={"name": ("The list's name.", "incident-kind")},
    problems=(BadInput, NotFound),
)


# --- health ------------------------------------------------------------------------------------------------------


class Health(BaseModel):
    """How the server is."""

    status: Annotated[str, Field(description="`ok`, or what is missing.", examples=["ok"])]


async def healthz(_request: Request) -> Response:
    """Answers as long as the process runs; it asks nothing of the database."""
    return _health("ok", 200)


async def readyz(request: Request) -> Response:
    """Ready when the database answers, and its schema and records are in the versions this server writes."""
    missing = await request.app.state.readiness()
    return _health(missing or "ok", 503 if missing else 200)


def _health(status: str, code: int) -> Response:
    return Response(orjson.dumps({"status": status}), code, {"Cache-Control": "no-store"}, "application/json")


get(health, "/healthz", healthz, name="get_health", summary="Whether the process runs", model=Health)


get(
    health,
    "/readyz",
    readyz,
    name="get_readiness",
    summary="Whether the server can answer",
    model=Health,
    further={
        503: {
            "description": "It cannot: the database does not answer, or has to be migrated first.",
            "model": Health,
        }
    },
)
