"""A request's write: one revision inside a transaction, and the records as they are after it."""

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
from app.writing.validation import Entry, Refused


@dataclass(frozen=True, slots=True)
class Done:
    """What a write did: the register's revision after it, and the records it was asked to write, as they are now."""

    revision: int
    collection: Collection
    rows: Sequence[Row]

    def docs(self, tier: Access) -> list[str]:
        """The records' stored JSON as a tier sees it."""
        return [doc_of(row, tier) for row in self.rows]


def apply(connection: Connection, entries: Sequence[Entry], why: Why) -> int:
    """Write entries in a revision of their own, if they change anything; the register's newest revision after it."""
    store = Store(connection)
    with revision(store, why, nested=True) as current:
        try:
            current.keep = Batch(store, current, entries, why).write()
        except Refused as refused:
            faults = [(entries[at].place, fault) for at, fault in refused.faults]
            pointed = [Fault(fault.detail, pointer=place + (fault.pointer or "")) for place, fault in faults]
            raise BadInput.of(pointed) from None
    return current.head


def stored(connection: Connection, collection: Collection, ids: Sequence[int]) -> list[Row]:
    """The rows of some ids in that order, their stored JSON with them."""
    rows = {row["id"]: row for row in load_rows(Store(connection), collection, "id", ids, docs=True)}
    return [rows[number] for number in ids]
