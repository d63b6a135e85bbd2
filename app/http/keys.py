"""Keys of requests: who may write, who may see more than the public, and under which label.

A key reads `dfk_<id>_<secret>`: the id finds it; of the secret only the SHA-256 is stored. A request with a key that is
unknown, expired or revoked is refused, whatever it asks for.
"""

import re
from functools import lru_cache
from hmac import compare_digest
from typing import Any, NamedTuple

import orjson
from cachetools import TTLCache
from sqlalchemy import Select, bindparam, select
from starlette.types import Scope

from app.database.clock import now
from app.database.readers import Reader
from app.database.server_tables import KEYS
from app.errors import BadKey, Unauthorized
from app.writing.keys import Holder, digest_of

FRESH_SECONDS = 0.5
"""How long a server process trusts what it last read of a key: so long a revoked one may still work."""
_KEY = re.compile(r"dfk_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")


@lru_cache
def _key_statement() -> Select[Any]:
    columns = (KEYS.c.label, KEYS.c.scopes, KEYS.c.digest, KEYS.c.expires_at, KEYS.c.revoked_at)
    return select(*columns).where(KEYS.c.id == bindparam("id", type_=KEYS.c.id.type))


class KeyRow(NamedTuple):
    """A key as it is stored."""

    label: str
    scopes: str
    digest: str
    expires_at: str | None
    revoked_at: str | None


class KeyRing:
    """Finds who holds the key that a request sends."""

    def __init__(self) -> None:
        self._cache: TTLCache[str, KeyRow | None] = TTLCache(maxsize=1000, ttl=FRESH_SECONDS)

    async def holder(self, reader: Reader, header: str) -> Holder:
        """The holder by the `Authorization` header; raises `BadKey` for a key that does not work."""
        kind, _, credentials = header.partition(" ")
        match = _KEY.fullmatch(credentials.strip())
        if kind.lower() != "bearer" or match is None:
            raise BadKey("Send the key as `Authorization: Bearer dfk_...`.")
        number, secret = match.groups()
        row = await self._row(reader, number)
        # The comparison is made for an unknown key too: how long the answer takes tells nothing.
        right = compare_digest(row.digest if row else "0" * 64, digest_of(secret))
        if row is None or not right:
            raise BadKey("This key is not known.")
        if row.revoked_at is not None:
            raise BadKey("This key has been revoked.")
        if row.expires_at is not None and row.expires_at <= now():
            raise BadKey("This key has expired.")
        return Holder(number, row.label, frozenset(_scopes(row.scopes)))

    async def _row(self, reader: Reader, number: str) -> KeyRow | None:
        try:
            return self._cache[number]
        except KeyError:
            rows = await reader.fetch(_key_statement(), {"id": number})
        row = self._cache[number] = KeyRow(*rows[0]) if rows else None
        return row


@lru_cache(maxsize=64)
def _scopes(text: str) -> list[str]:
    scopes: list[str] = orjson.loads(text)
    return scopes


def holder_of(scope: Scope) -> Holder:
    """Who sends a request; raises without a key."""
    holder: Holder | None = scope.get("holder")
    if holder is None:
        raise Unauthorized("Writing needs a key: send `Authorization: Bearer dfk_...`.")
    return holder
