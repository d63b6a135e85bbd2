"""Walking a list by its cursor: everything once, in the list's order, at the revision the walk began with."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.register import COLLECTIONS
from tests.conftest import Databases, Served
from tests.sample import SAMPLE, Record, put, served

FILLED: list[Record] = [
    {"collection": "sources", "slug": f"filler-{number}", "kind": "dataset", "title": f"Filler {number % 4}"}
    | ({"published_on": f"2020-0{number % 3 + 1}", "publisher": f"Publisher {number % 2}"} if number % 3 else {})
    for number in range(9)
] + [
    {"collection": "facilities", "slug": f"filler-{number}", "level": "facility", "name": f"Filler {number % 4}"}
    | ({"country": "FRA", "admin1": "Nord", "opened": f"199{number % 3}"} if number % 3 else {})
    for number in range(9)
]
"""Records with equal names, equal dates and none, so that every order has ties and nulls to settle."""


@pytest.fixture(scope="module")
def register(databases: Databases) -> Iterator[Served]:
    """The reference event, the sample and records full of ties and nulls; tests only read it."""
    url = databases.with_reference()
    put(url, *SAMPLE)
    put(url, *FILLED)
    with served(url) as made:
        yield made


def walk(register: Served, path: str) -> list[dict[str, Any]]:
    """The records of all pages that follow on each other from an address."""
    records: list[dict[str, Any]] = []
    following: str | None = path
    while following is not None:
        answer = register.get(following)
        assert answer["data"] or following == path, "a page after the first is never empty"
        records += answer["data"]
        following = answer["next"]
    return records


def orders(register: Served, collection: str) -> list[str]:
    """What the document says a list may be sorted by."""
    parameters = register.get("/openapi.json")["paths"][f"/v1/{collection}"]["get"]["parameters"]
    (sort,) = (parameter for parameter in parameters if parameter["name"] == "sort")
    listed: list[str] = sort["schema"]["items"]["enum"]
    return listed


RANGES = {"as_of": "as_of_end", "published_on": "published_on_earliest", "started": "started_earliest"} | {
    name: f"{name}_earliest" for name in ("opened", "made_on")
}


def sorted_by(records: list[dict[str, Any]], keys: list[str]) -> list[Any]:
    """The ids in an order, written again: nulls come last whichever way, ids settle ties as the first key goes."""
    ordered = sorted(records, key=lambda record: record["id"], reverse=keys[0].startswith("-"))
    for key in reversed(keys):
        name = RANGES.get(key.removeprefix("-"), key.removeprefix("-"))
        known = [record for record in ordered if record[name] is not None]
        known.sort(key=lambda record: record[name], reverse=key.startswith("-"))
        ordered = known + [record for record in ordered if record[name] is None]
    return [record["id"] for record in ordered]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_order_of_a_list_is_walked_whole(register: Served, collection: str) -> None:
    everything = register.get(f"/v1/{collection}?limit=1000")["data"]
    assert len(everything) > 3
    for order in orders(register, collection):
        expected = sorted_by(everything, [order])
        asked = register.get(f"/v1/{collection}?limit=1000&sort={order}")
        assert [record["id"] for record in asked["data"]] == expected, order
        assert [record["id"] for record in walk(register, f"/v1/{collection}?limit=5&sort={order}")] == expected, order


SEVERAL = [
    ("facilities", "country,-name"),
    ("facilities", "-opened,name"),
    ("facilities", "admin1,country,opened"),
    ("facilities", "-country,-admin1"),
    ("facilities", "name,-id"),
    ("sources", "publisher,-published_on"),
    ("sources", "-title,published_on"),
    ("figures", "measure,-as_of"),
    ("figures", "-as_of,incident,-measure"),
    ("populations", "facility,-as_of"),
    ("claims", "-made_on,slug"),
    ("incidents", "country,-started"),
]


@pytest.mark.parametrize(("collection", "keys"), SEVERAL, ids=lambda value: value)
def test_several_keys_are_walked_whole(register: Served, collection: str, keys: str) -> None:
    everything = register.get(f"/v1/{collection}?limit=1000")["data"]
    expected = sorted_by(everything, keys.split(","))
    walked = walk(register, f"/v1/{collection}?limit=3&sort={keys}")
    assert [record["id"] for record in walked] == expected
    repeated = "&".join(f"sort={key}" for key in keys.split(","))
    assert walk(register, f"/v1/{collection}?limit=4&{repeated}") == walked


@pytest.mark.parametrize("limit", [1, 2, 7, 51, 56, 1000])
@pytest.mark.parametrize(
    "path",
    [
        "/v1/figures?measure=killed",
        "/v1/figures?as_of=2022-01-31",
        "/v1/figures?latest_per=source&sort=measure",
        "/v1/populations?as_of=2022&latest_per=originator&sort=-facility",
        "/v1/facilities/al-sina-prison/populations",
        "/v1/facilities/sdf-isis-prisons/claims?sort=-source&fields=id,slug",
        "/v1/actors?fields=slug&sort=country",
    ],
    ids=lambda path: path.partition("/v1/")[2],
)
def test_a_limit_changes_the_pages_and_nothing_else(register: Served, path: str, limit: int) -> None:
    whole = register.get(f"{path}{'&' if '?' in path else '?'}limit=1000")
    assert whole["next"] is None
    assert walk(register, f"{path}{'&' if '?' in path else '?'}limit={limit}") == whole["data"]


def test_a_limit_met_exactly_has_no_next(register: Served) -> None:
    assert register.get("/v1/figures?measure=escaped&limit=4")["next"] is None
    assert register.get("/v1/figures?measure=escaped&limit=3")["next"] is not None


CHANGED: list[Record] = [
    {"collection": "facilities", "slug": "aaa", "level": "facility", "name": "AAA"},
    {"collection": "facilities", "slug": "zzz", "level": "facility", "name": "ZZZ", "opened": "1990"},
    {"collection": "facilities", "slug": "filler-8", "level": "facility", "name": "0", "access": "restricted"},
    {"collection": "facilities", "slug": "filler-5", "level": "facility", "name": "~ moved to the end"},
]


@pytest.mark.parametrize("sort", ["slug", "-slug", "name", "-name", "opened", "-opened", "country", "-revision", "id"])
def test_writes_in_between_are_not_seen(databases: Databases, sort: str) -> None:
    url = databases.empty()
    put(url, *SAMPLE)
    put(url, *FILLED)
    with served(url) as register:
        before = register.get(f"/v1/facilities?limit=1000&sort={sort}")["data"]
        first = register.get(f"/v1/facilities?limit=4&sort={sort}")
        put(url, CHANGED[0], CHANGED[2])
        second = register.get(first["next"])
        put(url, CHANGED[1], CHANGED[3])
        rest = walk(register, second["next"])
        seen = first["data"] + second["data"] + rest
        assert (first["revision"], second["revision"]) == (2, 2)
        assert [record["id"] for record in seen] == [record["id"] for record in before]
        hidden = next(place for place, record in enumerate(before) if record["slug"] == "filler-8")
        assert [one for place, one in enumerate(seen) if place != hidden] == [
            one for place, one in enumerate(before) if place != hidden
        ]
        after = {record["slug"] for record in register.get("/v1/facilities?limit=1000")["data"]}
        assert after == {record["slug"] for record in before} | {"aaa", "zzz"} - {"filler-8"} - {"filler-8"} or (
            after == ({record["slug"] for record in before} | {"aaa", "zzz"}) - {"filler-8"}
        )
