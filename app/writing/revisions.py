"""A revision: opened, filled by whoever opens it, kept or taken back; and the ids of what it adds."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property

from sqlalchemy import BigInteger, BindParameter, String, Update, bindparam, case, or_, select, update

from app.catalogue.versions import unwritable
from app.database.store import Answer, Store
from app.errors import NotReady
from app.history.codes import ReasonCode
from app.history.sight import FULL, Sight
from app.history.tables import COUNTERS, LEAVES, REGISTER, REVISIONS
from app.history.tree import Frontier
from app.writing import log

_MANY: BindParameter[int] = bindparam("many", type_=BigInteger)
_BEFORE = select(REVISIONS.c.recorded_at).where(REVISIONS.c.id == REGISTER.c.revision - _MANY).correlate(REGISTER)
_OPEN = (
    update(REGISTER)
    .values(revision=REGISTER.c.revision + _MANY, open=True)
    .returning(REGISTER.c.revision, _BEFORE.scalar_subquery(), REGISTER.c.version, REGISTER.c.frontier)
)
_CLOSE = update(REGISTER).values(open=False, frontier=bindparam("frontier", type_=String()))


@dataclass(frozen=True, slots=True)
class Why:
    """Who writes, and the reason given, both shown with the revision; and what the writer sees."""

    author: str
    code: ReasonCode | None = None
    text: str | None = None
    sight: Sight = FULL
    spares_edits: bool = False
    """Whether what a person changed stays where only what stood before is given again, as in an import."""


class Revision:
    """A revision under way, or several that follow each other.

    Rows may be added in any of them; those that stand there already may be changed in the last one only.
    """

    def __init__(self, store: Store, whys: Sequence[Why]) -> None:
        """Ask for the next numbers: whatever is asked after it is answered when no other writer is at work."""
        self._store, self._whys = store, whys
        self._opening = store.ask(_OPEN, {"many": len(whys)})
        self.keep = True
        """Whether it is to stay: whoever fills it says so, and that it is not to when it changed nothing."""
        self.done: Mapping[int, Iterable[log.Done]] = {}
        """What each of them did, as whoever fills it tells: that is sealed when it is closed."""

    @cached_property
    def recorded(self) -> Mapping[int, str]:
        """The numbers in order, each with the moment it is recorded at."""
        ((newest, last, version, self._frontier),) = self._opening.rows()
        # Read from the row that a migration changes too: whoever waited for it to end learns of it here.
        if (missing := unwritable(version)) is not None:
            raise NotReady(missing)
        first, many = _after(last), len(self._whys)
        recorded = {newest - many + 1 + place: _timestamp(first, place) for place in range(many)}
        rows = (
            {"id": number, "recorded_at": at, "author": why.author, "reason_code": why.code, "reason": why.text}
            for (number, at), why in zip(recorded.items(), self._whys, strict=True)
        )
        self._store.insert(REVISIONS, rows)
        return recorded

    def close(self) -> None:
        """Seal it, as the next leaf of the tree, and let nothing more be written in it."""
        frontier, before = Frontier.read(self._frontier), min(self.recorded) - 1
        if frontier.size != before:
            log.catch_up(self._store.connection, frontier, before)
        whys = zip(self.recorded, self._whys, strict=True)
        seals = {
            number: log.sealed((why.author, why.code, why.text), self.done.get(number, ())) for number, why in whys
        }
        self._store.insert(LEAVES, list(log.leaves(frontier, self.recorded, seals)))
        self._store.do(_CLOSE, {"frontier": str(frontier)})

    @property
    def number(self) -> int:
        """Its number, of several the last."""
        return max(self.recorded)

    @property
    def head(self) -> int:
        """The register's newest revision after it: the one before where it is not kept."""
        return self.number if self.keep else self.number - len(self.recorded)


@contextmanager
def revision(store: Store, *whys: Why, nested: bool = False) -> Iterator[Revision]:
    """Open the next revision, or several; keep what was written, or take it back where `keep` says so.

    What is taken back is the whole transaction; of a `nested` revision, only what was done since it was opened. On an
    error a nested one is taken back here, and any other by whoever began the transaction. The caller commits.
    """
    if nested:
        store.savepoint()
    try:
        current = Revision(store, whys)
        yield current
        # Numbered even where nobody asked for its number: `head` needs it when all is taken back.
        if current.recorded and current.keep:
            current.close()
    except Exception:
        if nested:
            store.rollback()
        raise
    if nested:
        (store.release if current.keep else store.rollback)()
    elif not current.keep:
        store.connection.rollback()


def _after(last: str | None) -> datetime:
    """Now, or a microsecond after the last revision where the clock has not moved on."""
    now = datetime.now(UTC)
    return now if last is None else max(now, datetime.fromisoformat(last) + timedelta(microseconds=1))


def _timestamp(moment: datetime, later: int) -> str:
    """A moment, some microseconds later, as the register writes it."""
    return (moment + timedelta(microseconds=later)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def take_ids(store: Store, many: Mapping[str, int]) -> Answer:
    """Take so many new ids of some collections, in the order of the revisions that take them.

    The answer is each collection with its last one.
    """
    return store.ask(_taken(tuple(many)), many)


@cache
def _taken(collections: tuple[str, ...]) -> Update:
    own = COUNTERS.c.collection
    many = {name: bindparam(name, type_=BigInteger) for name in collections}
    taken = update(COUNTERS).where(or_(*(own == name for name in collections))).returning(own, COUNTERS.c.last_id)
    return taken.values(last_id=COUNTERS.c.last_id + case(many, value=own))
