"""Records asked for by name that are not shown: never there, given up, merged, or hidden from who asks."""

from typing import Any, NoReturn

from app.catalogue.collections import NOUNS
from app.database.readers import Rows, Values
from app.errors import BadInput, Fault, Gone, Hidden, Merged, NotFound
from app.history.access import visible
from app.history.codes import Access
from app.reading.finding import bring
from app.reading.list_statements import Plan, bind_name
from app.reading.parameters import COMMA_HINT
from app.reading.statements import (
    head_statement,
    record_statement,
    records_statement,
)
from app.reading.view import View, answered_revision
from app.records.collection import Collection
from app.records.filters import Named
from app.records.keys import keyed
from app.records.listing import Listing
from app.records.near import Near
from app.records.tombstones import removal, tombstone, was_removed, was_retracted


def record_lookup(view: View, collection: Collection, key: str) -> tuple[Any, Values]:
    """The statement of one record, and its values."""
    by, value = keyed(collection, key)
    statement = record_statement(collection, by, view.at, view.tier)
    return statement, {"key": value, "revision": view.revision}


async def require_record(view: View, collection: Collection, key: str) -> None:
    """Raise when a path names a record that is not there, or that the tier may not see."""
    rows = await view.reader.fetch(*record_lookup(view, collection, key))
    if not rows or not visible(rows[0][2], view.tier):
        await raise_missing(view, collection, key, rows)


async def raise_missing(view: View, collection: Collection, key: str, rows: Rows) -> NoReturn:
    """Say why a record is not shown: a partner record is hidden, a restricted one does not exist."""
    ((head,),) = await view.reader.fetch(head_statement(), {})
    answered_revision(view.revision, head)
    if rows and rows[0][2] == Access.partner:
        raise Hidden(f"This {collection.noun} is shown to partners of the register only.")
    if not rows:
        by, value = keyed(collection, key)
        past = await view.reader.fetch(tombstone(collection, by), {"key": value, "revision": view.revision})
        if past and visible(past[0][0], view.tier):
            message = was_retracted(collection.noun, past[0])
            survivor = await _survivor(view, collection, past[0][-1])
            raise Gone(message) if survivor is None else Merged(message, collection.name, survivor)
        await raise_removed(view, collection, key)
    when = f" at revision {view.revision}" if view.revision is not None else ""
    if keyed(collection, key)[0] == "id":
        raise NotFound(f"There is no {collection.noun} with the number {key}{when}.")
    message = await unknown_slug(view, collection, key[:120], Near())
    raise NotFound(f"{message[0].upper()}{message[1:]}{when}.")


async def raise_removed(view: View, collection: Collection, key: str) -> None:
    """Raise when a record was removed, its past included."""
    by, value = keyed(collection, key)
    removed = await view.reader.fetch(removal(collection, by), {"key": value})
    if removed and visible(removed[0][0], view.tier):
        raise Gone(was_removed(collection.noun, removed[0]))


async def _survivor(view: View, collection: Collection, slug: str | None) -> str | None:
    """The record that another was merged into, if the reader may see it."""
    if slug is None:
        return None
    rows = await view.reader.fetch(*record_lookup(view, collection, slug))
    return slug if not rows or visible(rows[0][2], view.tier) else None


async def unknown_names(listing: Listing, view: View, plan: Plan, values: Values, facility: str | None) -> BadInput:
    """The error for filters that name no record that the reader may see; raises itself where the path does."""
    if facility is not None:
        await require_record(view, NOUNS["facility"], facility)
    faults, near = [], Near()
    for name, _, types in plan.filters:
        condition = listing.conditions[name]
        if not isinstance(condition, Named):
            continue
        for number in range(len(types)):
            key = values[bind_name(name, number)]
            collection = NOUNS[condition.noun]
            statement = records_statement(collection, "id" if isinstance(key, int) else "slug", 1, view.at, view.tier)
            if not await view.reader.fetch(statement, {"key_0": key, "revision": view.revision}):
                message = await unknown_slug(view, collection, str(key), near)
                message = f"{message}; {COMMA_HINT}" if "," in str(key) else message
                faults.append(Fault(message, parameter=listing.query.model_fields[name].alias or name))
    return BadInput.of(faults)


async def unknown_slug(view: View, collection: Collection, key: str, near: Near) -> str:
    """The sentence for a slug of no record, naming up to three near ones; `near` is one for all of a request."""
    found = await bring(view, near.to(collection, key, view.tier, view.revision))
    hint = f"; near ones: {', '.join(found)}" if found else ""
    return f"no {collection.noun} is called {key[:120]!r}{hint}"
