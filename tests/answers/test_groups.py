"""Which groups may be added to each other, and which of a source's make a whole."""

from datetime import date
from itertools import product
from typing import Any

import pytest

from app.answers.groups import AGE, EVERYONE, Group, disjoint, family_of, group_of, within
from app.answers.occupancy import percent, steps_of
from app.answers.staleness import Reports, longest_interval, usual_interval
from app.answers.sums import Addend, Part, parts_of


def group(**codes: Any) -> Group:
    return Group(tuple(codes.items()))


MEN, WOMEN = group(sex="male"), group(sex="female")


def test_a_row_names_its_group() -> None:
    raw = ("male", 18, None, "sentenced", None, None, '{"regime":"closed"}')
    codes = (("sex", "male"), ("legal_status", "sentenced"), (AGE, (18, None)), ("regime", "closed"))
    assert group_of(raw) == Group(codes)
    assert group_of((None, None, None, None, None, None, "{}")) == EVERYONE
    assert group_of(raw).words == "male sentenced aged 18 and over closed"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (MEN, WOMEN, True),
        (MEN, EVERYONE, False),
        (MEN, group(legal_status="sentenced"), False),
        (group(age=(None, 17)), group(age=(18, None)), True),
        (group(age=(None, 18)), group(age=(18, None)), False),
        (group(nationality="IRQ"), group(nationality="SYR"), True),
        # Whose foreigners they are is not said: an Iraqi may be one.
        (group(nationality="IRQ"), group(nationality="foreign"), False),
        (group(sex="male", regime="open"), group(sex="male", regime="closed"), True),
    ],
)
def test_disjoint_groups_differ_in_a_dimension_they_share(one: Group, other: Group, expected: bool) -> None:
    assert disjoint(one, other) is expected
    assert disjoint(other, one) is expected


def test_a_group_lies_within_what_fixes_less() -> None:
    assert within(group(sex="male", regime="open"), MEN)
    assert within(MEN, EVERYONE)
    assert not within(MEN, group(sex="male", regime="open"))
    assert within(group(age=(18, 24)), group(age=(18, None)))
    assert not within(group(age=(15, 24)), group(age=(18, None)))


STATUS = [
    group(sex=sex, regime=regime, jurisdiction=court, **({"legal_status": status} if status else {}))
    for sex, (regime, status), court in product(
        ("male", "female"),
        (("provisional", "unsentenced"), ("closed", "sentenced"), ("open", "sentenced"), ("inpatient", None)),
        ("state", "federal"),
    )
]
RACES = [group(sex=sex, race=race) for sex, race in product(("male", "female"), ("white", "black", "brown"))]


def family(*groups: Group, target: Group = EVERYONE, split: tuple[str, ...] = ()) -> tuple[set[Group], bool] | None:
    found = family_of(frozenset(groups), target, split)
    return None if found is None else (set(found.members), found.complete)


def test_the_coarsest_statement_comes_before_its_parts() -> None:
    assert family(EVERYONE, MEN, WOMEN, *STATUS) == ({EVERYONE}, True)
    assert family(MEN, WOMEN, *STATUS) == ({MEN, WOMEN}, True)
    assert family(MEN, WOMEN, *STATUS, target=MEN) == ({MEN}, True)
    assert family(EVERYONE, target=MEN) is None


def test_two_breakdowns_of_the_same_people_are_never_mixed() -> None:
    """By title of detention, then by race: the first is taken, and nothing of the second."""
    assert family(*STATUS, *RACES) == (set(STATUS), True)
    assert family(*RACES) == (set(RACES), True)
    assert family(MEN, *STATUS) == (set(STATUS), True)


def test_parts_make_a_whole_only_where_none_is_missing() -> None:
    assert family(WOMEN) == ({WOMEN}, False)
    assert family(*STATUS[1:]) == (set(STATUS[1:]), False)
    assert family(group(legal_status="unsentenced")) == ({group(legal_status="unsentenced")}, False)
    young, grown = group(age=(None, 17)), group(age=(18, None))
    assert family(young, grown) == ({young, grown}, True)
    assert family(young, group(age=(19, None))) == ({young, group(age=(19, None))}, False)


def test_a_code_that_goes_without_saying_leaves_the_part_whole() -> None:
    """All who are unsentenced are under the provisional regime: other regimes are of the sentenced."""
    unsentenced = group(legal_status="unsentenced")
    mine = {one for one in STATUS if one.code("legal_status") == "unsentenced"}
    assert family(*STATUS, target=unsentenced) == (mine, True)
    assert family(*mine, target=unsentenced) == (mine, False)


def test_asked_for_a_dimension_those_come_first_that_fix_it() -> None:
    assert family(EVERYONE, *STATUS, split=("sex",)) == (set(STATUS), True)
    assert family(EVERYONE, MEN, WOMEN, *STATUS, split=("sex",)) == ({MEN, WOMEN}, True)
    assert family(EVERYONE, split=("sex",)) == ({EVERYONE}, True)


def addend(
    number: int, low: int | None, who: Group = EVERYONE, day: str = "2020-06-30", by: str = "monitor", **more: Any
) -> Addend:
    stated = {"best": low, "high": low, "qualifier": "exact", "source": "bulletin", "statistic": "point"} | more
    return Addend(number, who, date.fromisoformat(day), low, originator=by, **stated)


def bounds(part: Part) -> tuple[Any, ...]:
    return (*part[:3], part.whole, {one.id for one in part.statements})


def test_parts_are_added_and_what_is_missing_leaves_the_sum_open() -> None:
    assert bounds(parts_of([addend(1, 90, MEN), addend(2, 10, WOMEN)])[()]) == (100, 100, 100, True, {1, 2})
    assert bounds(parts_of([addend(1, 90, MEN)])[()]) == (90, 90, None, False, {1})
    assert bounds(parts_of([addend(1, 90, MEN), addend(2, 0, WOMEN)])[()]) == (90, 90, 90, True, {1, 2})
    assert parts_of([addend(1, None, best=None, high=None, qualifier="unknown")]) == {}


def test_bounds_are_added_as_bounds() -> None:
    least = addend(1, 25, MEN, best=None, high=None, qualifier="at_least")
    about = addend(2, None, WOMEN, best=100, high=None, qualifier="approximately")
    assert bounds(parts_of([least, about])[()]) == (115, None, None, True, {1, 2})
    assert bounds(parts_of([about], WOMEN)[()]) == (90, 100, 110, True, {2})


def test_a_newer_statement_of_some_never_hides_an_older_one_of_all() -> None:
    older, newer = addend(1, 100, day="2020-06-01"), addend(2, 20, WOMEN)
    assert bounds(parts_of([older, newer])[()]) == (100, 100, 100, True, {1})
    assert bounds(parts_of([older, newer, addend(3, 70, MEN)])[()]) == (90, 90, 90, True, {2, 3})


def test_what_originators_say_of_one_day_stands_side_by_side() -> None:
    here, there = addend(1, 100), addend(2, 120, by="ministry", day="2020-06-29")
    found = parts_of([here, there])[()]
    assert bounds(found) == (100, 100, 120, True, {1, 2})
    assert found.conflicting
    # Who counts some of them says nothing against who counts all.
    assert bounds(parts_of([here, addend(2, 20, WOMEN, by="ministry")])[()]) == (100, 100, 100, True, {1})
    # A day more, and it is no statement of the same state.
    assert bounds(parts_of([here, addend(2, 120, by="ministry", day="2020-06-28")])[()]) == (100, 100, 100, True, {1})


def test_a_breakdown_never_counts_anybody_twice() -> None:
    counts = [addend(number, 10, who) for number, who in enumerate(STATUS)]
    found = parts_of([*counts, addend(99, 170)], split=("sex", "legal_status"))
    assert {key: part[:3] for key, part in found.items()} == {
        (sex, status): (10 * many, 10 * many, 10 * many)
        for sex, (status, many) in product(("male", "female"), (("unsentenced", 2), ("sentenced", 4), (None, 2)))
    }


# --- stale/1 and occupancy/1 -------------------------------------------------------------------------------------


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


def test_a_report_is_stale_after_twice_the_usual_interval_and_never_before_thirty_days() -> None:
    weekly = days("2020-01-01", "2020-01-08", "2020-01-15")
    assert usual_interval(weekly) == 7
    assert Reports(weekly[-1], 7).stale_since == date(2020, 2, 15)
    half_yearly = days("2019-06-30", "2019-12-31", "2020-06-30", "2020-06-30")
    assert usual_interval(half_yearly) == 182
    assert Reports(half_yearly[-1], 182).stale_since == date(2021, 6, 30)
    assert not Reports(half_yearly[-1], 182).stale_on(date(2021, 6, 29))
    # Its source went on without it.
    assert Reports(half_yearly[-1], 182, missed=date(2020, 12, 31)).stale_since == date(2020, 12, 31)
    assert Reports(half_yearly[-1], 182, missed=date(2020, 7, 1)).stale_since == date(2020, 7, 31)
    assert usual_interval(weekly[:1]) is None
    assert Reports(None).stale_since is None


def test_the_longest_interval_is_never_less_than_the_usual_one() -> None:
    for gaps in product((1, 5, 30, 200), repeat=4):
        every = [date(2020, 1, 1)]
        for gap in gaps:
            every.append(date.fromordinal(every[-1].toordinal() + gap))
        usual, longest = usual_interval(every), longest_interval(len(every), every[0], every[-1])
        assert usual is not None
        assert longest is not None
        assert usual <= longest


def test_occupancy_has_the_bounds_of_its_sides() -> None:
    hundred = parts_of([addend(1, 100, statistic="official")])[()]
    least = parts_of([addend(2, 120, best=None, high=None, qualifier="at_least")])[()]
    assert percent(least, hundred) == (120.0, None, None)
    assert percent(hundred, parts_of([addend(3, 0)])[()]) == (None, None, None)
    assert percent(None, hundred) == (None, None, None)
    between = parts_of([addend(4, 150, best=None, high=200, qualifier="between")])[()]
    assert percent(hundred, between) == (50.0, None, 66.7)


def test_a_gap_in_a_series_stays_open() -> None:
    held = [addend(1, 80, day="2020-01-01"), addend(2, 90, day="2020-01-31"), addend(3, 70, day="2020-09-01")]
    capacity = [addend(9, 100, day="2019-12-01", statistic="official")]
    steps = [
        (step.day.isoformat(), step.held and step.held.part.best, step.capacity and step.capacity.part.best, step.why)
        for step in steps_of(held, capacity, date(2020, 12, 31))
    ]
    assert steps == [
        ("2019-12-01", None, 100, None),
        ("2020-01-01", 80, 100, None),
        ("2020-01-31", 90, 100, None),
        ("2020-04-01", None, 100, "no report of who is held since 2020-01-31"),
        ("2020-09-01", 70, 100, None),
        ("2020-11-01", None, 100, "no report of who is held since 2020-09-01"),
    ]
