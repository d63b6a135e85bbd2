"""What holds for filters of a kind: names, repetition, dimensions, windows of time, what changed since."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.conftest import Databases, Served
from tests.support.lists import Cases, found, rows
from tests.support.sample import SAMPLE, put, served


@pytest.fixture(scope="module")
def sample(databases: Databases) -> Iterator[Served]:
    """The sample, served from each engine in turn; tests only read it."""
    url = databases.empty()
    put(url, *SAMPLE)
    with served(url) as made:
        yield made


# --- slugs, ids, repetition --------------------------------------------------------------------------------------

REFERRING: Cases = [
    ("facilities?operator=", "actors/sdf"),
    ("facilities?parent=", "facilities/sdf-isis-prisons"),
    ("facilities?within=", "facilities/sdf-isis-prisons"),
    ("facilities?source=", "sources/lister-mei-2022-01-24"),
    ("incidents?facility=", "facilities/al-sina-prison"),
    ("incidents?within=", "facilities/sdf-isis-prisons"),
    ("incidents?actor=", "actors/turkey"),
    ("incidents?source=", "sources/rudaw-2022-01-26"),
    ("figures?incident=", "incidents/al-sina-prison-attack-2022"),
    ("figures?facility=", "facilities/al-sina-prison"),
    ("figures?within=", "facilities/sdf-isis-prisons"),
    ("figures?actor=", "actors/sdf"),
    ("figures?source=", "sources/rudaw-2022-01-26"),
    ("figures?attributed_to=", "actors/united-nations"),
    ("populations?facility=", "facilities/al-sina-prison"),
    ("populations?within=", "facilities/al-sina-prison"),
    ("populations?operator=", "actors/sdf"),
    ("populations?affiliation=", "actors/isis"),
    ("populations?source=", "sources/rudaw-2022-01-26"),
    ("claims?facility=", "facilities/al-sina-prison"),
    ("claims?within=", "facilities/al-sina-prison"),
    ("claims?incident=", "incidents/al-sina-prison-attack-2022"),
    ("claims?about=", "actors/isis"),
    ("claims?made_by=", "actors/sdf"),
    ("claims?source=", "sources/lister-mei-2022-01-24"),
    ("actors?part_of=", "actors/us-led-coalition"),
]


@pytest.mark.parametrize(("query", "named"), REFERRING, ids=lambda value: value)
def test_a_filter_takes_a_slug_or_an_id(reference: Served, query: str, named: str) -> None:
    number = reference.get(f"/v1/{named}?fields=id")["id"]
    by_slug = rows(reference, f"/v1/{query}{named.rpartition('/')[2]}")
    assert by_slug
    assert rows(reference, f"/v1/{query}{number}") == by_slug


def test_a_path_takes_a_slug_or_an_id(reference: Served) -> None:
    by_slug = reference.get("/v1/facilities/al-sina-prison")
    assert reference.get(f"/v1/facilities/{by_slug['id']}") == by_slug
    listed = reference.get("/v1/facilities/al-sina-prison/populations")["data"]
    assert reference.get(f"/v1/facilities/{by_slug['id']}/populations")["data"] == listed


@pytest.mark.parametrize(
    "several",
    [
        ("kind", "camp", "improvised"),
        ("operator", "sdf", "isis"),
        ("within", "al-sina-prison", "al-hol-camp"),
        ("level", "unit", "network"),
    ],
    ids=lambda several: str(several[0]),
)
def test_repeated_and_comma_separated_values_are_the_same(reference: Served, several: tuple[str, str, str]) -> None:
    name, one, other = several
    commas = reference.get(f"/v1/facilities?{name}={one},{other}")
    assert reference.get(f"/v1/facilities?{name}={one}&{name}={other}") == commas
    assert reference.get(f"/v1/facilities?{name}={other}&{name}={one}") == commas
    either = {slug for value in (one, other) for slug in rows(reference, f"/v1/facilities?{name}={value}")}
    assert set(rows(reference, f"/v1/facilities?{name}={one},{other}")) == either


@pytest.mark.parametrize("value", ["al-sina-prison,al-sina-prison", "al-sina-prison,{id}", "{id},{id}"])
def test_a_record_named_twice_counts_once(reference: Served, value: str) -> None:
    number = reference.get("/v1/facilities/al-sina-prison?fields=id")["id"]
    once = rows(reference, "/v1/populations?facility=al-sina-prison")
    assert rows(reference, f"/v1/populations?facility={value.format(id=number)}") == once


def test_a_text_with_a_comma_can_be_asked_for(sample: Served) -> None:
    assert found(sample, "/v1/sources?url=https://data.example/table?id=1%2C2") == ["undated"]


# --- dimensions --------------------------------------------------------------------------------------------------


def test_a_dimension_is_compared_to_the_letter(sample: Served) -> None:
    pairs = ("REGIME:closed", "regime:CLOSED", "regime:clos%25", "regime:close_", "origin:north%25", "%25:closed")
    for pair in pairs:
        response = sample.ask(f"/v1/populations?dimension={pair}")
        assert response.status_code == 422 or response.json()["data"] == [], pair


# --- dates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collection", ["figures", "populations", "incidents", "claims", "sources"])
@pytest.mark.parametrize("days", [1, 7, 31])
def test_adjoining_windows_hold_each_record_once(sample: Served, collection: str, days: int) -> None:
    """Every record with a date lies in exactly one of the windows that follow on each other."""
    first, last = date(2020, 1, 1), date(2021, 12, 31)
    windows, start = [], first
    if days == 1:
        # All of two years in days would be slow: the two ends, and the days around which the records lie.
        starts = [date(2021, 5, 1) + timedelta(day) for day in range(35)]
        windows = [(first, date(2021, 4, 30)), *((day, day) for day in starts), (date(2021, 6, 5), last)]
    while start <= last and days > 1:
        end = min(start + timedelta(days - 1), last)
        windows.append((start, end))
        start = end + timedelta(1)
    once = [name for begin, end in windows for name in found(sample, f"/v1/{collection}?from={begin}&to={end}")]
    assert sorted(once) == found(sample, f"/v1/{collection}?from=2020&to=2021")
    assert len(once) >= 3


@pytest.mark.parametrize("collection", ["figures", "populations", "incidents", "claims", "sources"])
def test_a_window_may_end_in_the_future(sample: Served, collection: str) -> None:
    assert found(sample, f"/v1/{collection}?from=2020&to=2099-12-31") == found(sample, f"/v1/{collection}?from=2020")
    assert found(sample, f"/v1/{collection}?from=2099") == []


# --- changed_since -----------------------------------------------------------------------------------------------


def test_changed_since_finds_what_later_revisions_show_otherwise(databases: Databases) -> None:
    url = databases.empty()
    put(url, *SAMPLE)
    put(url, {"collection": "actors", "slug": "front", "name": "The Front", "kind": "armed_group"})
    with served(url) as register:
        assert found(register, "/v1/actors?changed_since=1") == ["front"]
        # Its name stands in the sentences of a population and a figure, and the figure in its incident.
        assert found(register, "/v1/populations?changed_since=1") == ["6"]
        assert found(register, "/v1/figures?changed_since=1") == ["1"]
        # It is a party of the other, whose sentence names it.
        assert found(register, "/v1/incidents?changed_since=1") == ["north-riot", "south-escape"]
        assert found(register, "/v1/facilities?changed_since=1") == []
        assert found(register, "/v1/actors?changed_since=2") == []
        assert found(register, "/v1/actors?changed_since=0&revision=1") == found(register, "/v1/actors")
