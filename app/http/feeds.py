"""HTTP of the revisions and of the feed of changes."""

from fastapi import Request
from starlette.responses import Response

from app.errors import BadInput, NoSuchMoment, NotReady, TooSlow
from app.http.requests import read
from app.http.responses import response_of
from app.http.routing import Endpoint
from app.reading.feed import ChangePage, ChangeQuery, changes
from app.reading.revisions import RevisionPage, RevisionQuery, revisions


async def list_revisions(request: Request) -> Response:
    """`GET /v1/revisions`."""
    return response_of(request, await read(request, revisions))


async def list_changes(request: Request) -> Response:
    """`GET /v1/changes`."""
    return response_of(request, await read(request, changes))


ENDPOINTS = (
    Endpoint(
        path="/v1/revisions",
        handler=list_revisions,
        name="list_revisions",
        tag="register",
        summary="List the revisions",
        about="The committed writes: when, by whom, why, and how many records each changed.",
        query=RevisionQuery,
        model=RevisionPage,
        problems=(BadInput, NoSuchMoment, TooSlow, NotReady),
    ),
    Endpoint(
        path="/v1/changes",
        handler=list_changes,
        name="list_changes",
        tag="register",
        summary="Follow the changes",
        about="The record-level feed: a client that follows it from 0 ends with the records that the collections show.",
        query=ChangeQuery,
        model=ChangePage,
        problems=(BadInput, NoSuchMoment, TooSlow, NotReady),
    ),
)
