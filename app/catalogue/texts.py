"""Which columns are asked for as text, whatever case and accents: made from the filters of all lists."""

from functools import cache

from app.catalogue.collections import LISTINGS, NOUNS


@cache
def text_columns(collection: str) -> tuple[str, ...]:
    """The columns of a collection that some filter, of its own list or another, asks for as text."""
    columns = (
        condition.text_of(listing.collection.noun, name)
        for listing in LISTINGS.values()
        for name, condition in listing.conditions.items()
    )
    return tuple(
        sorted({column for of in columns if of is not None for noun, column in [of] if NOUNS[noun].name == collection})
    )
