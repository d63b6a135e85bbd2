"""The months of a series: each with its last day, up to the day spoken of."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from app.errors import BadInput, Fault
from app.estimates.dates import parse_partial_date

MOST_MONTHS = 60
"""How many months a series has at most."""


def months_between(first: str | None, last: str | None, day: date) -> Iterator[tuple[str, date]]:
    """The months from `first`, or a year before, to `last`, or that of the day; raises for none or too many."""
    ends = day if last is None else min(day, parse_partial_date(last, today=date.max).end)
    begins = date(ends.year - 1, ends.month, 1) if first is None else parse_partial_date(first, today=date.max).start
    months = (ends.year - begins.year) * 12 + ends.month - begins.month + 1
    if months <= 0:
        raise BadInput.of([Fault(f"from lies after {ends}, where the series ends", parameter="from")])
    if months > MOST_MONTHS:
        message = f"`from` is to lie up to {MOST_MONTHS} months before {ends}; ask for a longer series in parts"
        raise BadInput.of([Fault(message, parameter="from")])
    for number in range(months):
        year, month = divmod(begins.year * 12 + begins.month - 1 + number, 12)
        yield f"{year:04}-{month + 1:02}", min(ends, date(year, month + 1, monthrange(year, month + 1)[1]))
