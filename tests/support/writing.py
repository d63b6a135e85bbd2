"""How tests write to a register without HTTP: whole batches, and by plain SQL in a revision of their own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Engine

from app.database.store import Store
from app.history.codes import ReasonCode
from app.history.sight import FULL, Sight
from app.writing import revisions
from app.writing.batch import Batch
from app.writing.revisions import Why
from app.writing.validation import Entry, Fate


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch did: the revision it made, or none, and what became of each record, in their order."""

    revision: int | None
    entries: Sequence[Entry]

    def counts(self) -> dict[Fate, int]:
        """How many records met each fate."""
        return Counter(entry.fate for entry in self.entries)


def write(
    engine: Engine, entries: Sequence[Entry], *, author: str, reason: str | None = None, sight: Sight = FULL
) -> Written:
    """Write a batch in one transaction; raises `Refused`, and then writes nothing. It may close records unexplained."""
    why = Why(author, text=reason, sight=sight)
    with engine.connect() as connection:
        store = Store(connection)
        with revisions.revision(store, why) as current:
            current.keep = Batch(store, current, entries, replace(why, text=reason or "a test")).write()
        connection.commit()
    return Written(current.number if current.keep else None, entries)


@contextmanager
def revision(
    connection: Connection, author: str, code: ReasonCode | None = None, reason: str | None = None
) -> Iterator[int]:
    """Open a revision to be filled by plain SQL, and keep it unless it was rolled back; its number."""
    with revisions.revision(Store(connection), Why(author, code, reason)) as current:
        yield current.number
        current.keep = connection.in_transaction()
