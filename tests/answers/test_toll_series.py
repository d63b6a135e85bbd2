"""The series of a toll: why each step of a number happened, on the reference event and on an invented riot."""

from typing import Any

from tests.conftest import Databases, Served
from tests.support.desk import WHY, desk_at
from tests.support.sample import Record

ATTACK = "/v1/incidents/al-sina-prison-attack-2022/toll/series"


def figure(as_of: str, words: str, source: str = "daily", **more: Any) -> Record:
    own = {"incident": "riot", "measure": "killed", "as_of": as_of, "as_written": words, "source": source}
    return {"collection": "figures"} | own | more


RECORDS: list[Record] = [
    *(
        {
            "collection": "sources",
            "slug": slug,
            "kind": "article",
            "publisher": slug,
            "title": slug,
            "published_on": day,
        }
        for slug, day in {"daily": "2024-05-04", "inquiry": "2025-01", "monthly": "2024-05"}.items()
    ),
    {"collection": "incidents", "slug": "riot", "title": "Riot", "kinds": ["riot"], "started": "2024-05-01"},
    figure("2024-05-01", "several"),
    figure("2024-05-02", "3"),
    figure("2024-05-03", "7", "inquiry"),
    figure("2024-05-04", "9"),
    figure("2024-05-04", "another 2", "monthly"),
    figure("2024-05-05", "6"),
    figure("2024-05-06", "2", period_start="2024-05-06"),
]


def steps(register: Served, path: str) -> list[tuple[Any, ...]]:
    return [(row["as_of"], row["best"], row["agreement"], row["because"]) for row in register.get(path)["rows"]]


def test_each_step_says_why(register: Served) -> None:
    assert steps(register, "/v1/incidents/riot/toll/series") == [
        ("2024-05-02", 3, "single", "first"),
        ("2024-05-03", 7, "conflicting", "late_report"),
        ("2024-05-04", 9, "conflicting", "event"),
        ("2024-05-05", 6, "conflicting", "revised_down"),
    ]
    answer = register.get("/v1/incidents/riot/toll/series")["rows"]
    assert [one["as_written"] for one in answer[2]["statements"]] == ["9", "another 2"]
    assert answer[3]["why"].startswith("daily had said more of 2024-05-04 (figure ")


def test_the_militants_killed_in_the_attack(register: Served) -> None:
    answer = [row for row in register.get(f"{ATTACK}?measure=killed")["rows"] if row["key"].endswith("actor=isis")]
    assert [(row["as_of"], row["best"], row["because"]) for row in answer] == [
        ("2022-01-24", 175, "first"),
        ("2022-01-26", 124, "event"),
        ("2022-01-29", 246, "event"),
        ("2022-01-30", 268, "event"),
        ("2022-01-31", 374, "event"),
    ]
    last = answer[-1]
    assert (last["spread"], last["agreement"]) == ({"low": 268, "high": 374}, "conflicting")
    assert {one["as_written"] for one in last["statements"]} == {"about 374", "more than 370"}
    assert steps(register, f"{ATTACK}?measure=killed&as_of=2022-01-20") == []


def test_what_this_register_changed_is_told(databases: Databases) -> None:
    own = {"incident": "riot", "source": "daily", "as_written": "5"}
    with desk_at(databases.empty()) as desk:
        desk.post("/v1/sources", {"kind": "article", "publisher": "daily", "title": "daily", "slug": "daily"})
        desk.post("/v1/incidents", {"slug": "riot", "title": "Riot", "kinds": ["riot"], "started": "2024-05-01"})
        moved = desk.post("/v1/figures", own | {"measure": "injured", "as_of": "2024-05-02"})
        wrong = desk.post("/v1/figures", own | {"measure": "killed", "as_of": "2024-05-03"})
        before = desk.get("/v1/incidents/riot/toll/series")
        assert [row["because"] for row in before["rows"]] == ["first", "first"]
        desk.patch(f"/v1/figures/{moved['id']}?{WHY}", {"measure": "killed"})
        desk.patch(f"/v1/figures/{wrong['id']}?{WHY}", {"as_written": "8"})
        now = desk.get("/v1/incidents/riot/toll/series")
        assert [(row["as_of"], row["best"], row["because"]) for row in now["rows"]] == [
            ("2024-05-02", 5, "reclassified"),
            ("2024-05-03", 8, "correction"),
        ]
        assert desk.get(f"/v1/incidents/riot/toll/series?revision={before['revision']}") == before


def test_a_figure_of_one_day_hides_no_total_in_the_list(register: Served) -> None:
    latest = register.get("/v1/figures?incident=riot&as_of=2024-05-06")["data"]
    assert [(one["as_written"], one["originator"]) for one in latest] == [
        ("2", "daily"),
        ("6", "daily"),
        ("another 2", "monthly"),
        ("7", "inquiry"),
    ]
