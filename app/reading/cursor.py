"""The cursor that walks a list at one revision."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from app.errors import BadInput, Fault
from app.reading.addresses import MOMENT, canonical


@dataclass(frozen=True)
class Cursor:
    """Where a walk stands: the keys of the last record shown, and the revision the walk began with."""

    revision: int
    keys: tuple[Any, ...]

    def text(self, filters: str) -> str:
        """The cursor as sent, bound to its filters."""
        body = orjson.dumps([self.revision, *self.keys])
        return urlsafe_b64encode(_seal(body, filters) + body).rstrip(b"=").decode()


def cursor_of(text: str, filters: str) -> Cursor:
    """The cursor that was sent; raises `BadInput` when it is not one of these filters'."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        seal, body = raw[:8], raw[8:]
        revision, *keys = orjson.loads(body if _seal(body, filters) == seal else b"null")
    except (ValueError, TypeError):
        raise not_of_this_list() from None
    if type(revision) is not int or not 1 <= revision < 2**63:
        raise not_of_this_list()
    return Cursor(revision, tuple(keys))


def not_of_this_list() -> BadInput:
    """The error for a cursor that belongs elsewhere."""
    fault = "the cursor is not one of this list with these filters, order and revision; begin at the first page"
    return BadInput.of([Fault(fault, parameter="cursor")])


def _seal(body: bytes, filters: str) -> bytes:
    return blake2b(body, key=blake2b(filters.encode()).digest(), digest_size=8).digest()


def filters_text(path: str, sent: Mapping[str, Any]) -> str:
    """What a cursor is bound to: the list, its filters and its order."""
    loose = MOMENT | {"limit", "fields", "include", "count"}
    return canonical(path, {name: value for name, value in sent.items() if name not in loose})
