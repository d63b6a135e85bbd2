"""The reconciliation service of OpenRefine (version 0.2 of its protocol), over the answers that match names.

One service for each collection whose records have names. It says which records a cell may be of, suggests records while
somebody types, and gives fields of those that were chosen. Reading alone: nobody writes here.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import Form, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import Response

from app.answers.matching import NameQuery, match
from app.catalogue.collections import COLLECTIONS
from app.errors import (
    BadInput,
    Crowded,
    Fault,
    Gone,
    Hidden,
    Merged,
    NotFound,
    NotReady,
    TooLarge,
    TooSlow,
    sentence_of,
    unlisted,
)
from app.http.exports import Slots
from app.http.requests import NoParameters, origin_of, present_view, query_of
from app.http.responses import json_response
from app.http.routing import Endpoint, PathKey
from app.reading.records import fetch_record
from app.records.bodies import Country
from app.records.collection import Collection
from app.records.finding import Found
from app.records.shapes import shown

M = TypeVar("M", bound=BaseModel)
SERVED: Final = ("facilities", "incidents", "actors", "sources")
"""Collections whose records are found by their names."""
LIKELY: Final = 0.6
"""The least score of a candidate."""
APART: Final = 0.1
"""How much worse the next best candidate is, where one is taken for the record."""
MOST_QUERIES, MOST_CANDIDATES, MOST_EXTENDED = 1000, 20, 200
SUGGESTED: Final = 8


class Property(BaseModel):
    """What else is known of the thing that a cell names."""

    pid: str = Field(description="`country` (ISO 3166-1 alpha-3) or `place`.")
    v: Any = Field(description="Its value, or several.")


class Query(BaseModel):
    """One cell."""

    query: str = Field(min_length=1, max_length=300)
    limit: int = Field(default=3, ge=1, le=MOST_CANDIDATES)
    type: Any = None
    type_strict: Any = None
    properties: list[Property] = []


class Queries(BaseModel):
    """Cells by the names that the client gives them."""

    cells: dict[str, Query] = Field(max_length=MOST_QUERIES)


class Wanted(BaseModel):
    """Fields of records."""

    class Named(BaseModel):
        id: str

    ids: list[str] = Field(max_length=MOST_EXTENDED)
    properties: list[Named]


class ReconcileForm(BaseModel):
    """What OpenRefine sends: one of the two."""

    model_config = ConfigDict(extra="forbid")

    queries: str | None = Field(
        default=None,
        description="The cells, as JSON by their names.",
        examples=['{"q0":{"query":"Ghwayran prison"}}'],
    )
    extend: str | None = Field(
        default=None,
        description="Records and the fields wanted of them, as JSON.",
        examples=['{"ids":["al-sina-prison"],"properties":[{"id":"country"}]}'],
    )


class Prefix(BaseModel):
    """What somebody has typed."""

    model_config = ConfigDict(extra="forbid")

    prefix: Annotated[str, Field(description="What was typed.", max_length=300, examples=["Ghwayran"])] = ""


class Proposed(BaseModel):
    """What OpenRefine says when it asks which fields there are."""

    model_config = ConfigDict(extra="forbid")

    type: Annotated[
        str | None, Field(description="The type of the records; there is one.", max_length=40, examples=["facilities"])
    ] = None
    limit: Annotated[int, Field(description="How many fields.", ge=1, le=1000, examples=[10])] = 1000


async def get_manifest(request: Request) -> Response:
    """`GET /v1/reconcile/{collection}`."""
    query_of(request, NoParameters)
    collection, origin = _collection(request), origin_of(request)
    name = collection.name
    path = f"/v1/reconcile/{name}"
    body = {
        "versions": ["0.2"],
        "name": f"{request.app.state.settings.register_name}: {name}",
        "identifierSpace": f"{origin}/v1/{name}/",
        "schemaSpace": f"{origin}/guide/reference/records",
        "defaultTypes": [_type(collection)],
        "view": {"url": f"{origin}/v1/{name}/{{{{id}}}}"},
        "suggest": {"entity": {"service_url": origin, "service_path": f"{path}/suggest"}},
        "extend": {
            "propose_properties": {"service_url": origin, "service_path": f"{path}/properties"},
            "property_settings": [],
        },
    }
    return _told(body)


async def reconcile(request: Request) -> Response:
    """`POST /v1/reconcile/{collection}`."""
    query_of(request, NoParameters)
    collection = _collection(request)
    async with request.form(max_files=0, max_fields=4) as form:
        queries, extend = form.get("queries"), form.get("extend")
    if isinstance(queries, str):
        cells = _parsed(Queries, b'{"cells":%b}' % queries.encode(), "queries").cells
        return _told(await _candidates(request, collection, cells))
    if isinstance(extend, str):
        return _told(await _extended(request, collection, _parsed(Wanted, extend.encode(), "extend")))
    raise BadInput.of([Fault("send the form's field queries, or extend", pointer="/queries")])


async def suggest(request: Request) -> Response:
    """`GET /v1/reconcile/{collection}/suggest`."""
    collection = _collection(request)
    typed = query_of(request, Prefix)[1].prefix.strip()
    found: list[Found] = []
    if typed:
        _, (found,) = await match(present_view(request), collection, [NameQuery(typed)], SUGGESTED, LIKELY)
    return _told({"result": [{"id": one.slug, "name": one.match.name.text, "description": one.slug} for one in found]})


async def list_properties(request: Request) -> Response:
    """`GET /v1/reconcile/{collection}/properties`."""
    collection = _collection(request)
    most = query_of(request, Proposed)[1].limit
    properties = [{"id": name, "name": name} for name in shown(collection).model_fields if name != "match"][:most]
    return _told({"type": collection.name, "properties": properties})


async def _candidates(request: Request, collection: Collection, cells: Mapping[str, Query]) -> dict[str, Any]:
    """The records that each cell may be of; a score is a percentage, as the protocol's clients show it."""
    slots: Slots = request.app.state.exports
    results = {}
    with slots.taken(request.client.host if request.client else ""):
        for name, cell in cells.items():
            name_query = NameQuery(cell.query, **_known(cell, name))
            _, (found,) = await match(present_view(request), collection, [name_query], cell.limit + 1, LIKELY)
            results[name] = {
                "result": [
                    {
                        "id": one.slug,
                        "name": one.match.name.text,
                        "score": round(100 * one.match.score, 1),
                        "match": place == 0 and _is_sure(cell.query, found),
                        "type": [_type(collection)],
                    }
                    for place, one in enumerate(found[: cell.limit])
                ]
            }
    return results


def _is_sure(text: str, found: Sequence[Found]) -> bool:
    """Whether the best candidate is taken without asking: it is written the same, and no other is nearly as good.

    What only sounds alike is for a person to decide: two places may be called nearly the same.
    """
    best = found[0].match
    alone = len(found) == 1 or best.score - found[1].match.score >= APART
    return alone and _letters(text) == _letters(best.name.text)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _known(cell: Query, name: str) -> dict[str, str]:
    """What the properties of a cell say of where the thing lies."""
    known: dict[str, str] = {}
    for one in cell.properties:
        value = one.v[0] if isinstance(one.v, list) and one.v else one.v
        text = value.get("name") or value.get("id") if isinstance(value, dict) else value
        if one.pid not in {"country", "place"}:
            message = f"{one.pid[:40]!r} is not a property; give country or place"
            raise BadInput.of([Fault(message, pointer=f"/queries/{name}/properties")])
        if text:
            known[one.pid] = str(text)
    if "country" in known:
        known["country"] = _parsed(_OfCountry, orjson.dumps({"country": known["country"]}), f"queries/{name}").country
    return known


class _OfCountry(BaseModel):
    country: Country


async def _extended(request: Request, collection: Collection, wanted: Wanted) -> dict[str, Any]:
    """Fields of records; of a record that is not shown, nothing."""
    fields = shown(collection).model_fields.keys() - {"match"}
    names = [one.id for one in wanted.properties]
    if unknown := [name for name in names if name not in fields]:
        raise BadInput.of([Fault(unlisted("a field", unknown[0], fields), pointer="/extend/properties")])
    view, rows = present_view(request), {}
    for slug in wanted.ids:
        try:
            record = orjson.loads((await fetch_record(view, collection, slug, view.reader.fetch)).doc)
        except (NotFound, Hidden, Gone, Merged):
            record = {}
        rows[slug] = {name: _cells(record.get(name)) for name in names}
    return {"meta": [{"id": name, "name": name} for name in names], "rows": rows}


def _cells(value: Any) -> list[dict[str, Any]]:
    """A value as the cells of a row of OpenRefine."""
    if value is None:
        return []
    if isinstance(value, list):
        return [cell for one in value for cell in _cells(one)]
    if isinstance(value, bool | int | float):
        return [{"bool" if isinstance(value, bool) else "float": value}]
    return [{"str": value if isinstance(value, str) else orjson.dumps(value).decode()}]


def _type(collection: Collection) -> dict[str, str]:
    return {"id": collection.name, "name": collection.name}


def _collection(request: Request) -> Collection:
    name = request.path_params["collection"]
    if name not in SERVED:
        message = unlisted("a collection that is found by names", name, SERVED)
        raise NotFound(f"{message[0].upper()}{message[1:]}")
    return COLLECTIONS[name]


def _parsed(model: type[M], text: bytes, field: str) -> M:
    """A field of the form, read as JSON; raises `BadInput` that names each fault in it."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        faults = [
            Fault(sentence_of(fault), pointer="/".join(["", field, *map(str, fault["loc"])]))
            for fault in error.errors(include_url=False)
        ]
        raise BadInput.of(faults) from None


def _told(body: object) -> Response:
    return json_response(200, orjson.dumps(body).decode(), {"Cache-Control": "no-store"})


KEY: Final = PathKey("collection", "The collection: `facilities`, `incidents`, `actors` or `sources`.", "facilities")
JSON: Final[Mapping[str, Any]] = {"application/json": {"schema": {"type": "object"}}}
ENDPOINTS = (
    Endpoint(
        path="/v1/reconcile/{collection}",
        handler=get_manifest,
        name="get_reconciliation",
        tag="register",
        summary="A reconciliation service",
        about="What OpenRefine asks first of a reconciliation service (version 0.2 of its protocol): give it this "
        "address. It matches the cells of a column with records, by their names.",
        key=KEY,
        query=NoParameters,
        model=None,
        media=JSON,
        problems=(BadInput, NotFound),
    ),
    Endpoint(
        method="POST",
        path="/v1/reconcile/{collection}",
        handler=reconcile,
        name="reconcile",
        tag="register",
        summary="Match cells, or get fields of records, as OpenRefine does",
        about="`queries` are cells by their names: for each come the records it may be of, with a score of up to 100; "
        "`match` is true where one is written the same and no other is like it. The properties `country` and `place` "
        "narrow it. `extend` gives fields of records.",
        key=KEY,
        body=Annotated[ReconcileForm, Form()],
        model=None,
        media=JSON,
        problems=(BadInput, NotFound, TooLarge, TooSlow, NotReady, Crowded),
    ),
    Endpoint(
        path="/v1/reconcile/{collection}/suggest",
        handler=suggest,
        name="suggest_records",
        tag="register",
        summary="Suggest records while somebody types",
        about="The records that what was typed may be the name of, in any spelling that a list's `q` finds.",
        key=KEY,
        query=Prefix,
        model=None,
        media=JSON,
        problems=(BadInput, NotFound, TooSlow, NotReady),
    ),
    Endpoint(
        path="/v1/reconcile/{collection}/properties",
        handler=list_properties,
        name="list_reconciliation_properties",
        tag="register",
        summary="The fields that a reconciled column can be extended by",
        about="The fields of the collection's records, as OpenRefine proposes them.",
        key=KEY,
        query=Proposed,
        model=None,
        media=JSON,
        problems=(BadInput, NotFound),
    ),
)
