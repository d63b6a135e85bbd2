"""Numbers as people write them, in digits or in English words: folded to plain text, cut into tokens, read.

Nothing is guessed: what has two readings, or none, raises `WordingError` with a sentence to show.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

T = TypeVar("T")
LONGEST = 200  # characters of `as_written`
GREATEST = 10**15  # below 2**53: readers of JSON that hold numbers as doubles lose nothing
_BELOW_TEN = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNITS = {word: n for n, word in enumerate(_BELOW_TEN.split(), 1)}
SMALL = UNITS | {word: n for n, word in enumerate(_TEENS.split(), 10)}
TENS = {word: n * 10 for n, word in enumerate(_TENS.split(), 2)}
LARGE = {"thousand": 10**3, "million": 10**6}
SCALES = {"dozen": 12, "score": 20, "hundred": 100} | LARGE
MULTIPLES = SCALES | {"k": 10**3}  # what may follow digits
NUMBER_WORDS = frozenset({"zero", *SMALL, *TENS, *SCALES})
_SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_SINGLE_QUOTES, _DOUBLE_QUOTES = "\u2018\u2019\u201a\u201b\u2039\u203a", "\u201c\u201d\u201e\u201f\u00ab\u00bb"
_DIRECTION_MARKS = "\u200e\u200f\u061c"  # invisible, come with copied Arabic text, reorder no digits
_DIGITS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹")
_SIGNS = {
    "٬": ",",
    "،": ",",
    "\u066b": ".",
    "٪": "%",
    "≈": "~",
    "\u223c": "~",
    "≥": ">=",
    "⩾": ">=",
    "≤": "<=",
    "⩽": "<=",
}
_FOLD = str.maketrans(
    dict.fromkeys(_SPACES, " ")
    | dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_SINGLE_QUOTES, "'")
    | dict.fromkeys(_DOUBLE_QUOTES, '"')
    | dict.fromkeys(_DIRECTION_MARKS, "")
    | {digit: str(n) for script in _DIGITS for n, digit in enumerate(script)}
    | _SIGNS
)
_TOKEN = re.compile(
    r"""[ \t\r\n]* (?:
        ( [0-9]{1,3} (?:[ ][0-9]{3})+ (?![0-9]|[,.'][0-9])  # 4 438
        | [0-9]+ (?:[,.'][0-9]+)*
        | [a-z]+
        | [<>]=? | [=~+%,./-] )
        | (.) )""",
    re.VERBOSE | re.DOTALL,
)
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+|(?:'[0-9]{3})+|(?:\.[0-9]{3}){2,})")
TWO_READINGS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
"""A number that may be thousands, or a decimal fraction."""
_COMMA = re.compile(r"([0-9]+),([0-9]{1,2}|[0-9]{4,})")
"""A decimal fraction behind a comma, which is no sign of thousands."""
_PLAIN = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?")


class WordingError(ValueError):
    """Words that are not read as a number or its bounds; the message says which and why, as a sentence to show."""


def tokenize(words: str) -> list[str]:
    """Cut words into lower-case words, numbers in digits and signs; quotes around and a closing mark do not matter."""
    if len(words) > LONGEST:
        raise WordingError(f"More than {LONGEST} characters: give the words of the number alone.")
    if sum(not set(script).isdisjoint(words) for script in _DIGITS) > 1:
        raise WordingError("Digits of two scripts stand in one figure.")
    tokens: list[str] = []
    for token, stray in _TOKEN.findall(_bare(words.lower().translate(_FOLD))):
        if stray:
            shown = f"'{stray}' (U+{ord(stray):04X})" if stray.isprintable() else f"U+{ord(stray):04X}"
            raise WordingError(f"Cannot read the character {shown}.")
        tokens.append(token)
    if not tokens:
        raise WordingError("There are no words to read.")
    if not {"%", "percent"}.isdisjoint(tokens) or ("per", "cent") in pairwise(tokens):
        raise WordingError("A share is not a count.")
    if tokens[0] in {"-", "minus"} and tokens[1:] and tokens[1][0].isdigit():
        raise WordingError("A count is never below zero.")
    return tokens


def _bare(text: str) -> str:
    """The text without space, one pair of quotes and one closing mark around it."""
    text = _unmarked(text.strip(" \t\r\n"))
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip(" \t\r\n")
    return _unmarked(text)


def _unmarked(text: str) -> str:
    return (text[:-1] if text.endswith((".", ",", ";", ":", "!")) else text).rstrip(" \t\r\n")


class Tokens:
    """Tokens and a place in them: each method reads on from there, or returns None and stays."""

    def __init__(self, tokens: Sequence[str], *, fractions: bool = False) -> None:
        self.tokens, self.fractions = tokens, fractions
        self.at = 0
        self._furthest = 0

    @property
    def done(self) -> bool:
        """Whether every token has been read."""
        return self.at == len(self.tokens)

    def peek(self, ahead: int = 0) -> str:
        """The token at the place, or `ahead` of it; empty past the end."""
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ""

    def take(self, *choices: str) -> str | None:
        """Read one token if it is one of these."""
        token = self.peek()
        if token not in choices:
            return None
        self.at += 1
        return token

    def phrase(self, table: Mapping[str, T], longest: int = 6) -> T | None:
        """Read the longest phrase of the table that stands here; its value."""
        for length in range(min(longest, len(self.tokens) - self.at), 0, -1):
            key = " ".join(self.tokens[self.at : self.at + length])
            if key in table:
                self.at += length
                return table[key]
        return None

    def restart(self) -> None:
        """Go back to the first token, remembering how far reading had come."""
        self._furthest = max(self._furthest, self.at)
        self.at = 0

    def refusal(self) -> WordingError:
        """The error for tokens that no reading takes in whole, naming the first that none could use."""
        self.restart()
        left = self.tokens[self._furthest :]
        if not left:
            return WordingError("The words end before they name a number.")
        number = next((token for token in left if token[0].isdigit() or token in NUMBER_WORDS), None)
        if number and any(t[0].isdigit() or t in NUMBER_WORDS for t in self.tokens[: self._furthest]):
            return WordingError(f"A second number, '{_cut(number)}', stands beside the first.")
        return WordingError(f"Cannot read '{_cut(left[0])}' as part of a figure.")

    @property
    def closing_scale(self) -> int:
        """The multiple the number just read ends in (`two hundred`: 100), 1 if it ends in none."""
        return MULTIPLES.get(self.tokens[self.at - 1], 1)

    def number(self, *, after_article: bool = False) -> Any:
        """Read a number: `4,438`, `1.2 million`, `45k`, `a dozen`, `half a million`, `two hundred and one`.

        `after_article` lets a bare multiple stand for one of it, as in "another hundred".
        """
        if self.peek()[:1].isdigit():
            value: float | None = self._in_digits()
        else:
            half = self._half()
            value = self._spelled(after_article=after_article) if half is None else half
        if value is not None and value > GREATEST:
            raise WordingError(f"The number is greater than {GREATEST:,}.")
        return value

    def _in_digits(self) -> float:
        token = self.peek()
        self.at += 1
        grouped = _GROUPED.fullmatch(token) is not None
        scale = MULTIPLES[self.tokens[self.at - 1]] if self.take(*MULTIPLES) else 1
        if grouped and scale == 1:
            return int("".join(filter(str.isdigit, token)))
        if grouped or TWO_READINGS.fullmatch(token):
            raise WordingError(f"'{token}' has two readings: as thousands, or as a decimal fraction.")
        plain = _PLAIN.fullmatch(_COMMA.sub(r"\1.\2", token) if self.fractions else token)
        if plain is None:
            raise WordingError(f"'{_cut(token)}' is not a number as read here: no leading zero, thousands in threes.")
        fraction = plain[2] or ""
        divisor: int = 10 ** len(fraction)
        digits = int(plain[1] + fraction) * scale
        value, rest = divmod(digits, divisor)
        if rest and self.fractions:
            return digits / divisor
        if rest:
            raise WordingError(f"'{_cut(token)}' is not a whole number.")
        return value

    def _half(self) -> int | None:
        start = self.at
        if self.phrase({"half a": True, "a half": True, "half": True}):
            self.take("-")
            scale = self.take(*SCALES)
            if scale:
                return SCALES[scale] // 2
        self.at = start
        return None

    def _spelled(self, *, after_article: bool) -> int | None:
        if self.take("zero"):
            return 0
        first = self._hundreds(after_article=after_article)
        if first is None:
            return None
        if (counted := self._multiple("dozen", "score")) is not None:
            return first * counted
        part: int | None = first
        total, limit = 0, 10**9
        while part is not None:
            scale = self._multiple(*LARGE) or 1
            if part * scale >= limit or (part > 999 and scale > 1):
                raise WordingError("The number words do not stand in falling order.")
            total, limit = total + part * scale, scale
            part = self._next_part() if scale > 1 else None
        return total

    def _next_part(self) -> int | None:
        """What may follow `thousand` or `million`: `five hundred`, `, five hundred`, `and five`."""
        start = self.at
        if self.take("and"):
            part = self._tens()
            if part is not None and self.peek() not in SCALES:
                return part
        else:
            self.take(",")
            part = self._hundreds()
            if part is not None:
                return part
        self.at = start
        return None

    def _hundreds(self, *, after_article: bool = False) -> int | None:
        """A number below a thousand, or hundreds up to ninety-nine (`fifteen hundred`); 1 for the `a` of `a dozen`."""
        if self.peek() in {"a", "an"} and self.peek(1) in SCALES:
            self.at += 1
            value: int | None = 1
        elif after_article and self.peek() in SCALES:
            value = 1
        else:
            value = self._tens()
        if value is None or self._multiple("hundred") is None:
            return value
        start = self.at
        self.take("and")
        rest = self._tens()
        if rest is None or self.peek() in {"dozen", "score", "hundred"}:
            self.at = start  # "one hundred and two hundred" is no number
            return value * 100
        return value * 100 + rest

    def _tens(self) -> int | None:
        word = self.peek()
        if word in SMALL:
            self.at += 1
            return SMALL[word]
        if word not in TENS:
            return None
        self.at += 1
        start = self.at
        self.take("-")
        unit = self.take(*UNITS)
        if unit is None:
            self.at = start
            return TENS[word]
        return TENS[word] + UNITS[unit]

    def _multiple(self, *words: str) -> int | None:
        start = self.at
        self.take("-")
        word = self.take(*words)
        if word is None:
            self.at = start
            return None
        return SCALES[word]


def _cut(token: str) -> str:
    """A token short enough for a message."""
    return token if len(token) <= 40 else token[:37] + "..."
