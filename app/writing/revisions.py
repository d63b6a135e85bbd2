"""Opening and closing a revision, and taking the ids of what it adds."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sqlalchemy import BigInteger, BindParameter, Connection, Update, bindparam, case, or_, select, update

from app.catalogue.versions import unwritable
from app.database.store import Answer, Store
from app.errors import NotReady
from app.history.codes import ReasonCode
from app.history.sight import FULL, Sight
from app.history.tables import COUNTERS, REGISTER, REVISIONS

RECORDED = select(REVISIONS.c.recorded_at).where(REVISIONS.c.id == bindparam("last", type_=BigInteger))


_MANY: BindParameter[int] = bindparam("many", type_=BigInteger)


_BEFORE = select(REVISIONS.c.recorded_at).where(REVISIONS.c.id == REGISTER.c.revision - _MANY).correlate(REGISTER)


_OPEN = (
    update(REGISTER)
    .values(revision=REGISTER.c.revision + _MANY, open=True)
    .returning(REGISTER.c.revision, _BEFORE.scalar_subquery(), REGISTER.c.version)
)


_CLOSE = update(REGISTER).values(open=False)


@dataclass(frozen=True, slots=True)
class Why:
    """Who writes, and the reason given, both shown with the revision; and what the writer sees."""

    author: str
    code: ReasonCode | None = None
    text: str | None = None
    sight: Sight = FULL


@contextmanager
def revision(
    connection: Connection, author: str, reason_code: ReasonCode | None = None, reason: str | None = None
) -> Iterator[int]:
    """Open the next revision inside a transaction and close it again; the caller commits, or rolls all of it back."""
    with revisions(Store(connection), [Why(author, reason_code, reason)]) as recorded:
        yield from recorded


def opened(store: Store, many: int) -> Answer:
    """Ask for the next revisions: whatever is asked after it is answered when no other writer is at work."""
    return store.ask(_OPEN, {"many": many})


@contextmanager
def revisions(store: Store, asked: Sequence[Why], opening: Answer | None = None) -> Iterator[Mapping[int, str]]:
    """The same for several that follow each other: their numbers in order, each with the moment it is recorded at.

    Rows may be added in any of them; those that stand there already may be changed in the last one only. `opening` is
    what was asked before, if it was.
    """
    ((newest, last, version),) = (opening or opened(store, len(asked))).rows()
    # Read from the row that a migration changes too: whoever waited for it to end learns of it here.
    if (missing := unwritable(version)) is not None:
        raise NotReady(missing)
    first = _after(last)
    recorded = {newest - left: _told(first, len(asked) - 1 - left) for left in reversed(range(len(asked)))}
    store.insert(
        REVISIONS,
        (
            {"id": number, "recorded_at": at, "author": why.author, "reason_code": why.code, "reason": why.text}
            for (number, at), why in zip(recorded.items(), asked, strict=True)
        ),
    )
    yield recorded
    store.do(_CLOSE)


def _after(last: str | None) -> datetime:
    """Now, or a microsecond after the last revision where the clock has not moved on."""
    now = datetime.now(UTC)
    return now if last is None else max(now, datetime.fromisoformat(last) + timedelta(microseconds=1))


def _told(moment: datetime, later: int) -> str:
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
