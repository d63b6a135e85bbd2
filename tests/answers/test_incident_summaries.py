"""Sums over incidents, rule `incidents/1`, and what changed, rule `changes/1`: of invented deaths in custody."""

from typing import Any

import pytest

from tests.conftest import Databases, Served
from tests.support.desk import WHY, desk_at, faults
from tests.support.sample import Record

SUMMARY = "/v1/incidents/summary"
Row = dict[str, Any]


def death(slug: str, country: str, started: str, words: str | None = "1", **more: Any) -> list[Record]:
    """A death in custody, and its figure."""
    own = {"slug": slug, "title": slug.title(), "kinds": ["death_in_custody"], "country": country, "started": started}
    cause = {"cause": more.pop("cause")} if "cause" in more else {}
    figure = {
        "incident": slug,
        "measure": "died",
        "as_of": started.rsplit("/", maxsplit=1)[-1],
        "source": "list",
        "as_written": words,
    }
    number = [{"collection": "figures"} | figure | cause] if words is not None else []
    return [{"collection": "incidents"} | own | more, *number]


RECORDS: list[Record] = [
    {"collection": "sources", "slug": "list", "kind": "dataset", "publisher": "List", "title": "List"},
    {"collection": "actors", "slug": "guards-union", "name": "G", "kind": "other", "access": "restricted"},
    {"collection": "facilities", "slug": "jail", "level": "facility", "name": "Jail", "kind": "prison"},
    *death("one", "USA", "2019-03-01", cause="illness", facilities=[{"facility": "jail"}]),
    *death("two", "USA", "2019-05-01", "about 10", cause="suicide"),
    *death("three", "USA", "2020-01-31/2020-02-02", "several"),
    *death("four", "USA", "2019-12-31/2020-01-01", None),
    *death("fire", "CAN", "2020", "at least 5", kinds=["fire", "death_in_custody"]),
    # A part of the fire: its figure is counted in that.
    *death("fire-east", "CAN", "2020", "3", parent="fire"),
    *death("hidden", "FRA", "2020-01-01", access="restricted"),
    # Only of groups: at least those that share nobody.
    {
        "collection": "incidents",
        "slug": "clash",
        "title": "Clash",
        "kinds": ["riot"],
        "country": "MEX",
        "started": "2021",
    },
    *(
        {"collection": "figures", "incident": "clash", "measure": "died", "as_of": "2021", "source": "list"} | group
        for group in (
            {"of": ["detainee"], "as_written": "4"},
            {"of": ["guard"], "as_written": "2"},
            {"of": ["minor"], "as_written": "1"},
        )
    ),
]


def rows(register: Served, query: str, *names: str) -> list[tuple[Any, ...]]:
    answer = register.get(f"{SUMMARY}?{query}")
    columns = (*names, "incidents", "with_figure", "without_figure", "low", "best", "high")
    return [tuple(row[name] for name in columns) for row in answer["rows"]]


def test_deaths_by_country_and_year_say_what_is_covered(register: Served) -> None:
    query = "by=country,year&measure=died&country=USA,CAN,FRA"
    assert rows(register, query, "country", "year") == [
        ("CAN", "2020", 1, 1, 0, 5, None, None),
        ("USA", "2019", 2, 2, 0, 10, 11, 12),
        # Several died: a number that is not known, and no zero.
        ("USA", "2020", 1, 0, 1, None, None, None),
        ("USA", None, 1, 0, 1, None, None, None),
    ]
    answer = register.get(f"{SUMMARY}?{query}")
    assert (answer["covered"], answer["not_covered"], answer["overlapping"]) == (
        ["CAN", "MEX", "SYR", "USA"],
        ["FRA"],
        False,
    )
    assert [one for one in answer["coverage"] if one["country"] == "USA"] == [
        {"country": "USA", "incidents": 4, "first": "2019-03-01", "last": "2020-02-02"}
    ]
    usa = next(row for row in answer["rows"] if (row["country"], row["year"]) == ("USA", "2019"))
    assert usa["reads_as"] == (
        "United States of America, 2019: about 11 (at least 10, at most 12) people died, in 2 incidents in this "
        "register."
    )
    (canada,) = [row for row in answer["rows"] if row["country"] == "CAN"]
    assert (canada["incidents"], canada["parts"]) == (1, 1)


def test_rows_of_kinds_and_causes(register: Served) -> None:
    by_kind = register.get(f"{SUMMARY}?by=kind&country=CAN")
    assert [(row["kind"], row["incidents"]) for row in by_kind["rows"]] == [("death_in_custody", 1), ("fire", 1)]
    assert by_kind["overlapping"]
    assert rows(register, "by=cause&measure=died&country=USA&to=2019-06", "cause") == [
        ("illness", 1, 1, 0, 1, 1, 1),
        ("suicide", 1, 1, 0, 9, 10, 11),
    ]
    assert rows(register, "by=facility&facility=jail", "facility") == [("jail", 1, 0, 0, None, None, None)]


def test_of_groups_alone_a_sum_is_at_least_what_shares_nobody(register: Served) -> None:
    assert rows(register, "measure=died&country=MEX") == [(1, 1, 0, 6, 6, None)]
    assert rows(register, "measure=died&country=MEX&of=guard") == [(1, 1, 0, 2, 2, 2)]


def test_the_reference_event_in_a_sum(register: Served) -> None:
    (row,) = register.get(f"{SUMMARY}?measure=killed&kind=prison_break&as_of=2022-01-29")["rows"]
    assert (row["best"], row["incidents"], row["conflicting"]) == (332, 1, 0)
    assert rows(register, "by=month&kind=prison_break", "month") == [("2022-01", 1, 0, 0, None, None, None)]


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("incidents/summary?by=colour", "by", "Allowed: actor, cause, country, facility, kind, month, year"),
        ("incidents/summary?by=cause", "by", "say which measure"),
        ("incidents/summary?of=guard", "of", "say which measure"),
        ("incidents/summary?from=2021&to=2020", "from", "from lies after to"),
        ("incidents/summary?facility=jial", "facility", "no facility is called 'jial'"),
        ("incidents/summary?as_of=2999", "as_of", "ask for that day or an earlier one"),
        ("populations/summary?by=colour", "by", "Allowed: admin1, country"),
        ("populations/summary?by=dimension:colour&as_of=2020-02", "by", "Allowed: dimension:origin"),
        ("coverage?by=colour", "by", "Allowed: admin1, country, kind, month, operator"),
        ("coverage?by=month&from=2021&to=2020", "from", "where the series ends"),
        ("coverage?from=2021", "from", "add `by=month`"),
        ("changes/summary?after=2&until=1", "until", "before it begins"),
        ("changes/summary?after=99", "after", "the newest is 2"),
        ("changes/summary?after=1&since=2022", "since", "not both"),
        ("figures?as_of=2999", "as_of", "ask for that day or an earlier one"),
        ("populations?as_of=2999-01", "as_of", "ask for that day or an earlier one"),
        ("facilities/jail/populations?as_of=2999", "as_of", "ask for that day or an earlier one"),
        ("figures?revision=1&as_of=2999", "as_of", "ask for that day or an earlier one"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_would_do(
    register: Served, query: str, parameter: str, words: str
) -> None:
    answer = faults(register.ask(f"/v1/{query}"))
    assert list(answer) == [parameter]
    assert words in answer[parameter]


def test_what_changed_in_numbers(databases: Databases) -> None:
    with desk_at(databases.with_reference()) as desk:
        assert desk.get("/v1/changes/summary?after=1")["rows"] == []
        made = desk.post(
            "/v1/figures",
            {"incident": "al-sina-prison-attack-2022", "source": "rudaw-2022-01-26"}
            | {"measure": "ill", "as_of": "2022-01-26", "as_written": "7"},
        )
        desk.patch(f"/v1/figures/{made['id']}?{WHY}", {"as_written": "9"})
        desk.patch(f"/v1/figures/8?{WHY}", {"as_written": "at least 26"})
        desk.delete("/v1/figures/1")
        summary = desk.get("/v1/changes/summary?after=1")
        answer = {(row["collection"], row["measure"]): row for row in summary["rows"]}
        counts = ("added", "corrected", "retracted", "merged")
        assert {key: tuple(row[name] for name in counts) for key, row in answer.items()} == {
            ("figures", None): (1, 1, 1, 0),
            ("figures", "attackers"): (0, 0, 1, 0),
            ("figures", "hostages"): (0, 1, 0, 0),
            ("figures", "ill"): (1, 0, 0, 0),
            ("incidents", None): (0, 1, 0, 0),
        }
        hostages = answer["figures", "hostages"]
        assert (hostages["before"]["low"], hostages["after"]["low"]) == (25, 26)
        assert answer["figures", "ill"]["after"] == {"low": 9, "best": 9, "high": 9}
        assert (summary["after"], summary["until"]) == (1, desk.head())
        # The first of them alone, and none of it.
        assert len(desk.get("/v1/changes/summary?after=1&until=2")["rows"]) == 3
        assert desk.get("/v1/changes/summary?after=1&until=2&collection=claims")["rows"] == []
        assert desk.get("/v1/changes/summary?till=2020-01-01")["rows"] == []
        assert (
            desk.get(f"/v1/changes/summary?since={desk.get('/v1/revisions?after=1')['data'][0]['recorded_at']}")
            == summary
        )
