"""The index of names, as the write path keeps it; and made anew, or compared, from the stored JSON of every version."""

from collections.abc import Collection as Several
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, FromClause, Select, delete, func, select, tuple_, update

from app.catalogue.collections import COLLECTIONS
from app.database.store import Row, Store, chunks
from app.history.past import EVER
from app.history.tables import FOREVER
from app.records.collection import Collection, Parts
from app.records.likeness import AROUND, Named
from app.records.names import ENTRIES, KEYS, WORDS, key_of_identifier, names_in
from app.records.spelling import Word, keys_of, near_keys, sound, telling
from app.writing.validation import Entry, Fate

AT_ONCE = 100
"""How many versions of records are read at a time when the index is made anew."""


class Version(NamedTuple):
    """What a record was called from one revision to another, by whom it may be seen, and where it lies."""

    record_id: int
    slug: str
    access: str
    country: str | None
    names: tuple[Named, ...]
    revision: int
    until: int = FOREVER

    @property
    def shown(self) -> tuple[Any, ...]:
        """What the index says of it, but for its time."""
        return self[:5]


def index_names(store: Store, collection: Collection, entries: Iterable[Entry]) -> None:
    """Keep the names of some records that were written, of those that are new or called otherwise than before."""
    made: list[Version] = []
    for entry in entries:
        if entry.fate not in {Fate.created, Fate.updated}:
            continue
        now = _version(collection, entry.row, entry.parts, entry.revision)
        if entry.fate is Fate.updated and entry.old is not None:
            if _version(collection, entry.old, entry.old_parts, entry.revision).shown == now.shown:
                continue
            end_names(store.connection, collection, [now.record_id], entry.revision)
        made.append(now)
    insert_versions(store, collection, made)


def end_names(connection: Connection, collection: Collection, ids: Iterable[int], revision: int) -> None:
    """End the names of records that are gone, or called otherwise, at a revision."""
    for some in chunks(ids):
        mine = ENTRIES.c.collection == collection.name, ENTRIES.c.record_id.in_(some)
        connection.execute(update(ENTRIES).where(*mine, ENTRIES.c.until == FOREVER).values(until=revision))
        # Written in the same revision, they never stood.
        never = *mine, ENTRIES.c.revision == revision
        for row in connection.execute(select(ENTRIES).where(*never)).mappings().all():
            words = WORDS.c.word.in_(words_of(Named(row["field"], row["text"])))
            connection.execute(delete(WORDS).where(*(WORDS.c[name] == row[name] for name in _PLACE), words))
        connection.execute(delete(ENTRIES).where(*never))


def index_again(connection: Connection, collection: Collection, number: int) -> None:
    """Make the names of one record anew, from all its versions: who may see them has become another."""
    mine = ENTRIES.c.collection == collection.name, ENTRIES.c.record_id == number
    names = [Named(*row) for row in connection.execute(select(ENTRIES.c.field, ENTRIES.c.text).where(*mine))]
    for some in chunks(sorted({word for name in names for word in words_of(name)})):
        own = WORDS.c.collection == collection.name, WORDS.c.word.in_(some), WORDS.c.record_id == number
        connection.execute(delete(WORDS).where(*own))
    connection.execute(delete(ENTRIES).where(*mine))
    rows = EVER(collection.rows)
    found = connection.execute(_stored(rows).where(rows.c.id == number)).all()
    insert_versions(Store(connection), collection, list(_joined(collection, found)))


def index_anew(engine: Engine) -> None:
    """Make the whole index from what is stored of every version of every record."""
    with engine.begin() as connection:
        for of in (ENTRIES, WORDS, KEYS):
            connection.execute(delete(of))
    for collection in COLLECTIONS.values():
        if collection.named:
            for versions in _some(engine, collection):
                with engine.begin() as connection:
                    insert_versions(Store(connection), collection, versions)


def misnamed(engine: Engine, reported: Several[tuple[str, int]] = ()) -> Iterator[str]:
    """A line for each record that the index of names has otherwise than it is called, and for words that are lost.

    Of the records that were told of for what is stored of them, that says nothing.
    """
    for collection in COLLECTIONS.values():
        if not collection.named:
            continue
        for versions in _some(engine, collection):
            with engine.connect() as connection:
                ids = [version.record_id for version in versions]
                wanted = {row[:4]: row[4:] for row in map(_key, _entry_rows(collection, versions))}
                found = _rows(connection, collection, ids)
            differing = {key[1] for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)}
            yield from (
                f"{collection.name} {number}: the index of names is not as it is called"
                for number in sorted(differing)
                if (collection.name, number) not in reported
            )
    with engine.connect() as connection:
        where = tuple_(*(WORDS.c[name] for name in _PLACE)).not_in(select(*(ENTRIES.c[name] for name in _PLACE)))
        if lost := connection.scalar(select(func.count()).select_from(WORDS).where(where)):
            yield f"name_word: {lost} words are of no name"


_PLACE = ("collection", "record_id", "revision", "place")


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in (*_PLACE, "until", "access", "slug", "country", "field", "text"))


def _rows(connection: Connection, collection: Collection, ids: Iterable[int]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for some in chunks(sorted(set(ids))):
        mine = ENTRIES.c.collection == collection.name, ENTRIES.c.record_id.in_(some)
        for row in connection.execute(select(ENTRIES).where(*mine)).mappings():
            key = _key(dict(row))
            found[key[:4]] = key[4:]
    return found


def _version(collection: Collection, row: Row, parts: Parts, revision: int) -> Version:
    names = tuple(names_in(collection, {**row, **parts}))
    return Version(row["id"], row["slug"], row["access"], row.get("country"), names, revision)


def _some(engine: Engine, collection: Collection) -> Iterator[list[Version]]:
    """What every record was called and is, from its stored JSON; those of one record never apart."""
    last = 0
    while True:
        with engine.connect() as connection:
            ids = connection.scalars(_ids(collection, last)).all()
            if not ids:
                return
            rows = EVER(collection.rows)
            found = connection.execute(_stored(rows).where(rows.c.id > last, rows.c.id <= ids[-1])).all()
        yield list(_joined(collection, found))
        last = ids[-1]


def _stored(rows: FromClause) -> Select[Any]:
    """The versions of records in their order: the stored JSON of each, and who might see it."""
    doc = func.coalesce(rows.c.doc_restricted, rows.c.doc_partner, rows.c.doc)
    columns = (rows.c.id, rows.c.slug, rows.c.access, rows.c.revision, rows.c.until, doc)
    return select(*columns).order_by(rows.c.id, rows.c.revision)


def _ids(collection: Collection, last: int) -> Any:
    rows = EVER(collection.rows)
    return select(rows.c.id).where(rows.c.id > last).distinct().order_by(rows.c.id).limit(AT_ONCE)


def _joined(collection: Collection, rows: Sequence[Any]) -> Iterator[Version]:
    """The versions of records in which they are called alike, as one; of versions that follow each other."""
    for _, some in groupby(rows, key=itemgetter(0)):
        before: Version | None = None
        for number, slug, access, revision, until, doc in some:
            record: Mapping[str, Any] = {**orjson.loads(doc), "slug": slug}
            now = Version(
                number, slug, access, record.get("country"), tuple(names_in(collection, record)), revision, until
            )
            if before is not None and before.shown == now.shown and before.until == now.revision:
                before = before._replace(until=until)
                continue
            if before is not None:
                yield before
            before = now
        if before is not None:
            yield before


def insert_versions(store: Store, collection: Collection, versions: Sequence[Version]) -> None:
    """Add what some records were called, and the words they are found by."""
    if not versions:
        return
    store.insert(ENTRIES, _entry_rows(collection, versions))
    rows = list(_word_rows(collection, versions))
    _insert_keys(store, {row["word"] for row in rows})
    store.insert(WORDS, rows)


def _entry_rows(collection: Collection, versions: Iterable[Version]) -> Iterator[Row]:
    for version in versions:
        for place, name in enumerate(version.names):
            yield {
                "collection": collection.name,
                "record_id": version.record_id,
                "revision": version.revision,
                "place": place,
                "until": version.until,
                "access": version.access,
                "slug": version.slug,
                "country": version.country,
                "field": name.field,
                "text": name.text,
            }


def _word_rows(collection: Collection, versions: Iterable[Version]) -> Iterator[Row]:
    for version in versions:
        for place, name in enumerate(version.names):
            for word in words_of(name):
                key = {"collection": collection.name, "word": word, "record_id": version.record_id}
                yield key | {"revision": version.revision, "place": place}


def words_of(name: Named) -> set[str]:
    """The words that a name is found by; a key in somebody's list with that list before it, and without."""
    if name.field == "identifiers":
        return {key_of_identifier(name.text), key_of_identifier(name.text.partition(":")[2])}
    # What many records have alike is no name of theirs.
    return set(telling(name.text)) if name.field in AROUND else keys_of(name.text)


def _insert_keys(store: Store, found: Iterable[str]) -> None:
    """Let words be found by their sound that no name had before."""
    new = {word: sound(word) for word in found if word[:1] not in "=#" and not word.isdigit()}
    for row in store.rows(KEYS, ("key", "word"), ("key", "word"), [(heard, word) for word, heard in new.items()]):
        new.pop(row["word"], None)
    made = (
        {"key": key, "word": word} for word, heard in new.items() for key in near_keys(Word(word, heard, common=False))
    )
    store.insert(KEYS, made)
