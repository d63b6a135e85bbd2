"""HTTP of the revisions and of the feed."""

from fastapi import Request
from starlette.responses import Response

from app.errors import BadInput, TooSlow
from app.http.requests import read
from app.http.responses import respond
from app.http.routing import get, router
from app.reading.feed import ChangePage, ChangeQuery, changes
from app.reading.revisions import RevisionPage, RevisionQuery, revisions

routes = router("register")


async def list_revisions(request: Request) -> Response:
    """The committed writes: when, by whom, why, and how many records each changed."""
    return respond(request, await read(request, revisions))


async def list_changes(request: Request) -> Response:
    """The record-level feed: a client that follows it from 0 ends with the records that the collections show."""
    return respond(request, await read(request, changes))


get(
    routes, "/revisions", list_revisions, name="list_revisions", summary="List the revisions", model=RevisionPage,
    query=RevisionQuery, problems=(BadInput, TooSlow),
)  # fmt: skip


get(
    routes, "/changes", list_changes, name="list_changes", summary="Follow the changes", model=ChangePage,
    query=ChangeQuery, problems=(BadInput, TooSlow),
)  # fmt: skip
