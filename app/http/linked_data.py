"""The register described as linked data, for catalogues and search engines: DCAT 3 and schema.org, as JSON-LD."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from fastapi import Request
from starlette.responses import Response

from app.catalogue.collections import LISTINGS
from app.database.settings import Settings
from app.errors import BadInput, NoSuchMoment, NotReady, TooSlow
from app.exports.formats import formats_of
from app.http.requests import query_of, view_of
from app.http.responses import response_of
from app.http.routing import Endpoint
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.overview import describe
from app.reading.view import answered_revision, validator
from app.records.listing import Listing
from app.records.parameters import Query

MEDIA: Final = "application/ld+json"
MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
DAY: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
CONTEXT: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
}
DESCRIPTION: Final = (
    "Places of detention, the people held there, and what happened: bounded, dated claims, each with its source."
)


async def get_catalog(request: Request) -> Response:
    """`GET /v1/catalog.jsonld`."""
    raw, query = query_of(request, Query)
    view = await view_of(request, query)
    settings: Settings = request.app.state.settings
    register = await describe(view, settings)
    head, redacted = register["state"]
    number = answered_revision(view.revision, head)
    body = catalog(settings, view.home.url, number, register["recorded_at"])
    tag = validator(number, number, redacted)
    link = permalink(request.url.path, raw, number)
    return response_of(request, Answer(orjson.dumps(body), number, tag, link, media=MEDIA))


def catalog(settings: Settings, home: str, number: int, recorded_at: str | None) -> dict[str, Any]:
    """The register at one revision; addresses are relative, as JSON-LD may have them, where nobody has set its own."""
    own = {"dct:license": {"@id": settings.licence_url}, "schema:license": settings.licence_url}
    own |= {"dcat:version": str(number), "schema:version": str(number)}
    if recorded_at is not None:
        own |= {"dct:modified": {"@value": recorded_at, "@type": DAY}, "schema:dateModified": recorded_at}
    return {
        "@context": CONTEXT,
        "@id": f"{home}/v1",
        "@type": ["dcat:Catalog", "schema:DataCatalog"],
        **_called(settings.register_name, DESCRIPTION),
        **own,
        "dcat:service": {
            "@type": "dcat:DataService",
            "dct:title": f"{settings.register_name}: API",
            "dcat:endpointURL": {"@id": f"{home}/v1"},
            "dcat:endpointDescription": {"@id": f"{home}/openapi.json"},
        },
        "dcat:dataset": [_dataset(listing, home, number, own) for listing in LISTINGS.values()],
    }


def _called(title: str, description: str) -> dict[str, str]:
    said = {"dct:title": title, "schema:name": title}
    return said | {"dct:description": description, "schema:description": description}


def _dataset(listing: Listing, home: str, number: int, own: Mapping[str, Any]) -> dict[str, Any]:
    """A collection, with the files it comes as."""
    name = listing.collection.name
    files = [
        {
            "@type": ["dcat:Distribution", "schema:DataDownload"],
            "dct:title": f"{name} as {one.name}",
            "dcat:downloadURL": {"@id": f"{home}/v1/{name}?format={one.name}&revision={number}"},
            "schema:contentUrl": f"{home}/v1/{name}?format={one.name}&revision={number}",
            "dcat:mediaType": {"@id": f"{MEDIA_TYPES}{one.media}"},
            "schema:encodingFormat": one.media,
        }
        for one in formats_of(listing).values()
        if not (one.paged or one.cites or one.importable)
    ]
    return {
        "@id": f"{home}/v1/{name}",
        "@type": ["dcat:Dataset", "schema:Dataset"],
        **_called(name.capitalize(), listing.collection.about),
        **own,
        "dcat:landingPage": {"@id": f"{home}/v1/{name}.html"},
        "dcat:distribution": files,
        "schema:distribution": files,
    }


ENDPOINTS = (
    Endpoint(
        path="/v1/catalog.jsonld",
        handler=get_catalog,
        name="get_catalog",
        tag="register",
        summary="The register as linked data",
        about="The register as a DCAT catalogue and a schema.org data catalogue, in JSON-LD: each collection as a "
        "dataset, with the files it comes as, pinned to one revision.\n\nThe front page holds it too.",
        query=Query,
        model=None,
        media={MEDIA: {"schema": {"type": "object"}}},
        problems=(BadInput, NoSuchMoment, TooSlow, NotReady),
    ),
)
