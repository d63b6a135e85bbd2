"""Sums of populations, rule `sum/1`, and occupancy, rule `occupancy/1`: of invented prisons and the reference event."""

import csv
from io import StringIO
from typing import Any

import pytest

from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases, Served
from tests.support.desk import faults
from tests.support.sample import Record, put, served

SUMMARY = "/v1/populations/summary?country=NOR"
DAY = "as_of=2024-06-30"
Row = dict[str, Any]


def place(slug: str, **more: Any) -> Record:
    """A prison of the network, unless said otherwise."""
    own = {"level": "facility", "name": slug.title(), "kind": "prison", "country": "NOR", "parent": "service"}
    return {"collection": "facilities", "slug": slug} | own | more


def held(facility: str, as_written: str | None, day: str = "2024-06-30", **more: Any) -> Record:
    """How many were held, as the census says it."""
    own = {"facility": facility, "measure": "held", "statistic": "point", "as_of": day, "source": "census"}
    return {"collection": "populations", "as_written": as_written} | own | more


def capacity(facility: str, as_written: str, statistic: str = "official", **more: Any) -> Record:
    return held(facility, as_written, **({"measure": "capacity", "statistic": statistic} | more))


RECORDS: list[Record] = [
    *(
        {"collection": "sources", "slug": slug, "kind": "dataset", "publisher": slug, "title": slug}
        | ({"access": "restricted"} if slug == "leak" else {})
        for slug in ("census", "monitor", "leak")
    ),
    {"collection": "actors", "slug": "ministry", "name": "Ministry", "kind": "authority"},
    {"collection": "actors", "slug": "contractor", "name": "C", "kind": "company", "access": "restricted"},
    place("service", level="network", parent=None, operator="ministry"),
    held("service", "about 400"),
    # Its own total comes before parts of it; of those before it the newest day counts.
    place("north", admin1="Nord", operator="ministry"),
    held("north", "90", "2023-12-31"),
    held("north", "100"),
    held("north", "60", sex="male"),
    # Two breakdowns of the same people: by sex, and by age.
    place("south", admin1="Sor", operator="contractor"),
    held("south", "85", "2023-12-31"),
    held("south", "70", sex="male"),
    held("south", "10", sex="female"),
    held("south", "4", max_age=17),
    held("south", "75", min_age=18),
    # Newer figures of some hide no older one of all.
    place("east", admin1="Sor", kind="pretrial"),
    held("east", "50", "2024-06-20"),
    held("east", "5", sex="female"),
    # Absent from the census since.
    place("west", admin1="Nord"),
    held("west", "30", "2023-06-30"),
    held("west", "30", "2023-12-31"),
    # Says that it does not say.
    place("silent", admin1="Nord"),
    held("silent", None, missing_reason="not_published"),
    place("shut", closed="2020"),
    place("hidden", access="restricted"),
    held("hidden", "1000", access="restricted", source="leak"),
    place("average"),
    held("average", "40.5", statistic="daily_average", period_start="2024-06-01", low=40, best=41, high=41),
    # Counted by its wings alone.
    place("harbour", admin1="Sor"),
    *(place(f"harbour-{wing}", level="unit", parent="harbour", admin1="Sor") for wing in ("a", "b")),
    held("harbour-a", "at least 20", source="monitor"),
    # Capacity, by two definitions.
    capacity("north", "80"),
    capacity("north", "between 90 and 100", "operational"),
    capacity("north", "12", "out_of_use"),
    capacity("south", "100", source="monitor"),
    # No part of the network, and no place where anybody is held.
    place("probation", parent=None, country="SWE", kind="supervision"),
    held("probation", "7850"),
    capacity("probation", "100"),
    # Flows of two periods.
    held("north", "7", measure="admitted", statistic="flow", period_start="2024-06-01"),
    held("south", "9", measure="admitted", statistic="flow", period_start="2024-05-01"),
]


def rows(register: Served, query: str, **headers: str) -> list[Row]:
    response = register.ask(query, **headers)
    assert response.status_code == 200, response.text
    found: list[Row] = response.json()["rows"]
    return found


def numbers_of(row: Row, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in (*names, "low", "best", "high"))


def test_a_sum_counts_each_place_once_and_says_what_is_missing(register: Served) -> None:
    (row,) = rows(register, f"{SUMMARY}&{DAY}")
    # 100 in the north, 80 in the south, 50 in the east, at least 20 in a wing of the harbour.
    assert numbers_of(row) == (250, None, None)
    counted = {name: row[name] for name in ("facilities", "networks", "partial", "without_figure", "stale")}
    assert counted == {"facilities": 4, "networks": 0, "partial": 0, "without_figure": 3, "stale": 1}
    assert row["reasons"] == {"not_published": 1}
    assert [(one["facilities"], one["why"].endswith("statistic=daily_average")) for one in row["excluded"]] == [
        (1, True)
    ]
    assert row["as_reported"] == [{"facility": "service", "low": 360, "best": 400, "high": 440, "agrees": True}]
    assert (row["oldest"], row["newest"], row["sources"]) == ("2024-06-20", "2024-06-30", ["census", "monitor"])
    assert row["summed_from"] == len(row["statements"]) == 5
    assert row["reads_as"] == (
        "Norway, as of 30 June 2024: at least 250 people held, at 4 places; of 4 more there is no present figure"
    )
    behind = {register.get(f"/v1/populations/{number}")["facility"] for number in row["statements"]}
    assert behind == {"north", "south", "east", "harbour-a"}


def test_the_rows_of_a_breakdown_by_place(register: Served) -> None:
    by_division = {row["admin1"]: row for row in rows(register, f"{SUMMARY}&{DAY}&by=admin1")}
    assert {name: numbers_of(row) for name, row in by_division.items()} == {
        "Nord": (100, 100, None),
        "Sor": (150, None, None),
        None: (None, None, None),
    }
    assert (by_division["Nord"]["stale"], by_division["Nord"]["without_figure"]) == (1, 1)
    by_kind = {row["kind"]: numbers_of(row) for row in rows(register, f"{SUMMARY}&{DAY}&by=kind")}
    assert by_kind == {"pretrial": (50, 50, 50), "prison": (200, None, None)}
    # Who runs the south is hidden from the public: it is not named, and not called nobody's.
    by_operator = {row["operator"]: row["facilities"] for row in rows(register, f"{SUMMARY}&{DAY}&by=operator")}
    assert by_operator == {"ministry": 1, None: 3}
    (network,) = rows(register, f"{SUMMARY}&{DAY}&by=within")
    assert (network["within"], network["low"], network["as_reported"][0]["best"]) == ("service", 250, 400)
    each = {row["facility"]: numbers_of(row, "stale") for row in rows(register, f"{SUMMARY}&{DAY}&by=facility")}
    assert each["south"] == (0, 80, 80, 80)
    assert each["west"] == (1, None, None, None)
    assert "shut" not in each
    assert "hidden" not in each


def test_a_breakdown_by_group_never_counts_totals_with_their_parts(register: Served) -> None:
    found = {row["sex"]: row for row in rows(register, f"{SUMMARY}&{DAY}&by=sex")}
    assert numbers_of(found["male"], "facilities") == (2, 130, 130, None)
    assert numbers_of(found["female"], "facilities") == (2, 15, 15, None)
    # What is not broken down stands apart: the wing of the harbour.
    assert numbers_of(found[None], "facilities") == (1, 20, None, None)
    assert "of no stated sex" in found[None]["reads_as"]
    assert [numbers_of(row) for row in rows(register, f"{SUMMARY}&{DAY}&sex=female")] == [(15, 15, None)]


def test_months_stand_as_their_last_days_do(register: Served) -> None:
    found = {row["month"]: row for row in rows(register, f"{SUMMARY}&{DAY}&by=month&from=2023-12&within=north")}
    assert list(found) == ["2023-12", "2024-01", "2024-02", "2024-03", "2024-04", "2024-05", "2024-06"]
    assert numbers_of(found["2023-12"], "stale") == (0, 90, 90, 90)
    assert numbers_of(found["2024-06"], "stale") == (0, 100, 100, 100)
    for month, row in found.items():
        day = {"2024-02": "2024-02-29", "2023-12": "2023-12-31"}.get(month)
        if day is not None:
            assert numbers_of(row) == numbers_of(rows(register, f"{SUMMARY}&as_of={day}&within=north")[0])


def test_a_change_is_that_of_the_places_that_count_on_both_days(register: Served) -> None:
    (row,) = rows(register, f"{SUMMARY}&{DAY}&compare=2023-12-31")
    then = row["compared"]
    assert numbers_of(then, "as_of", "facilities") == ("2023-12-31", 3, 205, 205, None)
    # The south is counted in parts now and was not then: that is no change of who is held.
    assert (then["both"], then["change"]) == (1, {"low": 10, "best": 10, "high": 10})
    assert then["why"] == "the change is of the places that count on both days; 3 count only now, 2 only then"


def test_definitions_of_capacity_and_flows_of_other_periods_are_not_added(register: Served) -> None:
    refused = faults(register.ask(f"{SUMMARY}&{DAY}&measure=capacity"))
    assert refused["statistic"] == (
        "capacity by different definitions is not added: ask for statistic=official or statistic=operational"
    )
    (row,) = rows(register, f"{SUMMARY}&{DAY}&measure=capacity&statistic=official")
    assert numbers_of(row, "facilities", "without_figure") == (2, 5, 180, 180, None)
    (row,) = rows(register, f"{SUMMARY}&{DAY}&statistic=daily_average")
    assert numbers_of(row, "facilities") == (1, 40, 41, None)
    refused = faults(register.ask(f"{SUMMARY}&{DAY}&measure=admitted"))
    assert refused["measure"].startswith("what flows in different periods is not added (2024-0")
    each = {row["facility"]: row["best"] for row in rows(register, f"{SUMMARY}&{DAY}&measure=admitted&by=facility")}
    assert (each["north"], each["south"]) == (7, 9)


@pytest.mark.parametrize(
    ("query", "parameter", "message"),
    [
        ("by=county", "by", "'county' is not a grouping"),
        ("by=dimension:", "by", "Allowed: admin1, country, dimension:NAME"),
        ("as_of=2999", "as_of", "as_of ends on 2999-12-31"),
        ("compare=2024-06-30", "compare", "before 2024-06-30"),
        ("compare=2023&by=month", "compare", "leave out `compare`"),
        ("from=2023-01", "from", "add `by=month`"),
        ("from=1990&by=month", "from", "ask for a longer series in parts"),
        ("within=nort", "within", "near ones: north"),
        ("rule=sum/9", "rule", "sum/1"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_what_would_work(
    register: Served, query: str, parameter: str, message: str
) -> None:
    fields = query if query.startswith("as_of") else f"{query}&{DAY}"
    assert message in faults(register.ask(f"/v1/populations/summary?{fields}"))[parameter]


def test_who_may_see_more_is_told_more(register: Served, url: str) -> None:
    engine = write_engine(url)
    key = create_key(engine, "insider", [KeyScope.read_restricted], None, None)
    engine.dispose()
    insider = {"Authorization": f"Bearer {key}"}
    (row,) = rows(register, f"{SUMMARY}&{DAY}", **insider)
    assert numbers_of(row, "facilities", "sources") == (5, ["census", "leak", "monitor"], 1250, None, None)
    by_operator = {row["operator"] for row in rows(register, f"{SUMMARY}&{DAY}&by=operator", **insider)}
    assert by_operator == {"ministry", "contractor", None}


def test_an_answer_is_the_same_at_its_revision_later_and_in_every_format(databases: Databases) -> None:
    url = databases.with_reference()
    put(url, *RECORDS)
    with served(url) as register:
        _same_later(register, url)


def _same_later(register: Served, url: str) -> None:
    before = register.ask(f"{SUMMARY}&{DAY}&by=admin1,sex")
    pinned = register.ask(before.headers["link"].split(">")[0].strip("<"))
    assert pinned.content == before.content
    put(url, held("silent", "77", source="monitor"))
    assert rows(register, f"{SUMMARY}&{DAY}&within=silent")[0]["best"] == 77
    again = register.ask(before.headers["link"].split(">")[0].strip("<"))
    assert again.content == before.content
    revision = before.json()["revision"]
    table = list(csv.DictReader(StringIO(register.ask(f"{SUMMARY}&{DAY}&by=sex&format=csv&revision={revision}").text)))
    whole = rows(register, f"{SUMMARY}&{DAY}&by=sex&revision={revision}")
    assert [(row["sex"], row["low"], row["facilities"]) for row in table] == [
        (row["sex"] or "", str(row["low"]), str(row["facilities"])) for row in whole
    ]
    (empty,) = rows(register, f"{SUMMARY}&{DAY}&revision=1")
    assert numbers_of(empty, "facilities", "without_figure") == (0, 0, None, None, None)


# --- occupancy ---------------------------------------------------------------------------------------------------


def occupancy(register: Served, facility: str, query: str = DAY) -> Row:
    return register.get(f"/v1/facilities/{facility}/occupancy?{query}")


def test_occupancy_by_each_definition_of_the_places(register: Served) -> None:
    found = occupancy(register, "north")
    assert (found["rule"], found["facility"], found["parts"]) == ("occupancy/1", "north", None)
    everyone = {row["definition"]: row for row in found["rows"] if row["group"] == {}}
    assert list(everyone) == ["official", "operational", "out_of_use"]
    assert everyone["official"]["occupancy"] == {"low": 125.0, "best": 125.0, "high": 125.0}
    assert everyone["operational"]["occupancy"] == {"low": 100.0, "best": None, "high": 111.1}
    assert everyone["out_of_use"]["occupancy"] == {"low": None, "best": None, "high": None}
    assert everyone["out_of_use"]["why"] == "places out of use hold nobody: there is no occupancy"
    side = everyone["official"]["held"]
    assert numbers_of(side, "as_of", "age_days", "stale", "agreement") == (
        "2024-06-30",
        0,
        False,
        "single",
        100,
        100,
        100,
    )
    assert [(one["role"], one["best"]) for one in side["statements"]] == [("used", 100), ("superseded", 90)]
    (men,) = (row for row in found["rows"] if row["group"] == {"sex": "male"})
    assert (men["held"]["best"], men["definition"], men["why"]) == (60, None, "no capacity is stated")
    assert everyone["official"]["reads_as"] == (
        "North, as of 30 June 2024: 100 held, as of 30 June 2024 and 80 places (official), as of 30 June 2024; "
        "occupancy 125.0 %"
    )


def test_occupancy_of_added_parts_and_of_what_lies_under_a_place(register: Served) -> None:
    south = occupancy(register, "south")["rows"][0]
    assert numbers_of(south["held"], "summed_from", "whole") == (2, True, 80, 80, 80)
    assert south["occupancy"] == {"low": 80.0, "best": 80.0, "high": 80.0}
    service = occupancy(register, "service")
    assert service["rows"][0]["held"]["best"] == 400
    assert service["parts"] == {
        "known": 8,
        "reporting": 4,
        "held": {"low": 250, "best": None, "high": None},
        "agrees": True,
    }
    west = occupancy(register, "west")["rows"][0]["held"]
    # 183 days between its reports: not late, but the census has gone on without it.
    assert (west["age_days"], west["stale"], west["stale_since"]) == (182, True, "2024-06-30")


def test_a_series_leaves_gaps_open(register: Served) -> None:
    steps = register.get("/v1/facilities/al-hol-camp/occupancy/series?as_of=2020-02-01")["rows"]
    assert [(step["as_of"], step["held"]["best"]) for step in steps] == [
        ("2019-05-01", 73477),
        ("2019-06-19", 73043),
        ("2019-07-31", 68823),
        ("2019-09-30", 69015),
        ("2020-01-07", None),
        ("2020-01-31", 66101),
    ]
    assert steps[4]["why"] == "no report of who is held since 2019-09-30"


@pytest.mark.parametrize("path", ["occupancy", "occupancy/series"])
def test_who_is_supervised_fills_no_place(register: Served, path: str) -> None:
    (row,) = rows(register, f"/v1/facilities/probation/{path}?as_of=2024-06-30")
    assert (row["held"]["best"], row["capacity"]["best"]) == (7850, 100)
    assert row["occupancy"] == {"low": None, "best": None, "high": None}
    assert row["why"] == "people under supervision are not held in places: there is no occupancy"


def test_statements_of_the_reference_event_conflict_or_speak_of_others(register: Served) -> None:
    found = occupancy(register, "al-sina-prison", "as_of=2022-01-24")["rows"]
    assert numbers_of(found[0]["held"], "whole") == (False, 3001, 5000, None)
    boys = next(row["held"] for row in found if row["group"] == {"min_age": None, "max_age": 17})
    assert (boys["low"], boys["high"], boys["whole"]) == (720, None, False)
    assert register.ask("/v1/facilities/nowhere/occupancy").status_code == 404
    assert register.ask("/v1/facilities/hidden/occupancy").status_code == 404


def test_coverage_says_of_each_place_how_it_stands(register: Served) -> None:
    numbers = rows(register, f"/v1/coverage?country=NOR&{DAY}")
    assert {row["facility"]: (row["status"], row["last_report"], row["reason"]) for row in numbers} == {
        "north": ("reported", "2024-06-30", None),
        "south": ("reported", "2024-06-30", None),
        "east": ("reported", "2024-06-30", None),
        "west": ("stale", "2023-12-31", None),
        "silent": ("not_published", None, "not_published"),
        "shut": ("closed", None, None),
        "average": ("reported", "2024-06-30", None),
        "harbour": ("never", None, None),
        "harbour-a": ("reported", "2024-06-30", None),
        "harbour-b": ("never", None, None),
    }
    work = rows(register, f"/v1/coverage?country=NOR&{DAY}&sort=-gap&status=stale,never")
    assert [row["facility"] for row in work][-1] == "west"
    assert (work[-1]["gap_days"], work[-1]["usual_interval"]) == (182, 184)
    (country,) = rows(register, f"/v1/coverage?country=NOR&{DAY}&by=country")
    assert country["states"] == {"closed": 1, "never": 2, "not_published": 1, "reported": 5, "stale": 1}


def test_coverage_month_by_month(register: Served) -> None:
    numbers = rows(register, "/v1/coverage?within=al-hol-camp&by=month&from=2019-04&to=2020-06")
    states = [
        (row["month"], row["status"]) for row in numbers if row["month"] in {"2019-04", "2019-05", "2020-04", "2020-06"}
    ]
    assert states == [("2019-04", "never"), ("2019-05", "reported"), ("2020-04", "reported"), ("2020-06", "stale")]
    assert len(numbers) == 15
