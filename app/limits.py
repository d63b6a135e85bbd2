"""What a request may be: its body no larger than the limit, its path without a trailing slash; HEAD is GET, cut short.

A pure ASGI middleware. A body is counted as it arrives, whatever its Content-Length says.
"""

import logging
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Broken, Problem, TooLarge

log = logging.getLogger(__name__)


def _without_body(send: Send) -> Send:
    async def sent(message: Message) -> None:
        await send(message if message["type"] != "http.response.body" else {**message, "body": b""})

    return sent


class RequestLimits:
    """Refuses bodies over `most` bytes with a 413, and sends `/v1/facilities/` to `/v1/facilities` with a 308."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self._most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if path != "/" and path.endswith("/") and not path.startswith("//"):
            query = scope["query_string"].decode("latin-1")
            to = quote(path.rstrip("/"), safe="/:") + (f"?{query}" if query else "")
            await Response(None, 308, {"Location": to})(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        try:
            announced = int(length) if length.isdigit() else 0
            await self.app(scope, self._counted(receive, announced), send)
        except Problem as problem:
            await problem.response()(scope, receive, send)
        except Exception:
            # What nobody foresaw is told like every other error, with the headers of every other answer.
            log.exception("unhandled")
            await Broken("Something broke inside the server; it has been logged.").response()(scope, receive, send)

    def _counted(self, receive: Receive, announced: int) -> Receive:
        if announced > self._most:
            raise self._too_large()
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The body is larger than {self._most} bytes.")
