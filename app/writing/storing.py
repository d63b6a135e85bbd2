"""Writing to the tables: lists, slugs, rows with their stored JSON; and deleting what is retracted."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from app.catalogue.collections import COLLECTIONS
from app.database.store import Row
from app.errors import Conflict
from app.history.codes import ChangeAction
from app.history.lookup import Lookup
from app.records.collection import Collection
from app.records.seals import sealed
from app.records.tables import SLUGS
from app.records.wire import docs
from app.writing.comparison import list_differs
from app.writing.context import Context
from app.writing.indexing import end_names
from app.writing.rendering import Held, held_by, referring
from app.writing.validation import Aim, Entry, Fate


def number_new(batch: Context, collection: Collection, entries: Sequence[Entry]) -> None:
    """Give every record that is to be written its id."""
    unnumbered = list(filter(_is_new, entries))
    ids = batch.known.new_ids(collection, len(unnumbered)) if unnumbered else ()
    for entry, number in zip(unnumbered, ids, strict=True):
        entry.row["id"] = number
    for entry in entries:
        if entry.fate is Fate.updated:
            entry.row["id"] = (entry.old or {})["id"]


def write_lists(batch: Context, collection: Collection, entries: Sequence[Entry]) -> None:
    """Write the lists and slugs of what is new or different."""
    new = [entry for entry in entries if entry.fate is Fate.created]
    for name, table in collection.part_tables.items():
        differing = [entry for entry in entries if entry.fate is Fate.updated and list_differs(entry, name)]
        batch.store.delete(table, "owner_id", (entry.row["id"] for entry in differing))
        batch.store.insert(table, (part for entry in (*new, *differing) for part in _list_rows(entry, name)))
    if collection.named:
        batch.store.insert(SLUGS, map(_slug_row, filter(_is_new, new)))


def write_rows(batch: Context, collection: Collection, entries: Sequence[Entry], lookup: Lookup) -> None:
    """Write the rows of what is new or different."""
    new = [entry for entry in entries if entry.fate is Fate.created]
    changed = [entry for entry in entries if entry.fate is Fate.updated]
    held = _prepared(batch, collection, new, changed)
    batch.store.insert(collection.rows, (_rendered(entry, lookup, held) for entry in new))
    batch.store.update(collection.rows, (_rendered(entry, lookup, held) for entry in changed))


def _prepared(
    batch: Context, collection: Collection, new: Sequence[Entry], changed: Sequence[Entry]
) -> Mapping[str, Held]:
    """What the stored JSON of new records holds of others; and note what else shows what is written."""
    for entry in (*new, *changed):
        entry.row["revision"] = entry.revision
        batch.affected.note(entry)
        batch.affected.log.note(collection, entry.row, _action(entry), entry.old)
    if not collection.embedded:
        return {}
    # What a new record holds can only have come with it. One that stood before is rendered at the end.
    held = held_by(collection, [entry.row["slug"] for entry in new], batch.known.held)
    batch.affected.holds_all(collection, set(held), {entry.row["slug"] for entry in changed})
    return held


def retract(batch: Context, entries: Sequence[Entry]) -> None:
    """Delete records nothing else refers to; the history tables keep them, and their slugs stay taken."""
    going: dict[str, set[int]] = defaultdict(set)
    for entry in entries:
        going[entry.collection.noun].add(entry.row["id"])
    for entry in entries:
        if entry.collection.named and (left := _referring(batch, entry, going)):
            raise Conflict(_in_the_way(batch, entry, left))
    for entry in entries:
        number = entry.row["id"]
        for table in entry.collection.part_tables.values():
            batch.store.delete(table, "owner_id", [number])
        batch.store.delete(entry.collection.rows, "id", [number])
        if entry.collection.named:
            end_names(batch.store.connection, entry.collection, [number], batch.revision.number)
        entry.fate = Fate.retracted
        batch.affected.note_holders(entry.collection, entry.row)
        gone = ChangeAction.redact if entry.removed else ChangeAction.retract
        action = ChangeAction.merge if entry.into else gone
        batch.affected.log.note(entry.collection, entry.row, action, entry.row, into=entry.into)


def _referring(batch: Context, entry: Entry, going: Mapping[str, set[int]]) -> list[tuple[Collection, int]]:
    """The records that name one and stay when it goes."""
    return [
        (other, number)
        for other in COLLECTIONS.values()
        for number in sorted(referring(batch.store.connection, other, entry.collection.noun, entry.row["slug"]))
        if number not in going.get(other.noun, ())
    ]


def _in_the_way(batch: Context, entry: Entry, left: Sequence[tuple[Collection, int]]) -> str:
    """The sentence that names what refers to a record, as far as the writer may see it."""
    named, hidden = [], False
    for other, some in groupby(left, key=itemgetter(0)):
        key = "slug" if other.named else "id"
        ids = [number for _, number in some]
        for row in batch.store.rows(other.rows, (key, "access"), "id", ids, order=("id",)):
            hidden = hidden or not batch.sight.sees(row)
            named += [f"/v1/{other.name}/{row[key]}"] if batch.sight.sees(row) else []
    more = [f"{len(named) - 10} more"] if len(named) > 10 else []
    unseen = ["what this key may not see"] if hidden else []
    message = " and ".join([*filter(None, [", ".join(named[:10])]), *more, *unseen])
    return f"This {entry.collection.noun} is referred to by {message}; change or retract those first."


def _rendered(entry: Entry, lookup: Lookup, held: Mapping[str, Held]) -> Row:
    """A record's row with its stored JSON and its seal."""
    made = docs(entry.collection, entry.row, entry.parts, lookup, held.get(entry.row.get("slug", "")))
    entry.row.update(made, seal=sealed(entry.collection, entry.row, entry.parts))
    return entry.row


def _list_rows(entry: Entry, name: str) -> Iterator[Row]:
    for position, part in enumerate(entry.parts[name]):
        yield part | {"owner_id": entry.row["id"], "position": position, "revision": entry.revision}


def _slug_row(entry: Entry) -> Row:
    columns = {"slug": entry.row["slug"], "record_id": entry.row["id"]}
    return columns | {"collection": entry.collection.name, "revision": entry.revision}


def _is_new(entry: Entry) -> bool:
    """Whether a record is to have an id and a slug that none had before."""
    return entry.fate is Fate.created and entry.aim is not Aim.restore


def _action(entry: Entry) -> ChangeAction:
    if entry.aim is Aim.restore:
        return ChangeAction.split_
    return ChangeAction.update if entry.old else ChangeAction.create
