"""From an answer's bytes to an HTTP response: validators, conditional requests, caching."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from fastapi import Request
from starlette.responses import Response

from app.http.requests import origin_of, tier_of
from app.reading.answer import Answer, etag_of

VARY: Final = "Authorization, Accept, Accept-Encoding"
OF_BODIES: Final = frozenset({b"content-type", b"content-length", b"content-disposition"})
"""Headers that an answer without a body does not have."""
CURSOR: Final = re.compile(r"(?<=[?&])cursor=[^&]*&?")
"""What makes the address of a page that of another page; never the last parameter, for `revision` comes with it."""
CODED: Final = re.compile(r'\.(?:br|zstd|gzip)"$')
"""What stands at the end of the tag of an answer in a content coding."""
PRESENT_CACHE_CONTROL: Final = b"public, max-age=0, must-revalidate"
"""How a public answer is cached that the next revision may change."""


class BytesResponse(Response):
    """A response whose body and headers are bytes already."""

    def __init__(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code, self.body, self.raw_headers, self.background = status, body, headers, None
        self.coded: dict[str, BytesResponse] = {}
        """The same in content codings, each once it was asked for."""
        self.held: BytesResponse | None = None
        """Of an answer that the client has already: what is not sent again."""


def json_response(status: int, body: str, headers: Mapping[str, str]) -> BytesResponse:
    """A response of JSON text."""
    text = body.encode()
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    raw += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(text))]
    return BytesResponse(status, text, raw)


def response_of(request: Request, answer: Answer) -> BytesResponse:
    """The response to a read: 304 when the client has it already."""
    headers = headers_of(request, answer)
    headers += [(b"content-type", answer.media.encode()), (b"content-length", b"%d" % len(answer.body))]
    return unless_held(request, BytesResponse(200, answer.body, headers))


def unless_held(request: Request, response: BytesResponse) -> BytesResponse:
    """A response, or 304 when the client has it already."""
    etag = next(value for name, value in response.raw_headers if name == b"etag").decode()
    if not is_held(request, etag):
        return response
    headers = [header for header in response.raw_headers if header[0] not in OF_BODIES]
    unchanged = type(response)(304, b"", headers)
    unchanged.held = response
    return unchanged


def headers_of(request: Request, answer: Answer) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, its entity tag first; those of its body come on top."""
    return [
        (b"etag", etag_of(answer.validator, tier_of(request), answer.format).encode()),
        (b"data-revision", b"%d" % answer.revision),
        *([(b"row-count", b"%d" % answer.rows)] if answer.rows is not None else []),
        (b"link", _links(origin_of(request), answer).encode()),
        (b"cache-control", _cache_control(request)),
        (b"vary", VARY.encode()),
    ]


def _links(origin: str, answer: Answer) -> str:
    """Where this very answer is found for ever, the pages before and after it, and what describes it (RFC 8288)."""
    own = f"{origin}{answer.permalink}"
    links = f'<{own}>; rel="permalink", <{own}>; rel="self"'
    if answer.next is not None or "cursor=" in own:
        links += f', <{CURSOR.sub("", own)}>; rel="first"'
    if answer.next is not None:
        links += f', <{origin}{answer.next}>; rel="next"'
    return links + _describing(origin, answer.described)


@lru_cache(maxsize=64)
def _describing(origin: str, described: str) -> str:
    return f', <{origin}{described}>; rel="describedby", <{origin}/openapi.json>; rel="service-desc"'


def is_held(request: Request, etag: str) -> bool:
    """Whether the client says, by `If-None-Match`, that it has this state of the answer already."""
    if b"if-none-match" not in request.scope["headers_by_name"]:
        return False
    header = b",".join(value for name, value in request.scope["headers"] if name == b"if-none-match")
    tags = {tag.strip().removeprefix("W/") for tag in header.decode("latin-1").split(",")}
    return "*" in tags or etag in tags or any(etag == CODED.sub('"', tag) for tag in tags)


def _cache_control(request: Request) -> bytes:
    if b"authorization" in request.scope["headers_by_name"]:
        return b"private, no-store"
    if not request.scope["query_string"]:
        return PRESENT_CACHE_CONTROL
    query = b"&" + request.scope["query_string"]
    if b"&known_at=" in query:
        return b"no-store"
    if b"&revision=" in query:
        return b"public, max-age=86400, immutable"
    return PRESENT_CACHE_CONTROL
