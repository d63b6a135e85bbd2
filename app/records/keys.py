"""The key that a record is asked for by: its number or its slug."""

from app.errors import NotFound
from app.records.collection import Collection

LONGEST_ID = 18
"""Digits of the longest number that can be an id; more is no record's."""


def storable(key: str) -> str:
    """A key as a database can be asked for it: NUL, which none can hold, becomes a letter no slug has."""
    return key.replace("\0", "\ufffd")


def keyed(collection: Collection, key: str) -> tuple[str, int | str]:
    """The column a record is asked for by, and the value in it; raises `NotFound` for what can be no key."""
    numbered = key.isascii() and key.isdigit()
    if not numbered and not collection.named:
        raise NotFound(f"{collection.name.capitalize()} are asked for by their number; this is none.")
    if numbered and len(key) > LONGEST_ID:
        raise NotFound(f"There is no {collection.noun} with that number.")
    return ("id", int(key)) if numbered else ("slug", storable(key))
