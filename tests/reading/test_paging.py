"""Walking a list by its cursor: everything once, in the list's order, at the revision the walk began with."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from app.catalogue.collections import COLLECTIONS
from app.reading.cursor import seal
from tests.conftest import Databases, Served
from tests.support.sample import SAMPLE, Record, put, served

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
        query = register.get(f"/v1/{collection}?limit=1000&sort={order}")
        assert [record["id"] for record in query["data"]] == expected, order
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
    ("figures", "-as_of,measure,-revision"),
    ("populations", "measure,-as_of"),
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
        "/v1/populations?as_of=2022&latest_per=originator&sort=-measure",
        "/v1/facilities/al-sina-prison/populations",
        "/v1/facilities/sdf-isis-prisons/claims?sort=-made_on&fields=id,slug",
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


def facility(slug: str, name: str, **more: str) -> Record:
    return {"collection": "facilities", "slug": slug, "level": "facility", "name": name, **more}


def test_writes_in_between_are_not_seen(databases: Databases) -> None:
    """A walk shows the register of its first page: no record twice, none left out, none as it is since."""
    url = databases.empty()
    put(url, *SAMPLE)
    put(url, *FILLED)
    with served(url) as register:
        for number, sort in enumerate(["slug", "-slug", "name", "-name", "opened", "-opened", "country", "-revision"]):
            before = register.get(f"/v1/facilities?limit=1000&sort={sort}")
            first = register.get(f"/v1/facilities?limit=4&sort={sort}")
            put(url, facility(f"aaa-{number}", "AAA"), facility("filler-8", f"~ moved to the end {number}"))
            second = register.get(first["next"])
            put(
                url, facility(f"zzz-{number}", "ZZZ", opened="1990"), facility("south-camp", f"0 to the front {number}")
            )
            rest = walk(register, second["next"])
            assert first["data"] + second["data"] + rest == before["data"], sort
            assert first["revision"] == second["revision"] == before["revision"]
            after = {record["slug"] for record in walk(register, f"/v1/facilities?limit=4&sort={sort}")}
            added = {f"aaa-{number}", f"zzz-{number}"}
            assert after == {record["slug"] for record in before["data"]} | added


# --- the cursor is of one walk -----------------------------------------------------------------------------------

WALK = "/v1/figures?limit=5&measure=killed"


def cursor_of(register: Served, path: str = WALK) -> str:
    """The cursor of a list's second page."""
    query = urlsplit(str(register.get(path)["next"])).query
    return dict(parse_qsl(query))["cursor"]


def refused(register: Served, path: str, parameter: str = "cursor") -> None:
    """The request is a 422 that names the parameter at fault."""
    response = register.ask(path)
    assert response.status_code == 422, response.text
    assert [fault["parameter"] for fault in response.json()["errors"]] == [parameter]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/figures",
        "/v1/figures?measure=injured",
        "/v1/figures?measure=killed,injured",
        "/v1/figures?measure=killed&of=civilian",
        "/v1/figures?measure=killed&sort=-as_of",
        "/v1/figures?measure=killed&sort=as_of",
        "/v1/figures?measure=killed&as_of=2022",
        "/v1/figures?measure=killed&latest_per=group",
        "/v1/populations",
        "/v1/facilities",
        "/v1/facilities/al-sina-prison/populations",
    ],
    ids=lambda path: path.partition("/v1/")[2],
)
def test_a_cursor_of_another_list_is_refused(register: Served, path: str) -> None:
    cursor = cursor_of(register)
    assert register.ask(f"{WALK}&cursor={cursor}").status_code == 200
    refused(register, f"{path}{'&' if '?' in path else '?'}limit=5&cursor={cursor}")


def test_a_cursor_keeps_to_its_revision(register: Served) -> None:
    cursor = cursor_of(register)
    assert register.get(f"{WALK}&cursor={cursor}&revision=3") == register.get(f"{WALK}&cursor={cursor}")
    refused(register, f"{WALK}&cursor={cursor}&revision=2", "revision")


def test_a_page_may_hold_more_or_other_fields_on_the_way(register: Served) -> None:
    cursor = cursor_of(register)
    rest = [record["id"] for record in walk(register, f"{WALK}&cursor={cursor}")]
    wide = register.get(f"/v1/figures?measure=killed&limit=1000&fields=id&cursor={cursor}")["data"]
    assert [record["id"] for record in wide] == rest


def test_a_cursor_that_was_changed_is_refused(register: Served) -> None:
    cursor = cursor_of(register)
    for place, letter in enumerate(cursor):
        other = "A" if letter != "A" else "B"
        response = register.ask(f"{WALK}&cursor={cursor[:place]}{other}{cursor[place + 1 :]}")
        # The last letter may hold bits that mean nothing.
        assert response.status_code == 422 or place == len(cursor) - 1, place
    for changed in (cursor[:-3], cursor[3:], cursor + "AAAA", cursor[::-1], cursor.swapcase(), "", "A", "%00", "سجن"):
        refused(register, f"{WALK}&cursor={changed}")


FORGED = [
    [1],
    [],
    {"revision": 1},
    None,
    "text",
    ["1", "2022-01-31", 1],
    [1.5, "2022-01-31", 1],
    [None, "2022-01-31", 1],
    [-1, "2022-01-31", 1],
    [0, "2022-01-31", 1],
    [99, "2022-01-31", 1],
    [2**62, "2022-01-31", 1],
    [3, "2022-13-31", 1],
    [3, "no day", 1],
    [3, None, 1],
    [3, 5, 1],
    [3, "2022-01-31", "1"],
    [3, "2022-01-31", None],
    [3, "2022-01-31", 1, 1],
    [3, "2022-01-31"],
    [3, ["2022-01-31"], 1],
]


@pytest.mark.parametrize("body", FORGED, ids=str)
def test_a_cursor_made_by_somebody_else_breaks_nothing(register: Served, body: object) -> None:
    """The seal keeps mistakes out, not people who read the source: what they make is refused too."""
    path = "/v1/figures?measure=killed"
    cursor = forged(body, path)
    response = register.ask(f"{path}&cursor={cursor}")
    assert response.status_code == 422, response.text


def test_a_cursor_made_as_the_register_makes_them_is_taken(register: Served) -> None:
    """So the test above fails for what its cursors hold, not for their form."""
    path = "/v1/figures?measure=killed"
    assert register.ask(f"{path}&cursor={forged([3, '2022-01-31', 40], path)}").status_code == 200


def forged(body: object, filters: str) -> str:
    text = orjson.dumps(body)
    return urlsafe_b64encode(seal(text, filters) + text).rstrip(b"=").decode()


# --- next, Link, count -------------------------------------------------------------------------------------------


def links(header: str) -> dict[str, str]:
    """The addresses of a Link header by their relation."""
    parts = (part.split(";") for part in header.split(", <"))
    return {
        relation.strip().removeprefix('rel="').removesuffix('"'): address.strip("<> ") for address, relation in parts
    }


@pytest.mark.parametrize(
    "path",
    [
        "/v1/figures?limit=5",
        "/v1/figures?sort=measure&limit=5&measure=killed,injured&fields=id,measure&count=exact",
        "/v1/figures?limit=5&of_any=guard&of_any=civilian",
        "/v1/facilities/al-sina-prison/populations?subtree=true&limit=2",
    ],
    ids=lambda path: path.partition("/v1/")[2],
)
def test_next_and_link_agree_and_are_canonical(register: Served, path: str) -> None:
    response = register.ask(path)
    following = response.json()["next"]
    named = links(response.headers["link"])
    assert named["next"] == f"http://testserver{following}"
    assert named["first"] == named["self"] == named["permalink"]
    parts = urlsplit(following)
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", urlsplit(path).path)
    fields = parse_qsl(parts.query)
    names = [name for name, _ in fields]
    assert names == sorted(names)
    assert dict(fields)["revision"] == "3"
    assert {"cursor", "revision"} == set(names) - {name for name, _ in parse_qsl(urlsplit(path).query)}
    permalink = parse_qsl(urlsplit(named["permalink"]).query)
    assert permalink == [(name, value) for name, value in fields if name != "cursor"]
    again = register.ask(named["permalink"])
    assert again.content == response.content
    assert again.headers["link"] == response.headers["link"]


def test_the_order_of_parameters_changes_no_address(register: Served) -> None:
    one = register.ask("/v1/figures?limit=5&measure=killed,escaped&of_any=civilian")
    other = register.ask("/v1/figures?of_any=civilian&measure=escaped&measure=killed&limit=5")
    assert one.content == other.content
    assert one.headers["link"] == other.headers["link"]


def test_the_last_page_links_to_no_next(register: Served) -> None:
    always = {"permalink", "self", "describedby", "service-desc"}
    assert set(links(register.ask("/v1/actors").headers["link"])) == always
    second = register.ask(register.get("/v1/actors?limit=1")["next"])
    assert links(second.headers["link"])["first"] == "http://testserver/v1/actors?limit=1&revision=3"


@pytest.mark.parametrize("limit", [1, 5, 1000])
@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/v1/figures", 58),
        ("/v1/figures?measure=killed", 27),
        ("/v1/figures?as_of=2022-01-20&measure=attackers", 4),
        ("/v1/facilities?kind=hotel", 0),
        ("/v1/facilities/al-sina-prison/populations", 11),
    ],
    ids=str,
)
def test_count_is_of_all_pages(register: Served, path: str, count: int, limit: int) -> None:
    address: str | None = f"{path}{'&' if '?' in path else '?'}count=exact&limit={limit}"
    for _ in range(3):
        if address is not None:
            answer = register.get(address)
            assert answer["count"] == count
            address = answer["next"]
    assert "count" not in register.get(path)


def test_orders_differ(register: Served) -> None:
    """What a list can be sorted by sorts it: no two orders of the facilities are the same."""
    walked = {
        order: tuple(one["id"] for one in walk(register, f"/v1/facilities?sort={order}"))
        for order in ("name", "country", "opened", "slug", "id")
    }
    assert all(one != other for one, other in pairwise(walked.values()))
