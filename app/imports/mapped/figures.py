"""Numbers as they are published, read as bounds."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from app.estimates.codes import EstimateFlag, Qualifier
from app.estimates.numbers import lean
from app.estimates.numerals import TWO_READINGS, WordingError
from app.estimates.words import read_words
from app.imports.mapped.mapping import Decimal
from app.imports.mapped.record import FIGURE
from app.imports.mapped.values import PartialSum, Rejected
from app.imports.readers import Flaw
from app.imports.readers.rows import Number

NUMBER = re.compile(r"([0-9]{1,15})(?:\.([0-9]+))?")
GROUPED: dict[Decimal, re.Pattern[str]] = {
    ".": re.compile(r"([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(?:\.([0-9]+))?"),
    ",": re.compile(r"([0-9]{1,3}(?:\.[0-9]{3}){1,4}|[0-9]{1,15})(?:,([0-9]+))?"),
}
"""Numbers, by the sign that parts their fraction; the other one groups thousands."""
NOTHING_OR_ZERO = {"no", "none", "nil"}
"""Words that say zero in a sentence; alone in a column of counts they say as often that nothing is known."""


def figure(
    text: str,
    column: str | None = None,
    *,
    bounded: bool = False,
    decimal: Decimal | None = None,
    marks: Sequence[str] = (),
    fractions: bool = False,
) -> dict[str, Any]:
    """A number as published: whole ones are exact, all else is the words of the source.

    A fraction is exact too where `fractions` may be counted, as in an average; else it is rounded and approximate.

    Words that cannot be read raise `Rejected`, unless bounds stand beside them; so does a number that can be read in
    two ways, where nothing says what its `decimal` sign is. Of a number with footnote `marks`, all is kept as written.
    """
    if isinstance(text, PartialSum):
        return {"low": int(text), "qualifier": Qualifier.at_least}
    if (number := _in_digits(_unmarked(text, marks), "." if isinstance(text, Number) else decimal)) is not None:
        whole, part = number
        near = int(whole) + (part[:1] >= "5")
        if part.strip("0") and fractions:
            broken = lean(float(f"{whole}.{part}"))
            words = {} if text == f"{whole}.{part}" else {"as_written": text}
            return {"low": broken, "best": broken, "high": broken, "qualifier": Qualifier.exact} | words
        if part.strip("0"):
            rounded = {"flags": [EstimateFlag.rounded], "as_written": text}
            return {"low": None, "best": near, "high": None, "qualifier": Qualifier.approximately} | rounded
        words = {} if text.startswith(whole) and text == _unmarked(text, marks) else {"as_written": text}
        return {"low": near, "best": near, "high": near, "qualifier": Qualifier.exact} | words
    if re.fullmatch(r"-\s*[0-9][0-9.,]*", text):
        hint = "leave it empty if it is unknown"
        raise Rejected(Flaw("negative", "a count is never negative", column or FIGURE, text[:200], hint))
    if not bounded and text.casefold() in NOTHING_OR_ZERO:
        hint = "name it under `missing`, or say with a `table` that it is 0"
        raise Rejected(Flaw("not_a_figure", "the word may mean zero or nothing", column or FIGURE, text, hint))
    if not bounded and (unread := _unread(text[:200], fractions=fractions)) is not None:
        hint = "if it means nothing, name it under `missing`"
        if TWO_READINGS.fullmatch(text):
            hint = "say in the mapping what parts a fraction: `decimal: ','` where this means thousands, else `'.'`"
        elif (mark := _MARK.fullmatch(text)) is not None:
            hint = f"if {mark[1]!r} marks a footnote, name it under `marks`"
        raise Rejected(Flaw("not_a_figure", unread, column or FIGURE, text[:200], hint))
    return {"as_written": text[:200]}


_MARK = re.compile(r"[0-9][0-9.,]*\s*([^\s0-9].{0,4}|[\u00b2\u00b3\u00b9\u2070-\u2079]+)")
"""A number, and what may mark a footnote."""


def _unmarked(text: str, marks: Sequence[str]) -> str:
    """A text without the marks of footnotes at its end."""
    while mark := next((mark for mark in marks if text.endswith(mark) and len(text) > len(mark)), ""):
        text = text[: -len(mark)].rstrip()
    return text


def _in_digits(text: str, decimal: Decimal | None) -> tuple[str, str] | None:
    """The digits of a number before and after its decimal sign; nothing where it is written otherwise, or unclear."""
    if decimal is None:
        found = None if TWO_READINGS.fullmatch(text) else NUMBER.fullmatch(text)
        return None if found is None else (found[1], found[2] or "")
    found = GROUPED[decimal].fullmatch(text)
    return None if found is None else (re.sub("[.,]", "", found[1]), found[2] or "")


@lru_cache(maxsize=8192)
def _unread(words: str, *, fractions: bool) -> str | None:
    """Why words cannot be read as a figure, if they cannot."""
    try:
        read_words(words, fractions=fractions)
    except WordingError as error:
        return str(error)
    return None
