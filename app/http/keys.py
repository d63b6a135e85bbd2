"""Keys: who may write, who may see more than the public, and under which label.

A key reads `dfk_<id>_<secret>`: the id finds it, the SHA-256 of the secret is all that is kept of it. It is shown once,
when it is made. A request with a key that is unknown, expired or revoked is refused, whatever it asks.
"""

import re
from functools import lru_cache
from hmac import compare_digest
from time import monotonic
from typing import Any

import orjson
from sqlalchemy import Select, bindparam, select
from starlette.types import Scope

from app.database.clock import now
from app.database.readers import Reader
from app.database.server_tables import KEYS
from app.errors import Unauthorized
from app.writing.keys import Holder, digest_of

FRESH_SECONDS = 0.5
"""How long a server process trusts what it last read of a key."""


_FORM = re.compile(r"dfk_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")


# --- the server's part -------------------------------------------------------------------------------------------


@lru_cache
def _key_statement() -> Select[Any]:
    columns = (KEYS.c.label, KEYS.c.scopes, KEYS.c.digest, KEYS.c.expires_at, KEYS.c.revoked_at)
    return select(*columns).where(KEYS.c.id == bindparam("id", type_=KEYS.c.id.type))


class KeyRing:
    """Finds who holds the key that a request sends."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, tuple[str, str, str, str | None, str | None] | None]] = {}

    async def holder(self, reader: Reader, header: str) -> Holder:
        """The holder by the `Authorization` header; raises `Unauthorized` for a key that does not work."""
        kind, _, credentials = header.partition(" ")
        form = _FORM.fullmatch(credentials.strip())
        if kind.lower() != "bearer" or form is None:
            raise Unauthorized("Send the key as `Authorization: Bearer dfk_...`.")
        number, secret = form.groups()
        row = await self._row(reader, number)
        # The comparison is made for an unknown key too: how long the answer takes tells nothing.
        right = compare_digest(row[2] if row else "0" * 64, digest_of(secret))
        if row is None or not right:
            raise Unauthorized("This key is not known.")
        if row[4] is not None:
            raise Unauthorized("This key has been revoked.")
        if row[3] is not None and row[3] <= now():
            raise Unauthorized("This key has expired.")
        return Holder(number, row[0], frozenset(_scopes(row[1])))

    async def _row(self, reader: Reader, number: str) -> tuple[str, str, str, str | None, str | None] | None:
        read_at, row = self._known.get(number, (0.0, None))
        if monotonic() - read_at > FRESH_SECONDS:
            rows = await reader.fetch(_key_statement(), {"id": number})
            row = tuple(rows[0]) if rows else None
            if len(self._known) > 1000:
                self._known.clear()
            self._known[number] = (monotonic(), row)
        return row


@lru_cache(maxsize=64)
def _scopes(text: str) -> list[str]:
    scopes: list[str] = orjson.loads(text)
    return scopes


def holder_of(scope: Scope) -> Holder:
    """Who asks; raises when nobody said."""
    holder: Holder | None = scope.get("holder")
    if holder is None:
        raise Unauthorized("Writing needs a key: send `Authorization: Bearer dfk_...`.")
    return holder
