"""From an answer's bytes to an HTTP response: validators, conditional requests, caching."""

from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from app.http.requests import tier_of
from app.reading.answer import Answer, etag_of

VARY = "Authorization, Accept, Accept-Encoding"


class Ready(Response):
    """A response whose body and headers are bytes already."""

    def __init__(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code, self.body, self.raw_headers, self.background = status, body, headers, None


def ready(status: int, body: str, headers: Mapping[str, str]) -> Ready:
    """A response of JSON."""
    text = body.encode()
    given = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Ready(status, text, [*given, (b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))])


def again(request: Request, response: Ready) -> Ready:
    """A response given before, to another request for it: 304 when the client holds it already."""
    etag = next(value for name, value in response.raw_headers if name == b"etag").decode()
    if not holds(request, etag):
        return response
    return Ready(304, b"", [header for header in response.raw_headers if not header[0].startswith(b"content-")])


def respond(request: Request, answer: Answer) -> Ready:
    """The response: 304 when the reader holds it already."""
    headers = headers_of(request, answer)
    if holds(request, headers[0][1].decode()):
        return Ready(304, b"", headers)
    headers += [(b"content-type", answer.media.encode()), (b"content-length", b"%d" % len(answer.body))]
    return Ready(200, answer.body, headers)


def headers_of(request: Request, answer: Answer) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, its entity tag first; those of its body come on top."""
    link = f'<{answer.permalink}>; rel="permalink"'
    if answer.next is not None:
        link += f', <{answer.next}>; rel="next"'
    return [
        (b"etag", etag_of(answer.validator, tier_of(request), answer.format).encode()),
        (b"data-revision", b"%d" % answer.revision),
        (b"link", link.encode()),
        (b"cache-control", _caching(request)),
        (b"vary", VARY.encode()),
    ]


def holds(request: Request, etag: str) -> bool:
    """Whether the client says that it has the answer already."""
    if b"if-none-match" not in request.scope["given"]:
        return False
    held = [value for name, value in request.scope["headers"] if name == b"if-none-match"]
    listed = {one.strip().removeprefix("W/") for one in b",".join(held).decode("latin-1").split(",")}
    return "*" in listed or etag in listed


def _caching(request: Request) -> bytes:
    if b"authorization" in request.scope["given"]:
        return b"private, no-store"
    if not request.scope["query_string"]:
        return OF_THE_PRESENT
    query = b"&" + request.scope["query_string"]
    if b"&known_at=" in query:
        return b"no-store"
    if b"&revision=" in query:
        return b"public, max-age=86400, immutable"
    return OF_THE_PRESENT


OF_THE_PRESENT = b"public, max-age=0, must-revalidate"
"""How a public answer is cached that the next revision may change."""
