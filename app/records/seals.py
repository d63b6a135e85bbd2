"""What seals a version of a record: a digest of all that a client wrote of it, behind a salt.

Who may see it stays out of that, since a version may be hidden later; so does whatever the register works out. A field
that holds what it holds by default stays out too: a field that is added later breaks no seal.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Table

from app.database.store import Row
from app.estimates.dates import days
from app.history.tree import SALT, coded, digest_of, salt_of
from app.records.collection import Collection, Parts
from app.records.tables import partial_dates, payload


def sealed(collection: Collection, row: Row, parts: Parts) -> str:
    """A new seal of a record, from its row and the rows of its lists."""
    salt = os.urandom(SALT)
    return coded(salt + _digest(salt, collection, row, parts))


def holds(seal: str, collection: Collection, row: Row, parts: Parts) -> bool:
    """Whether a seal is of what a record's rows say; of what was redacted nobody can tell any more."""
    salt = salt_of(seal)
    return not salt or _digest(salt, collection, row, parts) == digest_of(seal)


def without_salt(seal: str) -> str:
    """What is kept of a seal when what it seals is removed: nobody can try any more what that was."""
    return coded(digest_of(seal))


def _digest(salt: bytes, collection: Collection, row: Row, parts: Parts) -> bytes:
    stated = _stated(collection)(row)
    for name, table in collection.part_tables.items():
        if listed := parts.get(name):
            stated[f"{name}[]"] = [_stated_in_list(table)(part) for part in listed]
    return sha256(salt + orjson.dumps([collection.name, row["id"], stated])).digest()


@cache
def _stated(collection: Collection) -> Callable[[Row], Row]:
    fields = collection.body.model_fields
    names = sorted(name for name in fields if name in collection.rows.columns and name != "access")
    return _reader(names, [fields[name].get_default(call_default_factory=True) for name in names])


@cache
def _stated_in_list(table: Table) -> Callable[[Row], Row]:
    found = {day for name in partial_dates(table) for day in days(name)}
    names = sorted(name for name in payload(table) if name not in found)
    return _reader(names, [None] * len(names))


def _plain(value: Any) -> Any:
    """A value as both engines give it back: one keeps 1 where the other keeps true, or 12.0."""
    if value is True or value is False or (type(value) is float and value.is_integer()):
        return int(value)
    return value


def _reader(names: Sequence[str], defaults: Sequence[Any]) -> Callable[[Row], Row]:
    """What copies some columns of a row, but those that hold what they hold by default."""
    values = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)

    def stated(row: Row) -> Row:
        return {
            name: _plain(value)
            for name, value, default in zip(names, values(row), defaults, strict=True)
            if value is not None and value != default
        }

    return stated
