"""What refers to its own kind: a part of a whole, never of itself, however long the way round."""

from collections.abc import Iterator, Sequence

from app.database.store import Store
from app.errors import Fault, article
from app.history.sight import Sight
from app.records.collection import Collection
from app.writing.validation import Aim, Entry

MOST_LEVELS = 50
"""How many levels may stand above a record."""


def circles(store: Store, entries: Sequence[Entry], sight: Sight) -> Iterator[tuple[int, Fault]]:
    """The records among those to be written that would be a part of themselves, by their place, each with its fault.

    What the writer may not see is not named.
    """
    for collection in {entry.collection.noun: entry.collection for entry in entries}.values():
        for name in collection.own_references:
            yield from _circles(store, collection, name, entries, sight)


def _circles(
    store: Store, collection: Collection, name: str, entries: Sequence[Entry], sight: Sight
) -> Iterator[tuple[int, Fault]]:
    mine = [
        (number, entry.row["slug"])
        for number, entry in enumerate(entries)
        if entry.collection is collection and entry.aim is not Aim.retract and entry.row[name] is not None
    ]
    if not mine:
        return
    wholes = {
        entry.row["slug"]: entry.row[name]
        for entry in entries
        if entry.collection is collection and entry.aim is not Aim.retract
    }
    pending, hidden = set(wholes.values()) - wholes.keys() - {None}, set[str]()
    for _ in range(MOST_LEVELS):
        if not pending:
            break
        rows = list(store.rows(collection.rows, ("slug", name, "access"), "slug", pending))
        found = {row["slug"]: row[name] for row in rows}
        hidden.update(row["slug"] for row in rows if not sight.sees(row))
        wholes |= found
        pending = set(found.values()) - wholes.keys() - {None}
    message = f"{article(collection.noun)} is not its own {name.replace('_', ' ')}"
    for number, slug in mine:
        way: list[str] = []
        whole = wholes[slug]
        while whole not in {None, slug, *way} and len(way) <= MOST_LEVELS:
            way.append(whole)
            whole = wholes.get(whole)
        if whole == slug:
            seen = [slug for slug in way if slug not in hidden]
            yield number, Fault(message + (f", by way of {', '.join(seen)}" if seen else ""), pointer=f"/{name}")
        elif len(way) > MOST_LEVELS:  # What stands below a circle has no fault of its own.
            yield number, Fault(f"there are more than {MOST_LEVELS} levels above it", pointer=f"/{name}")
