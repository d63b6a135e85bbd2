"""One record for each of several columns: the pattern of their names, and what the parts of a name say."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.imports.mapped.expressions import DateFormat, Expression, Strict, dated, joined

PLACE = re.compile(r"\{(\w+)\}")


class EachColumns(Strict):
    """One record for each column whose name follows a pattern."""

    columns: str = Field(
        description="The pattern of the column names, with a word in braces for each part that differs: "
        "`{status}_{sex}`."
    )
    parts: dict[str, dict[str, dict[str, Expression]]] = Field(
        default_factory=dict,
        description="For each word in braces: the texts that occur there, and for each text the fields it fills. "
        'Each text must occur; one that may not is written with a question mark, `"men?"`.',
    )

    dates: dict[str, dict[str, DateFormat]] = Field(
        default_factory=dict,
        description="For each other word in braces, where a date stands: the field it fills, and its format: "
        '`{month: {as_of: "%b %Y"}}`.',
    )

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        """What the names look like, a group for each word in braces."""
        pieces = PLACE.split(self.columns)
        shaped = [re.escape(piece) for piece in pieces]
        for place in range(1, len(pieces), 2):
            word, listed = pieces[place], sorted(self.parts.get(pieces[place], ()), key=len, reverse=True)
            texts = "|".join(re.escape(text.removesuffix("?")) for text in listed) if listed else ".+"
            shaped[place] = f"(?P<{word}>{texts})"
        return re.compile("".join(shaped))

    def read(self, column: str) -> dict[str, Expression] | None:
        """The fields that the name of a column fills; nothing where it is not of this shape."""
        found = self._shape.fullmatch(column)
        if found is None:
            return None
        fields: dict[str, Expression] = {}
        for word, texts in self.parts.items():
            said = texts.get(found[word])
            fields = joined(fields, texts[f"{found[word]}?"] if said is None else said)
        for word, dates in self.dates.items():
            for field, form in dates.items():
                if (day := dated(found[word], form)) is None:
                    return None
                fields[field] = day
        return fields

    def unseen(self, columns: Iterable[str], place: str) -> Iterator[str]:
        """What it lists, and no column has."""
        seen = [found for one in columns if (found := self._shape.fullmatch(one)) and self.read(one) is not None]
        for word, texts in self.parts.items():
            for text in texts:
                if not text.endswith("?") and all(found[word] != text for found in seen):
                    message = f"No column of the file is like {self.columns!r} with {text!r} for {word!r}"
                    yield f"{message}: it is asked for by '{place}.each'. If it may be missing, write '{text}?'."
        if self.dates and not seen:
            yield f"No column of the file is like {self.columns!r}, as '{place}.each' asks for."

    @model_validator(mode="after")
    def _all_parts(self) -> Self:
        words = PLACE.findall(self.columns)
        if sorted(words) != sorted([*self.parts, *self.dates]) or not words:
            message = "`parts` describes what stands in the braces of `columns`, or `dates` does: each word once"
            raise PydanticCustomError("each", message)
        return self
