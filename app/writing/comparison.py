"""A record beside the one that stands there, or beside another of its batch."""

from app.database.store import Row
from app.errors import Fault
from app.records.collection import Collection
from app.records.tables import payload
from app.writing.validation import Entry


def differs(entry: Entry) -> bool:
    """Whether a record is to be other than it was."""
    old = entry.old or {}
    return any(entry.row[column] != old[column] for column in entry.collection.columns) or any(
        list_differs(entry, name) for name in entry.collection.part_tables
    )


def list_differs(entry: Entry, name: str) -> bool:
    """Whether one of its lists is."""
    columns = payload(entry.collection.part_tables[name])
    was, now = entry.old_parts.get(name, []), entry.parts[name]
    return [[part[column] for column in columns] for part in was] != [
        [part[column] for column in columns] for part in now
    ]


def given_twice(collection: Collection, row: Row) -> Fault:
    """What is wrong with a record that a batch has already."""
    if collection.named:
        return Fault(f"the slug {row['slug']!r} is given twice", pointer="/slug")
    message = f"an equal {collection.noun} is given twice; a second equal one of its source takes nth: {row['nth'] + 1}"
    return Fault(message, pointer="/nth")
