"""Each record of a batch set against what the register holds in its place: what it was, and whether it differs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from app.database.store import Row
from app.errors import Conflict, Fault
from app.records.collection import Collection
from app.writing.comparison import differs, given_twice
from app.writing.context import Context
from app.writing.edits import spare_absent, spare_edits
from app.writing.rendering import load_lists, load_rows, load_stated
from app.writing.validation import Aim, Entry, Fate, Refused
from app.writing.withheld import leave_hidden


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register holds under the slugs of some records."""

    rows: dict[Any, Row]
    taken: set[str]
    """Those of the slugs that were given before, to records that stand or that are gone."""


def standing_under(batch: Context, collection: Collection, entries: Sequence[Entry]) -> Standing:
    """What stands under the slugs of some records; what a writer may not see of it is left in them."""
    if not collection.named:
        return Standing({}, set())
    slugs = {entry.row["slug"] for entry in entries}
    unsure = [slug for slug in slugs if (collection.noun, slug) not in batch.unused_slugs]
    taken = batch.known.used_before(collection, unsure) if unsure else set()
    rows = {row["slug"]: row for row in load_rows(batch.store, collection, "slug", slugs & taken)}
    known = [
        (entry, old)
        for entry in entries
        if entry.aim is Aim.put and (old := rows.get(entry.row["slug"])) is not None and batch.sight.sees(old)
    ]
    for entry, old in known:
        if not entry.says_access:
            entry.row["access"] = old["access"]
    if known and not batch.sight.full:
        leave_hidden(batch.store, collection, known, batch.sight)
    return Standing(rows, taken)


def match(batch: Context, collection: Collection, entries: Sequence[Entry], standing: Standing) -> None:
    """Find what each record was before, if anything, and whether it differs."""
    if not collection.named:
        rows = load_stated(batch.store, collection, _may_be_stated(batch, collection, entries))
        standing = Standing({itemgetter(*collection.identity)(row): row for row in rows}, set())
    _set_against(batch, collection, entries, standing)
    old = {entry.old["id"]: entry for entry in entries if entry.old is not None}
    for name, table in collection.part_tables.items():
        for owner, parts in load_lists(batch.store, table, old).items():
            old[owner].old_parts[name] = parts
    for entry in old.values():
        entry.fate = Fate.updated if differs(entry) else Fate.unchanged
    if batch.why.spares_edits:
        spare_edits(batch, collection, entries)
        if not collection.named:
            spare_absent(batch, collection, entries)
    if not batch.sight.full:
        new = (entry.row for entry in entries if collection.named and not batch.sight.sees(entry.row))
        batch.known.made.update((collection.noun, row["slug"]) for row in new)


def _may_be_stated(batch: Context, collection: Collection, entries: Sequence[Entry]) -> list[Row]:
    """The rows whose statements the register may hold already: none about what is new itself."""
    if not batch.known.may_stand(collection):
        return []
    about = collection.stated[0]
    noun = collection.references[about]
    return [entry.row for entry in entries if (noun, entry.row[about]) not in batch.unused_slugs]


def _set_against(batch: Context, collection: Collection, entries: Sequence[Entry], standing: Standing) -> None:
    """Set every record against the one in its place; raises `Refused` with the faults of all that were to be put."""
    key_of: Callable[[Row], Any] = itemgetter(*(("slug",) if collection.named else collection.identity))
    keys, faults = set(), list[tuple[int, Fault]]()
    for entry in entries:
        key = key_of(entry.row)
        if key in keys:
            raise Refused([(batch.place(entry), given_twice(collection, entry.row))])
        keys.add(key)
        try:
            _meet(batch, entry, standing.rows.get(key), standing.taken)
        except Conflict as conflict:
            if entry.aim is not Aim.put:
                raise
            place = batch.place(entry)
            faults += [(place, fault) for fault in conflict.faults]
    if faults:
        raise Refused(faults)


def _meet(batch: Context, entry: Entry, there: Row | None, taken: set[str]) -> None:
    """Set a record against the one that stands under its slug, or makes its statement."""
    collection = entry.collection
    meant = entry.aim is Aim.put and batch.sight.sees(there)
    if there is not None and not meant and there["id"] != (entry.old or {}).get("id"):
        raise _conflict(_in_its_place(batch, collection, there), "/slug" if collection.named else "/nth")
    if entry.aim is not Aim.change:
        entry.old = there
    if entry.old is None and entry.aim is not Aim.restore and entry.row.get("slug") in taken:
        raise _conflict(_slug_taken(entry.row), "/slug")
    if entry.aim is Aim.put and there is not None:
        _meet_access(batch, entry, there)


def _meet_access(batch: Context, entry: Entry, there: Row) -> None:
    """Leave who may see a record as it is where nothing is said of it; else see whether that may be changed."""
    if not entry.says_access:
        entry.row["access"] = there["access"]
        return
    problem = batch.sight.may_turn(there["access"], entry.row["access"], {"reason": batch.why.text})
    if problem is not None:
        raise _conflict(problem.detail, "/access")


def _conflict(message: str, pointer: str) -> Conflict:
    return Conflict(message, [Fault(message, pointer=pointer)])


def _in_its_place(batch: Context, collection: Collection, there: Row) -> str:
    """The sentence for what stands where another is to be; it is named where the writer may see it."""
    if collection.named:
        return _slug_taken(there)
    where = f"at /v1/{collection.name}/{there['id']}" if batch.sight.sees(there) else "already"
    return f"An equal statement stands {where}; a second equal one of its source takes nth: {there['nth'] + 1}."


def _slug_taken(row: Row) -> str:
    """The sentence for a slug that was given before: to whom, and whether that still stands, is nobody's to know."""
    return f"The slug {row['slug']!r} is taken."
