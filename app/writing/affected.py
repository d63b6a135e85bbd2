"""What a write changes beside the records it is about: those that show a part of them, now and in the past."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.catalogue.texts import text_columns
from app.database.store import Row, Store, chunks
from app.history.access import DOCS, visible
from app.history.codes import ChangeAction
from app.records.collection import Collection
from app.writing.change_log import ChangeLog
from app.writing.redaction import redact
from app.writing.rendering import load, referring
from app.writing.validation import Entry
from app.writing.valuing import index_values


class Affected:
    """The records to be rendered anew at the end of a revision, and those whose past is to be hidden."""

    def __init__(self, store: Store, number: int, log: ChangeLog) -> None:
        self._store, self._number, self.log = store, number, log
        self._holders: dict[str, set[str]] = defaultdict(set)
        """Slugs, by noun, of records whose stored JSON holds a record that was changed."""
        self._echoed: set[tuple[str, str]] = set()
        """Records, by noun and slug, of which something changed that their referrers show."""
        self._stricter: list[tuple[Collection, Row]] = []
        """Records that were made stricter."""

    def note(self, entry: Entry) -> None:
        """Note whose stored JSON shows this record: those that hold it, and those that repeat its name in words."""
        collection = entry.collection
        self.note_holders(collection, entry.row)
        if entry.old is not None:
            self.note_holders(collection, entry.old)
            if any(entry.row[name] != entry.old[name] for name in (*collection.echoed, "access")) and collection.named:
                self._echoed.add((collection.noun, entry.row["slug"]))
            if not visible(entry.row["access"], entry.old["access"]):
                self._stricter.append((collection, entry.row))

    def note_holders(self, collection: Collection, row: Row) -> None:
        for noun, by in holders(collection):
            if row[by] is not None:
                self._holders[noun].add(row[by])

    def render(self) -> None:
        """Render every record that shows something of what changed, each once; those that hold others last."""
        for collection in in_turn():
            ids = {
                number
                for noun, slug in self._echoed
                for number in referring(self._store.connection, collection, noun, slug)
            }
            if collection.embedded:
                holders = self._store.rows(collection.rows, ("id",), "slug", self._holders[collection.noun])
                ids.update(row["id"] for row in holders)
            for some in chunks(sorted(ids)):
                self._render_again(collection, some)

    def _render_again(self, collection: Collection, ids: Sequence[int]) -> None:
        """Render some records from their rows; those whose stored JSON comes out different belong to this revision."""
        loaded = load(self._store, collection, ids, self._number)
        texts: list[Row] = []
        for number, stored in loaded.rows.items():
            row = loaded.rendered(number)
            if all(row[name] == stored[name] for name in DOCS):
                continue
            if stored["revision"] != self._number:
                row = loaded.rendered(number, revision=self._number)
            self._store.update(collection.rows, [row])
            if any(row[name] != stored[name] for name in text_columns(collection.name)):
                texts.append(row)
            self.note_holders(collection, row)
            if (collection.noun, number) not in self.log:
                self.log.note(collection, row, ChangeAction.update, row)
        index_values(self._store, collection, texts)

    def holds_all(self, collection: Collection, new: set[str], changed: set[str]) -> None:
        """Note holders that are written: new ones are rendered with all they hold, changed ones at the end."""
        self._holders[collection.noun] -= new
        self._holders[collection.noun] |= changed

    def redact(self) -> None:
        """Hide the past of what was made stricter."""
        if self._stricter:
            redact(self._store.connection, self._number, self._stricter)


@cache
def holders(collection: Collection) -> list[tuple[str, str]]:
    """The nouns whose stored JSON holds records of a collection, and the field that names the holder."""
    return [
        (noun, embedded.by)
        for noun, holder in NOUNS.items()
        for embedded in holder.embedded.values()
        if embedded.collection == collection.noun
    ]


def in_turn() -> list[Collection]:
    """The collections in the order they are written in.

    Those that hold others come last: their stored JSON shows what was written before.
    """
    return sorted(COLLECTIONS.values(), key=lambda one: bool(one.embedded))
