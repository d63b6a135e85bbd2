"""How full a place is (`occupancy/1`), from what it states: groups, sides, bounds. Values in, values out.

Held and capacity are each what the latest of every originator come to; definitions of capacity are never mixed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from app.answers.groups import EVERYONE, Group
from app.answers.staleness import Reports, usual_interval
from app.answers.sums import Addend, Number, Part, parts_of
from app.populations.codes import PopulationStatistic

AVERAGE, OUT_OF_USE = PopulationStatistic.daily_average.value, PopulationStatistic.out_of_use.value
PERCENT = 100


class Range(NamedTuple):
    """Bounds of a number; null is unknown."""

    low: Number | None
    best: Number | None
    high: Number | None


NOTHING = Range(None, None, None)


@dataclass(frozen=True, slots=True)
class Side:
    """What is held, or how many places there are, and how old that is."""

    part: Part
    reports: Reports

    def age(self, day: date) -> int:
        """Days since the last day it speaks of."""
        return (day - self.part.end).days


def percent(held: Part | None, capacity: Part | None) -> Range:
    """The occupancy in per cent: at least 120 where at least 120 are held in 100 places."""
    if held is None or capacity is None:
        return NOTHING
    return Range(_share(held.low, capacity.high), _share(held.best, capacity.best), _share(held.high, capacity.low))


def _share(held: Number | None, places: Number | None) -> float | None:
    return None if held is None or not places else round(PERCENT * held / places, 1)


def counts(addends: Iterable[Addend]) -> list[Addend]:
    """The counts of people that go together: stocks of a day, or where there is none averages."""
    listed = list(addends)
    stocks = [one for one in listed if one.statistic != AVERAGE]
    return stocks or listed


def by_definition(addends: Iterable[Addend]) -> dict[str, list[Addend]]:
    """Statements of capacity by their definition."""
    found: dict[str, list[Addend]] = {}
    for one in addends:
        found.setdefault(one.statistic, []).append(one)
    return dict(sorted(found.items(), key=lambda item: (item[0] == OUT_OF_USE, item[0])))


def side_of(addends: Sequence[Addend], target: Group, day: date) -> Side | None:
    """What statements come to for a group on a day; of those much older than the newest none is used."""
    stated = [one for one in addends if one.stated and one.end <= day]
    if not stated:
        return None
    newest = max(one.end for one in stated)
    usual = usual_interval([one.end for one in stated])
    reports = Reports(newest, usual)
    present = [one for one in stated if (newest - one.end).days <= reports.limit]
    part = parts_of(present, target).get(())
    if part is None:
        part = parts_of(stated, target).get(())
    return None if part is None else Side(part, Reports(part.end, usual))


def groups_asked(addends: Iterable[Addend]) -> Iterator[Group]:
    """Everyone, then the codes of each stated dimension: the groups that an answer has a row for."""
    yield EVERYONE
    codes = {code for one in addends for code in one.group.codes}
    for code in sorted(codes, key=lambda code: (Group((code,)).rank, code[0], repr(code[1]))):
        yield Group((code,))


class Step(NamedTuple):
    """One step of a series: what was held, and the places there were, from a day on."""

    day: date
    held: Side | None
    capacity: Side | None
    why: str | None


def steps_of(held: Sequence[Addend], capacity: Sequence[Addend], until: date) -> Iterator[Step]:
    """A step for each day on which either side was stated anew, and one without a number where reports stay away."""
    usual = usual_interval([one.end for one in held if one.stated])
    days = sorted({one.end for one in (*held, *capacity) if one.stated})
    current: Side | None = None
    places: Side | None = None
    for number, day in enumerate(days):
        current = _renewed(current, [one for one in held if one.end == day], usual)
        places = _renewed(places, [one for one in capacity if one.end == day], None)
        if current is not None and current.reports.stale_on(day):
            current = None
        yield Step(day, current, places, None)
        following = days[number + 1] if number + 1 < len(days) else until + timedelta(days=1)
        late = current.reports.stale_since if current is not None else None
        if current is not None and late is not None and late < following:
            yield Step(late, None, places, f"no report of who is held since {current.part.end.isoformat()}")
            current = None


def _renewed(before: Side | None, addends: Sequence[Addend], usual: int | None) -> Side | None:
    """A side with what is stated of one day: parts of a group do not take the place of the whole."""
    part = parts_of(addends).get(()) if addends else None
    if part is None:
        return before
    if before is not None and before.part.whole and not part.whole and not before.reports.stale_on(part.end):
        return before
    return Side(part, Reports(part.end, usual))
