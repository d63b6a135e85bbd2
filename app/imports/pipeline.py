"""What every import has in common: who imports, how far it is, what it did, and how its revisions are kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert

from app.database.store import Store
from app.estimates.bounds import statement_of
from app.history.tables import IMPORTED
from app.imports.progress import Progress
from app.imports.reports import Report
from app.imports.restated import Restated
from app.writing.revisions import Revision, Why, revision
from app.writing.validation import Entry


@dataclass(slots=True)
class Run:
    """One import on one connection."""

    connection: Connection
    why: Why
    report: Report
    progress: Progress = field(default_factory=Progress)
    restated: Restated = field(default_factory=Restated)
    withdraws: bool = False
    """Whether what the files no longer state is retracted, and not only told."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction that is committed at its end; in a dry run all is taken back when the connection is closed."""
        if not self.connection.in_transaction():
            self.connection.begin()
        try:
            yield
        except BaseException:
            self.connection.rollback()
            raise
        if not self.report.dry_run:
            self.connection.commit()

    def write(
        self, store: Store, fill: Callable[[Revision], bool], *, nested: bool = False, why: Why | None = None
    ) -> None:
        """Fill a revision inside a transaction; where `fill` says that nothing changes, none is made.

        What goes wrong in a `nested` one takes back this revision alone, and the transaction goes on. A savepoint costs
        SQLite a copy of each page that is changed: a whole register is written without.
        """
        with revision(store, why or self.why, nested=nested) as current:
            current.keep = fill(current)
            if current.keep:
                store.connection.execute(insert(IMPORTED), {"revision": current.number})
        if current.keep and not self.report.dry_run:
            self.report.revisions.append(current.number)


def key_of(entry: Entry) -> str | tuple[Any, ...] | None:
    """What a record is known by: its slug, or what it states. Nothing where its slug is still to be made."""
    row = entry.row
    if entry.collection.named:
        slug: str | None = row["slug"]
        return slug
    return statement_of(row, entry.collection.stated), row["nth"]
