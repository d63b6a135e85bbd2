"""The cursor that walks a list at one revision: opaque to clients, and of use in the list it was made for alone."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from app.errors import BadInput, Fault
from app.reading.addresses import MOMENT

UNBOUND = MOMENT | {"limit", "fields", "include", "count"}
"""Parameters that may change from page to page: a cursor is bound to all the others."""


@dataclass(frozen=True)
class Cursor:
    """Where a walk stands: the sort keys of the last record shown, and the revision the walk began with."""

    revision: int
    keys: tuple[Any, ...]

    def encode(self, filters: str) -> str:
        """The cursor as a client gets it, sealed with the address of its list and filters."""
        body = orjson.dumps([self.revision, *self.keys])
        return urlsafe_b64encode(seal(body, filters) + body).rstrip(b"=").decode()


def decode_cursor(text: str, filters: str) -> Cursor:
    """The cursor that a client sends back; raises `BadInput` when it was not made for these filters."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        body = raw[SEAL_BYTES:]
        revision, *keys = orjson.loads(body if seal(body, filters) == raw[:SEAL_BYTES] else b"null")
    except (ValueError, TypeError):
        raise foreign_cursor() from None
    if type(revision) is not int or not 1 <= revision < 2**63:
        raise foreign_cursor()
    return Cursor(revision, tuple(keys))


def foreign_cursor() -> BadInput:
    """The error for a cursor of another list, or of none."""
    message = "the cursor is not one of this list with these filters, order and revision; begin at the first page"
    return BadInput.of([Fault(message, parameter="cursor")])


SEAL_BYTES = 8


def seal(body: bytes, filters: str) -> bytes:
    """What binds a cursor to its filters. It keeps mistakes out, not forgers: a cursor opens nothing."""
    return blake2b(body, key=blake2b(filters.encode()).digest(), digest_size=SEAL_BYTES).digest()
