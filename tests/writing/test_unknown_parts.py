"""What nobody knows is said so: incidents that nobody dates, sources without a title, and who alleges a role."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.imports.faults import Unreadable
from app.imports.run import run_import
from tests.conftest import Databases
from tests.support.desk import I1, Desk, desk_at, faults

UNDATED = {
    "title": "A death that nobody dates",
    "kinds": ["death_in_custody", "isolation"],
    "missing_reason": "not_published",
    "notes": "The list has no dates.",
    "country": "SYR",
    "admin2": "Al-Hasakeh",
    "admin2_code": "SY0800",
    "sources": ["rudaw-2022-01-26"],
}


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    """The reference event, an incident that nobody dates, and two sources without a title."""
    with desk_at(databases.with_reference()) as made:
        made.post("/v1/incidents", UNDATED)
        made.post("/v1/sources", {"kind": "article", "publisher": "Rudaw", "published_on": "2022-01-24"})
        made.post("/v1/sources", {"kind": "article", "authors": ["A. Writer", "B. Writer"]})
        yield made


def slugs(desk: Desk, path: str) -> list[str]:
    return [record["slug"] for record in desk.get(path)["data"]]


def test_an_undated_incident_is_kept_with_the_reason(desk: Desk) -> None:
    shown = desk.get("/v1/incidents/a-death-that-nobody-dates")
    dates = ("started", "started_earliest", "started_latest")
    assert [shown[name] for name in (*dates, "missing_reason", "notes")] == [
        *(None, None, None),
        *("not_published", "The list has no dates."),
    ]
    table = desk.client.get("/v1/incidents?format=csv&missing_reason=not_published&fields=slug,started,missing_reason")
    assert table.text.splitlines()[1] == "a-death-that-nobody-dates,,not_published"
    assert desk.get("/v1/incidents/a-death-that-nobody-dates/toll")["rows"] == []


@pytest.mark.parametrize("sort", ["started", "-started"])
def test_it_stands_last_in_either_order_and_on_every_page(desk: Desk, sort: str) -> None:
    assert slugs(desk, f"/v1/incidents?sort={sort}") == [I1, "a-death-that-nobody-dates"]
    first = desk.get(f"/v1/incidents?sort={sort}&limit=1")
    assert slugs(desk, first["next"]) == ["a-death-that-nobody-dates"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=1500", [I1]),
        ("to=2026", [I1]),
        ("missing_reason=not_published", ["a-death-that-nobody-dates"]),
        ("missing_reason=suppressed", []),
        ("kind=isolation", ["a-death-that-nobody-dates"]),
        ("admin1_code=SY08", [I1]),
    ],
)
def test_windows_of_time_pass_over_it_and_its_reason_finds_it(desk: Desk, query: str, expected: list[str]) -> None:
    assert slugs(desk, f"/v1/incidents?{query}") == expected


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"missing_reason": None}, "/started"),
        ({"started": "2021"}, "/missing_reason"),
        ({"admin2_code": "SY 08"}, "/admin2_code"),
    ],
)
def test_a_date_and_a_reason_exclude_each_other(desk: Desk, change: dict[str, Any], pointer: str) -> None:
    assert list(faults(desk.send("POST", "/v1/incidents", UNDATED | change))) == [pointer]
    patched = desk.send("PATCH", "/v1/incidents/a-death-that-nobody-dates", change, If_Match="*")
    assert list(faults(patched)) == [pointer]


def test_a_source_without_a_title_is_called_by_its_publisher_and_day(desk: Desk) -> None:
    shown = desk.get("/v1/sources/rudaw-2022-01-24-2")
    assert (shown["title"], shown["label"]) == (None, "Rudaw, 24 January 2022")
    (written,) = [one for one in desk.get("/v1/sources?kind=article&limit=1000")["data"] if not one["publisher"]]
    assert (written["title"], written["label"]) == (None, "A. Writer, B. Writer")
    titled = desk.get("/v1/sources/rudaw-2022-01-24")
    assert titled["label"] == titled["title"]
    assert list(faults(desk.send("POST", "/v1/sources", {"kind": "video"}))) == ["/title"]


def test_a_source_says_what_it_was_compiled_from(desk: Desk) -> None:
    whole = {"kind": "dataset", "publisher": "Compiler", "compiled_from": "rudaw-2022-01-26"}
    figure = {"incident": I1, "measure": "ill", "as_written": "3", "as_of": "2022-01-25", "source": whole}
    made = desk.post("/v1/figures", figure)
    assert (made["source"], made["originator"]) == ("compiler", "Compiler")
    assert slugs(desk, "/v1/sources?compiled_from=rudaw-2022-01-26") == ["compiler"]
    own = desk.send("PATCH", "/v1/sources/compiler", {"compiled_from": "compiler"}, If_Match="*")
    assert list(faults(own)) == ["/compiled_from"]


def test_an_alleged_role_says_who_alleges_it(desk: Desk, tmp_path: Path) -> None:
    party = {"actor": "turkey", "role": "accomplice", "standing": "alleged"}
    answer = faults(desk.send("POST", "/v1/incidents", UNDATED | {"parties": [party]}))
    assert answer == {"/parties/0/alleged_by": "an alleged role says which actor alleges it"}
    file = tmp_path / "events.yaml"
    file.write_text(
        "- collection: incidents\n  slug: told\n  title: Told\n  kinds: [other]\n  started: '2021'\n  parties:\n"
        "    - {actor: turkey, role: accomplice, standing: alleged}\n",
        encoding="utf-8",
    )
    with pytest.raises(Unreadable, match=r"events\.yaml:6 /parties/0/alleged_by: an alleged role says which actor"):
        run_import(desk.engine, [file], author="test")
    (alleged,) = [one for one in desk.get(f"/v1/incidents/{I1}")["parties"] if one["standing"] == "alleged"]
    assert (alleged["actor"], alleged["alleged_by"]) == ("turkey", "sdf")
