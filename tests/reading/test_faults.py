"""Faults that were found by attacking the reads, each mended for good; a test is named after its row in the list."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Databases, Served
from tests.support.lists import found, rows
from tests.support.sample import Record, put, served


def place(slug: str, admin1: str) -> Record:
    return {"collection": "facilities", "slug": slug, "level": "facility", "name": slug, "admin1": admin1}


def source(number: int, publisher: str) -> Record:
    return {"collection": "sources", "slug": f"source-{number}", "kind": "report", "title": "T", "publisher": publisher}


@pytest.fixture(scope="module")
def places(databases: Databases) -> Iterator[Served]:
    """A register of five revisions whose places have commas in their names; tests only read it."""
    url = databases.empty()
    put(url, place("capital", "Washington, D.C."), place("state", "Washington"), place("south", "D.C."))
    put(url, source(1, "Who, What, Where"), source(2, "Who"))
    with served(url) as made:
        yield made


def fault(register: Served, path: str) -> tuple[str, str]:
    """The one parameter at fault of a 422, and what is wrong with it."""
    response = register.ask(path)
    assert response.status_code == 422, response.text
    ((parameter, detail),) = [(one["parameter"], one["detail"]) for one in response.json()["errors"]]
    return parameter, detail


# --- A14: an encoded comma is a letter; only a raw one parts values ----------------------------------------------


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("admin1=Washington%2C%20D.C.", ["capital"]),
        ("admin1=Washington%2C+D.C.", ["capital"]),
        ("admin1=Washington%2c%20D.C.", ["capital"]),
        ("admin1=Washington,D.C.", ["south", "state"]),
        ("admin1=Washington%2C%20D.C.,D.C.", ["capital", "south"]),
        ("admin1=Washington%2C%20D.C.&admin1=Washington", ["capital", "state"]),
    ],
)
def test_a14_an_encoded_comma_is_a_letter(places: Served, query: str, slugs: list[str]) -> None:
    assert found(places, f"/v1/facilities?{query}") == slugs


@pytest.mark.parametrize(("value", "said"), [("Washington%2CD.C.", "Washington,D.C."), ("A%252CB", "A%2CB")])
def test_a14_a_text_that_no_record_has_is_not_taken_apart(places: Served, value: str, said: str) -> None:
    named, detail = fault(places, f"/v1/facilities?admin1={value}")
    assert named == "admin1"
    assert detail.startswith(f"no facility has the admin1 {said!r}"), detail


def test_a14_the_addresses_of_an_answer_keep_it(places: Served) -> None:
    path = "/v1/facilities?admin1=Washington%2C%20D.C.,Washington&sort=slug&limit=1"
    first = places.ask(path)
    assert [one["slug"] for one in first.json()["data"]] == ["capital"]
    second = places.get(first.json()["next"])
    assert ([one["slug"] for one in second["data"]], second["next"]) == (["state"], None)
    assert places.ask(first.links["permalink"]["url"]).content == first.content
    whole = places.ask(f"{path}&format=ndjson")
    assert places.ask(whole.links["permalink"]["url"]).content == whole.content


def test_a14_in_other_lists_too(places: Served) -> None:
    assert found(places, "/v1/sources?publisher=Who%2C%20What%2C%20Where") == ["source-1"]
    assert found(places, "/v1/sources?publisher=Who,who") == ["source-2"]
    named, detail = fault(places, "/v1/sources?publisher=Who,What")
    assert (named, detail) == ("publisher", "no source has the publisher 'What'; near ones: Who, What, Where, Who")


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("facilities?kind=prison%2Ccamp", "kind"),
        ("facilities?country=SYR%2CIRQ", "country"),
        ("facilities?fields=id%2Cslug", "fields"),
        ("facilities?sort=name%2Cslug", "sort"),
        ("facilities?parent=capital%2Cstate", "parent"),
    ],
)
def test_a14_a_value_that_holds_no_comma_says_how_to_part(places: Served, path: str, parameter: str) -> None:
    named, detail = fault(places, f"/v1/{path}")
    assert named == parameter
    assert detail.endswith(
        "; an encoded comma is a letter: repeat the parameter, or put a plain comma between its values"
    )


# --- A25: a place ahead of the register is refused, as for `revision=` -------------------------------------------

AHEAD = [
    ("changes?after={}", "after"),
    ("changes?after={}.3", "after"),
    ("revisions?after={}", "after"),
    ("revisions?after={}&sort=-revision", "after"),
    ("facilities/capital/history?after={}", "after"),
    *((f"{name}?changed_since={{}}", "changed_since") for name in ("facilities", "sources", "figures", "incidents")),
    ("facilities?changed_since={}&count=exact", "changed_since"),
    ("facilities?changed_since={}&format=csv", "changed_since"),
    ("facilities?changed_since={}&revision=1", "changed_since"),
    ("facilities/capital/populations?changed_since={}", "changed_since"),
]


@pytest.mark.parametrize(("path", "parameter"), AHEAD)
@pytest.mark.parametrize("ahead", [1, 99_999, 10**17])
def test_a25_a_place_ahead_of_the_register_is_refused(places: Served, path: str, parameter: str, ahead: int) -> None:
    head = places.get("/v1")["revision"]
    query = head + ahead
    assert fault(places, f"/v1/{path.format(query)}") == (
        parameter, f"revision {query} has not been made; the newest is {head}",
    )  # fmt: skip


@pytest.mark.parametrize("path", [path for path, _ in AHEAD])
def test_a25_the_newest_revision_is_no_place_ahead(places: Served, path: str) -> None:
    head = places.get("/v1")["revision"]
    response = places.ask(f"/v1/{path.format(head)}")
    assert response.status_code == 200, response.text


def test_a25_a_mirror_may_wait_at_the_newest(places: Served) -> None:
    """What `next` names is never ahead, and of the empty register it is 0."""
    head = places.get("/v1")["revision"]
    following = places.get(f"/v1/changes?after={head}")["next"]
    assert places.get(following)["data"] == []
    assert places.get("/v1/changes?after=0&revision=1")["next"]


# --- A32: of a row, each originator's latest; what has no number, or adds to one, hides no other ------------------


def figure(best: int | None, as_of: str, by: str, **more: Any) -> Record:
    bounds = {"qualifier": "exact", "best": best} if best is not None else {"qualifier": "unknown"}
    words = f"{best} killed" if best is not None else "an unknown number killed"
    return {
        "collection": "figures", "incident": "raid", "measure": "killed", "as_of": as_of, "as_written": words,
        "source": "source-1", "attributed_to": by, "note": f"{by} {best or 'unknown'} {as_of}",
    } | bounds | more  # fmt: skip


STATED = [
    figure(332, "2022-01-20", "sohr"),
    figure(180, "2022-01-22", "sdf"),
    figure(200, "2022-01-24", "sdf"),
    figure(None, "2022-01-26", "sdf"),
    figure(None, "2022-01-21", "sdf"),
    figure(300, "2022-01-27", "sdf", tally="additional"),
    figure(50, "2022-01-28", "sdf", tally="additional"),
    figure(None, "2022-01-25", "iraq"),
]


@pytest.fixture(scope="module")
def raid(databases: Databases) -> Iterator[Served]:
    """One incident of which three parties say how many were killed; tests only read it."""
    url = databases.empty()
    put(url, source(1, "Who"))
    put(
        url,
        *({"collection": "actors", "slug": slug, "name": slug, "kind": "other"} for slug in ("sohr", "sdf", "iraq")),
    )
    put(url, place("camp", "North"))
    incident = {
        "title": "Raid",
        "kinds": ["riot"],
        "status": "contained",
        "started": "2022-01-20",
        "sources": ["source-1"],
    }
    put(
        url,
        {"collection": "incidents", "slug": "raid", "facilities": [{"facility": "camp", "role": "site"}]} | incident,
    )
    put(url, *STATED)
    with served(url) as made:
        yield made


UNKNOWN, ADDED = "sdf unknown 2022-01-26", ("sdf 300 2022-01-27", "sdf 50 2022-01-28")


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("as_of=2022-01-31", {"sohr 332 2022-01-20", "sdf 200 2022-01-24", UNKNOWN, *ADDED, "iraq unknown 2022-01-25"}),
        (
            "as_of=2022-01-27",
            {"sohr 332 2022-01-20", "sdf 200 2022-01-24", UNKNOWN, ADDED[0], "iraq unknown 2022-01-25"},
        ),
        ("as_of=2022-01-23", {"sohr 332 2022-01-20", "sdf 180 2022-01-22"}),
        ("as_of=2022-01-21", {"sohr 332 2022-01-20", "sdf unknown 2022-01-21"}),
        ("as_of=2022-01-19", set()),
        ("as_of=2022-01-31&latest_per=group", {"sdf 200 2022-01-24", UNKNOWN, *ADDED, "iraq unknown 2022-01-25"}),
        ("as_of=2022-01-31&tally=total&qualifier=exact", {"sohr 332 2022-01-20", "sdf 200 2022-01-24"}),
    ],
)
def test_a32_an_unknown_or_additional_statement_hides_no_other(raid: Served, query: str, notes: set[str]) -> None:
    answer = raid.get(f"/v1/figures?{query}&fields=note")
    assert {one["note"] for one in answer["data"]} == notes
    assert raid.get(f"/v1/figures?{query}&count=exact")["count"] == len(notes)
    table = raid.ask(f"/v1/figures?{query}&format=ndjson&fields=note").text
    assert table.count("\n") == len(notes)


def test_a32_in_the_reference_event(reference: Served) -> None:
    escaped = rows(reference, "/v1/figures?measure=escaped&as_of=2022-01-31")
    assert escaped == ["F4", "G33", "G37"]  # "an undetermined number" beside "hundreds"
    surrendered = rows(reference, "/v1/figures?measure=surrendered&attributed_to=sdf&as_of=2022-01-31")
    assert surrendered == ["G13", "G25"]  # "another 300" beside "about 1,000"
    assert rows(reference, "/v1/figures?measure=escaped&as_of=2022-01-31") == rows(
        reference, "/v1/figures?measure=escaped&as_of=2022-01-31&latest_per=originator"
    )
