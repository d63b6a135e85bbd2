"""What a request may be: its body no larger than the limit, its path without a trailing slash; HEAD is GET, cut short.

A pure ASGI middleware. A body is counted as it arrives, whatever its Content-Length says.
"""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Problem, TooLarge


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
            await RedirectResponse(path.rstrip("/") + (f"?{query}" if query else ""), 308)(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        try:
            if int(length) > self._most:
                raise self._too_large()
            await self.app(scope, self._counted(receive), send)
        except Problem as problem:
            await problem.response()(scope, receive, send)

    def _counted(self, receive: Receive) -> Receive:
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
