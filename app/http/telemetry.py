"""What an operator learns of each request: its id, one line of the log, and its place in the metrics.

A line is JSON: `id`, `method`, `route` (the template, never the address), `status`, `ms`, and where there are any
`rows`, `revision` and the id of the `key`. No query string, body or secret is ever in it.
"""

import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from os import urandom
from time import perf_counter
from typing import Any, Final

import orjson
import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

GIVEN_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""Ids of requests that clients may choose themselves; another is replaced."""
OTHER: Final = "other"
"""The route of a page, a file, or an address that is none."""
REQUEST_SECONDS = Histogram(
    "detention_request_seconds",
    "Seconds until a request was answered in full.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)
CACHED_ANSWERS = Counter("detention_cached_answers", "Answers given again from the cache.")


class Observation:
    """What is known of one request, filled while it is answered."""

    __slots__ = ("key", "revision", "route", "rows", "status")

    def __init__(self) -> None:
        self.status, self.route = 500, OTHER
        self.key: str | None = None
        self.rows: bytes | None = None
        self.revision: bytes | None = None

    def answered(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Take down what the head of the answer says."""
        self.status = status
        for name, value in headers:
            if name == b"data-revision":
                self.revision = value
            elif name == b"row-count":
                self.rows = value


class Telemetry:
    """The outermost layer: it gives every request an id and takes down what became of it."""

    def __init__(self, app: ASGIApp, *, log_requests: bool) -> None:
        self._app = app
        self._log: Any = request_log() if log_requests else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        number = _id_of(scope)
        observed = scope["observed"] = Observation()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = [*message.get("headers", ()), (b"x-request-id", number)]
                observed.answered(message["status"], headers)
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._take_down(scope["method"], number, observed, perf_counter() - began)

    def _take_down(self, method: str, number: bytes, observed: Observation, seconds: float) -> None:
        route, status = observed.route, observed.status
        REQUEST_SECONDS.labels(_known(method), route, status).observe(seconds)
        if self._log is not None:
            facts: dict[str, Any] = {"id": number.decode(), "method": _known(method), "route": route, "status": status}
            facts["ms"] = round(seconds * 1000, 2)
            if observed.rows is not None:
                facts["rows"] = int(observed.rows)
            if observed.revision is not None:
                facts["revision"] = int(observed.revision)
            if observed.key is not None:
                facts["key"] = observed.key
            # A log that nobody takes is no reason not to answer.
            with suppress(OSError, ValueError):
                self._log.info("request", **facts)


METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"})


def _known(method: str) -> str:
    """A method, or `other`: what clients make up is no label."""
    return method if method in METHODS else OTHER


def _id_of(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and GIVEN_ID.fullmatch(value):
            header: bytes = value
            return header
    return urandom(8).hex().encode()


TIMESTAMP: Final = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")


def _json(facts: dict[str, Any], **_: Any) -> bytes:
    return orjson.dumps(facts, default=str)


def request_log() -> Any:
    """A log of requests on stderr."""
    return structlog.wrap_logger(
        structlog.BytesLogger(sys.stderr.buffer),
        processors=[TIMESTAMP, structlog.processors.JSONRenderer(serializer=_json)],
        wrapper_class=structlog.BoundLogger,
    ).bind()


def _text(facts: dict[str, Any], **_: Any) -> str:
    return _json(facts).decode()


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, TIMESTAMP],
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_text),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
"""How whatever else a server process says becomes a line of JSON too."""
