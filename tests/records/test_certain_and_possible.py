"""Bounds and partial dates, read as stated, as certain and as possible: the page's tables are the test."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.estimates.ranges import allowed
from tests.conftest import Databases, Served
from tests.support.lists import found, rows
from tests.support.sample import Record, put, served

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "certain-and-possible.md"
MATCHES = ("stated", "certain", "possible")
ROW = re.compile(r"^\| ([^|]+) \| `([^|`]+)` \| (yes|no) \| (yes|no) \| (yes|no) \|$", re.MULTILINE)


def table(heading: str) -> list[tuple[str, str, tuple[str, ...]]]:
    """The rows of a table of the page: what is known, what is asked, and the three answers."""
    section = PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [(statement, query, tuple(answers)) for statement, query, *answers in ROW.findall(section)]


NUMBERS, DATES = table("Numbers"), table("Dates")
SOURCE: Record = {"collection": "sources", "slug": "report", "kind": "report", "publisher": "P", "title": "T"}
CAMP: Record = {"collection": "facilities", "slug": "camp", "level": "facility", "name": "Camp"}


def population(number: int, **stated: Any) -> Record:
    answer: Record = {"facility": "camp", "measure": "held", "as_of": "2022", "source": "report", "nth": number}
    return {"collection": "populations", "note": str(number)} | answer | stated


def spoken(statement: str) -> dict[str, Any]:
    return {"missing_reason": "not_published"} if statement.startswith("(") else {"as_written": statement}


STATEMENTS = list(dict.fromkeys(statement for statement, _, _ in NUMBERS))
DAYS = [day for day in dict.fromkeys(date for date, _, _ in DATES) if not day.startswith("(")]


def any_bounds(chance: random.Random) -> dict[str, Any]:
    """Bounds in order, of any qualifier that goes with them or not."""
    low, best, high = sorted(chance.sample(range(200), 3))
    stored = chance.choice(["l", "b", "h", "lb", "lh", "bh", "lbh"])
    bounds = {name: value for name, value in (("low", low), ("best", best), ("high", high)) if name[0] in stored}
    qualifiers = ("exact", "approximately", "at_least", "at_most", "between", "magnitude")
    return bounds | {"qualifier": chance.choice(qualifiers)}


RANDOM = [any_bounds(random.Random(seed)) for seed in range(80)]  # noqa: S311  (nothing secret)


@pytest.fixture(scope="module")
def register(databases: Databases) -> Iterator[Served]:
    """A statement of each kind, a date of each precision, numbers of any bounds; tests only read it."""
    url = databases.empty()
    put(url, SOURCE, CAMP)
    put(url, *(population(number, **spoken(each)) for number, each in enumerate(STATEMENTS, 1)))
    put(url, *(population(number, measure="staff", **bounds) for number, bounds in enumerate(RANDOM, 1)))
    source = {"collection": "sources", "kind": "report", "publisher": "P", "title": "T"}
    dated = {f"dated-{number}": {"published_on": day} for number, day in enumerate(DAYS)}
    put(url, *({"slug": slug} | source | day for slug, day in dated.items()), {"slug": "undated"} | source)
    with served(url) as made:
        yield made


@pytest.mark.parametrize("match", MATCHES)
def test_numbers_are_read_as_the_page_says(register: Served, match: str) -> None:
    answer = {}
    for statement, query, _ in NUMBERS:
        notes = {one["note"] for one in register.get(f"/v1/populations?measure=held&{query}&match={match}")["data"]}
        answer[statement, query] = "yes" if str(STATEMENTS.index(statement) + 1) in notes else "no"
    assert answer == {(statement, query): answers[MATCHES.index(match)] for statement, query, answers in NUMBERS}
    qualifiers = {one["qualifier"] for one in register.get("/v1/populations?measure=held")["data"]}
    assert len(qualifiers) == 9


@pytest.mark.parametrize("match", MATCHES)
def test_dates_are_read_as_the_page_says(register: Served, match: str) -> None:
    answer = {}
    for date, query, _ in DATES:
        slug = f"dated-{DAYS.index(date)}" if date in DAYS else "undated"
        answer[date, query] = "yes" if slug in found(register, f"/v1/sources?{query}&match={match}") else "no"
    assert answer == {(date, query): answers[MATCHES.index(match)] for date, query, answers in DATES}


def by_rule(bounds: dict[str, Any], least: int, most: int, match: str) -> bool:
    """The same in Python, by the range that a statement allows."""
    fields = {"low": None, "best": None, "high": None} | bounds
    low, high = allowed(fields)
    stated = next(fields[name] for name in ("best", "low", "high") if fields[name] is not None)
    if match == "stated":
        return bool(least <= stated <= most)
    if match == "certain":
        return bool(least <= (low or 0) and high is not None and high <= most)
    return bool((low is None or low <= most) and (high is None or high >= least))


@pytest.mark.parametrize("match", MATCHES)
def test_bounds_of_any_kind_are_read_by_one_rule(register: Served, match: str) -> None:
    chance = random.Random(7)  # noqa: S311  (nothing secret)
    for _ in range(12):
        least, most = sorted(chance.sample(range(220), 2))
        query = f"/v1/populations?measure=staff&value_min={least}&value_max={most}&match={match}&limit=1000"
        notes = {int(one["note"]) for one in register.get(query)["data"]}
        expected = {number for number, each in enumerate(RANDOM, 1) if by_rule(each, least, most, match)}
        assert notes == expected, query


def test_what_is_certain_is_stated_and_what_is_stated_is_possible(register: Served) -> None:
    for query in ("value_min=25", "value_max=100", "value_min=20&value_max=450", "from=2022-06", "to=2022-06"):
        stated, certain, possible = (
            set(found(register, f"/v1/populations?{query}&match={match}")) for match in MATCHES
        )
        assert certain <= stated <= possible
        answer = register.get(f"/v1/populations?{query}&count=exact&limit=1")
        assert answer["readings"] == dict(zip(MATCHES, map(len, (stated, certain, possible)), strict=True))
        assert answer["count"] == len(stated)
        assert register.get(f"/v1/populations?{query}&count=exact&match=possible&limit=1")["count"] == len(possible)
        whole = register.ask(f"/v1/populations?{query}&match=certain&format=ndjson").text
        assert whole.count("\n") == len(certain)
    assert "readings" not in register.get("/v1/populations?count=exact&limit=1")


def test_a_page_follows_on_the_other(register: Served) -> None:
    path: str | None = "/v1/populations?value_min=25&match=possible&limit=7"
    seen: list[int] = []
    while path:
        answer = register.get(path)
        seen += [one["id"] for one in answer["data"]]
        path = answer["next"]
    assert sorted(map(str, seen)) == found(register, "/v1/populations?value_min=25&match=possible")


# --- one figure of an incident -----------------------------------------------------------------------------------


def test_an_incident_is_asked_for_by_one_figure(reference: Served) -> None:
    attack = ["al-sina-prison-attack-2022"]
    for query, expected in (
        ("measure=hostages&of=security_force&value_min=25", attack),
        ("measure=hostages&of=security_force&value_min=25&match=certain", attack),
        ("measure=hostages&of=security_force&value_min=26", []),
        ("measure=hostages&of=security_force&value_min=26&match=possible", attack),
        ("measure=hostages&of=civilian&value_min=25&match=possible", []),
        ("measure=hostages", attack),
        ("measure=missing&value_min=1000000&match=possible", []),
        ("of=detainee", attack),
        ("of=aid_worker", []),
        ("measure=killed&value_min=300&value_max=400&country=SYR", attack),
    ):
        assert rows(reference, f"/v1/incidents?{query}") == expected, query
    answer = reference.get("/v1/incidents?measure=hostages&of=security_force&value_min=26&count=exact")
    assert answer["readings"] == {"stated": 0, "certain": 0, "possible": 1}


@pytest.mark.parametrize(
    ("path", "parameter", "sentence"),
    [
        ("populations?value_min=30&value_max=20", "value_min", "value_min lies above value_max"),
        ("incidents?value_min=30", "value_min",
         "value_min speaks of a figure: say which measure, as in measure=killed"),
        ("incidents?value_max=3&of=guard", "value_max",
         "value_max speaks of a figure: say which measure, as in measure=killed"),
        ("figures?match=certain", "match",
         "match says how from, to, value_min and value_max are read; none of them is given"),
        ("figures?value_min=-1", "value_min", "it must be 0 or more"),
        ("figures?value_min=many", "value_min", "it must be a whole number"),
        ("figures?match=sure&value_min=1", "match",
         "'sure' is not a value of match. Allowed: certain, possible, stated."),
    ],
)  # fmt: skip
def test_a_question_about_bounds_that_cannot_be_meant(
    reference: Served, path: str, parameter: str, sentence: str
) -> None:
    for form in ("", "&format=csv"):
        answer = reference.ask(f"/v1/{path}{form}")
        assert (answer.status_code, answer.json()["errors"]) == (422, [{"parameter": parameter, "detail": sentence}])
