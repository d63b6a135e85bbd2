"""The application: settings in, one ASGI app out."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request

from app.catalogue.versions import NEVER_MIGRATED, STATE, expected, fault
from app.database.engines import absent, reader_of, write_engine
from app.database.readers import Reader
from app.history.codes import Access
from app.http import datapackage
from app.http.about import health as about_health
from app.http.about import routes as about_routes
from app.http.cache import Kept
from app.http.collections import of_collections
from app.http.feeds import routes as feeds_routes
from app.http.imports import routes as imports
from app.http.middleware import Gate
from app.http.pages import NAMED, add_pages
from app.imports.jobs import Importer
from app.reading.overview import describe, shows
from app.reading.view import View
from app.settings import Settings
from app.settings import settings as of_process
from app.writing.group_commit import LARGEST_GROUP, GroupCommit


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application that serves one register."""
    chosen = settings or of_process()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        reader = reader_of(chosen.database_url, seconds=chosen.read_seconds, pool_size=chosen.pool_size)
        await reader.open()
        # Read from files once: whether the server is ready is asked often.
        expected()
        largest = LARGEST_GROUP if chosen.group_commit else 1
        app.state.reader, app.state.writer = reader, GroupCommit(write_engine(chosen.database_url), largest=largest)
        app.state.exports = asyncio.Semaphore(chosen.exports_at_once)
        app.state.importer = Importer(chosen.database_url, write_engine(chosen.database_url))
        # Else a search for circular garbage looks through all that is loaded, and stops every request for 0.15 s.
        gc.freeze()
        yield
        gc.unfreeze()
        await app.state.importer.close()
        await asyncio.to_thread(app.state.writer.close)
        await reader.close()

    app = FastAPI(
        title="Detention Facility Data API",
        version=_version(),
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        # Nothing leaves this server by itself, whatever OTEL_* variables its surroundings set.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings, app.state.kept = chosen, Kept(chosen.kept_bytes)

    async def readiness() -> str | None:
        reader: Reader = app.state.reader
        try:
            rows = await reader.fetch(STATE, {})
        except Exception as error:  # noqa: BLE001  (whatever keeps the database from answering, the server is not ready)
            return NEVER_MIGRATED if absent(error) else "The database does not answer."
        return fault(*rows[0]) if rows else NEVER_MIGRATED

    app.state.readiness = readiness
    for router in (
        *of_collections(),
        about_routes,
        feeds_routes,
        datapackage.routes,
        imports,
        about_health,
    ):
        # One flat list: an included router would match each request twice.
        app.router.routes.extend(router.routes)
    add_pages(app, _front)
    app.middleware_stack = Gate(app, chosen)
    return app


async def _front(request: Request) -> Mapping[str, Any]:
    """What the front page shows: the public register as it stands."""
    view = View(request.app.state.reader, Access.public, None)
    return {**await describe(view, request.app.state.settings), "asked": await shows(view, NAMED)}


def _version() -> str:
    try:
        return version("detention-facility-data-api")
    except PackageNotFoundError:
        return "0.0.0"
