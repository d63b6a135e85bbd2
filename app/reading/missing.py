"""Records asked for by name that are not shown: never there, given up, merged, or hidden from who asks."""

import asyncio
from typing import Any, NoReturn

from app.database.readers import Rows, Values
from app.errors import Gone, Hidden, Merged, NotFound
from app.history.access import visible
from app.history.codes import Access
from app.reading.statements import head_statement, record_statement, slugs_statement
from app.reading.view import View, checked
from app.records.collection import Collection
from app.records.keys import keyed
from app.records.near import Near
from app.records.tombstones import tombstone, was_retracted


def asking(view: View, collection: Collection, key: str) -> tuple[Any, Values]:
    """The statement of one record, and its values."""
    by, value = keyed(collection, key)
    statement = record_statement(collection, by, view.at, view.tier)
    return statement, {"key": value, "revision": view.revision}


async def present(view: View, collection: Collection, key: str) -> None:
    """Raise when a path names a record that is not there, or that the tier may not see."""
    rows = await view.reader.fetch(*asking(view, collection, key))
    if not rows or not visible(rows[0][2], view.tier):
        await refuse(view, collection, key, rows)


async def refuse(view: View, collection: Collection, key: str, rows: Rows) -> NoReturn:
    """Say why a record is not shown: a partner record is hidden, a restricted one does not exist."""
    ((head,),) = await view.reader.fetch(head_statement(), {})
    checked(view.revision, head)
    if rows and rows[0][2] == Access.partner:
        raise Hidden(f"This {collection.noun} is shown to partners of the register only.")
    if not rows:
        by, value = keyed(collection, key)
        past = await view.reader.fetch(tombstone(collection, by), {"key": value, "revision": view.revision})
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
        statement = slugs_statement(collection, view.at, view.tier)
        rows = await view.reader.fetch(statement, {"revision": view.revision}, slow=True)
        near.slugs[collection.noun] = [row[0] for row in rows]
    alike = "-".join(key[:120].lower().split())
    # Comparing takes long where slugs are many; meanwhile others are answered.
    found = await asyncio.to_thread(near.to, collection.noun, alike)
    hint = f"; near ones: {', '.join(found)}" if found else ""
    return f"no {collection.noun} is called {key[:120]!r}{hint}"
