"""What the register says of itself: its entry page for clients, its code lists, its health."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Dialect, bindparam, func, select
from starlette.responses import Response

import app.imports.jobs
import app.imports.rules
import app.security  # noqa: F401  (the code lists are complete once all of these are there)
from app.answers import VARY, Answer, BytesRoute, get, respond, router
from app.catalogue import COLLECTIONS
from app.codes import VOCABULARIES, Access
from app.countries import ISO_3166_ALPHA3
from app.db import Statement, compiled
from app.errors import BadInput, NotFound, unlisted
from app.filters import seen
from app.history import REVISIONS, At
from app.moments import View, checked, validator, view_of
from app.paging import Query, asked_of, pinned
from app.settings import Settings
from app.statements import HEAD, NUMBER, records_statement, state

routes = router("register")
health = APIRouter(tags=["health"], route_class=BytesRoute)


class Licence(BaseModel):
    """The terms the register's own records may be reused under."""

    name: Annotated[str, Field(description="As people name it.", examples=["CC BY 4.0"])]
    url: Annotated[
        str, Field(description="Where it can be read.", examples=["https://creativecommons.org/licenses/by/4.0/"])
    ]


class RegisterShown(BaseModel):
    """What this register is, how much it holds and how new it is."""

    model_config = {"title": "Register"}

    name: Annotated[str, Field(alias="register", description="Its name.", examples=["Detention Facility Data"])]
    revision: Annotated[int, Field(description="The revision answered from.", examples=[1])]
    recorded_at: Annotated[
        str | None,
        Field(
            description="When it was recorded, UTC; null of revision 0, the empty register.",
            examples=["2026-11-22T12:00:00.000000Z"],
        ),
    ]
    counts: Annotated[
        dict[str, int],
        Field(description="How many records each collection shows you.", examples=[{"facilities": 5, "figures": 51}]),
    ]
    partner_records: Annotated[
        int, Field(description="How many more there are that only partners of the register may see.", examples=[0])
    ]
    licence: Annotated[Licence, Field(description="The terms of reuse.")]
    links: Annotated[
        dict[str, str], Field(description="Where to go from here.", examples=[{"facilities": "/v1/facilities"}])
    ]


@lru_cache(maxsize=64)
def _counts(at: At, tier: Access, dialect: Dialect) -> Statement:
    """The revision answered from, when it was recorded, and how much each collection shows and hides."""
    shown, hidden = [], []
    for collection in COLLECTIONS.values():
        rows, others = at(collection.rows), at(collection.rows)
        shown.append(select(func.count()).select_from(rows).where(*at.holds(rows), *seen(rows, tier)).scalar_subquery())
        partner = others.c.access == ("partner" if tier == Access.public else "none")
        hidden.append(select(func.count()).select_from(others).where(partner, *at.holds(others)).scalar_subquery())
    number = func.coalesce(bindparam("revision", type_=NUMBER), HEAD.scalar_subquery())
    recorded = select(REVISIONS.c.recorded_at).where(REVISIONS.c.id == number)
    return compiled(select(*state(at), recorded.scalar_subquery(), *shown, *hidden), dialect)


async def register_now(request: Request) -> Response:
    """The register's name, revision, counts and licence, and where its collections are."""
    sent, asked = asked_of(Query, request)
    view = await view_of(request, asked)
    told = await describe(request, view)
    head, redacted = told.pop("state")
    number = checked(view.revision, head)
    of = validator(number, number, redacted)
    return respond(request, Answer(orjson.dumps(told), number, of, pinned(request.url.path, sent, number)))


async def describe(request: Request, view: View) -> dict[str, Any]:
    """What `GET /v1` answers, and as `state` the register's revision and redaction."""
    settings: Settings = request.app.state.settings
    statement = _counts(view.at, view.tier, view.reader.dialect)
    ((head, redacted, recorded_at, *counts),) = await view.reader.fetch(statement, {"revision": view.revision})
    names = [collection.name for collection in COLLECTIONS.values()]
    return {
        "register": settings.register_name,
        "revision": head if view.revision is None else view.revision,
        "recorded_at": recorded_at,
        "counts": dict(zip(names, counts[: len(names)], strict=True)),
        "partner_records": sum(counts[len(names) :]),
        "licence": {"name": settings.licence_name, "url": settings.licence_url},
        "links": {name: f"/v1/{name}" for name in (*names, "vocabularies")}
        | {"docs": "/docs", "openapi": "/openapi.json"},
        "state": (head, redacted),
    }


async def shows(view: View, named: Mapping[str, Sequence[str]]) -> bool:
    """Whether every one of some records, by collection and slug, is there for a reader to see."""
    for name, slugs in named.items():
        collection = COLLECTIONS[name]
        statement = records_statement(collection, "slug", len(slugs), view.at, view.tier, view.reader.dialect)
        keys = {f"key_{place}": slug for place, slug in enumerate(slugs)}
        if len(await view.reader.fetch(statement, keys | {"revision": view.revision})) < len(slugs):
            return False
    return True


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


# --- code lists --------------------------------------------------------------------------------------------------


class CodeShown(BaseModel):
    """One code of a list."""

    code: Annotated[str, Field(description="The code, as it stands in a record.", examples=["prison_break"])]
    definition: Annotated[
        str,
        Field(
            description="What it means.",
            examples=["Several people get out by force or breach, with help from inside or outside."],
        ),
    ]


class Vocabulary(BaseModel):
    """A closed list of codes."""

    name: Annotated[str, Field(description="The list's name.", examples=["incident-kind"])]
    about: Annotated[str, Field(description="What the list is for.", examples=["What sort of incident it was."])]
    codes: Annotated[list[CodeShown], Field(description="Its codes, each with a one-line definition.")]


class Vocabularies(BaseModel):
    """Every code list of the register."""

    data: Annotated[list[Vocabulary], Field(description="The lists, by name.")]


def _vocabularies() -> dict[str, dict[str, Any]]:
    lists = {
        name: {
            "name": name,
            "about": (codes.__doc__ or "").strip(),
            "codes": [{"code": str(code), "definition": code.definition} for code in codes],
        }
        for name, codes in sorted(VOCABULARIES.items())
    }
    countries = [{"code": code, "definition": f"{name}."} for code, name in ISO_3166_ALPHA3.items()]
    lists["country"] = {"name": "country", "about": "Countries, by ISO 3166-1 alpha-3 code.", "codes": countries}
    return dict(sorted(lists.items()))


VOCABULARY_LISTS = _vocabularies()


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
    return _fixed({"data": list(VOCABULARY_LISTS.values())})


async def vocabulary(request: Request) -> Response:
    """One code list by its name."""
    asked_of(Nothing, request)
    name = request.path_params["name"]
    if name not in VOCABULARY_LISTS:
        told = unlisted("a code list", name, VOCABULARY_LISTS)
        raise NotFound(f"{told[0].upper()}{told[1:]}")
    return _fixed(VOCABULARY_LISTS[name])


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
