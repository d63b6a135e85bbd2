"""The latest of each originator, beside each other: what several statements about one number come to.

`toll/1` and `occupancy/1` share it. It chooses nothing silently: each statement gets a role, and what is not used says
why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.answers.codes import Agreement, StatementRole
from app.answers.statements import Statement
from app.estimates.codes import Tally
from app.estimates.ranges import Range

ONE_DAY = timedelta(days=1)
"""How much older than the newest a statement may be and still speak of the same state."""
EXCEEDS = "it is a total above what the newest allow"
"""Why an older statement is at odds with the newest."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What some statements come to."""

    statements: tuple[Statement, ...]
    """All of them, those used first, the newest of each role first."""
    low: Any
    best: Any
    high: Any
    spread: tuple[Any, Any] | None
    """The least and the greatest value that those used name."""
    agreement: Agreement | None
    """Null where nothing can be used."""

    @property
    def used(self) -> tuple[Statement, ...]:
        """Those that the number rests on."""
        return tuple(one for one in self.statements if one.role is StatementRole.used)

    @property
    def counts(self) -> bool:
        """Whether one of them gives a number at all."""
        return any(one.role is not StatementRole.unknown for one in self.statements)


def reconcile(statements: Iterable[Statement]) -> Reconciled:
    """What statements about one number come to; those that an answer has excluded already keep that role."""
    comparable, aside = [], []
    for one in statements:
        if one.role is StatementRole.excluded:
            aside.append(one)
        elif not one.stated:
            aside.append(one.with_role(StatementRole.unknown, _no_number(one)))
        elif one.record["tally"] == Tally.additional:
            why = "it comes on top of an earlier number, which it does not name"
            aside.append(one.with_role(StatementRole.additional, why))
        else:
            comparable.append(one)
    latest, superseded = _latest_per_originator(comparable)
    newest = max((one.end for one in latest), default=None)
    current = [one for one in latest if newest is not None and one.end >= newest - ONE_DAY]
    older = [one for one in latest if one not in current]
    exceeding = [one for one in older if _exceeds(one, current)]
    for one in older:
        why = f"its originator says nothing later than {one.record['as_of']}"
        if one in exceeding:
            why += f"; {EXCEEDS}"
        aside.append(one.with_role(StatementRole.older, why))
    return Reconciled(
        statements=(*_in_order(current), *_in_order([*aside, *superseded])),
        low=_least([one.record["low"] for one in current]),
        best=_best(current),
        high=_greatest([one.record["high"] for one in current]),
        spread=_spread(current),
        agreement=_agreement(current, exceeding),
    )


def _no_number(one: Statement) -> str:
    reason = one.record["missing_reason"]
    return f"it gives no number: {reason.replace('_', ' ')}" if reason else "it gives no number"


def _latest_per_originator(statements: Sequence[Statement]) -> tuple[list[Statement], list[Statement]]:
    """Each originator's latest, ties included, and the others."""
    latest, superseded = [], []
    newest: dict[Any, Statement] = {}
    for one in statements:
        if one.behind not in newest or one.newness > newest[one.behind].newness:
            newest[one.behind] = one
    for one in statements:
        by = newest[one.behind]
        if one.newness == by.newness:
            latest.append(one)
        else:
            later = f"as of {by.record['as_of']}" if one.end < by.end else f"in {by.record['source']}"
            why = f"its originator says so again {later} (figure {by.record['id']})"
            superseded.append(one.with_role(StatementRole.superseded, why))
    return latest, superseded


def _exceeds(one: Statement, current: Sequence[Statement]) -> bool:
    """Whether an older total is above all that the newest allow: what has been counted once does not grow less."""
    low, highs = one.range.low, [newer.range.high for newer in current]
    return (
        one.record["tally"] == Tally.total
        and low is not None
        and all(high is not None and low > high for high in highs)
    )


def _least(bounds: Sequence[Any]) -> Any:
    return min(bounds) if bounds and None not in bounds else None


def _greatest(bounds: Sequence[Any]) -> Any:
    return max(bounds) if bounds and None not in bounds else None


def _best(current: Sequence[Statement]) -> Any:
    """The best value of the newest that has one; null where several are as new and name different ones."""
    with_best = [one for one in current if one.record["best"] is not None]
    newest = max((one.newness for one in with_best), default=None)
    values = {one.record["best"] for one in with_best if one.newness == newest}
    return values.pop() if len(values) == 1 else None


def _spread(current: Sequence[Statement]) -> tuple[Any, Any] | None:
    values = [value for one in current for value in one.stated]
    return (min(values), max(values)) if values else None


def _agreement(current: Sequence[Statement], exceeding: Sequence[Statement]) -> Agreement | None:
    if not current:
        return None
    if exceeding or not _share_a_value([one.range for one in current]):
        return Agreement.conflicting
    return Agreement.single if len(current) == 1 else Agreement.consistent


def _share_a_value(ranges: Sequence[Range]) -> bool:
    low = max((one.low for one in ranges if one.low is not None), default=None)
    high = min((one.high for one in ranges if one.high is not None), default=None)
    return low is None or high is None or low <= high


ORDER = list(StatementRole)


def _in_order(statements: Iterable[Statement]) -> list[Statement]:
    """By role, then the newest first; what is as new in the order it was recorded."""
    by_id = sorted(statements, key=lambda one: one.record["id"])
    newest_first = sorted(by_id, key=lambda one: one.newness, reverse=True)
    return sorted(newest_first, key=lambda one: ORDER.index(one.role))
