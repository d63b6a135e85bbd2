"""Slugs made from words: from the name of a record that comes without one, from the key of a mapped row."""

from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain, count

from slugify import slugify

from app.database.store import Row
from app.records.bodies import TAKEN
from app.records.collection import Collection

LONGEST = 100
"""Characters of a slug made from words; a number behind it still fits into what a slug may hold."""


def slug_of(collection: Collection, row: Row) -> str:
    """A slug made from a record's name: transliterated, with at least one letter, no address of the API."""
    words = next((row[name] for name in ("name", "title", "statement") if row.get(name)), None)
    if words is None:  # A source without a title.
        origin = (row.get("publisher") or str(row.get("authors") or ""), row.get("published_on"))
        words = " ".join(str(word) for word in origin if word)
    return slug_from(words, collection.noun)


def slug_from(text: str, noun: str) -> str:
    """A slug made from a text; one cut short ends in a digest, so that two long texts keep apart."""
    whole = slugify(text) or noun
    lettered = whole not in TAKEN and any(letter.isalpha() for letter in whole)
    slug = whole if lettered else f"{noun}-{whole}"
    if len(slug) <= LONGEST:
        return slug
    return f"{slug[: LONGEST - 9].rstrip('-')}-{blake2b(slug.encode(), digest_size=4).hexdigest()}"


def numbered(stem: str) -> Iterator[str]:
    """A slug, and those that may take its place where it is taken."""
    return chain((stem,), (f"{stem}-{number}" for number in count(2)))
