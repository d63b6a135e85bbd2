"""The index of texts, as the write path keeps it; and made anew, or compared, from all that is stored."""

from collections.abc import Container, Iterable, Iterator

from sqlalchemy import Connection, Engine, select

from app.catalogue.collections import COLLECTIONS
from app.catalogue.texts import text_columns
from app.database.store import Row, Store
from app.history.past import EVER
from app.records.collection import Collection
from app.records.values import VALUES, Text, texts_of

KEY = ("field", "folded", "value")


def index_values(store: Store, collection: Collection, rows: Iterable[Row]) -> None:
    """Keep the texts of some records as they are written; what a field has had stays, as earlier revisions have it."""
    written = list(rows)
    _add(store, {text for name in text_columns(collection.name) for text in _texts(collection, name, written)})


def values_anew(connection: Connection) -> None:
    """Make the index what the versions of all records make it: after a change of its form, or when some are gone."""
    store = Store(connection)
    for lacking, lost in _differences(connection):
        _add(store, lacking)
        for text in lost:
            mine = (VALUES.c[name] == one for name, one in zip(KEY, text, strict=True))
            connection.execute(VALUES.delete().where(*mine))


def misvalued(engine: Engine, reported: Container[str] = ()) -> Iterator[str]:
    """A line for each field of whose texts the index lacks some; what it has beyond them finds nothing.

    Of the collections that were told of for what is stored of their records, that says nothing.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        for lacking, _ in _differences(connection):
            field, _, value = min(lacking, default=("", "", ""))
            if lacking and field.partition(".")[0] not in reported:
                yield f"text_value: {len(lacking)} texts of {field} are lacking, {value[:80]!r} first"


def _differences(connection: Connection) -> Iterator[tuple[set[Text], set[Text]]]:
    """By field, what the index of texts lacks, and what it has that no version of a record has."""
    for collection in COLLECTIONS.values():
        for name in text_columns(collection.name):
            own, field = EVER(collection.rows).c[name], _field(collection, name)
            held = connection.scalars(select(own).where(own.is_not(None)).distinct())
            wanted = set(texts_of((field, value) for value in held))
            stored = connection.execute(select(*(VALUES.c[one] for one in KEY)).where(VALUES.c.field == field))
            found = {tuple(row) for row in stored}
            yield wanted - found, found - wanted


def _texts(collection: Collection, name: str, rows: Iterable[Row]) -> Iterator[Text]:
    return texts_of((_field(collection, name), row[name]) for row in rows)


def _field(collection: Collection, name: str) -> str:
    return f"{collection.name}.{name}"


def _add(store: Store, texts: set[Text]) -> None:
    """Add texts, of which fields may have some already."""
    known = {(row["field"], row["folded"], row["value"]) for row in store.rows(VALUES, KEY, KEY, sorted(texts))}
    store.insert(VALUES, [dict(zip(KEY, text, strict=True)) for text in sorted(texts - known)])
