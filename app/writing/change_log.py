"""The feed of changes, as the write path fills it: one row for each record that a revision made other than it was."""

from collections import Counter, defaultdict
from contextlib import nullcontext
from typing import Protocol

from sqlalchemy import BigInteger, case, func, insert, literal, select

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.store import Row, Store
from app.history.codes import ChangeAction
from app.history.past import history_of
from app.history.tables import CHANGES
from app.records.collection import Collection
from app.writing.log import GONE, Done, found_changes
from app.writing.revisions import Revision


class ChangeLog(Protocol):
    """What is told of changes in the feed."""

    def note(
        self, collection: Collection, row: Row, action: ChangeAction, old: Row | None, into: str | None = None
    ) -> None:
        """Note what was done to a record; of several things, the last is told."""

    def __contains__(self, record: tuple[str, int]) -> bool:
        """Whether a record was noted, by noun and id."""

    def write(self) -> None:
        """Write it down."""


class NotedChanges:
    """The changes of a batch, noted as they are made."""

    def __init__(self, store: Store, revision: Revision) -> None:
        self._store, self._revision = store, revision
        self._changes: dict[tuple[str, int], Row] = {}
        self._rows: dict[tuple[str, int], Row] = {}

    def note(
        self, collection: Collection, row: Row, action: ChangeAction, old: Row | None, into: str | None = None
    ) -> None:
        """Note what was done to a record; of several things, the last is told."""
        self._rows[collection.noun, row["id"]] = row
        self._changes[collection.noun, row["id"]] = {
            "revision": row["revision"] if row["revision"] in self._revision.recorded else self._revision.number,
            "collection": collection.name,
            "record_id": row["id"],
            "slug": row.get("slug"),
            "action": action,
            "before": old["access"] if old is not None else None,
            "after": row["access"] if action not in GONE else None,
            "merged_into": into,
        }

    def __contains__(self, record: tuple[str, int]) -> bool:
        return record in self._changes

    def write(self) -> None:
        """Write them, in the order of their places in each revision, and tell them to what seals it."""
        order = {noun: place for place, noun in enumerate(NOUNS)}
        listed = sorted(self._changes.items(), key=lambda change: (order[change[0][0]], change[0][1]))
        places: Counter[int] = Counter()
        done: dict[int, list[Done]] = defaultdict(list)
        for key, row in listed:
            places[row["revision"]] += 1
            row["place"] = places[row["revision"]]
            seal = None if row["action"] in GONE else self._rows[key]["seal"]
            done[row["revision"]].append(Done(row["collection"], row["record_id"], row["action"], seal))
        self._store.insert(CHANGES, (row for _, row in listed))
        self._revision.done = done


class FoundChanges:
    """The changes of one revision that makes and changes records, found in their tables: memory holds none of them."""

    def __init__(self, store: Store, revision: Revision) -> None:
        self._store, self._revision = store, revision

    def note(
        self, collection: Collection, row: Row, action: ChangeAction, old: Row | None, into: str | None = None
    ) -> None:
        """Nothing: the rows tell."""

    def __contains__(self, record: tuple[str, int]) -> bool:
        return False

    def write(self) -> None:
        """Write them, in the order of their places, and tell where they are found to what seals the revision."""
        place, number, connection = 0, self._revision.number, self._store.connection
        for collection in COLLECTIONS.values():
            own, past = collection.rows, history_of(collection.rows)
            # What stood before was copied to the history table when it was changed.
            before = (past.c.id == own.c.id) & (past.c.until == number)
            created, updated = ChangeAction.create.value, ChangeAction.update.value
            columns = {
                "revision": literal(number, BigInteger()),
                "place": func.row_number().over(order_by=own.c.id) + place,
                "collection": literal(collection.name),
                "record_id": own.c.id,
                "action": case((past.c.id.is_(None), created), else_=updated),
                "before": past.c.access,
                "after": own.c.access,
            } | ({"slug": own.c.slug} if collection.named else {})
            changed = own.c.revision == number
            rows = select(*columns.values()).select_from(own.outerjoin(past, before)).where(changed)
            made = insert(CHANGES).from_select(list(columns), rows).execution_options(preserve_rowcount=True)
            place += connection.execute(made).rowcount
        changes = found_changes(lambda: nullcontext(connection), number, number)
        self._revision.done = {number: (one.done for _, one in changes)}
