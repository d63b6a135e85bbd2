"""Statements that a merge brought together: which of them a file states again.

Two places had a count each of one source and day; since a person made them one, the register holds two counts that
state the same, `nth` 1 and 2. A file speaks of the two places as before, so what tells its counts apart is what each
record stated before the merge. Nothing takes the place of what came from the other place.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count

from app.database.store import Row, Store
from app.errors import Fault
from app.estimates.bounds import statement_of
from app.history.past import history_of
from app.imports.merges import Merges
from app.records.collection import Collection, Parts
from app.writing.rendering import load_stated
from app.writing.validation import Entry
from app.writing.withheld import body_of, lists_of

HINT = "correct that one where it is wrong, or state this as a second one, with `nth`; --overwrite replaces it"


def tell_apart(
    store: Store, collection: Collection, entries: Sequence[tuple[Entry, bool]], merges: Merges
) -> list[tuple[Entry, Row]]:
    """Give statements the number of the record that each of them is; returns those that contradict one, with that.

    Of each entry it is told whether its file numbers it as the register does today.
    """
    survivors = {noun: {one.into for one in listed.values()} for noun, listed in merges.items()}
    touched = [
        (entry, numbered)
        for entry, numbered in entries
        if any(entry.row[name] in survivors.get(noun, ()) for name, noun in collection.references.items())
    ]
    for entry, _ in touched:
        entry.statement = statement_of(entry.row, collection.stated)
    standing = defaultdict[str, list[Row]](list)
    for row in load_stated(store, collection, [one.row | {"statement": one.statement} for one, _ in touched]):
        standing[row["statement"]].append(row)
    lists = lists_of(store, collection, [row for rows in standing.values() for row in rows])
    moved = _moved(store, collection, lists, merges)
    contradicted = list[tuple[Entry, Row]]()
    for entry, numbered in touched:
        if rows := sorted(standing[entry.statement], key=lambda row: int(row["nth"])):
            own = _own(entry, rows, lists, moved, numbered=numbered)
            if isinstance(own, int):
                entry.row["nth"] = own
            else:
                contradicted.append((entry, own))
    return contradicted


def contradiction_of(entry: Entry, there: Row) -> Fault:
    """The fault for a statement about what was given up that contradicts one about what stands in its place."""
    name = next((name for name in ("best", "low", "high") if there[name] != entry.row[name]), "as_written")
    path = f"{entry.collection.name}/{there['id']}"
    message = f"what it names was merged, and {path} states another {name} of the same: {there[name]}"
    return Fault(message, pointer=f"/{name}")


def _moved(
    store: Store, collection: Collection, ids: Mapping[int, object], merges: Merges
) -> dict[int, tuple[str, int]]:
    """What records stated, and as the how manyth, when they first named what was given up since; by id."""
    columns = ("id", "statement", "nth", *collection.references)
    found: dict[int, tuple[str, int]] = {}
    for was in store.rows(history_of(collection.rows), columns, "id", ids, order=("id", "until")):
        if any(was[name] in merges.get(noun, ()) for name, noun in collection.references.items()):
            found.setdefault(was["id"], (was["statement"], was["nth"]))
    return found


def _own(
    entry: Entry,
    rows: Sequence[Row],
    lists: Mapping[int, Parts],
    moved: Mapping[int, tuple[str, int]],
    *,
    numbered: bool,
) -> int | Row:
    """The number of the record that a statement is, or of a new one; or the record that it contradicts."""
    nth: int = entry.row["nth"]
    if entry.stated_as:
        came: list[int] = [row["nth"] for row in rows if moved.get(row["id"]) == (entry.stated_as, nth)]
        return next(chain(came, _equal(entry, rows, lists)), rows[0])
    at = {row["nth"]: row["id"] for row in rows}
    if numbered or nth > 1 or at.get(nth) not in moved:
        return nth
    stayed: list[int] = [row["nth"] for row in rows if row["id"] not in moved]
    return next(chain(stayed, _equal(entry, rows, lists), (free for free in count(1) if free not in at)))


def _equal(entry: Entry, rows: Sequence[Row], lists: Mapping[int, Parts]) -> Iterator[int]:
    """The numbers of those of some records that say what an entry does."""
    said = body_of(entry.collection, entry.row, entry.parts)
    for row in rows:
        there = body_of(entry.collection, row, lists[row["id"]])
        if all(there[name] == value for name, value in said.items() if name not in {"nth", "access"}):
            yield row["nth"]
