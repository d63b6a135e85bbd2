"""Answers in a content coding that the client takes: Brotli, Zstandard or gzip. An answer is coded once.

The entity tag of a coded answer has the coding behind it, `"17.c4d28d2e.public.br"`: what is held as one coding is not
what is sent as another. `If-Match` and `If-None-Match` take either.
"""

import gzip
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import brotli
import zstandard

from app.http.responses import BytesResponse

LEAST: Final = 1400
"""Bytes of an answer that is coded: a smaller one goes into one packet as it is."""
COMPRESSIBLE: Final = re.compile(
    rb"text/|application/(json|problem\+json|feed\+json|geo\+json|atom\+xml|javascript)|image/svg"
)
CODINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    # In the order in which a client is served that takes several as gladly.
    "br": lambda body: bytes(brotli.compress(body, quality=5)),
    "zstd": lambda body: zstandard.ZstdCompressor(level=6).compress(body),
    # No time of its making in it: the same bytes each time.
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}
_PART: Final = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q\s*=\s*([\d.]+)\s*)?", re.ASCII)


@lru_cache(maxsize=256)
def coding_of(header: bytes) -> str | None:
    """The coding that an `Accept-Encoding` header likes best, of those there are; None for none."""
    liked: dict[str, float] = {}
    for part in header.decode("latin-1").lower().split(","):
        if (found := _PART.fullmatch(part)) is not None:
            name, weight = found.groups()
            liked["gzip" if name == "x-gzip" else name] = _weight(weight)
    others = liked.get("*", 0.0)
    best = max(CODINGS, key=lambda name: liked.get(name, others))
    weight = liked.get(best, others)
    return best if weight > 0 and weight >= liked.get("identity", 0.0) else None


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0


def in_coding(response: BytesResponse, headers: Mapping[bytes, bytes]) -> BytesResponse:
    """The answer as a client takes it that sends these headers."""
    if (accepted := headers.get(b"accept-encoding")) is None:
        return response
    if response.held is None:
        return coded(response, accepted)
    # Of what it has several of, the client is told which one is still good.
    named = headers.get(b"if-none-match", b"")
    coding = next((one for one in CODINGS if f'.{one}"'.encode() in named), None)
    if b"*" in named and is_worth_it(response.held):
        coding = coding_of(accepted)
    return response if coding is None else _labelled(response, coding)


def is_worth_it(response: BytesResponse) -> bool:
    """Whether a body gets smaller by a coding, so that it counts."""
    if len(response.body) < LEAST:
        return False
    headers = dict(response.raw_headers)
    return COMPRESSIBLE.match(headers.get(b"content-type", b"")) is not None and b"content-encoding" not in headers


def _labelled(response: BytesResponse, coding: str) -> BytesResponse:
    """An answer without a body, with the tag of what would have been sent."""
    headers = [(name, _header(name, value, coding, 0)) for name, value in response.raw_headers]
    return type(response)(response.status_code, b"", headers)


def coded(response: BytesResponse, header: bytes) -> BytesResponse:
    """The answer in the coding that a header likes best; as it is where that is none, or not worth it."""
    if not is_worth_it(response) or (coding := coding_of(header)) is None:
        return response
    if (made := response.coded.get(coding)) is None:
        made = response.coded[coding] = _coded(response, coding)
    return made


def _coded(response: BytesResponse, coding: str) -> BytesResponse:
    body = CODINGS[coding](bytes(response.body))
    raw = [(name, _header(name, value, coding, len(body))) for name, value in response.raw_headers]
    return type(response)(response.status_code, body, [*raw, (b"content-encoding", coding.encode())])


def _header(name: bytes, value: bytes, coding: str, length: int) -> bytes:
    if name == b"etag":
        return b'%b.%b"' % (value[:-1], coding.encode())
    return b"%d" % length if name == b"content-length" else value
