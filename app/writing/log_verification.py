"""Whether the log is what the tables say: no version is lost, added or otherwise than it was sealed, no leaf either."""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from app.catalogue.collections import COLLECTIONS
from app.history.past import EVER
from app.history.tables import CHANGES, LEAVES, REGISTER, REVISIONS
from app.history.tree import Frontier, entry, leaf_hash, salt_of
from app.writing.log import AT_ONCE, GONE, Done, Found, found_changes, sealed


def broken_log(engine: Engine) -> Iterator[str]:
    """Name each version that is lost, or shown to others than the log says, and each revision that is not as sealed.

    Writes may go on meanwhile: what was there at the beginning is there for good.
    """
    with _opened(engine) as connection:
        head, text = connection.execute(select(REGISTER.c.revision, REGISTER.c.frontier)).one()
    yield from _unlogged(engine, head)
    frontier = Frontier()
    changes = groupby(found_changes(partial(_opened, engine), 1, head), key=itemgetter(0))
    changed, found = next(changes, (0, iter(())))
    for number, logged in _logged(engine, head):
        lines: list[str] = []
        done = _noting(found, lines) if changed == number else ()
        yield from _differing(frontier, number, logged, done)
        yield from lines
        if changed == number:
            changed, found = next(changes, (0, iter(())))
    if str(frontier) != (text or "0"):
        yield "register: its tree does not end as its leaves do"


@contextmanager
def _opened(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


def _logged(engine: Engine, head: int) -> Iterator[tuple[int, Any]]:
    """The revisions from the first to the head, each with when, by whom and why, its seal and its node, if it has."""
    columns = REVISIONS.c.recorded_at, REVISIONS.c.author, REVISIONS.c.reason_code, REVISIONS.c.reason
    statement = select(REVISIONS.c.id, *columns, LEAVES.c.seal, LEAVES.c.node)
    statement = statement.join(LEAVES, LEAVES.c.revision == REVISIONS.c.id)
    for first in range(1, head + 1, AT_ONCE):
        last = min(head, first + AT_ONCE - 1)
        with _opened(engine) as connection:
            rows = connection.execute(statement.where(REVISIONS.c.id.between(first, last))).all()
        found = {row[0]: row[1:] for row in rows}
        yield from ((number, found.get(number)) for number in range(first, last + 1))


def _differing(frontier: Frontier, number: int, logged: Any, done: Iterable[Done]) -> Iterator[str]:
    """A line for a revision that is not as it was sealed; the frontier grows by its leaf."""
    if logged is None:
        list(done)
        frontier.add(b"")
        yield f"revision {number}: it is not recorded, or has no leaf"
        return
    recorded_at, *why, seal, node = logged
    if sealed(why, done, salt_of(seal)) != seal:
        yield f"revision {number}: its content is not what was sealed"
    if frontier.add(leaf_hash(entry(number, recorded_at, seal))) != b64decode(node):
        yield f"revision {number}: its leaf is not the one in the tree"
        # What comes after it was made of the true one.
        frontier.peaks[-1] = b64decode(node)


def _noting(found: Iterable[tuple[int, Found]], lines: list[str]) -> Iterator[Done]:
    """What a revision did; with a line noted for each version that is lost, or is shown to others than the log says."""
    for number, one in found:
        done = one.done
        if done.action not in GONE and done.seal is None:
            lines.append(f"{done.collection} {done.record_id} at revision {number}: it is gone")
        elif done.action not in GONE and one.access != one.after:
            lines.append(f"{done.collection} {done.record_id} at revision {number}: access")
        yield done


def _unlogged(engine: Engine, head: int) -> Iterator[str]:
    """A line for each revision that has more versions of a collection's records than the log tells of."""
    for name, collection in COLLECTIONS.items():
        rows = EVER(collection.rows)
        there = select(rows.c.revision, func.count()).where(rows.c.revision <= head).group_by(rows.c.revision)
        listed = select(CHANGES.c.revision, func.count()).where(
            CHANGES.c.collection == name, CHANGES.c.revision <= head
        )
        listed = listed.where(CHANGES.c.action.not_in([*GONE])).group_by(CHANGES.c.revision)
        with _opened(engine) as connection:
            versions = dict(map(tuple, connection.execute(there)))
            listed_there = Counter(dict(map(tuple, connection.execute(listed))))
        for number, many in sorted(versions.items()):
            if many > listed_there[number]:
                yield f"{name} at revision {number}: {many} versions are there, the log tells of {listed_there[number]}"
