"""The index of names: what every record with a slug is called, from when to when, and by which words it is found.

Three tables, kept by the writer in the transaction that writes the record. They are made of the records alone:
`detention verify` compares them, `detention migrate` makes them anew.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from app.database.types import CLUSTERED, Id, table
from app.history.tables import FOREVER
from app.records.collection import Collection
from app.records.likeness import Named
from app.records.spelling import words

LONGEST_TEXT = 300
"""Letters of a text that it is found by."""


class NameEntry(SQLModel, table=True):
    """One name of a record, as it was from one revision to another."""

    __tablename__ = "name_entry"
    __table_args__ = CLUSTERED

    collection: str = Field(primary_key=True)
    record_id: int = Field(primary_key=True, sa_type=Id)
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    place: int = Field(primary_key=True)
    until: int = Field(sa_type=BigInteger, default=FOREVER)
    access: str
    slug: str
    country: str | None = None
    field: str
    text: str


class NameWord(SQLModel, table=True):
    """A word that a name is found by."""

    __tablename__ = "name_word"
    __table_args__ = CLUSTERED

    collection: str = Field(primary_key=True)
    word: str = Field(primary_key=True)
    record_id: int = Field(primary_key=True, sa_type=Id)
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    place: int = Field(primary_key=True)


class NameKey(SQLModel, table=True):
    """A key under which a word is found by its sound; of a word that any name has, or had."""

    __tablename__ = "name_key"
    __table_args__ = CLUSTERED

    key: str = Field(primary_key=True)
    word: str = Field(primary_key=True)


ENTRIES, WORDS, KEYS = table(NameEntry), table(NameWord), table(NameKey)


def names_in(collection: Collection, record: Mapping[str, Any]) -> Iterator[Named]:
    """What a record is called, from its fields: columns of its row, or its stored JSON."""
    said: set[tuple[str, ...]] = set()
    for field in collection.called:
        value = record.get(field)
        for text in [value] if isinstance(value, str) else map(_text, value or ()):
            shortened = text[:LONGEST_TEXT]
            said.add(tuple(sorted(word.form for word in words(shortened))))
            yield Named(field, shortened)
    # Most slugs are made of the name.
    slug = str(record["slug"]).replace("-", " ")
    if tuple(sorted(word.form for word in words(slug))) not in said:
        yield Named("slug", slug)


def _text(part: Any) -> str:
    if "value" in part:
        return f"{part['scheme']}:{part['value']}"
    return str(part["name"])


def key_of_identifier(text: str) -> str:
    """The word that a record is found by which somebody's list has under a key."""
    return f"#{text.strip().casefold()[:200]}"
