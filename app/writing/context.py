"""What the steps of a write share: the records, the revision they belong to, what is known of the register."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.database.store import Store
from app.history.sight import Sight
from app.writing.affected import Affected
from app.writing.prefetch import Known
from app.writing.revisions import Revision, Why
from app.writing.validation import Entry


@dataclass(frozen=True, slots=True)
class Context:
    """One batch of records on its way into the register."""

    store: Store
    revision: Revision
    entries: Sequence[Entry]
    why: Why
    known: Known
    affected: Affected
    unused_slugs: set[tuple[str, str]] = field(default_factory=set)
    """Slugs that were found to be nobody's, each after its noun."""

    @property
    def sight(self) -> Sight:
        """What the writer may see."""
        return self.why.sight

    def place(self, entry: Entry) -> int:
        """Where in the batch a record stands."""
        return next(number for number, other in enumerate(self.entries) if other is entry)
