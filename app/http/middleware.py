"""What every request passes on its way in, and every answer on its way out: one layer of ASGI middleware.

A request has no trailing slash, a body no larger than the limit, and a key that works or none; HEAD is GET without the
body. The endpoints of the API are found by their path in a table. Every error becomes a problem here, and every answer
gets its security headers here, and those of CORS where a page of another site asks.

CORS, HEAD and 405 are not Starlette's. Its `CORSMiddleware` answers a preflight with the text `OK`, and one it refuses
with a text too, not a problem; its routes make the whole answer to a HEAD request, an export of the whole register too;
and where each method of a path is a route, its 405 names the methods of the first one alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.database.settings import Settings
from app.errors import (
    Busy,
    HeadersTooLarge,
    MethodNotAllowed,
    NotReady,
    Problem,
    TooLarge,
    TooLong,
    Unauthorized,
)
from app.http.encodings import in_coding
from app.http.html import Pages, as_shown, wanted_page
from app.http.keys import KeyRing
from app.http.pages.listed import page_at
from app.http.policies import DATA_CSP
from app.http.problems import error_response
from app.http.rate_limits import RateLimits
from app.http.resources import Resources
from app.http.responses import BytesResponse
from app.http.routing import Endpoint

Headers = list[tuple[bytes, bytes]]


LONGEST_ADDRESS: Final = 8192
"""Bytes of a path and its query string."""
MOST_HEADERS: Final = 100
LARGEST_HEADERS: Final = 16_384
"""Bytes of all names and values of a request's headers."""


_CSP: Final = (b"content-security-policy", DATA_CSP.encode())
_SECURITY_HEADERS: Final[Headers] = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # Keeps answers out of other sites' processes; scripts that fetch across origins go by CORS and are not touched.
    (b"cross-origin-resource-policy", b"same-origin"),
    # The last one: an answer that brings its own policy, as the pages do, keeps it.
    _CSP,
]
_EXPOSED_HEADERS: Final = (
    b"ETag, Data-Revision, Row-Count, Link, Location, Content-Disposition, Content-Length, Content-Range, "
    b"Accept-Ranges, Allow, Retry-After, Idempotency-Replayed, "
    b"RateLimit, RateLimit-Policy, X-Request-Id"
)
_PREFLIGHT_HEADERS: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-Match, If-None-Match, If-Range, Range, Idempotency-Key, X-Request-Id"
    ),
    "Access-Control-Max-Age": "86400",
}


class Middleware:
    """The layer around an application: it answers requests for endpoints, and leaves pages and files to the router."""

    def __init__(self, app: FastAPI, settings: Settings, endpoints: Iterable[Endpoint]) -> None:
        self._app, self._settings = app, settings
        self._origins = frozenset(origin.encode() for origin in settings.cors_origins)
        self._keys, self.limits = KeyRing(), RateLimits(settings)
        self._by_path: dict[str, dict[str, Endpoint]] = defaultdict(dict)
        """Endpoints by path and method."""
        self._by_pattern: dict[tuple[str, ...], dict[str, Endpoint]] = defaultdict(dict)
        """Those with a key in their path, `/v1/facilities/{key}/history`, by the parts around it, and by method."""
        for endpoint in endpoints:
            same_path = self._by_pattern[around(endpoint.path)] if endpoint.key else self._by_path[endpoint.path]
            same_path[endpoint.method] = endpoint
        self._pages = Pages(settings, self._match)
        self._resources = Resources(app, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app.router(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"][: MOST_HEADERS + 1])
        scope["headers_by_name"] = headers
        added = _SECURITY_HEADERS if b"origin" not in headers else self._cors_headers(headers[b"origin"])
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET", "is_head": True}, _without_body(send)
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                own = message.get("headers", ())
                limits = scope.get("limit_headers", ())
                message["headers"] = [*own, *limits, *(added[:-1] if _CSP[0] in dict(own) else added)]
            await send(message)

        try:
            _check_head(scope)
            response = await self._answer(scope, headers, receive, send_with_headers)
        except Exception as error:
            if begun:
                raise
            problem = error_response(Request(scope), await self._cause(error))
            response = as_shown(problem, scope, headers, self._settings.register_name)
        if isinstance(response, BytesResponse):
            response = in_coding(response, headers)
        if type(response) is BytesResponse:
            raw = [*response.raw_headers, *scope.get("limit_headers", ()), *added]
            await send({"type": "http.response.start", "status": response.status_code, "headers": raw})
            await send({"type": "http.response.body", "body": response.body})
        elif response is not None:
            await response(scope, receive, send_with_headers)

    async def _answer(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> Response | None:
        """The answer of an endpoint; the router sends what else there is, pages and files."""
        path: str = scope["path"]
        endpoint, allowed = self._match(path, scope["method"])
        page = wanted_page(scope, headers) if scope["method"] == "GET" else None
        if endpoint is not None and "observed" in scope:
            scope["observed"].route = endpoint.path
        await self._identify(scope, headers)
        most: int = getattr(self._settings, endpoint.most if endpoint is not None else "max_body_bytes")
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > most:
            raise _too_large(most)
        if (refusal := self._told_at_once(scope, headers, allowed)) is not None:
            return refusal
        if (resource := self._resources.find(path)) is not None:
            if scope["method"] != "GET":
                raise MethodNotAllowed("This is only read.", headers={"Allow": "GET, HEAD"})
            return resource.response(Request(scope))
        if page is not None:
            return await self._pages.answer(Request(scope, _limited(receive, most), send), page)
        if endpoint is not None:
            scope["path_params"] = {endpoint.key.name: path.split("/", 4)[3]} if endpoint.key else {}
            return await endpoint.handler(Request(scope, _limited(receive, most), send))
        if allowed:
            raise MethodNotAllowed("This route does not take this method.", headers={"Allow": ", ".join(allowed)})
        await self._app.router(scope, _limited(receive, most), send)
        return None

    def _told_at_once(self, scope: Scope, headers: Mapping[bytes, bytes], allowed: Sequence[str]) -> Response | None:
        """Where an address with a slash behind it leads, and what OPTIONS asks; None for any other request."""
        path: str = scope["path"]
        if path != "/" and path.endswith("/") and not path.startswith("//"):
            query = scope["query_string"].decode("latin-1")
            to = quote(path.rstrip("/"), safe="/:") + (f"?{query}" if query else "")
            return Response(None, 308, {"Location": to})
        if scope["method"] != "OPTIONS":
            return None
        if b"access-control-request-method" in headers:
            return Response(None, 204, _PREFLIGHT_HEADERS)
        is_read = self._resources.find(path) is not None or page_at(path) is not None
        taken = allowed or (["GET", "HEAD"] if is_read else [])
        return Response(None, 204, {"Allow": ", ".join(sorted({*taken, "OPTIONS"}))}) if taken else None

    async def _identify(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Find who sends the request, where it brings a key, and count it for that key or for its address."""
        key = None
        if b"authorization" in headers:
            await self.limits.check_keys(scope)
            try:
                reader = scope["app"].state.reader
                holder = await self._keys.holder(reader, headers[b"authorization"].decode("latin-1"))
            except Unauthorized:
                await self.limits.count_wrong_key(scope)
                raise
            scope["holder"], scope["tier"], key = holder, holder.tier, holder.id
            if "observed" in scope:
                scope["observed"].key = key
        scope["limit_headers"] = await self.limits.count(scope, key)

    async def _cause(self, error: Exception) -> Exception:
        """The cause of an error: an unforeseen one may come of a database that this server's version does not know."""
        if isinstance(error, Problem | HTTPException | RequestValidationError) and not isinstance(error, Busy):
            return error
        missing: str | None = await self._app.state.readiness()
        return NotReady(missing) if missing else error

    def _match(self, path: str, method: str) -> tuple[Endpoint | None, list[str]]:
        """The endpoint for a request; without one, the methods that its path does take."""
        same_path = self._by_path.get(path) or self._by_pattern.get(around(path), {})
        if (endpoint := same_path.get(method)) is not None:
            return endpoint, []
        return None, sorted(same_path.keys() | {"HEAD"} if "GET" in same_path else same_path)

    def _cors_headers(self, origin: bytes) -> Headers:
        """The headers to add for a page of another site: those that let it read the answer, if it may."""
        exposed = (b"access-control-expose-headers", _EXPOSED_HEADERS)
        if b"*" in self._origins:
            return [(b"access-control-allow-origin", b"*"), exposed, *_SECURITY_HEADERS]
        allowed = [(b"access-control-allow-origin", origin), exposed] if origin in self._origins else []
        return [(b"vary", b"Origin"), *allowed, *_SECURITY_HEADERS]


def _check_head(scope: Scope) -> None:
    """Raise for a request whose address or headers would take long to read."""
    if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
        raise TooLong(f"The address is longer than {LONGEST_ADDRESS} bytes.")
    headers: Headers = scope["headers"]
    if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LARGEST_HEADERS:
        raise HeadersTooLarge(f"The request has more than {MOST_HEADERS} headers, or {LARGEST_HEADERS} bytes of them.")


def _limited(receive: Receive, most: int) -> Receive:
    """The request's body, measured as it comes, whatever its Content-Length says."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise _too_large(most)
        return message

    return receive_limited


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"The body is larger than {most} bytes.")


def around(path: str) -> tuple[str, ...]:
    """The parts of a path around its key: `/v1/facilities/x/history` is `("v1", "facilities", "history")`."""
    _, *parts = path.split("/", 4)
    return (*parts[:2], *parts[3:]) if len(parts) > 2 and parts[2] else ()


def _without_body(send: Send) -> Send:
    async def send_without_body(message: Message) -> None:
        await send(message if message["type"] != "http.response.body" else {**message, "body": b""})

    return send_without_body
