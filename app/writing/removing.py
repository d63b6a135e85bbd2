"""Removing records for good: from the present, the past, and what a server keeps beside the records.

A tombstone with a public reason is left, the slug, and of each version a digest that the log needs.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select, update

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.server_tables import IDEMPOTENCY, JOBS, LINES
from app.database.store import Row, Store
from app.errors import NotFound
from app.history.codes import ChangeAction
from app.history.past import EVER
from app.history.tables import CHANGES, REVISIONS, SELDOM
from app.records.collection import Collection
from app.records.keys import keyed
from app.writing import redaction
from app.writing.affected import Affected
from app.writing.batch import Batch
from app.writing.change_log import NotedChanges
from app.writing.indexing import index_again
from app.writing.rendering import load_rows
from app.writing.revisions import Why, revision
from app.writing.validation import Aim, Entry
from app.writing.valuing import values_anew

SHOWN = ("revision", "recorded_at", "author", "reason_code", "reason", "collection", "record_id", "slug")
"""What a list of removals tells of each."""


def remove(connection: Connection, collection: Collection, key: str, why: Why) -> int:
    """Remove a record, and with an incident its figures; the revision that did it.

    Raises `NotFound` when there never was one or it was removed before, `Conflict` naming what still refers to it.
    """
    gone = list(_with_its_own(connection, collection, key))
    if not gone:
        raise NotFound(f"There is no {collection.noun} {key[:120]!r}, nor was there one that was not removed.")
    store = Store(connection)
    with revision(store, why, nested=True) as current:
        log = NotedChanges(store, current)
        entries = []
        for own, row, stands in gone:
            if stands:
                entries.append(Entry(own, row, {}, aim=Aim.retract, removed=True))
            else:
                log.note(own, row | {"revision": current.number}, ChangeAction.redact, row)
        Batch(store, current, entries, why, affected=Affected(store, current.number, log)).write()
        redaction.remove(connection, current.number, [(own, row) for own, row, _ in gone])
        for own, row, _ in gone:
            if own.named:
                index_again(connection, own, row["id"])
        values_anew(connection)
    # Answers given again, and reports of imports, may hold what it said.
    connection.execute(delete(IDEMPOTENCY))
    connection.execute(delete(LINES))
    connection.execute(update(JOBS).values(report=None))
    return current.number


def _with_its_own(connection: Connection, collection: Collection, key: str) -> Iterator[tuple[Collection, Row, bool]]:
    """A record as it last was, with what it holds or held whole; and whether each stands."""
    by, value = keyed(collection, key)
    found = _last(connection, collection, by, value)
    for row, stands in found:
        for embedded in collection.embedded.values():
            if embedded.whole:
                inner = NOUNS[embedded.collection]
                yield from ((inner, *one) for one in _last(connection, inner, embedded.by, row["slug"]))
        yield collection, row, stands


def _last(connection: Connection, collection: Collection, by: str, value: Any) -> list[tuple[Row, bool]]:
    """The records that have, or ever had, a value in a column, each as it last was; and whether it stands."""
    rows = EVER(collection.rows)
    numbers = connection.execute(select(rows.c.id).where(rows.c[by] == value).distinct()).scalars().all()
    standing = {row["id"]: row for row in load_rows(Store(connection), collection, "id", numbers)}
    listed = []
    for number in sorted(numbers):
        last = select(*(rows.c[name] for name in collection.names_but_docs)).where(rows.c.id == number)
        row = connection.execute(last.order_by(rows.c.revision.desc()).limit(1)).mappings().one()
        listed.append((standing.get(number) or dict(row), number in standing))
    return listed


def removals(connection: Connection) -> list[dict[str, Any]]:
    """Every record that was removed: when, by whom, why, and which it was."""
    columns = REVISIONS.c.id, REVISIONS.c.recorded_at, REVISIONS.c.author, REVISIONS.c.reason_code, REVISIONS.c.reason
    statement = select(*columns, CHANGES.c.collection, CHANGES.c.record_id, CHANGES.c.slug)
    statement = statement.join(CHANGES, CHANGES.c.revision == REVISIONS.c.id)
    statement = statement.where(CHANGES.c.action == ChangeAction.redact.value, SELDOM)
    rows = connection.execute(statement.order_by(CHANGES.c.revision, CHANGES.c.place))
    return [dict(zip(SHOWN, row, strict=True)) for row in rows]


def write_list(connection: Connection, file: Path) -> None:
    """Write the list of all removals: whoever restores a backup removes them again."""
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in removals(connection)))
    part.replace(file)


def remove_again(connection: Connection, file: Path) -> int:
    """Remove what a list names and what a register still holds, as after a restore; how many records that were."""
    done = 0
    before = {(one["collection"], one["record_id"]) for one in removals(connection)}
    for line in file.read_bytes().splitlines():
        one = orjson.loads(line)
        collection, number = COLLECTIONS[one["collection"]], one["record_id"]
        if (one["collection"], number) in before or not _last(connection, collection, "id", number):
            continue
        remove(connection, collection, str(number), Why(one["author"], one["reason_code"], one["reason"]))
        done += 1
    return done
