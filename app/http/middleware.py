"""What every request passes on its way in, and every answer on its way out: one layer around the routes. Pure ASGI.

A request has no trailing slash, a body no larger than the limit, and a key that works or none; HEAD is GET cut short.
The routes of the API are found by their path in a table. Every error becomes a problem here, and every answer gets its
security headers here, and those of CORS where a page of another site asks.
"""

from collections import defaultdict
from collections.abc import Mapping
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.errors import Busy, MethodNotAllowed, NotReady, Problem, TooLarge
from app.http.keys import KeyRing
from app.http.problems import told
from app.http.responses import Ready
from app.http.routing import BytesRoute
from app.settings import Settings

Headers = list[tuple[bytes, bytes]]


# Data is not a page: should a browser ever render an answer as one, nothing in it may run, load or be framed.
DATA_CSP = "default-src 'none'; frame-ancestors 'none'"


# The two or three pages load files of this server only: no inline script or style, no other host.
PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


_CSP = (b"content-security-policy", DATA_CSP.encode())


_CLOSING: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # Keeps answers out of other sites' processes; scripts that fetch across origins go by CORS and are not touched.
    (b"cross-origin-resource-policy", b"same-origin"),
    # The last one: an answer that brings its own policy, as the pages do, keeps it.
    _CSP,
]


_EXPOSED = b"ETag, Data-Revision, Link, Location, Content-Disposition, Allow, Retry-After, Idempotency-Replayed"


_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}


class Gate:
    """The application around its routes, as its settings have it."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._origins = frozenset(origin.encode() for origin in settings.cors_origins)
        self._keys = KeyRing()
        self._fixed: dict[str, dict[str, BytesRoute]] = defaultdict(dict)
        """The API's routes by path and method."""
        self._keyed: dict[tuple[str, ...], dict[str, BytesRoute]] = defaultdict(dict)
        """Those with a key in their path, `/v1/facilities/{key}/history`, by what stands around it."""
        for route in app.routes:
            if isinstance(route, BytesRoute):
                routes = self._keyed[around(route.path)] if route.key else self._fixed[route.path]
                routes.update(dict.fromkeys(route.methods or (), route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app.router(scope, receive, send)
            return
        given: dict[bytes, bytes] = dict(scope["headers"])
        scope["given"] = given
        closing = _CLOSING if b"origin" not in given else [*self._sharing(given[b"origin"]), *_CLOSING]
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET", "bare": True}, _without_body(send)
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                own = message.get("headers", ())
                message["headers"] = [*own, *(closing[:-1] if _CSP[0] in dict(own) else closing)]
            await send(message)

        try:
            response = await self._answer(scope, given, receive, sent)
        except Exception as error:
            if begun:
                raise
            response = told(Request(scope), await self._cause(error))
        if type(response) is Ready:
            headers = [*response.raw_headers, *closing]
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})
        elif response is not None:
            await response(scope, receive, sent)

    async def _answer(
        self, scope: Scope, given: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> Response | None:
        """The answer of a route of the API; what else there is, pages and files, sends its own."""
        path: str = scope["path"]
        route, allowed = self._found(path, scope["method"])
        most: int = getattr(self._settings, route.most) if route is not None else self._settings.max_body_bytes
        length = given.get(b"content-length", b"")
        if length.isdigit() and int(length) > most:
            raise _too_large(most)
        if path != "/" and path.endswith("/") and not path.startswith("//"):
            query = scope["query_string"].decode("latin-1")
            return Response(
                None, 308, {"Location": quote(path.rstrip("/"), safe="/:") + (f"?{query}" if query else "")}
            )
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in given:
            return Response(None, 204, _PREFLIGHT)
        if b"authorization" in given:
            holder = await self._keys.holder(scope["app"].state.reader, given[b"authorization"].decode("latin-1"))
            scope["holder"], scope["tier"] = holder, holder.tier
        if route is not None:
            scope["path_params"] = {route.key: path.split("/", 4)[3]} if route.key else {}
            return await route.handler(Request(scope, _counted(receive, most), send))
        if allowed:
            raise MethodNotAllowed("This route does not take this method.", headers={"Allow": ", ".join(allowed)})
        await self._app.router(scope, _counted(receive, most), send)
        return None

    async def _cause(self, error: Exception) -> Exception:
        """What stands behind an error: where nobody foresaw it, the database may not be as this server knows it."""
        if isinstance(error, Problem | HTTPException | RequestValidationError) and not isinstance(error, Busy):
            return error
        missing: str | None = await self._app.state.readiness()
        return NotReady(missing) if missing else error

    def _found(self, path: str, method: str) -> tuple[BytesRoute | None, list[str]]:
        """The API's route for a request; without one, the methods that its path does take."""
        routes = self._fixed.get(path) or self._keyed.get(around(path), {})
        if (route := routes.get(method)) is not None:
            return route, []
        return None, sorted(routes.keys() | {"HEAD"} if "GET" in routes else routes)

    def _sharing(self, origin: bytes) -> Headers:
        """What lets a page of another site read the answer."""
        if b"*" in self._origins:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED)]
        shared = [(b"vary", b"Origin")]
        if origin in self._origins:
            shared += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", _EXPOSED)]
        return shared


def _counted(receive: Receive, most: int) -> Receive:
    """The request's body, counted as it comes, whatever its Content-Length says."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise _too_large(most)
        return message

    return counted


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body is larger than {most} bytes.")


def around(path: str) -> tuple[str, ...]:
    """What stands around the key of a path: `/v1/facilities/x/history` is `("v1", "facilities", "history")`."""
    _, *parts = path.split("/", 4)
    return (*parts[:2], *parts[3:]) if len(parts) > 2 and parts[2] else ()


def _without_body(send: Send) -> Send:
    async def sent(message: Message) -> None:
        await send(message if message["type"] != "http.response.body" else {**message, "body": b""})

    return sent
