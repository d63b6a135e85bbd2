"""Slugs made from the names of records that come without one."""

from collections.abc import Iterator
from itertools import chain, count

from slugify import slugify

from app.records import TAKEN, Collection, Row


def slug_of(collection: Collection, row: Row) -> str:
    """A slug made from a record's name: transliterated, with at least one letter, no address of the API."""
    words = next(row[name] for name in ("name", "title", "statement") if name in row)
    slug = slugify(words, max_length=80, word_boundary=True) or collection.noun
    return slug if slug not in TAKEN and any(letter.isalpha() for letter in slug) else f"{collection.noun}-{slug}"


def numbered(stem: str) -> Iterator[str]:
    """A slug, and those that may take its place where it is taken."""
    return chain((stem,), (f"{stem}-{number}" for number in count(2)))
