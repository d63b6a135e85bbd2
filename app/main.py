"""The application: settings in, one ASGI app out."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request

from app import about, changes
from app.actors.routes import router as actors
from app.answers import Kept
from app.claims.routes import router as claims
from app.codes import Access
from app.db import Reader, Statement, absent, reader_of, write_engine
from app.exports import datapackage
from app.facilities.routes import router as facilities
from app.figures.routes import router as figures
from app.gate import Gate
from app.imports.jobs import Importer
from app.imports.routes import routes as imports
from app.incidents.routes import router as incidents
from app.moments import View
from app.pages import add_pages
from app.populations.routes import router as populations
from app.settings import Settings
from app.settings import settings as of_process
from app.sources.routes import router as sources
from app.versions import NEVER_MIGRATED, STATE, expected, fault
from app.writer import Writer

SELDOM = 50_000
"""How many objects may be new before those are looked through for circular garbage: requests leave next to none."""


_STATE = Statement(STATE, (), {})


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application that serves one register."""
    chosen = settings or of_process()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        reader = reader_of(chosen.database_url, seconds=chosen.read_seconds, pool_size=chosen.pool_size)
        await reader.open()
        # Read from files once: whether the server is ready is asked often.
        expected()
        app.state.reader, app.state.writer = reader, Writer(write_engine(chosen.database_url), reader.waits)
        app.state.exports = asyncio.Semaphore(chosen.exports_at_once)
        app.state.importer = Importer(chosen.database_url, write_engine(chosen.database_url))
        # All that a server has loaded by now it keeps: looking through it for garbage would stop every request.
        gc.freeze()
        before = gc.get_threshold()
        gc.set_threshold(SELDOM, *before[1:])
        yield
        gc.set_threshold(*before)
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
            rows = await reader.fetch(_STATE, {})
        except Exception as error:  # noqa: BLE001  (whatever keeps the database from answering, the server is not ready)
            return NEVER_MIGRATED if absent(error) else "The database does not answer."
        return fault(*rows[0]) if rows else NEVER_MIGRATED

    app.state.readiness = readiness
    for router in (
        facilities,
        incidents,
        populations,
        figures,
        claims,
        sources,
        actors,
        about.routes,
        changes.routes,
        datapackage.routes,
        imports,
        about.health,
    ):
        # One flat list: an included router would match each request twice.
        app.router.routes.extend(router.routes)
    add_pages(app, _front)
    app.middleware_stack = Gate(app, chosen)
    return app


async def _front(request: Request) -> Mapping[str, Any]:
    """What the front page shows: the public register as it stands."""
    return await about.describe(request, View(request.app.state.reader, Access.public, None))


def _version() -> str:
    try:
        return version("detention-facility-data-api")
    except PackageNotFoundError:
        return "0.0.0"
