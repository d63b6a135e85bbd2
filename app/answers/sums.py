"""What one place states of a group: its own statement of the group, else the parts of a source added up (`sum/1`).

Values in, values out: nothing here reads the register.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import ceil, floor
from typing import Any, NamedTuple

from app.answers.groups import EVERYONE, Family, Group, breadth, complete, family_of
from app.estimates.numbers import lean
from app.estimates.ranges import allowed
from app.populations.codes import PopulationStatistic

ONE_DAY = timedelta(days=1)
"""How much older than the newest a statement may be and still speak of the same state."""
STOCKS = (PopulationStatistic.point, PopulationStatistic.midnight, PopulationStatistic.unknown)
"""Counts of a day, which may be added to each other."""
Number = float | int
PLACES = 9
"""How many decimals of a sum of averages are told."""
Key = tuple[Any, ...]
"""The codes of a group in the dimensions that an answer is broken down by."""


class Addend(NamedTuple):
    """One statement that a place makes of a group, as far as it is needed to add it up."""

    id: int
    group: Group
    end: date
    low: Number | None
    best: Number | None
    high: Number | None
    qualifier: str
    source: str
    originator: str | int
    """Who stands behind it; where that is hidden, the statement itself."""
    statistic: str
    period: str | None = None
    """When it begins to count, of flows and averages."""

    @property
    def stated(self) -> bool:
        """Whether it gives a number."""
        return self.low is not None or self.best is not None or self.high is not None


class Part(NamedTuple):
    """What a place comes to for one group: bounds, and what they rest on."""

    low: Number | None
    best: Number | None
    high: Number | None
    whole: bool
    """Whether the statements make up the group; else it is at least their sum."""
    statements: tuple[Addend, ...]
    end: date
    conflicting: bool = False


def span(addend: Addend) -> tuple[Number | None, Number | None, Number | None]:
    """The least, named and greatest value of a statement that is added to others; `about n` is n +/- 10 %."""
    if addend.low == addend.best == addend.high:
        return addend.low, addend.best, addend.high
    low, high = allowed({"low": addend.low, "best": addend.best, "high": addend.high, "qualifier": addend.qualifier})
    # Ten in a hundred of a count are whole people; what a statement names itself is as exact as it says.
    low = low if low in {None, addend.low} else floor(low)
    return low, addend.best, high if high in {None, addend.high} else ceil(high)


def total(parts: Iterable[tuple[Number | None, Number | None, Number | None]]) -> tuple[Any, Any, Any]:
    """The sum of bounds: a floor that is not known adds nothing, a number or ceiling that is not leaves none."""
    low: Number = 0
    best: Number | None = 0
    high: Number | None = 0
    known = False
    for least, named, most in parts:
        known = known or least is not None or most is not None
        low += least or 0
        best = None if best is None or named is None else best + named
        high = None if high is None or most is None else high + most
    return (exact(low), exact(best), exact(high)) if known else (None, None, None)


def exact(value: Number | None) -> Any:
    """A sum of averages without the error of binary fractions."""
    return lean(round(value, PLACES)) if type(value) is float else value


def parts_of(addends: Sequence[Addend], target: Group = EVERYONE, split: tuple[str, ...] = ()) -> dict[Key, Part]:
    """What the statements of one place come to for a group, or for each of its groups in the dimensions of `split`.

    Of each originator the newest that make up the group, else the newest at all; what originators say of one day, or
    the day before it, is set side by side: the least and the greatest they allow.
    """
    by_originator: dict[Any, list[Addend]] = {}
    for one in addends:
        if one.stated:
            by_originator.setdefault(one.originator, []).append(one)
    found = [_latest(mine, target, split) for mine in by_originator.values()]
    chosen = [one for one in found if one is not None]
    if len(chosen) < 2:
        return chosen[0].parts if chosen else {}
    newest = max(one.end for one in chosen)
    current = [one for one in chosen if one.end >= newest - ONE_DAY]
    # Whoever speaks of a part of the group says nothing against those that speak of more of it.
    widest = min(one.breadth for one in current)
    alike = [one.parts for one in current if one.breadth == widest]
    keys = sorted({key for parts in alike for key in parts}, key=repr)
    return {key: beside([parts[key] for parts in alike if key in parts]) for key in keys}


class _Round(NamedTuple):
    """What one originator says of one day, and how much of the group that is."""

    end: date
    breadth: tuple[int, ...]
    parts: dict[Key, Part]


def _latest(addends: Sequence[Addend], target: Group, split: tuple[str, ...]) -> _Round | None:
    """Of one originator the newest day on which it states the whole of the group, else the newest it states any of."""
    rounds: dict[tuple[date, str, str | None], list[Addend]] = {}
    for one in addends:
        rounds.setdefault((one.end, one.source, one.period), []).append(one)
    first: _Round | None = None
    for (end, _, _), mine in sorted(rounds.items(), key=lambda item: (item[0][0].toordinal() * -1, repr(item[0]))):
        found = _of_round(end, mine, target, split)
        if found is None:
            continue
        if all(part.whole for part in found.parts.values()):
            return found
        first = first or found
    return first


def _of_round(end: date, addends: Sequence[Addend], target: Group, split: tuple[str, ...]) -> _Round | None:
    """What one source says of one day."""
    by_group: dict[Group, list[Addend]] = {}
    for one in addends:
        by_group.setdefault(one.group, []).append(one)
    family = family_of(frozenset(by_group), target, split)
    if family is None:
        return None
    rank = breadth(family, target, split)
    if not split:
        return _Round(end, rank, {(): _sum(family.members, by_group, whole=family.complete)})
    keyed: dict[Key, list[Group]] = {}
    for group in family.members:
        keyed.setdefault(group.key(split), []).append(group)
    parts = {
        key: _sum(members, by_group, whole=_makes(members, key, split, target, family))
        for key, members in keyed.items()
    }
    return _Round(end, rank, parts)


def _makes(members: Sequence[Group], key: Key, split: tuple[str, ...], target: Group, family: Family) -> bool:
    """Whether some of a family make up the group that a key names."""
    if family.complete:
        return True
    if None in key:
        return False
    codes = dict(target.codes) | dict(zip(split, key, strict=True))
    own = set(members)
    return complete(members, Group(tuple(codes.items())), [group for group in family.members if group not in own])


def _sum(members: Sequence[Group], by_group: Mapping[Group, Sequence[Addend]], *, whole: bool) -> Part:
    addends: list[Addend] = []
    bounds = []
    for group in members:
        same = by_group[group]
        addends += same
        bounds.append(span(same[0]) if len(same) == 1 else _widest([span(one) for one in same]))
    low, best, high = total(bounds)
    return Part(low, best, high if whole else None, whole, tuple(addends), addends[0].end)


def _widest(bounds: Sequence[tuple[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    """Several that cannot all be true, or can: the least and the greatest they allow."""
    lows, named, highs = zip(*bounds, strict=True)
    stated = {best for best in named if best is not None}
    return (
        None if None in lows else min(lows),
        stated.pop() if len(stated) == 1 else None,
        None if None in highs else max(highs),
    )


def beside(parts: Sequence[Part]) -> Part:
    """What several originators say of one group, side by side."""
    if len(parts) == 1:
        return parts[0]
    newest = max(part.end for part in parts)
    low, _, high = _widest([part[:3] for part in parts])
    named = {part.best for part in parts if part.end == newest and part.best is not None}
    floors = [part.low for part in parts if part.low is not None]
    ceilings = [part.high for part in parts if part.high is not None]
    apart = bool(floors and ceilings and max(floors) > min(ceilings))
    return Part(
        low,
        named.pop() if len(named) == 1 else None,
        high,
        all(part.whole for part in parts),
        tuple(one for part in parts for one in part.statements),
        newest,
        apart,
    )


def numbers(bounds: tuple[Any, Any, Any]) -> str:
    """Bounds in words."""
    low, best, high = bounds
    if low is not None and low == high:
        return f"{low:,}"
    if best is not None:
        sides = [f"at least {low:,}"] if low is not None and low != best else []
        sides += [f"at most {high:,}"] if high is not None else []
        begin = "about " if low is None or low != best else "at least "
        return f"{begin}{best:,}" + (f" ({', '.join(sides)})" if sides else "")
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    return f"at least {low:,}" if low is not None else f"at most {high:,}" if high is not None else "an unknown number"


def meets(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    """Whether some number is within the bounds of both."""
    lows = [low for low in (one[0], other[0]) if low is not None]
    highs = [high for high in (one[1], other[1]) if high is not None]
    return not lows or not highs or max(lows) <= min(highs)
