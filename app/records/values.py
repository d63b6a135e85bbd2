"""The index of texts: each value that a field has, or had, of those that are asked for as text, by how it is folded.

So a filter finds `Rudaw` for `rudaw`, and a value that no record has is answered with near ones. Kept by the writer in
the transaction that writes the record; whether a reader may see a record with a value is asked of the records.
"""

import unicodedata
from collections.abc import Iterable, Iterator

from sqlmodel import Field, SQLModel

from app.database.types import CLUSTERED, table

LONGEST_VALUE = 250
"""Letters of a value that is indexed: longer ones are found as they are written alone."""
# Letters that no accent makes.
_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ð": "d", "đ": "d", "ł": "l", "ħ": "h", "æ": "ae", "œ": "oe", "ŧ": "t"})  # noqa: RUF001  (the letter that is meant)


class TextValue(SQLModel, table=True):
    """A value of a field."""

    __tablename__ = "text_value"
    __table_args__ = CLUSTERED

    field: str = Field(primary_key=True)
    folded: str = Field(primary_key=True)
    value: str = Field(primary_key=True)


VALUES = table(TextValue)


def folded(text: str) -> str:
    """A text without case, accents and further blanks: two that differ in these alone are asked for as one."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


Text = tuple[str, str, str]
"""A row of it: the field, the text folded, the text."""


def texts_of(values: Iterable[tuple[str, object]]) -> Iterator[Text]:
    """The rows of some values of fields."""
    for field, value in values:
        if isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE:
            yield field, folded(value), value
