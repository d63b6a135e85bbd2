"""The application: settings in, one ASGI app out."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.answers.queue import Queues
from app.catalogue.versions import NEVER_MIGRATED, STATE, expected, fault, software
from app.database.engines import absent, reader_of, write_engine
from app.database.readers import SILENT, Reader
from app.database.settings import Settings
from app.database.settings import settings as of_process
from app.http import datapackage, duplicates, feeds, imports, linked_data, log, matching, metrics, reconciling
from app.http.about import HEALTH_ENDPOINTS, REGISTER_ENDPOINTS
from app.http.answers import answer_endpoints
from app.http.cache import AnswerCache
from app.http.collections import collection_endpoints
from app.http.exports import Slots
from app.http.kept_files import KeptFiles
from app.http.middleware import Middleware
from app.http.routing import Endpoint, EndpointRoute
from app.http.telemetry import Telemetry
from app.imports.jobs import Importer
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
        app.state.exports, app.state.duplicates = Slots(chosen.exports_at_once), Queues()
        app.state.kept_files = KeptFiles(chosen.kept_export_bytes)
        app.state.importer = Importer(chosen.database_url, write_engine(chosen.database_url))
        # Else a search for circular garbage looks through all that is loaded, and stops every request for 0.15 s.
        gc.freeze()
        yield
        gc.unfreeze()
        app.state.kept_files.clear()
        await app.state.importer.close()
        await asyncio.to_thread(app.state.writer.close)
        await reader.close()
        await middleware.limits.close()

    app = FastAPI(
        title="Detention Facility Data API",
        version=software(),
        lifespan=lifespan,
        openapi_url=None,
        redirect_slashes=False,
        # Nothing leaves this server by itself, whatever OTEL_* variables its surroundings set.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings, app.state.answer_cache = chosen, AnswerCache(chosen.cache_bytes)

    app.state.readiness = Readiness(app)
    declared = endpoints()
    app.router.routes.extend(map(EndpointRoute, declared))
    middleware = Middleware(app, chosen, declared)
    app.middleware_stack = Telemetry(middleware, log_requests=chosen.log_requests)
    return app


def endpoints() -> tuple[Endpoint, ...]:
    """Everything the API does, in the order of its document."""
    return (
        *collection_endpoints(),
        *answer_endpoints(),
        *REGISTER_ENDPOINTS,
        *feeds.ENDPOINTS,
        *matching.ENDPOINTS,
        *reconciling.ENDPOINTS,
        *duplicates.ENDPOINTS,
        *log.ENDPOINTS,
        *datapackage.ENDPOINTS,
        *linked_data.ENDPOINTS,
        *imports.ENDPOINTS,
        *HEALTH_ENDPOINTS,
        *metrics.ENDPOINTS,
    )


READY_SECONDS = 0.15
"""How long whoever asks whether the server is ready waits for the database."""


class Readiness:
    """Whether the server can answer: what is missing, or none. However many ask, the database is asked once."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._asked: asyncio.Task[str | None] | None = None

    async def __call__(self) -> str | None:
        """What is missing; a database that has not said so in time does not answer."""
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait([self._asked], timeout=READY_SECONDS)
        return self._asked.result() if done else SILENT

    async def _ask(self) -> str | None:
        reader: Reader = self._app.state.reader
        try:
            rows = await reader.fetch(STATE, {})
        except Exception as error:  # noqa: BLE001  (whatever keeps the database from answering, the server is not ready)
            return NEVER_MIGRATED if absent(error) else SILENT
        return fault(*rows[0]) if rows else NEVER_MIGRATED
