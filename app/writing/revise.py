"""A write as one revision inside a transaction: taken back when it changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.database.store import Row, Store
from app.errors import BadInput, Fault
from app.history.access import doc_of
from app.history.codes import Access
from app.records.collection import Collection
from app.writing.batch import Batch
from app.writing.rendering import load_rows
from app.writing.revisions import Why, revision
from app.writing.validation import Entry, Fate, Refused


@dataclass(frozen=True, slots=True)
class Done:
    """What a write did: the register's revision after it, and the records it was asked to write, as they are now."""

    revision: int
    collection: Collection
    rows: Sequence[Row]

    def docs(self, tier: Access) -> list[str]:
        """The records' wire forms as a tier sees them."""
        return [doc_of(row, tier) for row in self.rows]


def apply(connection: Connection, entries: Sequence[Entry], why: Why) -> int:
    """Write entries in a revision of their own; one that changes nothing is taken back."""
    store = Store(connection)
    store.savepoint()
    try:
        with revision(connection, why.author, why.code, why.text) as number:
            try:
                Batch(store, number, entries, why=why).write()
            except Refused as refused:
                faults = [(entries[at].place, fault) for at, fault in refused.faults]
                pointed = [Fault(fault.detail, pointer=place + (fault.pointer or "")) for place, fault in faults]
                raise BadInput.of(pointed) from None
    except Exception:
        store.back()
        raise
    if all(entry.fate is Fate.unchanged for entry in entries):
        store.back()
        return number - 1
    store.release()
    return number


def stored(connection: Connection, collection: Collection, ids: Sequence[int]) -> list[Row]:
    rows = {row["id"]: row for row in load_rows(Store(connection), collection, "id", ids, docs=True)}
    return [rows[number] for number in ids]
