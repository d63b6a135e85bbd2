"""New records: one, or several requests' together in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Generic, TypeVar

from sqlalchemy import Connection

from app.database.store import Store
from app.records.collection import Collection
from app.records.references import named_in
from app.writing.affected import holders
from app.writing.batch import Batch
from app.writing.prefetch import Prefetch
from app.writing.revise import Done, apply, stored
from app.writing.revisions import Why, revision
from app.writing.validation import Entry

T = TypeVar("T")


def create(connection: Connection, collection: Collection, entries: Sequence[Entry], why: Why) -> Done:
    """Write new records; brings back those of the collection, without what was nested in them."""
    number = apply(connection, entries, why)
    ids = [entry.row["id"] for entry in entries if entry.collection is collection]
    return Done(number, collection, stored(connection, collection, ids))


class New(Generic[T]):
    """New records of one request, to be written in a revision of their own: a job that can be done with others."""

    def __init__(
        self, collection: Collection, check: Callable[[], Sequence[Entry]], why: Why, answer: Callable[[Done], T]
    ) -> None:
        self.collection, self._check, self.why, self.answer = collection, check, why, answer
        self.entries = check()

    def anew(self) -> None:
        """Check them again: an attempt to write them that failed has left its traces."""
        self.entries = self._check()

    def __call__(self, connection: Connection) -> T:
        """Write them by themselves."""
        return self.answer(create(connection, self.collection, self.entries, self.why))

    def ties(self) -> tuple[set[tuple[str, str]], ...]:
        """What the records are called, what they name, and whose stored JSON shows them: each slug after its noun."""
        slugs: set[tuple[str, str]] = set()
        named: set[tuple[str, str]] = set()
        shown_in: set[tuple[str, str]] = set()
        for entry in self.entries:
            row = entry.row
            if row.get("slug"):
                slugs.add((entry.collection.noun, row["slug"]))
            named.update(named_in(entry.collection, row, entry.parts))
            shown_in.update((noun, row[by]) for noun, by in holders(entry.collection) if row[by] is not None)
        return slugs, named, shown_in


def independent(requests: Iterable[New[T]]) -> list[New[T]]:
    """Those of several requests that can be written at once: what they do is the same in whatever order it is done.

    All of them see the same: what one names, another must not find hidden.
    """
    chosen: list[New[T]] = []
    slugs: set[tuple[str, str]] = set()
    named: set[tuple[str, str]] = set()
    for one in requests:
        mine, others, shown_in = one.ties()
        if chosen and one.why.sight != chosen[0].why.sight:
            continue
        # What stands there already and shows one of them would have to be rendered anew.
        if not shown_in <= mine or mine & slugs or mine & named or others & slugs:
            continue
        chosen.append(one)
        slugs |= mine
        named |= others - mine
    return chosen


def create_together(store: Store, requests: Sequence[New[T]]) -> list[T]:
    """Write the new records of several independent requests at once, each in a revision of its own.

    What each of them costs by itself is mostly statements: here they share those. Raises when any of them cannot be
    written; each is to be tried by itself then, `anew`.
    """
    everything = list(chain.from_iterable(request.entries for request in requests))
    with revision(store, *(request.why for request in requests)) as current:
        known = Prefetch(store, everything)
        for number, request in zip(current.recorded, requests, strict=True):
            for entry in request.entries:
                entry.revision = number
        Batch(store, current, everything, requests[0].why, known).write()
    answers = []
    for number, request in zip(current.recorded, requests, strict=True):
        rows = [entry.row for entry in request.entries if entry.collection is request.collection]
        answers.append(request.answer(Done(number, request.collection, rows)))
    return answers
