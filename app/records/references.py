"""What a record names: each reference, and its place in the body."""

from collections.abc import Iterator

from app.database.store import Row
from app.records.collection import Collection, Parts
from app.records.tables import payload


def named_in(collection: Collection, row: Row, parts: Parts) -> Iterator[tuple[str, str]]:
    """Each reference of a record: the noun and the slug it names."""
    for name, noun in collection.references.items():
        if (slug := row[name]) is not None:
            yield noun, slug
    for name, listed in parts.items():
        for column, noun in collection.part_references[name].items():
            for part in listed:
                if (slug := part[column]) is not None:
                    yield noun, slug


def placed_in(collection: Collection, row: Row, parts: Parts) -> Iterator[tuple[str, str, str]]:
    """The same, with the place in the body that names it."""
    for name, noun in collection.references.items():
        if row[name] is not None:
            yield noun, row[name], f"/{name}"
    for name, nouns in collection.part_references.items():
        bare = len(payload(collection.part_tables[name])) == 1
        for number, part in enumerate(parts.get(name, [])):
            for column, noun in nouns.items():
                if part[column] is not None:
                    yield noun, part[column], f"/{name}/{number}" + ("" if bare else f"/{column}")
