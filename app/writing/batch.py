"""The one write path, step by step. The API and the imports share it.

A batch of records is written in one transaction and one revision, all of it or none: records get their slugs
(`naming`), what they name is looked up (`naming`), each is set against what the register holds in its place
(`matching`), what is new or different is stored (`storing`), and whatever else shows a part of it is rendered anew
(`affected`). What equals what the register holds already is left alone.
"""

from collections.abc import Sequence

from app.catalogue.collections import NOUNS
from app.database.store import Store
from app.history.lookup import Lookup
from app.writing.affected import Affected, in_turn
from app.writing.change_log import NotedChanges
from app.writing.context import Context
from app.writing.indexing import index_names
from app.writing.matching import match, standing_under
from app.writing.naming import give_slugs, resolve
from app.writing.prefetch import Known, Prefetch, by_noun
from app.writing.revisions import Revision, Why
from app.writing.storing import number_new, retract, write_lists, write_rows
from app.writing.validation import Aim, Entry, Fate
from app.writing.valuing import index_values


class Batch:
    """The records written in one revision; new ones may be written in several, of which it is the last."""

    def __init__(
        self,
        store: Store,
        revision: Revision,
        entries: Sequence[Entry],
        why: Why,
        known: Known | None = None,
        affected: Affected | None = None,
    ) -> None:
        """`known` and `affected` are what it has in common with other batches of one import; else it has its own.

        `why` says who writes: with what sight, and with what reason.
        """
        log = NotedChanges(store, revision)
        affected = affected or Affected(store, revision.number, log)
        known = known or Prefetch(store, entries)
        self._context = Context(store, revision, entries, why, known, affected)

    def write(self) -> bool:
        """Write them all, and render anew whatever shows a part of them; whether anything was changed."""
        batch = self._context
        for noun, entries in by_noun(batch.entries).items():
            if NOUNS[noun].named:
                give_slugs(batch, NOUNS[noun], entries)
        self.put()
        retract(batch, [entry for entry in batch.entries if entry.aim is Aim.retract])
        batch.affected.render()
        batch.affected.redact()
        batch.affected.log.write()
        return any(entry.fate is not Fate.unchanged for entry in batch.entries)

    def put(self) -> None:
        """Write those that are to stand: first what need not be rendered, which a server takes meanwhile."""
        batch = self._context
        for entry in batch.entries:
            # A batch of several revisions says of each record which one it belongs to.
            entry.revision = entry.revision or batch.revision.number
        listed = by_noun(batch.entries)
        steps = [(collection, listed[collection.noun]) for collection in in_turn() if collection.noun in listed]
        standing = {collection: standing_under(batch, collection, entries) for collection, entries in steps}
        lookup = self.resolved()
        for collection, entries in steps:
            if collection.normalise is not None:
                for entry in entries:
                    collection.normalise(entry.row, lookup, entry.statement)
            match(batch, collection, entries, standing[collection])
            number_new(batch, collection, entries)
        for collection, entries in steps:
            write_lists(batch, collection, entries)
        for collection, entries in steps:
            write_rows(batch, collection, entries, lookup)
            if collection.named:
                index_names(batch.store, collection, entries)
            written = (entry.row for entry in entries if entry.fate in {Fate.created, Fate.updated})
            index_values(batch.store, collection, written)

    def resolved(self) -> Lookup:
        """The rows that the batch names; refuses names that are neither there nor in the batch."""
        return resolve(self._context)
