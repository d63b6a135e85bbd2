"""The number of a sentence: the words of the source, what they do not say themselves, and how a noun is joined to them.

The words come first and are never changed. What they leave open about the bounds follows in brackets; bounds that an
editor set are told as this register's.
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from app.estimates.codes import EstimateFlag, Qualifier, Tally
from app.estimates.numerals import NUMBER_WORDS, WordingError, tokenize
from app.estimates.words import (
    ADDED_AFTER,
    ADDED_BEFORE,
    AFTERWARDS,
    MAGNITUDES,
    PLURALS,
    QUALIFIERS,
    UNKNOWNS,
    describe,
)

Number = int | float | None
QUANTITY = {
    word
    for phrases in (QUALIFIERS, AFTERWARDS, MAGNITUDES, UNKNOWNS, ADDED_BEFORE, ADDED_AFTER, NUMBER_WORDS)
    for phrase in phrases
    for word in phrase.split()
} | {"a", "an", "and", "between", "to", "of", "or", "from", "-", ".", ","}
"""The words that say how many, and not of what."""
INEXACT = {word for phrase in PLURALS for word in phrase.split()} - {"of"} | {"dozen", "score"}
"""Of these, the words whose bounds not every reader knows."""
NOTATION = re.compile(r"[\d\s<>=~+≈≥≤.,]*[<>=~+≈≥≤][\d\s<>=~+≈≥≤.,]*")
"""Signs in place of words: a table's shorthand, told in words."""
NO_COUNT = {"unknown", "undetermined", "unspecified", "undisclosed", "unclear", "known"}


class Phrase(NamedTuple):
    """How many, in words."""

    text: str
    joined: Literal["count", "of", "quoted"]
    """How a noun follows: `25 detainees`, `hundreds of detainees`, or `"a car bomb" (1 vehicle bomb)`."""
    bounds: str
    """The bounds in words of this register: what stands before the noun in brackets."""
    one: bool
    """Whether it is one of them."""
    note: str = ""
    """What has to be said of how the number was read."""

    def with_noun(self, one: str, many: str) -> str:
        """The number and what is counted."""
        noun = one if self.one else many
        if self.joined == "quoted":
            of = "of " if self.bounds == "an unknown number" and not noun.startswith("of ") else ""
            return f'"{self.text}" ({self.bounds} {of}{noun})'
        of = "of " if self.joined == "of" and not noun.startswith("of ") else ""
        return f"{self.text} {of}{noun}"


@lru_cache(maxsize=16_384)
def phrase(
    words: str | None, low: Number, best: Number, high: Number, qualifier: str, tally: str, flags: tuple[str, ...]
) -> Phrase:
    """How many a statement says there are."""
    described = describe(low, best, high, Qualifier(qualifier), Tally(tally))
    one = low == best == high == 1
    if words is None or NOTATION.fullmatch(words):
        plural = described.startswith(("an unknown number", *PLURALS))
        return Phrase(described, "of" if plural else "count", described, one)
    note = _read_as(low, best, high, described) if EstimateFlag.bounds_by_editor in flags else ""
    if EstimateFlag.rounded in flags:
        return Phrase(words, "count", described, one=False)
    try:
        tokens = tokenize(words)
    except WordingError:
        tokens = ["?"]
    if any(token not in QUANTITY and not token[:1].isdigit() for token in tokens) or tokens == ["no"]:
        return Phrase(words, "quoted", described, one, note)
    if NO_COUNT & set(tokens) and tokens[-1] != "number":
        return Phrase(words, "quoted", described, one, note)
    if "in" in tokens and tokens[-1] in _LAST:
        return Phrase(words, "quoted", _bounds(low, best, high) or described, one, note)
    text = words
    says_all = (
        not INEXACT & set(tokens)
        and not _is_magnitude(tokens)
        and not any(char.isdigit() and not char.isascii() for char in words)
    )
    if not note and not says_all and (bounds := _bounds(low, best, high)):
        text = f"{words} ({bounds})"
    last = tokens[-1]
    return Phrase(text, "of" if last in {"number", "handful", *_LAST} else "count", described, one, note)


def _is_magnitude(tokens: list[str]) -> bool:
    """Whether the words are of an order of size, such as `several hundred`."""
    return any(" ".join(tokens[place:]) in MAGNITUDES for place in range(len(tokens)))


_LAST = {phrase.split()[-1] for phrase in PLURALS}


def _bounds(low: Number, best: Number, high: Number) -> str:
    if low is not None and high is not None:
        return f"{low:,} to {high:,}" if low != high else f"{low:,}"
    if low is not None:
        return f"at least {low:,}"
    if high is not None:
        return f"at most {high:,}"
    return f"about {best:,}" if best is not None else ""


def _read_as(low: Number, best: Number, high: Number, described: str) -> str:
    if best is not None and low is None and high is None:
        return "read as a round number by this register"
    return f"read as {described} by this register"
