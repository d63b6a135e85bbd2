"""Keys: who may write, who may see more than the public, and under which label.

A key reads `dfk_<id>_<secret>`: the id finds it, the SHA-256 of the secret is all that is kept of it. It is shown once,
when it is made. A request with a key that is unknown, expired or revoked is refused, whatever it asks.
"""

import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from time import monotonic

import orjson
from sqlalchemy import Connection, Dialect, Engine, bindparam, delete, insert, select, update
from starlette.responses import Response
from starlette.types import Scope

from app.codes import Access, Code, ReasonCode
from app.db import Reader, Statement, compiled
from app.errors import BadInput, Fault, NoRight, Unauthorized
from app.history import Why
from app.server_tables import IDEMPOTENCY, KEYS
from app.sight import Sight


class KeyScope(Code):
    """What a key allows."""

    read_partner = "read:partner", "Reading the records kept for partners of the register."
    read_restricted = "read:restricted", "Reading restricted records and exact coordinates too."
    write = "write", "Writing: POST, PATCH and DELETE."
    admin = "admin", "Everything the other scopes allow."


FRESH_SECONDS = 0.5
"""How long a server process trusts what it last read of a key."""
_FORM = re.compile(r"dfk_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks: the key's id and label, and what it allows."""

    id: str
    label: str
    scopes: frozenset[str]

    @property
    def tier(self) -> Access:
        """The most restricted access it may see."""
        return self.sight.tier

    @property
    def sight(self) -> Sight:
        """What it sees and may open when it writes."""
        return sight_of(self.scopes)

    def why(self, code: ReasonCode | None = None, reason: str | None = None) -> Why:
        """Its name on a revision, and its reason."""
        return Why(self.label, code, reason, self.sight)

    def must(self, scope: KeyScope) -> None:
        """Raise unless the key has the scope."""
        if not self.scopes & {scope, KeyScope.admin}:
            raise NoRight(f"This key does not have the scope {scope.value!r}.")


def sight_of(scopes: Collection[str]) -> Sight:
    """What the scopes of a key let its holder see, and open."""
    admin = KeyScope.admin in scopes
    if admin or KeyScope.read_restricted in scopes:
        return Sight(Access.restricted, admin)
    return Sight(Access.partner if KeyScope.read_partner in scopes else Access.public)


def now(ahead: timedelta = timedelta()) -> str:
    """A moment in the spelling of the register: UTC, microseconds."""
    return (datetime.now(UTC) + ahead).isoformat(timespec="microseconds").replace("+00:00", "Z")


# --- the command line's part -------------------------------------------------------------------------------------


def create_key(
    engine: Engine, name: str, scopes: Iterable[KeyScope], label: str | None, lasting: timedelta | None
) -> str:
    """Make a key and give it out, this once."""
    alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
    number = "".join(secrets.choice(alphabet) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    row: dict[str, object] = {
        "id": number,
        "name": name,
        "label": label or f"key {number}",
        "scopes": sorted(map(str, scopes)),
    }
    row |= {"digest": _digest(secret), "created_at": now(), "expires_at": now(lasting) if lasting else None}
    with engine.begin() as connection:
        connection.execute(insert(KEYS), row)
    return f"dfk_{number}_{secret}"


def list_keys(engine: Engine) -> list[dict[str, object]]:
    """Every key, without its digest."""
    columns = [column for column in KEYS.columns if column.name != "digest"]
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(*columns).order_by(KEYS.c.created_at)).mappings()]


def revoke_key(engine: Engine, number: str) -> bool:
    """Revoke a key by its id, or by its name; whether there was one that still worked."""
    named = (KEYS.c.id == number) | (KEYS.c.name == number)
    with engine.begin() as connection:
        revoked = update(KEYS).where(named, KEYS.c.revoked_at.is_(None)).values(revoked_at=now()).returning(KEYS.c.id)
        return connection.execute(revoked).first() is not None


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


# --- the server's part -------------------------------------------------------------------------------------------


@lru_cache
def _key_statement(dialect: Dialect) -> Statement:
    columns = (KEYS.c.label, KEYS.c.scopes, KEYS.c.digest, KEYS.c.expires_at, KEYS.c.revoked_at)
    return compiled(select(*columns).where(KEYS.c.id == bindparam("id", type_=KEYS.c.id.type)), dialect)


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
        right = compare_digest(row[2] if row else "0" * 64, _digest(secret))
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
            rows = await reader.fetch(_key_statement(reader.dialect), {"id": number})
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


# --- idempotency -------------------------------------------------------------------------------------------------

KEPT = timedelta(days=7)
"""How long the answer to a POST with an `Idempotency-Key` is kept; clients are promised 24 hours."""


def answered_before(connection: Connection, holder: Holder, name: str, digest: str) -> Response | None:
    """The first answer to this request, if it was made before; raises when another was made under its name."""
    mine = (IDEMPOTENCY.c.holder == holder.id, IDEMPOTENCY.c.key == name)
    row = connection.execute(select(IDEMPOTENCY).where(*mine)).mappings().first()
    if row is None:
        return None
    if row["digest"] != digest:
        told = "this Idempotency-Key was used for another request; a new request takes a new one"
        raise BadInput.of([Fault(told, parameter="Idempotency-Key")])
    headers = row["headers"] | {"Idempotency-Replayed": "true"}
    return Response(row["body"], row["status"], headers, "application/json")


def remember(connection: Connection, holder: Holder, name: str, digest: str, answer: Response) -> None:
    """Keep an answer under the name of its request, and drop those kept long enough."""
    connection.execute(delete(IDEMPOTENCY).where(IDEMPOTENCY.c.answered_at < now(-KEPT)))
    named = ("etag", "location", "data-revision", "cache-control", "vary")
    kept = {header: answer.headers[header] for header in named if header in answer.headers}
    row = {"holder": holder.id, "key": name, "digest": digest, "answered_at": now(), "status": answer.status_code}
    body = bytes(answer.body).decode()
    connection.execute(insert(IDEMPOTENCY), row | {"headers": kept, "body": body})
