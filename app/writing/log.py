"""The log: each revision is sealed and becomes a leaf of the tree over all of them.

What is sealed of a revision is who made it and why, and what it did to each record, with the digest of what that record
said then (`records.seals`). docs/explanation/security.md tells what may be concluded from it.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, insert, select, tuple_

from app.catalogue.collections import COLLECTIONS
from app.database.store import Row
from app.history.codes import ChangeAction
from app.history.past import history_of
from app.history.tables import CHANGES, LEAVES, REMOVED, REVISIONS
from app.history.tree import SALT, Frontier, coded, digest_of, entry, leaf_hash

Open = Callable[[], AbstractContextManager[Connection]]
"""Opens a connection for what is read in one go."""
AT_ONCE = 1000
"""How many changes, or revisions, are read in one go."""
GONE = {ChangeAction.retract, ChangeAction.merge, ChangeAction.redact}
"""What is done to a record that then is not there any more."""


class Done(NamedTuple):
    """What a revision did to a record, as the log tells it."""

    collection: str
    record_id: int
    action: str
    seal: str | None
    """The seal of the record as it is after; none where it is not there any more."""


class Found(NamedTuple):
    """The same, found in the tables: with who may see the record after, and who sees the version that is there."""

    done: Done
    after: str | None
    access: str | None

    @property
    def lost(self) -> bool:
        """Whether the version that it made is not to be found."""
        return self.done.seal is None and self.done.action not in GONE


def sealed(why: Sequence[str | None], done: Iterable[Done], salt: bytes | None = None) -> str:
    """The seal of a revision: of who made it and why, and of what it did, in the order of the feed."""
    salt = os.urandom(SALT) if salt is None else salt
    content = sha256(salt + orjson.dumps([*why]))
    for collection, number, action, seal in done:
        content.update(orjson.dumps([collection, number, action, seal and coded(digest_of(seal))]))
    return coded(salt + content.digest())


def leaves(frontier: Frontier, recorded: Mapping[int, str], seals: Mapping[int, str]) -> Iterator[Row]:
    """The rows of the leaves of some revisions, in order; the frontier grows by them."""
    for number, at in recorded.items():
        node = frontier.add(leaf_hash(entry(number, at, seals[number])))
        yield {"revision": number, "seal": seals[number], "node": coded(node)}


def catch_up(connection: Connection, frontier: Frontier, last: int) -> None:
    """Seal the revisions that no leaf was made for: those of an older version, and those made by plain SQL."""
    while frontier.size < last:
        first, until = frontier.size + 1, min(last, frontier.size + AT_ONCE)
        columns = (
            REVISIONS.c.id,
            REVISIONS.c.recorded_at,
            REVISIONS.c.author,
            REVISIONS.c.reason_code,
            REVISIONS.c.reason,
        )
        found = connection.execute(select(*columns).where(REVISIONS.c.id.between(first, until))).all()
        whys = {row[0]: row[2:] for row in found}
        recorded = dict.fromkeys(range(first, until + 1), "") | {row[0]: row[1] for row in found}
        seals = {number: sealed(whys.get(number, ()), ()) for number in recorded}
        for number, some in groupby(
            found_changes(lambda: nullcontext(connection), first, until), key=lambda one: one[0]
        ):
            seals[number] = sealed(whys.get(number, ()), (one.done for _, one in some))
        connection.execute(insert(LEAVES), list(leaves(frontier, recorded, seals)))


def found_changes(opened: Open, first: int, last: int) -> Iterator[tuple[int, Found]]:
    """What some revisions did, found in the tables: each change of the feed with its revision, in order."""
    place: tuple[int, int] = (first, 0)
    columns = CHANGES.c.revision, CHANGES.c.place, CHANGES.c.collection, CHANGES.c.record_id, CHANGES.c.action
    key = tuple_(CHANGES.c.revision, CHANGES.c.place)
    statement = select(*columns, CHANGES.c.after).where(CHANGES.c.revision <= last)
    statement = statement.order_by(CHANGES.c.revision, CHANGES.c.place).limit(AT_ONCE)
    while True:
        with opened() as connection:
            changes = connection.execute(statement.where(key > tuple_(*place))).all()
            if not changes:
                return
            versions = _versions(connection, changes)
        for revision, number, name, record, action, after in changes:
            access, seal = versions.get((name, record, revision), (None, None))
            yield revision, Found(Done(name, record, action, None if action in GONE else seal), after, access)
            place = revision, number


def _versions(
    connection: Connection, changes: Sequence[Any]
) -> dict[tuple[str, int, int], tuple[str | None, str | None]]:
    """Who may see the versions that some changes made, and their seals: by collection, id and revision."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for _, _, name, record, *_ in changes:
        wanted[name].add(record)
    first, last = changes[0][0], changes[-1][0]
    found: dict[tuple[str, int, int], tuple[str | None, str | None]] = {}
    for name, ids in wanted.items():
        for rows in (COLLECTIONS[name].rows, history_of(COLLECTIONS[name].rows)):
            there = select(rows.c.id, rows.c.revision, rows.c.access, rows.c.seal).where(rows.c.id.in_(ids))
            answer = connection.execute(there.where(rows.c.revision.between(first, last)))
            found |= {(name, record, revision): (access, seal) for record, revision, access, seal in answer}
        gone = select(REMOVED.c.record_id, REMOVED.c.revision, REMOVED.c.seal).where(REMOVED.c.collection == name)
        gone = gone.where(REMOVED.c.record_id.in_(ids), REMOVED.c.revision.between(first, last))
        for record, revision, seal in connection.execute(gone):
            found[name, record, revision] = None, seal
    return found
