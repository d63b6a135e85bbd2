"""Keys as the register keeps them: whose they are, what they allow, made once and revoked."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Engine, insert, select, update

from app.database.clock import now
from app.database.codes import Code
from app.database.server_tables import KEYS
from app.errors import NoRight
from app.history.codes import Access, ReasonCode
from app.history.sight import Sight
from app.writing.revisions import Why


class KeyScope(Code):
    """What a key allows."""

    read_partner = "read:partner", "Reading the records kept for partners of the register."
    read_restricted = "read:restricted", "Reading restricted records and exact coordinates too."
    write = "write", "Writing: POST, PATCH and DELETE."
    admin = "admin", "Everything the other scopes allow."


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
    row |= {"digest": digest_of(secret), "created_at": now(), "expires_at": now(lasting) if lasting else None}
    with engine.begin() as connection:
        connection.execute(insert(KEYS), row)
    return f"dfk_{number}_{secret}"


def list_keys(engine: Engine) -> list[dict[str, object]]:
    """Every key, without its digest."""
    columns = [column for column in KEYS.columns if column.name != "digest"]
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(*columns).order_by(KEYS.c.created_at)).mappings()]


def revoke_key(engine: Engine, number: str) -> int:
    """Revoke the key of an id, or all of a name; how many that still worked."""
    named = (KEYS.c.id == number) | (KEYS.c.name == number)
    with engine.begin() as connection:
        revoked = update(KEYS).where(named, KEYS.c.revoked_at.is_(None)).values(revoked_at=now()).returning(KEYS.c.id)
        return len(connection.execute(revoked).all())


def two_admins(engine: Engine, keys: Sequence[str]) -> str:
    """Who holds two keys, as an author; raises `NoRight` unless both work, have `admin` and are of two names."""
    found = []
    with engine.connect() as connection:
        for key in keys:
            _, _, rest = key.strip().partition("_")
            number, _, secret = rest.partition("_")
            row = connection.execute(select(KEYS).where(KEYS.c.id == number)).mappings().first()
            works = row is not None and row["revoked_at"] is None and (row["expires_at"] or "9") > now()
            if row is None or not works or not compare_digest(row["digest"], digest_of(secret)):
                raise NoRight("One of the keys does not work.")
            if KeyScope.admin not in row["scopes"]:
                raise NoRight(f"The key {number} does not have the scope 'admin'.")
            found.append(row)
    if len({row["name"] for row in found}) < 2:
        raise NoRight("It takes the keys of two people: keys of two names.")
    return " and ".join(str(row["label"]) for row in found)


def digest_of(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
