"""What an incident's figures come to for a sum over incidents: one number of each, or at least what is known.

Values in, values out. The row of the toll that counts exactly the groups asked is taken; else rows of groups that share
nobody are added up, which is at least the number.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor
from typing import Any, NamedTuple

from app.answers.codes import Agreement
from app.answers.overlaps import overlap
from app.answers.reconciling import Reconciled, reconcile
from app.answers.statements import Statement
from app.answers.sums import total
from app.answers.toll_rows import RowKey, rows_of_figures
from app.estimates.codes import Tally
from app.figures.codes import FigureUnit


class Counted(NamedTuple):
    """The number of one incident, its bounds in order: low, best, high."""

    bounds: tuple[Any, Any, Any]
    ids: tuple[int, ...]
    """The figures it rests on."""
    whole: bool
    """Whether a row of the toll speaks of all that is asked."""
    conflicting: bool


def counted(
    figures: Iterable[Statement], incident: Mapping[str, Any], target: Sequence[str], cause: str | None
) -> Counted | None:
    """What the figures of one incident come to for some groups; none asked is everyone."""
    found = []
    for key, statements in rows_of_figures(figures, incident):
        if not _fits(key, target, cause):
            continue
        row = reconcile(statements)
        if row.used:
            ids = tuple(one.record["id"] for one in row.used)
            apart = row.agreement is Agreement.conflicting
            found.append((key, Counted(_span(row), ids, whole=_is(key, target, cause), conflicting=apart)))
    if not found:
        return None
    exact = next((one for _, one in found if one.whole), None)
    if exact is None and len(found) == 1 and _describes(*found[0], target, cause):
        exact = found[0][1]._replace(whole=True)
    if exact is not None:
        return exact
    return _at_least(found)


def _span(row: Reconciled) -> tuple[Any, Any, Any]:
    """What the statements used allow together, in whole numbers; `about n` is n +/- 10 %."""
    lows, highs = [one.range.low for one in row.used], [one.range.high for one in row.used]
    low = None if None in lows else min(floor(one) for one in lows if one is not None)
    high = None if None in highs else max(ceil(one) for one in highs if one is not None)
    return low, row.best, high


def _fits(key: RowKey, target: Sequence[str], cause: str | None) -> bool:
    """Whether a row counts people among those asked about, and nobody else."""
    if key.unit != FigureUnit.persons or key.tally != Tally.total or (cause is not None and key.cause != cause):
        return False
    return not target or (bool(key.of) and set(key.of) <= set(target))


def _is(key: RowKey, target: Sequence[str], cause: str | None) -> bool:
    """Whether a row counts exactly those."""
    return set(key.of) == set(target) and key.actor is None and key.sex is None and key.cause == cause


def _describes(key: RowKey, one: Counted, target: Sequence[str], cause: str | None) -> bool:
    """Whether what sets the only row of an incident apart tells of those it counts, and not which of several it counts.

    So does the cause; of a single person so does all of it.
    """
    return one.bounds[2] == 1 or (cause is None and _is(key._replace(cause=None), target, None))


def _at_least(found: Sequence[tuple[RowKey, Counted]]) -> Counted:
    """The widest rows that share nobody, together: at least what they come to."""
    taken: list[tuple[RowKey, Counted]] = []
    for key, one in found:
        if not any(overlap(key, other) for other, _ in taken):
            taken.append((key, one))
    low, best, _ = total(one.bounds for _, one in taken)
    ids = tuple(number for _, one in taken for number in one.ids)
    apart = any(one.conflicting for _, one in taken)
    return Counted((low if low is not None else best, best, None), ids, whole=False, conflicting=apart)
