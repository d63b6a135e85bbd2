"""`as_of` and `latest_per`: of each group or originator, the statements that end latest on or before a day."""

from typing import Any

import pytest

from tests.conftest import Served
from tests.support.lists import Cases, cases, rows

HELD_IN_JANUARY_2022 = "K1 K2 K3 K4 K5 K6 K7 K8 N5"

LATEST: Cases = [
    # The two checks that stand beside the camp's figures.
    ("populations?facility=al-hol-camp&measure=held&as_of=2019-08-15", "H3"),
    ("populations?facility=al-hol-camp&measure=held&as_of=2019-05-31", "H1"),
    ("populations?facility=al-hol-camp&as_of=2019-05-31", "H1 H1-arrivals"),
    ("populations?facility=al-hol-camp&as_of=2019-04-30", ""),
    # H4 speaks of September: it ends with the month.
    ("populations?facility=al-hol-camp&measure=held&as_of=2019-09-29", "H3"),
    ("populations?facility=al-hol-camp&measure=held&as_of=2019-09-30", "H4"),
    ("populations?facility=al-hol-camp&measure=held&as_of=2019-09", "H4"),
    # Each group has a latest of its own; the parts of H5 stand beside its total.
    ("populations?facility=al-hol-camp&measure=held&as_of=2020-01-31", "H5 H5-IRQ H5-SYR H5-third"),
    ("populations?facility=al-hol-camp&measure=held&as_of=2020-01-30", "H4"),
    ("populations?facility=al-hol-camp&measure=held&as_of=2022&breakdown=none", "H5"),
    # What ties is all shown, side by side.
    ("populations?facility=al-sina-prison&as_of=2022-01-20", HELD_IN_JANUARY_2022),
    ("populations?facility=al-sina-prison&as_of=2022-01-20&sex=male&max_age=17", "K5 N5"),
    ("populations?facility=al-sina-prison&as_of=2022-01-19", ""),
    # Of the camp's latest, each originator's (OCHA Syria is not OCHA) or every source's.
    ("populations?facility=al-hol-camp&breakdown=none&measure=held&as_of=2020-02&latest_per=originator", "H1 H4 H5"),
    ("populations?facility=al-hol-camp&breakdown=none&measure=held&as_of=2020-02&latest_per=source", "H1 H2 H3 H4 H5"),
    ("populations?facility=al-hol-camp&breakdown=none&measure=held&as_of=2019-08&latest_per=originator", "H1 H3"),
    ("populations?facility=al-hol-camp&breakdown=none&measure=held&as_of=2020-02&latest_per=group", "H5"),
    # figures
    ("figures?measure=killed&of=militant&as_of=2022-01-24", "F5 G6"),
    ("figures?measure=killed&of=militant&as_of=2022-01-24&latest_per=group", "F5"),
    ("figures?measure=killed&of=militant&as_of=2022-01-23", "G6"),
    ("figures?measure=killed&of=militant&as_of=2022-01-31", "F5 G19 G23 G31"),
    ("figures?measure=killed&of=militant&as_of=2022-01-31&latest_per=group", "G23 G31"),
    ("figures?measure=killed&of=militant&as_of=2022-01-31&latest_per=originator", "F5 G19 G23 G31"),
    ("figures?measure=killed&of=militant&as_of=2022-01-31&latest_per=source", "F5 G10 G15 G19 G23 G31 G6"),
    ("figures?measure=attackers&as_of=2022-01-20", "F1 F12 G39 G7"),
    ("figures?measure=attackers&as_of=2022-01-19", ""),
    # An additional figure replaces nothing.
    ("figures?measure=surrendered&as_of=2022-02&attributed_to=sdf", "G13 G25"),
    ("figures?measure=escaped&as_of=2022-01-30", "F4 G37"),
    ("figures?measure=escaped&as_of=2022-01-30&latest_per=group", "G37"),
    ("figures?measure=escaped&as_of=2022-01-29", "F4"),
]


@cases(LATEST)
def test_the_latest_statements_as_of_a_day(reference: Served, query: str, expected: str) -> None:
    assert rows(reference, f"/v1/{query}") == sorted(expected.split())


@pytest.mark.parametrize("collection", ["figures", "populations"])
@pytest.mark.parametrize("per", ["group", "originator", "source"])
def test_latest_per_without_a_day_means_the_day_of_the_revision(reference: Served, collection: str, per: str) -> None:
    today = reference.get("/v1")["recorded_at"][:10]
    by_default = rows(reference, f"/v1/{collection}?latest_per={per}")
    assert by_default == rows(reference, f"/v1/{collection}?latest_per={per}&as_of={today}")
    assert by_default


def latest_of(records: list[dict[str, Any]], day: str, subject: tuple[str, ...], per: str | None) -> set[int]:
    """The rule, written again: of each subject, the records whose range ends latest on or before the day.

    One without a number, or one that adds to an earlier number, makes no other an earlier one.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record["as_of_end"] <= day:
            groups.setdefault(str([record[name] for name in (*subject, *([per] if per else []))]), []).append(record)
    return {
        record["id"]
        for group in groups.values()
        for record in group
        if all(record["as_of_end"] >= one["as_of_end"] for one in group if hides(one, record))
    }


def hides(one: dict[str, Any], record: dict[str, Any]) -> bool:
    """Whether one, if it is newer, makes the other an earlier one; a figure of a part of the time does not."""
    of_a_part = "incident" in one and one["period_start"] not in {None, record["period_start"]}
    number = any(one[bound] is not None for bound in ("low", "best", "high"))
    return one["tally"] != "additional" and number and not of_a_part


SUBJECTS: dict[str, tuple[str, ...]] = {
    "populations": (
        *("facility", "measure", "statistic", "sex", "min_age", "max_age", "legal_status"),
        *("nationality", "affiliation", "dimensions"),
    ),
    "figures": ("incident", "measure", "of", "actor", "by", "cause", "sex", "unit", "tally"),
}


@pytest.mark.parametrize("collection", SUBJECTS)
@pytest.mark.parametrize("per", ["group", "originator", "source"])
@pytest.mark.parametrize("day", ["2019-06-19", "2022-01-22", "2022-01-24", "2022-01-30", "2022-02-02"])
def test_the_latest_follow_the_rule(reference: Served, collection: str, per: str, day: str) -> None:
    everything = reference.get(f"/v1/{collection}?limit=1000")["data"]
    expected = latest_of(everything, day, SUBJECTS[collection], None if per == "group" else per)
    answer = reference.get(f"/v1/{collection}?as_of={day}&latest_per={per}&limit=1000")
    assert {record["id"] for record in answer["data"]} == expected


@pytest.mark.parametrize("collection", ["facilities", "incidents", "claims", "sources", "actors"])
def test_only_statements_have_a_latest(reference: Served, collection: str) -> None:
    assert reference.ask(f"/v1/{collection}?as_of=2022").status_code == 422
