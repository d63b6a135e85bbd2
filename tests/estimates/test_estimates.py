"""Estimates as they are written: bounds from words, flags, tallies, periods."""

from typing import Any

import pytest
from sqlalchemy import Engine

from app.estimates.bounds import statement_of
from app.writing.validation import Refused
from tests.support.worlds import (
    HELD,
    KILLED,
    WORLD,
    entry,
    put,
    shown,
)
from tests.support.writing import write

Given = dict[str, Any]


@pytest.fixture
def world(engine: Engine) -> Engine:
    """A register whose first revision holds one of everything."""
    assert put(engine, *WORLD).revision == 1
    return engine


def faults(fields: Any) -> list[tuple[str | None, str]]:
    """What is wrong with a record by itself."""
    with pytest.raises(Refused) as raised:
        entry(fields)
    return [(fault.pointer, fault.detail) for _, fault in raised.value.faults]


BOUNDS = ("low", "best", "high", "qualifier")


def stated(engine: Engine, **instead: Any) -> Given:
    """The figure as shown after it was written with other words or bounds."""
    put(engine, {**KILLED, **instead})
    return shown(engine, "figures", 1)


READ = {
    "at least 25": (25, None, None, "at_least"),
    "more than 450": (451, None, None, "more_than"),
    "as many as 800": (None, None, 800, "at_most"),
    "fewer than 10": (None, None, 9, "fewer_than"),
    "roughly 65,000": (None, 65000, None, "approximately"),
    "between 20 and 30": (20, None, 30, "between"),
    "hundreds": (200, None, 999, "magnitude"),
    "4,438": (4438, 4438, 4438, "exact"),
    "none": (0, 0, 0, "exact"),
    "several": (None, None, None, "unknown"),
}


def test_bounds_are_read_from_the_words(world: Engine) -> None:
    put(world, *({**KILLED, "as_written": words, "nth": nth} for nth, words in enumerate(READ, 2)))
    for number, (words, bounds) in enumerate(READ.items(), 2):
        figure = shown(world, "figures", number)
        assert (figure["as_written"], tuple(figure[name] for name in BOUNDS)) == (words, bounds)
        assert figure["flags"] == []


@pytest.mark.parametrize(
    ("fields", "bounds"),
    [
        ({"low": 25}, (25, None, None, "at_least")),
        ({"high": 25}, (None, None, 25, "at_most")),
        ({"best": 25}, (None, 25, None, "approximately")),
        ({"low": 20, "high": 30}, (20, None, 30, "between")),
        ({"low": 20, "best": 25, "high": 30}, (20, 25, 30, "between")),
        ({"low": 0, "high": 0}, (0, None, 0, "exact")),
        ({"missing_reason": "not_published"}, (None, None, None, "unknown")),
    ],
)
def test_bounds_may_come_without_words(fields: Given, bounds: tuple[Any, ...]) -> None:
    row = entry({**KILLED, "as_written": None, **fields}).row
    assert tuple(row[name] for name in BOUNDS) == bounds
    assert (row["as_written"], row["flags"]) == (None, [])


def test_bounds_beside_words_stand_and_are_flagged_where_the_words_read_otherwise(world: Engine) -> None:
    figure = stated(world, low=20, best=None, high=None, qualifier="at_least")
    assert (figure["low"], figure["as_written"], figure["flags"]) == (20, "at least 25", ["bounds_by_editor"])
    figure = stated(world, low=25, qualifier="at_least", flags=["bounds_by_editor", "rounded"])
    assert (figure["low"], figure["flags"]) == (25, ["rounded"])
    figure = stated(world, as_written="who knows, thirty-ish", best=30, qualifier="approximately")
    assert (figure["best"], figure["flags"]) == (30, ["bounds_by_editor"])
    figure = stated(world)
    assert (figure["low"], figure["best"], figure["flags"]) == (25, None, [])


def test_bounds_out_of_order_are_kept_only_of_published_data(world: Engine) -> None:
    broken = {**KILLED, "as_written": None, "low": 30, "high": 20}
    assert faults(broken) == [("/low", "low, best and high must not fall: low <= best <= high")]
    assert faults({**broken, "flags": ["bounds_out_of_order"]}) == faults(broken)
    assert faults({**broken, "best": 10}) == faults({**KILLED, "best": 9, "high": 8}) == faults(broken)
    write(world, [entry(broken, published=True)], author="test")
    figure = shown(world, "figures", 1)
    assert (figure["low"], figure["high"], figure["flags"]) == (30, 20, ["bounds_out_of_order"])
    write(world, [entry({**KILLED, "flags": ["bounds_out_of_order"]}, published=True)], author="test")
    assert shown(world, "figures", 1)["flags"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"as_written": "a shrug"}, "/as_written"),
        ({"as_written": None}, "/as_written"),
        ({"low": -1}, "/low"),
        ({"high": 2**53}, "/high"),
        ({"as_of": "2022-13"}, "/as_of"),
        ({"as_of": "1066"}, "/as_of"),
        ({"as_of": None}, "/as_of"),
        ({"source": None}, "/source"),
        ({"measure": "slain"}, "/measure"),
        ({"of": ["guard", "knight"]}, "/of/1"),
        ({"nth": 0}, "/nth"),
        ({"of_whom": "guards"}, "/of_whom"),
        ({"note": "nul\0"}, "/note"),
    ],
)
def test_what_is_wrong_with_a_figure_is_named_where_it_stands(fields: Given, pointer: str) -> None:
    assert [at for at, _ in faults({**KILLED, **fields})] == [pointer]


@pytest.mark.parametrize(
    ("fields", "tally"),
    [
        ({}, "total"),
        ({"measure": "hostages"}, "current"),
        ({"measure": "at_large"}, "current"),
        ({"measure": "forces_engaged"}, "current"),
        ({"measure": "hostages", "tally": "total"}, "total"),
        ({"as_written": "another 300"}, "additional"),
        ({"as_written": "another 300", "measure": "hostages"}, "additional"),
        ({"as_written": "another 300", "tally": "total"}, "total"),
    ],
)
def test_the_tally_is_told_by_words_and_measure_where_it_is_not_given(fields: Given, tally: str) -> None:
    assert entry({**KILLED, **fields}).row["tally"] == tally


@pytest.mark.parametrize("statistic", ["flow", "daily_average"])
def test_a_flow_says_when_it_began(statistic: str) -> None:
    answer = "a flow or an average needs period_start: where the count begins"
    assert faults({**HELD, "statistic": statistic}) == [("/period_start", answer)]
    assert entry({**HELD, "statistic": statistic, "period_start": "2022-01"}).row["period_start_latest"].day == 31
    assert entry({**HELD, "statistic": "point"}).row["tally"] == "total"


def test_only_an_average_has_a_fraction() -> None:
    answer = "a count is a whole number; only a daily average has a fraction"
    assert faults({**HELD, "as_written": None, "best": 12.6}) == [("/best", answer)]


def test_words_that_cannot_be_read_are_named_with_what_to_do_about_them() -> None:
    answer = [("/as_written", "Cannot read 'a' as part of a figure; give the bounds beside the words")]
    assert faults({**KILLED, "as_written": "a shrug"}) == answer
    # Beside another fault of the record, the same.
    assert [*faults({**KILLED, "as_written": "a shrug", "access": "nobody"})][1:] == answer
    for name, value in (("low", 5), ("best", 5), ("high", 5), ("qualifier", "at_least"), ("missing_reason", "pending")):
        assert [at for at, _ in faults({**KILLED, "as_written": "a shrug", "access": "nobody", name: value})] == [
            "/access"
        ]
    assert faults({**KILLED, "as_written": None}) == [
        ("/as_written", "give the number in words, its bounds, or a missing_reason")
    ]


def test_a_statement_is_known_by_all_that_it_states_and_led_by_what_it_is_about() -> None:
    row = {"incident": "raid", "measure": "killed", "of": ["guard"]}
    digest = statement_of(row, ("incident", "measure", "of"))
    assert len(digest) == 8 + 24
    assert digest == statement_of(dict(reversed(row.items())), ("incident", "measure", "of"))
    other = statement_of({**row, "measure": "escaped"}, ("incident", "measure", "of"))
    assert (other[:8], other == digest) == (digest[:8], False)
    assert statement_of({**row, "incident": "riot"}, ("incident", "measure", "of"))[:8] != digest[:8]
    # What is stored is compared with it: it stays the same from one version to the next.
    assert digest == "f0fae0c68ccd722317d03031165a9055"
