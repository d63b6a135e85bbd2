"""Which statements about one thing cannot all be true (`conflict/1`). Values in, values out.

A number is allowed by several statements if it is by any two of them: so the smallest sets that cannot all be true are
pairs. `app.records.filters.disputes` says the same in SQL.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from app.answers.codes import StatementRole
from app.answers.reconciling import ONE_DAY
from app.answers.statements import Statement
from app.estimates.codes import Tally


class Pair(NamedTuple):
    """Two statements that cannot both be true, and why."""

    earlier: Statement
    later: Statement
    why: str


def conflicts_of(statements: Iterable[Statement], *, growing: bool) -> Iterator[Pair]:
    """The pairs among statements about one thing; `growing` says that a total of them can only grow."""
    comparable = [
        one
        for one in statements
        if one.role is not StatementRole.excluded and one.stated and one.record["tally"] != Tally.additional
    ]
    for pair in combinations(sorted(comparable, key=lambda one: (one.end, one.record["id"])), 2):
        earlier, later = pair
        if not earlier.range.meets(later.range) and (why := _why(earlier, later, comparable, growing=growing)):
            yield Pair(earlier, later, why)


def _why(earlier: Statement, later: Statement, others: Sequence[Statement], *, growing: bool) -> str | None:
    """Why two numbers that differ cannot both be true; none where the second only tells of a later state."""
    if earlier.end == later.end:
        return "both speak of the same day"
    if earlier.behind == later.behind or _superseded(earlier, later, others):
        return None
    if later.end - earlier.end <= ONE_DAY:
        return "they speak of two days that follow each other, and neither has been replaced by its originator"
    low, high = earlier.range.low, later.range.high
    if growing and earlier.record["tally"] == Tally.total and low is not None and high is not None and low > high:
        return "the earlier total is above the later: what has been counted once does not grow less"
    return None


def _superseded(earlier: Statement, later: Statement, others: Sequence[Statement]) -> bool:
    """Whether the originator of the earlier has stated another by the day of the later."""
    return any(one.behind == earlier.behind and earlier.end < one.end <= later.end for one in others)
