"""Partial dates: a year, a month, a day, or a range of them, and the days each covers."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic import Field as Shown

FIRST_YEAR = 1500
EASTERNMOST = timezone(timedelta(hours=14))
"""Where a day begins first: the Line Islands, UTC+14."""
ACCEPTED = "write 2022, 2022-01, 2022-01-20, or a range of these such as 2019-03-03/2019-03-09"


# Not calendar.month_name: that follows the locale of the process.
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WRITTEN = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class DateError(ValueError):
    """A text that is not a partial date of the register; the message says why, as a sentence to show."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as precise as its source: `text` as written, and the first and last day it may mean."""

    text: str
    start: date
    end: date


def parse_partial_date(text: str, *, today: date | None = None) -> PartialDate:
    """Read `2022`, `2022-01`, `2022-01-20` (ISO 8601 reduced precision), or two of them as `A/B`: some day from A to B.

    `today` (by default the day that has begun somewhere on Earth) is the latest first day accepted. Raises `DateError`
    for any other text, a year before 1500, a day that does not exist, a range that ends before it begins, and a first
    day in the future.
    """
    parts = text.split("/")
    if len(parts) > 2:
        raise DateError(f"Not a date: {ACCEPTED}.")
    start, end = _days(parts[0])[0], _days(parts[-1])[1]
    if end < start:
        raise DateError(f"The range runs backwards: its last day, {end}, is before its first, {start}.")
    if start > (today or datetime.now(EASTERNMOST).date()):
        raise DateError(f"The date lies in the future: its first day is {start}.")
    return PartialDate(text, start, end)


def in_words(partial: PartialDate) -> str:
    """The date as a sentence says it: `24 January 2022`, `January 2020`, `some day between 3 and 9 March 2019`."""
    first, _, last = partial.text.partition("/")
    if not last or first == last:
        return " ".join(_terms(partial.start, len(first)))
    # Ends of different precision are told in days: "between 2022 and January 2022" would say nothing.
    width = len(first) if len(first) == len(last) else len("2022-01-20")
    begin, finish = _terms(partial.start, width), _terms(partial.end, width)
    while len(begin) > 1 and begin[-1] == finish[len(begin) - 1]:
        begin.pop()
    return f"some day between {' '.join(begin)} and {' '.join(finish)}"


def _days(text: str) -> tuple[date, date]:
    """First and last day of one date without a range."""
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise DateError(f"Not a date: {ACCEPTED}.")
    year, month, day = (int(part or 0) for part in written.groups())
    if year < FIRST_YEAR:
        raise DateError(f"The year {written[1]} is before {FIRST_YEAR}, where the register begins.")
    if written[2] is None:
        return date(year, 1, 1), date(year, 12, 31)
    if not 1 <= month <= 12:
        raise DateError(f"There is no month {written[2]}: months run from 01 to 12.")
    length = monthrange(year, month)[1]
    if written[3] is None:
        return date(year, month, 1), date(year, month, length)
    if not 1 <= day <= length:
        raise DateError(f"There is no day {written[3]} in {MONTHS[month - 1]} {year}: it has {length} days.")
    return date(year, month, day), date(year, month, day)


def _terms(day: date, width: int) -> list[str]:
    """The words of a date at the precision its text has: 4 characters name a year, 7 a month, 10 a day."""
    terms = [str(day.day), MONTHS[day.month - 1], str(day.year)]
    return terms[{4: 2, 7: 1}.get(width, 0) :]


def _partial_date(text: str) -> str:
    try:
        return _day(text)
    except DateError as fault:
        raise ValueError(str(fault)) from None


@lru_cache(maxsize=4096)
def _day(text: str) -> str:
    return parse_partial_date(text).text


PartialDay = Annotated[str, AfterValidator(_partial_date), Shown(max_length=40)]


def misplaced(
    values: Mapping[str, Any], not_before: Mapping[str, str], not_after: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Dates on the wrong side of another, whatever days are meant: each field, and the sentence.

    `not_before` and `not_after` say of a field which other it is compared with.
    """
    for pairs, side in ((not_before, "before"), (not_after, "after")):
        for name, other in pairs.items():
            here, there = _covered(values.get(name)), _covered(values.get(other))
            if here is None or there is None:
                continue
            if here.end < there.start if side == "before" else here.start > there.end:
                yield _public(name), f"{_public(name)} ({here.text}) lies {side} {_public(other)} ({there.text})"


def _public(name: str) -> str:
    return name.removesuffix("_")


def _covered(text: Any) -> PartialDate | None:
    """The days of a date that can be read: any other is a fault of its own."""
    if not isinstance(text, str):
        return None
    try:
        return parse_partial_date(text)
    except DateError:
        return None


@cache
def days(name: str) -> tuple[str, str]:
    """The names of the two columns that hold the day range of a partial date."""
    name = name.removesuffix("_")
    return (f"{name}_start", f"{name}_end") if name.endswith("as_of") else (f"{name}_earliest", f"{name}_latest")
