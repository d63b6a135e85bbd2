"""The register described as a Frictionless Data Package: its tables, their columns, how they refer to each other."""

from typing import Annotated, Any

import orjson
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.catalogue.collections import LISTINGS, NOUNS
from app.catalogue.columns import Column, Kind, columns
from app.database.settings import Settings
from app.errors import BadInput, NoSuchMoment, NotReady, TooSlow
from app.exports.formats import FORMATS
from app.http.requests import query_of, view_of
from app.http.responses import response_of
from app.http.routing import Endpoint
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.overview import describe
from app.reading.view import answered_revision, validator
from app.records.collection import Collection
from app.records.parameters import Query

FIELD_TYPES: dict[Kind, str] = {
    "text": "string",
    "integer": "integer",
    "number": "number",
    "truth": "boolean",
    "day": "date",
    "moment": "datetime",
    "texts": "string",
    "entries": "array",
    "mapping": "object",
}
"""What a Data Package calls each kind of column."""


class DataPackage(BaseModel):
    """A Data Package (Frictionless, version 2): the register's tables as CSV, with the schema of each."""

    model_config = ConfigDict(title="DataPackage", extra="forbid", populate_by_name=True)

    profile: Annotated[
        str,
        Field(
            alias="$schema",
            description="The profile it follows.",
            examples=["https://datapackage.org/profiles/2.0/datapackage.json"],
        ),
    ]
    name: Annotated[str, Field(description="A short name.", examples=["detention-facility-data"])]
    title: Annotated[str, Field(description="The register's name.", examples=["Detention Facility Data"])]
    description: Annotated[str, Field(description="What it holds.", examples=["A register of places of detention."])]
    version: Annotated[str, Field(description="The revision it is of.", examples=["1"])]
    created: Annotated[
        str | None,
        Field(
            description="When that was recorded, UTC; not there of revision 0, the empty register.",
            examples=["2026-11-22T12:00:00.000000Z"],
        ),
    ] = None
    licenses: Annotated[
        list[dict[str, str]], Field(description="The terms of reuse.", examples=[[{"title": "CC BY 4.0"}]])
    ]
    resources: Annotated[
        list[dict[str, Any]],
        Field(description="A table for each collection.", examples=[[{"name": "figures", "format": "csv"}]]),
    ]


async def get_datapackage(request: Request) -> Response:
    """`GET /v1/datapackage.json`."""
    raw, query = query_of(request, Query)
    view = await view_of(request, query)
    register = await describe(view, request.app.state.settings)
    head, redacted = register["state"]
    number = answered_revision(view.revision, head)
    settings: Settings = request.app.state.settings
    body = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "detention-facility-data",
        "title": settings.register_name,
        "description": "Facilities, populations and incidents of places of detention: bounded, dated, sourced claims.",
        "version": str(number),
        **({"created": register["recorded_at"]} if number else {}),
        "licenses": [{"title": settings.licence_name, "path": settings.licence_url}],
        "resources": [_resource(listing.collection, number) for listing in LISTINGS.values()],
    }
    tag = validator(number, number, redacted)
    return response_of(request, Answer(orjson.dumps(body), number, tag, permalink(request.url.path, raw, number)))


def _resource(collection: Collection, number: int) -> dict[str, Any]:
    foreign_keys = [
        {"fields": [name], "reference": {"resource": _resource_of(noun, collection), "fields": ["slug"]}}
        for name, noun in collection.references.items()
    ]
    return {
        "name": collection.name,
        "description": collection.about,
        # Relative to the address of the description.
        "path": f"{collection.name}?format=csv&revision={number}",
        "scheme": "http",
        "format": "csv",
        "mediatype": FORMATS["csv"].media,
        "encoding": "utf-8",
        "schema": {
            "fields": [_field(column) for column in columns(collection)],
            "primaryKey": ["id"],
            "foreignKeys": foreign_keys,
            "missingValues": [""],
        },
    }


def _resource_of(noun: str, collection: Collection) -> str:
    """The table that a reference leads to; a table calls itself by an empty name."""
    return "" if noun == collection.noun else NOUNS[noun].name


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": FIELD_TYPES[column.kind], "description": column.about}
    return field | ({"constraints": {"enum": list(column.codes)}} if column.codes else {})


ENDPOINTS = (
    Endpoint(
        path="/v1/datapackage.json",
        handler=get_datapackage,
        name="get_datapackage",
        tag="register",
        summary="The register as a Data Package",
        about="The whole register as a Data Package: a CSV table for each collection, with a description of every "
        "column.\n\nIts tables are those of one revision, so that they fit together and stay the same.",
        query=Query,
        model=DataPackage,
        problems=(BadInput, NoSuchMoment, TooSlow, NotReady),
    ),
)
