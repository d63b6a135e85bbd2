"""Any number of records written in one revision, some at a time: memory holds those at hand alone."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Self

from sqlalchemy import BigInteger, Connection, case, func, insert, literal, select

from app.asked import Asked
from app.codes import ChangeAction
from app.history import CHANGES, COUNTERS, Why, take_ids, twin
from app.naming import numbered, slug_of
from app.records import Collection, Embedded, Lookup, Row
from app.redaction import redact
from app.rendering import members
from app.trailing import Trailing
from app.validation import Entry
from app.writing import Batch

Coming = Callable[[str, str], str | None]
"""Tells, by noun and slug, who may see a record that is given to be written; nothing when none is given."""


MOST_KEPT = 20_000
"""How many rows that records name are kept from one piece to the next."""


class Bulk(Batch):
    """A batch that comes in pieces, each of one collection, in the order of `in_turn`; nothing of it comes twice."""

    def __init__(self, connection: Connection, number: int, coming: Coming, why: Why) -> None:
        self._trailing = Trailing(connection)
        super().__init__(self._trailing, number, (), why=why)
        self._coming = coming
        self._found: dict[str, dict[str, Row]] = defaultdict(dict)
        self._kept: dict[Any, Any] = {}
        """What one piece looked up, for the next."""
        counted = connection.execute(select(COUNTERS.c.collection).where(COUNTERS.c.last_id == 0))
        self._empty = set(counted.scalars())
        """The collections that nothing was ever written to: nothing of them has to be looked for."""
        self._ids: dict[str, tuple[int, int]] = {}
        """The first new id of a collection, and how many were given."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._trailing.close()

    @property
    def connection(self) -> Connection:
        """The connection, when all rows of the pieces so far are in."""
        return self._store.connection

    def add(self, collection: Collection, entries: Sequence[Entry]) -> None:
        """Write some records; raises `Refused` where they name what is neither there nor given."""
        self._begin(entries)
        self._stamp(entries)
        self._put([(collection, entries)])
        if collection.named or len(self._kept) + sum(map(len, self._found.values())) > MOST_KEPT:
            self._found.clear()
            self._kept.clear()

    def check(self, entries: Sequence[Entry]) -> None:
        """Only raise what `add` would, of what the records name."""
        self._begin(entries)
        self._resolved()

    def _begin(self, entries: Sequence[Entry]) -> None:
        # Nothing is asked ahead, which would wait for the rows that are being added; and nothing asked is kept.
        self._entries, self._known = list(entries), Asked(self._store, ())

    def slug_for(self, entry: Entry) -> str:
        """A slug for a record that came without one, that no other record has or is given."""
        collection = entry.collection
        stem = slug_of(collection, entry.row)
        taken = self._alike(collection, stem)
        free = (slug for slug in numbered(stem) if slug not in taken)
        return next(slug for slug in free if self._coming(collection.noun, slug) is None)

    def end(self) -> None:
        """Bring in order all that shows a part of what was written, and tell the feed."""
        if self._ids:
            take_ids(self._store, {name: given for name, (_, given) in self._ids.items()}).rows()
        self._render_anew()
        # The feed first: it tells who could see a record before, and of that a redaction leaves nothing.
        self._tell_feed()
        if self._stricter:
            redact(self._store.connection, self._number, self._stricter)

    def _resolved(self) -> Lookup:
        lookup = super()._resolved()
        lookup.kept = self._kept
        return lookup

    def _standing(self, noun: str, slugs: set[Any]) -> dict[str, Row]:
        found = self._found[noun]
        found.update(super()._standing(noun, slugs - found.keys()))
        return {slug: found[slug] for slug in slugs if slug in found}

    def _still_to_come(self, noun: str, slugs: set[str]) -> dict[str, Row]:
        # A record refers to one that is written after it only within a collection, or to what holds it; of neither
        # does its wire form show more than the slug.
        found = {slug: self._coming(noun, slug) for slug in slugs}
        return {slug: {"slug": slug, "access": access} for slug, access in found.items() if access is not None}

    def _held(self, embedded: Embedded, slugs: Sequence[str]) -> list[Row]:
        return list(members(self._store, embedded, slugs))

    def _new_ids(self, collection: Collection, many: int) -> range:
        # Taken at the end, all at once: to ask for them would wait for the rows that are being added.
        if collection.name not in self._ids:
            ((_, last),) = take_ids(self._store, {collection.name: 0}).rows()
            self._ids[collection.name] = last + 1, 0
        first, given = self._ids[collection.name]
        self._ids[collection.name] = first, given + many
        return range(first + given, first + given + many)

    def _stated(self, collection: Collection, entries: Sequence[Entry]) -> list[Row]:
        # What this import writes itself does not count: none of it comes twice.
        return [] if collection.name in self._empty else super()._stated(collection, entries)

    def _tell(
        self, collection: Collection, row: Row, action: ChangeAction, old: Row | None, into: str | None = None
    ) -> None:
        """The feed is told at the end, from the rows."""

    def _tell_feed(self) -> None:
        place = 0
        for collection in Collection.known.values():
            own, past = collection.rows, twin(collection.rows)
            # What stood before was copied to the twin when it was changed.
            before = (past.c.id == own.c.id) & (past.c.until == self._number)
            created, updated = ChangeAction.create.value, ChangeAction.update.value
            told = {
                "revision": literal(self._number, BigInteger()),
                "place": func.row_number().over(order_by=own.c.id) + place,
                "collection": literal(collection.name),
                "record_id": own.c.id,
                "action": case((past.c.id.is_(None), created), else_=updated),
                "before": past.c.access,
                "after": own.c.access,
            } | ({"slug": own.c.slug} if collection.named else {})
            rows = select(*told.values()).select_from(own.outerjoin(past, before)).where(own.c.revision == self._number)
            made = insert(CHANGES).from_select(list(told), rows).execution_options(preserve_rowcount=True)
            place += self._store.connection.execute(made).rowcount
