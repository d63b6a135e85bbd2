"""What is made stricter is hidden in its past too, and what is removed is nowhere: safety before sameness.

Whoever may not see a record any more finds it at no earlier revision either: not itself, not in the feed, and not in
the earlier stored JSON of records that named or held it, which is rendered anew, each as of its own revision. Those
who may still see it find all of it as it was, but for its `access`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Column, Connection, Select, Table, delete, insert, select, update

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.store import Row, chunks
from app.history.access import TIERS
from app.history.codes import Access
from app.history.past import EVER, history_of
from app.history.tables import CHANGES, REGISTER, REMOVED, SELDOM
from app.records.collection import Collection
from app.records.seals import without_salt
from app.writing.indexing import index_again
from app.writing.rerendering import render_anew

Version = tuple[int, int, int]
"""An earlier version of a record: its id, the revision it began with, and the one that ended it."""


def redact(connection: Connection, number: int, stricter: Sequence[tuple[Collection, Row]]) -> None:
    """Hide the past of some records, as strictly as they are now; the open revision is `number`."""
    # The guards of the history let nobody else change what was recorded.
    connection.execute(update(REGISTER).values(redacted=number))
    touched: dict[str, set[Version]] = defaultdict(set)
    _untold(connection, number, stricter)
    for collection, row in stricter:
        hidden = _tightened(connection, collection, row)
        touched[collection.noun] |= hidden
        for holder, found in _holding(connection, collection, hidden, whole=False):
            touched[holder].update(found)
        if hidden and collection.named:
            for other in COLLECTIONS.values():
                touched[other.noun].update(_naming(connection, other, collection.noun, row["slug"]))
    _render_all(connection, touched)


def remove(connection: Connection, number: int, gone: Sequence[tuple[Collection, Row]]) -> None:
    """Remove the past of some records that are retracted in the open revision, which is `number`.

    Of each version a digest stays; what named or held the records is rendered without them.
    """
    connection.execute(update(REGISTER).values(redacted=number))
    touched: dict[str, set[Version]] = defaultdict(set)
    for collection, row in gone:
        past = history_of(collection.rows)
        versions = set(_versions(connection, select(*_version(past)).where(past.c.id == row["id"])))
        for holder, found in _holding(connection, collection, versions, whole=False):
            touched[holder].update(found)
        for other in COLLECTIONS.values() if collection.named else ():
            touched[other.noun].update(_naming(connection, other, collection.noun, row["slug"]))
    for collection, row in gone:
        _forget(connection, number, collection, row)
        ids = {version for version in touched[collection.noun] if version[0] == row["id"]}
        touched[collection.noun] -= ids
    _render_all(connection, touched)


def _forget(connection: Connection, number: int, collection: Collection, row: Row) -> None:
    """Delete every version of a record, and tell nobody of what was done to it before."""
    past, id_ = history_of(collection.rows), row["id"]
    sealed = connection.execute(select(past.c.revision, past.c.seal).where(past.c.id == id_)).all()
    columns = {"collection": collection.name, "record_id": id_}
    digests = [columns | {"revision": revision, "seal": without_salt(seal)} for revision, seal in sealed]
    connection.execute(insert(REMOVED), digests)
    for part in collection.part_tables.values():
        connection.execute(delete(history_of(part)).where(history_of(part).c.owner_id == id_))
    connection.execute(delete(past).where(past.c.id == id_))
    for some in chunks([revision for revision, _ in sealed] + [0]):
        mine = CHANGES.c.revision.in_(some), CHANGES.c.collection == collection.name, CHANGES.c.record_id == id_
        connection.execute(update(CHANGES).where(*mine).values(before=None, after=None, merged_into=None))
    seldom = CHANGES.c.collection == collection.name, CHANGES.c.record_id == id_, CHANGES.c.revision < number, SELDOM
    connection.execute(update(CHANGES).where(*seldom).values(before=None, after=None, merged_into=None))


def _render_all(connection: Connection, touched: dict[str, set[Version]]) -> None:
    """Render some earlier versions anew, and those that hold them."""
    # Records that hold others come last: their stored JSON holds what was rendered before.
    for collection in sorted(COLLECTIONS.values(), key=lambda one: bool(one.embedded)):
        versions = touched[collection.noun]
        _render(connection, collection, versions)
        for holder, found in _holding(connection, collection, versions, whole=True):
            touched[holder].update(found)


def _tightened(connection: Connection, collection: Collection, row: Row) -> set[Version]:
    """Make the earlier versions of a record as strict as it is now."""
    past = history_of(collection.rows)
    mine = past.c.id == row["id"], past.c.access.in_(_looser(row["access"]))
    found = set(_versions(connection, select(*_version(past)).where(*mine)))
    connection.execute(update(past).where(*mine).values(access=row["access"]))
    if collection.named:
        index_again(connection, collection, row["id"])
    return found


def _untold(connection: Connection, number: int, stricter: Sequence[tuple[Collection, Row]]) -> None:
    """Make what the feed tells of some records as strict as they are now.

    It is found by the revisions that wrote a version of theirs or ended one: the feed has no index of what it tells of
    the making of every record. So it is done for many at a time.
    """
    alike: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for collection, row in stricter:
        alike[collection.noun, row["access"]].append(row)
    for (noun, access), rows in alike.items():
        collection = NOUNS[noun]
        for some in chunks(rows):
            ids = [row["id"] for row in some]
            version = EVER(collection.rows)
            spans = connection.execute(select(version.c.revision, version.c.until).where(version.c.id.in_(ids)))
            for numbers in chunks(sorted({edge for span in spans for edge in span if edge < number})):
                mine = CHANGES.c.revision.in_(numbers), CHANGES.c.collection == collection.name
                for side in (CHANGES.c.before, CHANGES.c.after):
                    looser = CHANGES.c.record_id.in_(ids), side.in_(_looser(access))
                    connection.execute(update(CHANGES).where(*mine, *looser).values({side: access}))
            if collection.named:
                survivors = CHANGES.c.merged_into.in_([row["slug"] for row in some])
                gone = CHANGES.c.collection == collection.name, survivors, SELDOM
                connection.execute(update(CHANGES).where(*gone).values(merged_into=None))


def _looser(access: str) -> tuple[Access, ...]:
    return TIERS[: TIERS.index(Access(access))]


def _naming(connection: Connection, other: Collection, noun: str, slug: str) -> Iterator[Version]:
    """The earlier versions of a collection's records that named a record, in themselves or in their lists."""
    past = history_of(other.rows)
    found: list[Select[int, int, int]] = [
        select(*_version(past)).where(past.c[name] == slug) for name, named in other.references.items() if named == noun
    ]
    for name, nouns in other.part_references.items():
        part = EVER(other.part_tables[name])
        meets = past.c.id == part.c.owner_id, past.c.revision < part.c.until, past.c.until > part.c.revision
        found += [
            select(*_version(past)).join(part, meets[0] & meets[1] & meets[2]).where(part.c[column] == slug)
            for column, named in nouns.items()
            if named == noun
        ]
    for statement in found:
        yield from _versions(connection, statement)


def _holding(
    connection: Connection, collection: Collection, versions: Iterable[Version], *, whole: bool
) -> Iterator[tuple[str, set[Version]]]:
    """By noun, the earlier versions of records that held some versions of others: whole ones only, or any."""
    for holder in COLLECTIONS.values():
        for embedded in holder.embedded.values():
            if embedded.collection != collection.noun or (whole and not embedded.whole):
                continue
            inner, past = history_of(collection.rows), history_of(holder.rows)
            for number, began, ended in versions:
                one = inner.c.id == number, inner.c.until == ended
                meets = past.c.slug == inner.c[embedded.by], past.c.revision < ended, past.c.until > began
                yield holder.noun, set(_versions(connection, select(*_version(past)).where(*one, *meets)))


def _render(connection: Connection, collection: Collection, versions: Iterable[Version]) -> None:
    """Render earlier versions of some records anew, each as of the revision it began with."""
    together: dict[int, list[int]] = defaultdict(list)
    for number, began, _ in versions:
        together[began].append(number)
    for began, ids in together.items():
        render_anew(connection, collection, ids, began)


def _version(past: Table) -> tuple[Column[int], Column[int], Column[int]]:
    return past.c.id, past.c.revision, past.c.until


def _versions(connection: Connection, statement: Select[int, int, int]) -> Iterator[Version]:
    yield from ((number, began, ended) for number, began, ended in connection.execute(statement))
