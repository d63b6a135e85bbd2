"""Security headers on every answer, whoever makes it: routes, error handlers, the file server.

A pure ASGI middleware: it wraps `send` and touches nothing else, so it costs a microsecond and streams pass through.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Data is not a page: should a browser ever render an answer as one, nothing in it may run, load or be framed.
DATA_CSP = "default-src 'none'; frame-ancestors 'none'"

# The two or three pages load files of this server only: no inline script or style, no other host.
PAGE_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_CSP = b"content-security-policy"
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    # Keeps answers out of other sites' processes; scripts that fetch across origins go by CORS and are not touched.
    (b"cross-origin-resource-policy", b"same-origin"),
]
_DATA = [*_ALWAYS, (_CSP, DATA_CSP.encode())]


class SecurityHeaders:
    """Adds the headers; a response that brings its own Content-Security-Policy, as the pages do, keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                own = _CSP in dict(given)
                message["headers"] = [*given, *(_ALWAYS if own else _DATA)]
            await send(message)

        await self.app(scope, receive, sent)
