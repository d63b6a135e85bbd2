"""Records asked for by name that are not shown: never there, given up, merged, or hidden from who asks."""

import asyncio
from typing import Any, NoReturn

from app.codes import Access
from app.db import Rows, Values
from app.errors import Gone, Hidden, Merged, NotFound
from app.moments import View, checked
from app.near import Near
from app.records import Collection, visible
from app.statements import (
    head_statement,
    record_statement,
    slugs_statement,
    tombstone_statement,
    was_retracted,
)

LONGEST_ID = 18
"""Digits of the longest number that can be an id; more is no record's."""


def asking(view: View, collection: Collection, key: str) -> tuple[Any, Values]:
    """The statement of one record, and its values."""
    by, value = keyed(collection, key)
    statement = record_statement(collection, by, view.at, view.tier, view.reader.dialect)
    return statement, {"key": value, "revision": view.revision}


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


async def present(view: View, collection: Collection, key: str) -> None:
    """Raise when a path names a record that is not there, or that the tier may not see."""
    rows = await view.reader.fetch(*asking(view, collection, key))
    if not rows or not visible(rows[0][2], view.tier):
        await refuse(view, collection, key, rows)


async def refuse(view: View, collection: Collection, key: str, rows: Rows) -> NoReturn:
    """Say why a record is not shown: a partner record is hidden, a restricted one does not exist."""
    ((head,),) = await view.reader.fetch(head_statement(view.reader.dialect), {})
    checked(view.revision, head)
    if rows and rows[0][2] == Access.partner:
        raise Hidden(f"This {collection.noun} is shown to partners of the register only.")
    if not rows:
        by, value = keyed(collection, key)
        tombstone = tombstone_statement(collection, by, view.reader.dialect)
        past = await view.reader.fetch(tombstone, {"key": value, "revision": view.revision})
        if past and visible(past[0][0], view.tier):
            told = was_retracted(collection.noun, past[0])
            survivor = await _survivor(view, collection, past[0][-1])
            raise Gone(told) if survivor is None else Merged(told, collection.name, survivor)
    when = f" at revision {view.revision}" if view.revision is not None else ""
    if keyed(collection, key)[0] == "id":
        raise NotFound(f"There is no {collection.noun} with the number {key}{when}.")
    told = await unknown(view, collection, key[:120], Near())
    raise NotFound(f"{told[0].upper()}{told[1:]}{when}.")


async def _survivor(view: View, collection: Collection, slug: str | None) -> str | None:
    """The record that another was merged into, if the reader may see it."""
    if slug is None:
        return None
    rows = await view.reader.fetch(*asking(view, collection, slug))
    return slug if not rows or visible(rows[0][2], view.tier) else None


async def unknown(view: View, collection: Collection, key: str, near: Near) -> str:
    """The sentence for a slug of no record, naming up to three near ones; `near` is one for all of a request."""
    if near.lacks(collection.noun):
        statement = slugs_statement(collection, view.at, view.tier, view.reader.dialect)
        rows = await view.reader.fetch(statement, {"revision": view.revision}, slow=True)
        near.slugs[collection.noun] = [row[0] for row in rows]
    alike = "-".join(key[:120].lower().split())
    # Comparing takes long where slugs are many; meanwhile others are answered.
    found = await asyncio.to_thread(near.to, collection.noun, alike)
    hint = f"; near ones: {', '.join(found)}" if found else ""
    return f"no {collection.noun} is called {key[:120]!r}{hint}"
