"""Where records lie: boxes and distances by the coordinates that the reader may see, on both engines alike."""

import random
import re
from collections.abc import Iterator
from math import acos, cos, radians, sin
from pathlib import Path
from typing import Any

import pytest

from app.database.engines import write_engine
from app.records.filters import distance_km
from app.records.filters.places import Box, _least, _most, around, box_of
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases, Served
from tests.support.lists import found
from tests.support.sample import Record, put, served


def place(slug: str, latitude: float | None, longitude: float | None, precision: str = "exact", **more: Any) -> Record:
    where = {"latitude": latitude, "longitude": longitude, "location_precision": precision}
    return {"collection": "facilities", "slug": slug, "level": "facility", "name": slug} | where | more


PAGE = Path(__file__).parents[2] / "docs" / "reference" / "certain-and-possible.md"
PRECISIONS = ("exact", "near", "area", "region", "country", "unknown")
CHANCE = random.Random(7)  # noqa: S311  (nothing secret)
SCATTERED = [
    place(
        f"at-{number}",
        round(CHANCE.uniform(35, 38), CHANCE.choice([1, 2, 4])),
        round(CHANCE.uniform(40, 43), CHANCE.choice([1, 2, 4])),
        CHANCE.choice(["exact", "near", "area", "region"]),
    )
    for number in range(60)
]
PLACES = [
    *SCATTERED,
    # Halfway between two cells, where rounding goes to either side.
    *(place(f"half-{number}", round(36.05 + number / 10, 2), 41.25) for number in range(10)),
    place("date-west", -17.5, 179.9),
    place("date-line", -17.5, 180.0),
    place("date-east", -17.5, -179.9),
    place("north-pole", 90.0, 0.0),
    place("beside-the-pole", 89.9, 170.0),
    place("province", 10.0, 10.0, "region"),
    place("state", 10.0, 10.0, "country"),
    *(place(f"as-{precision}", 0.0, -40.0, precision) for precision in PRECISIONS),
    place("nowhere", None, None, "unknown"),
    place("secret", 36.5, 40.7, access="restricted"),
]


MATCHES = ["possible", "stated", "certain"]


class Register:
    """The places, and a key that sees them exactly."""

    def __init__(self, public: Served, key: str) -> None:
        self.public, self._headers = public, {"Authorization": f"Bearer {key}"}

    def ask(self, path: str, **headers: str) -> Any:
        return self.public.ask(path, **headers, **self._headers)

    def get(self, path: str) -> Any:
        return self.public.client.get(path, headers=self._headers).json()


@pytest.fixture(scope="module")
def register(databases: Databases) -> Iterator[Register]:
    url = databases.empty()
    put(url, *PLACES)
    put(url, {**PLACES[0], "latitude": 0.0, "longitude": 0.0})
    engine = write_engine(url)
    key = create_key(engine, "sees all", [KeyScope.read_restricted], None, None)
    engine.dispose()
    with served(url) as made:
        yield Register(made, key)


def listed(reader: Any, query: str) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = reader.get(f"/v1/facilities?{query}&limit=1000")["data"]
    return data


def slugs(reader: Any, query: str) -> list[str]:
    return [record["slug"] for record in listed(reader, query)]


def test_a_box_holds_what_is_shown_inside_it(register: Register) -> None:
    """By the coordinates that each reader is shown, at present and before; no reader's box knows more."""
    chance = random.Random(11)  # noqa: S311  (nothing secret)
    boxes = [(40.5, 36.05, 41.25, 36.5), (41.2, 36.0, 41.3, 37.0), (41.25, 36.15, 41.25, 36.95)]
    for _ in range(14):
        west, south = round(chance.uniform(39.5, 42), 2), round(chance.uniform(34.5, 37), 2)
        boxes.append((west, south, round(west + chance.uniform(0, 2), 2), round(south + chance.uniform(0, 2), 2)))
    for reader in (register.public, register):
        for moment in ("sort=slug", "sort=slug&revision=1"):
            every = [one for one in listed(reader, moment) if one["latitude"] is not None]
            for west, south, east, north in boxes:
                inside = [
                    one["slug"]
                    for one in every
                    if south <= one["latitude"] <= north and west <= one["longitude"] <= east
                ]
                query = f"bbox={west},{south},{east},{north}&{moment}"
                assert slugs(reader, query) == inside, (query, reader)
                certain, possible = (set(slugs(reader, f"{query}&match={match}")) for match in ("certain", "possible"))
                assert certain <= set(inside) <= possible, query
    assert len(listed(register.public, "bbox=40,35,43,38")) > 50


def test_it_crosses_the_antimeridian_and_holds_the_poles(register: Register) -> None:
    date_line = ["date-east", "date-line", "date-west"]
    assert slugs(register.public, "bbox=170,-20,-170,-10") == date_line
    assert slugs(register.public, "bbox=180,-20,-179.95,-10") == slugs(register.public, "bbox=180,-20,180,-10")
    assert slugs(register.public, "bbox=-180,-20,-179.9,-10") == date_line[:2]
    assert slugs(register.public, "bbox=179.9,-20,180,-10") == date_line[1:]
    assert slugs(register.public, "bbox=-180,89,180,90") == ["beside-the-pole", "north-pole"]
    near = listed(register.public, "near=-17.5,-179.92&radius_km=30")
    assert [one["slug"] for one in near] == ["date-east", "date-line", "date-west"]
    assert slugs(register.public, "near=90,-120&radius_km=50") == ["north-pole", "beside-the-pole"]
    assert slugs(register.public, "near=-17.5,180&radius_km=30&match=certain") == date_line[:0] + slugs(
        register.public, "near=-17.5,180&radius_km=20"
    )


def test_how_precise_a_place_is_says_what_is_certain_and_possible(register: Register) -> None:
    small = "bbox=9.9,9.9,10.1,10.1"
    assert slugs(register.public, f"{small}&match=stated") == ["province", "state"]
    assert slugs(register.public, f"{small}&match=certain") == []
    assert slugs(register.public, "bbox=12,10,12.1,10.1&match=possible") == ["province", "state"]
    assert "state" in slugs(register.public, "bbox=25,10,25.1,10.1&match=possible")
    assert "province" not in slugs(register.public, "bbox=25,10,25.1,10.1&match=possible")
    # Generalised, a place is known within ten kilometres; who sees it exactly knows it.
    tight = "bbox=179.85,-17.55,179.95,-17.45"
    assert (slugs(register.public, f"{tight}&match=certain"), slugs(register, f"{tight}&match=certain")) == (
        [],
        ["date-west"],
    )
    # As the table of the page says: of a box whose west side lies 20 or 5 km from each, inside it or outside.
    page = PAGE.read_text().partition("\n## Places\n")[2].partition("\n## Dates")[0]
    for names, *readings in re.findall(r"^\| (`.+?`) \| (\w+) \| (\w+) \| (\w+) \| (\w+) \|$", page, re.MULTILINE):
        for precision in re.findall(r"`(\w+)`", names):
            for km, reading in zip((20, 5, -5, -200), readings, strict=True):
                box = f"bbox={-40 - km / 111.19:.4f},-5,-30,5"
                answer = [match for match in MATCHES if f"as-{precision}" in slugs(register, f"{box}&match={match}")]
                expected = {"certain": 3, "stated": 2, "possible": 1, "not": 0}[reading]
                assert answer == MATCHES[:expected], (precision, km, answer)
    counted = register.public.get(f"/v1/facilities?{small}&count=exact")
    assert counted["readings"] == {"stated": 2, "certain": 0, "possible": 2}


def test_what_is_near_comes_nearest_first_with_its_distance(register: Register) -> None:
    point = (36.5, 41.0)
    for reader in (register.public, register):
        data = listed(reader, "near=36.5,41.0&radius_km=60")
        distances = [one["distance_km"] for one in data]
        assert distances == sorted(distances) != []
        for one in data:
            assert one["distance_km"] == pytest.approx(
                _by_cosines(point, (one["latitude"], one["longitude"])), abs=0.02
            )
        every = [one for one in listed(reader, "sort=slug") if one["latitude"] is not None]
        inside = {one["slug"] for one in every if _by_cosines(point, (one["latitude"], one["longitude"])) <= 60}
        assert {one["slug"] for one in data} == inside
        certain, possible = (
            set(slugs(reader, f"near=36.5,41.0&radius_km=60&match={match}")) for match in ("certain", "possible")
        )
        assert certain < inside < possible
    # The default radius, another order, other filters, pages, a moment, another format.
    ordered = slugs(register.public, "near=36.5,41.0&sort=-slug")
    assert ordered == sorted(slugs(register.public, "near=36.5,41.0&radius_km=50"), reverse=True)
    first = register.public.get("/v1/facilities?near=36.5,41.0&radius_km=60&limit=2&fields=slug")
    rest = register.public.get(first["next"])
    assert [one["slug"] for one in first["data"] + rest["data"]] == slugs(
        register.public, "near=36.5,41.0&radius_km=60"
    )[:4]
    assert all(set(one) == {"slug", "distance_km"} for one in first["data"])
    lines = register.public.ask("/v1/facilities?near=36.5,41.0&radius_km=60&format=ndjson").text.splitlines()
    assert len(lines) == len(slugs(register.public, "near=36.5,41.0&radius_km=60"))
    assert "at-0" in slugs(register.public, "near=0,0&radius_km=1")
    assert "at-0" not in slugs(register.public, "near=0,0&radius_km=1&revision=1")
    assert "secret" in slugs(register, "near=36.5,40.7&radius_km=1")
    assert "secret" not in slugs(register.public, "near=36.5,40.7&radius_km=1")


@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ("bbox=40,37,41,36", "bbox", "south (37) lies above north (36)"),
        ("bbox=40,36,41", "bbox", "write west,south,east,north in degrees, as in 40.5,36.2,41.2,36.7"),
        ("bbox=40,36,41,nan", "bbox", "north lies between -90 and 90, and not at nan"),
        ("bbox=40,36,1_0,37", "bbox", "write west,south,east,north"),
        ("near=36.5,east", "near", "write latitude,longitude in degrees"),
        ("near=36.5", "near", "write latitude,longitude in degrees, as in 36.5,40.7"),
        ("near=136.5,40.7", "near", "latitude lies between -90 and 90, and not at 136.5"),
        ("radius_km=5", "radius_km", "radius_km is round a point: say which, as in near=36.5,40.7"),
        ("near=1,1&radius_km=0", "radius_km", "more than 0"),
        ("match=certain", "match", "match says how bbox and near are read; none of them is given"),
    ],
)
def test_a_place_that_cannot_be_is_refused(register: Register, query: str, parameter: str, said: str) -> None:
    response = register.public.ask(f"/v1/facilities?{query}")
    assert response.status_code == 422, response.text
    ((named, detail),) = [(one["parameter"], one["detail"]) for one in response.json()["errors"]]
    assert named == parameter
    assert said in detail


def test_more_than_can_be_shown_is_refused(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.reading.nearness.MOST_NEAR", 3)
    response = register.public.ask("/v1/facilities?near=36.5,41.0&radius_km=61")
    assert response.status_code == 422
    assert "more than 3 facilities lie within 61 km" in response.text


def test_the_bounds_of_what_is_shown_are_exact() -> None:
    chance = random.Random(3)  # noqa: S311  (nothing secret)
    for _ in range(2000):
        bound, number = round(chance.uniform(-180, 180), chance.choice([0, 1, 2, 5])), chance.uniform(-180, 180)
        for one in (number, round(number, 2), round(bound + chance.choice([-0.05, 0.05, 0]), 2)):
            assert (one >= _least(bound)) == (round(one, 1) >= bound), (bound, one)
            assert (one <= _most(bound)) == (round(one, 1) <= bound), (bound, one)


def test_a_box_grows_and_shrinks_by_kilometres() -> None:
    box = Box(10, 50, 11, 51)
    assert box.grown(0) == box
    assert box.grown(-500) == Box(1.0, 91.0, 1.0, -91.0)
    assert box.grown(20000)[::2] == (-180.0, 180.0)
    assert Box(-180, -10, 180, 10).grown(-100)[::2] == (-180.0, 180.0)
    assert Box(-179, -10, 179, 10).grown(300)[::2] == (-180.0, 180.0)
    assert Box(10, 80, 20, 90).grown(-10)[::2] == (10, 20)
    assert around(0, 179.99, 10).west > around(0, 179.99, 10).east
    assert box_of("1,2,3,4") == (1, 2, 3, 4)
    chance = random.Random(5)  # noqa: S311  (nothing secret)
    for _ in range(300):
        latitude, longitude = chance.uniform(-89, 89), chance.uniform(-179, 179)
        other = latitude + chance.uniform(-1, 1), longitude + chance.uniform(-3, 3)
        if distance_km((latitude, longitude), other) <= 50:
            found_in = around(latitude, longitude, 50)
            assert found_in.south <= other[0] <= found_in.north
            east = (other[1] - found_in.west) % 360
            assert found_in.east - found_in.west == 360 or east <= (found_in.east - found_in.west) % 360


def _by_cosines(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance by the law of cosines, which the register does not use."""
    (south, west), (north, east) = ([radians(side) for side in point] for point in (one, other))
    return 6371.0 * acos(min(1.0, sin(south) * sin(north) + cos(south) * cos(north) * cos(east - west)))


def test_it_goes_with_other_filters(register: Register) -> None:
    assert found(register.public, "/v1/facilities?bbox=9,9,11,11&level=facility") == ["province", "state"]
