"""The values that a statement allows, and whether two statements can both be true."""

from typing import Any

import pytest

from app.estimates.ranges import Range, allowed, stated


def estimate(low: Any, best: Any, high: Any, qualifier: str = "exact") -> dict[str, Any]:
    return {"low": low, "best": best, "high": high, "qualifier": qualifier}


@pytest.mark.parametrize(
    ("fields", "low", "high"),
    [
        (estimate(25, 25, 25), 25, 25),
        (estimate(None, 25, None), 25, 25),
        (estimate(25, None, None, "at_least"), 25, None),
        (estimate(None, None, 25, "at_most"), None, 25),
        (estimate(None, None, None, "unknown"), None, None),
        (estimate(20, None, 30, "between"), 20, 30),
        # About 200 is 180 to 220, but for a bound that is stated.
        (estimate(None, 200, None, "approximately"), 180, 220),
        (estimate(190, 200, None, "approximately"), 190, 220),
        (estimate(None, 200, 210, "approximately"), 180, 210),
        # Published with its bounds the wrong way round.
        (estimate(30, 25, 20, "between"), 20, 30),
    ],
)
def test_what_an_estimate_allows(fields: dict[str, Any], low: float | None, high: float | None) -> None:
    assert allowed(fields) == Range(low, high)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Range(1, 5), Range(5, 9), True),
        (Range(1, 4), Range(5, 9), False),
        (Range(5, 9), Range(1, 4), False),
        (Range(None, 4), Range(5, None), False),
        (Range(None, 5), Range(5, None), True),
        (Range(None, None), Range(7, 7), True),
        (Range(3, None), Range(None, None), True),
    ],
)
def test_ranges_meet_where_some_value_is_in_both(one: Range, other: Range, meet: bool) -> None:
    assert one.meets(other) is other.meets(one) is meet


def test_what_is_stated_is_the_best_value_or_else_the_bounds() -> None:
    assert stated(estimate(20, 25, 30)) == [25]
    assert stated(estimate(20, None, 30)) == [20, 30]
    assert stated(estimate(20, None, None)) == [20]
    assert stated(estimate(None, None, None)) == []
