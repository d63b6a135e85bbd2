"""What was added to a number between two days, by each originator that has stated it at both."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.answers.codes import StatementRole
from app.answers.statements import Bound, Statement
from app.estimates.codes import Tally

NOTHING = "nobody has a number of both days: {}"


class Added(BaseModel):
    """What one originator's later number has on top of its earlier one."""

    originator: Annotated[str | None, Field(description="Who states both.", examples=["sohr"])]
    low: Annotated[
        Bound, Field(description="The least that was added; null where the two leave it open.", examples=[22])
    ]
    high: Annotated[
        Bound, Field(description="The most that was added; null where the two leave it open.", examples=[22])
    ]
    revised_down: Annotated[
        bool, Field(description="Whether the later total is below the earlier: it was revised.", examples=[False])
    ]
    earlier: Annotated[int, Field(description="The figure of the earlier day.", examples=[27])]
    later: Annotated[int, Field(description="The figure of the later day.", examples=[31])]


def added(statements: Iterable[Statement], since: date) -> tuple[list[dict[str, Any]], str | None]:
    """For each originator with a number at both days what came on top, and where nobody has, why there is none.

    The statements are those of one row, as its rule has given them roles at the later day.
    """
    comparable = {StatementRole.used, StatementRole.superseded, StatementRole.older}
    by_originator: dict[Any, list[Statement]] = {}
    for one in statements:
        if one.role in comparable:
            by_originator.setdefault(one.behind, []).append(one)
    found = []
    for own in by_originator.values():
        earlier = max((one for one in own if one.end <= since), key=_newest, default=None)
        later = max((one for one in own if one.end > since), key=_newest, default=None)
        if earlier is not None and later is not None:
            found.append(_difference(earlier, later))
    if found:
        return sorted(found, key=lambda one: (one["later"], one["earlier"])), None
    if not by_originator:
        return [], NOTHING.format("no statement gives one")
    if all(one.end > since for own in by_originator.values() for one in own):
        return [], NOTHING.format("the first is of a later day than since")
    return [], NOTHING.format("no originator that had one by then has stated a later one")


def _newest(one: Statement) -> Any:
    return one.newness, one.record["id"]


def _difference(earlier: Statement, later: Statement) -> dict[str, Any]:
    """`[low2 - high1, high2 - low1]`; of a total never below zero, unless it was revised down."""
    before, after = earlier.range, later.range
    low = after.low - before.high if after.low is not None and before.high is not None else None
    high = after.high - before.low if after.high is not None and before.low is not None else None
    cumulative = later.record["tally"] == Tally.total
    revised = cumulative and high is not None and high < 0
    if cumulative and not revised:
        low = max(low, 0) if low is not None else 0
    return {
        "originator": later.record["originator"],
        "low": _whole(low),
        "high": _whole(high),
        "revised_down": revised,
        "earlier": earlier.record["id"],
        "later": later.record["id"],
    }


def _whole(number: float | None) -> float | int | None:
    """A number without a needless fraction."""
    return int(number) if number is not None and number == int(number) else number
