"""One answer through every door: twenty questions of random registers, the same rows and sums in every format."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from app.catalogue.collections import LISTINGS
from app.exports.formats import FORMATS, formats_of, formats_of_answers
from tests.conftest import Databases, Served
from tests.support.formats import read
from tests.support.sample import Record, put, served

WORDS = (
    "12",
    "about 40",
    "at least 25",
    "as many as 90",
    "between 5 and 9",
    "hundreds",
    "several",
    "none",
    "another 3",
)
LISTS = (
    "facilities",
    "facilities?country=FRA&country=ITA",
    "facilities?kind=camp&sort=-name",
    "facilities?within=net-0",
    "populations?measure=held",
    "populations?country=FRA&measure=held&sort=as_of",
    "populations?within=net-1&sex=total",
    "populations?as_of=2022-06-30",
    "populations?value_min=10&match=possible",
    "populations?disputed=true",
    "incidents?kind=riot",
    "incidents?from=2021-06&to=2022&match=certain",
    "incidents?measure=killed&value_min=5",
    "figures?measure=killed",
    "figures?as_of=2022-03-31&latest_per=source",
    "figures?disputed=true&sort=measure",
)
TABLES = (
    "incidents/event-0/toll",
    "facilities/place-1/conflicts",
    "incidents/summary?by=country,year&measure=killed",
    "populations/summary?by=country,sex&as_of=2022-06-30",
    "coverage?as_of=2022-06-30",
    "changes/summary",
)
BOUNDS = ("low", "best", "high")


def random_register(seed: int) -> list[Record]:
    """A register of a few of everything, of which some is hidden."""
    dice = random.Random(seed)  # noqa: S311  (nothing secret)

    def day() -> str:
        return f"20{dice.randint(21, 22)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"

    def said() -> Record:
        words = dice.choice(WORDS)
        source = {"source": f"paper-{dice.randint(0, 2)}", "locator": f"p. {dice.random()}"}
        return {"as_written": words, "as_of": day(), **source} | (
            {"access": "restricted"} if dice.random() < 0.1 else {}
        )

    made: list[Record] = [
        {"collection": "sources", "slug": f"paper-{n}", "kind": "article", "publisher": f"P; {n}", "title": f'"T", {n}'}
        for n in range(3)
    ]
    made += [{"collection": "facilities", "slug": f"net-{n}", "level": "network", "name": f"N {n}"} for n in range(2)]
    for n in range(12):
        place: Record = {"collection": "facilities", "slug": f"place-{n}", "level": "facility", "name": f"Place {n}"}
        place |= {"kind": dice.choice(["camp", "prison"]), "country": dice.choice(["FRA", "ITA", "NOR"])}
        place |= {"parent": f"net-{n % 2}"} if n % 3 else {"latitude": n * 1.5, "longitude": -n * 2.5}
        made.append(place)
    made += [
        {
            "collection": "populations",
            "facility": f"place-{dice.randint(0, 11)}",
            "measure": "held",
            "statistic": "point",
        }
        | {"sex": dice.choice(["male", "female", None, None])}
        | said()
        for _ in range(60)
    ]
    for n in range(8):
        event: Record = {"collection": "incidents", "slug": f"event-{n}", "title": f"Event {n}"}
        event |= {"kinds": dice.sample(["riot", "fire", "escape"], 2), "started": day(), "country": "FRA"}
        made.append(event | {"facilities": [{"facility": f"place-{n}"}]})
    made += [
        {
            "collection": "figures",
            "incident": f"event-{dice.randint(0, 7)}",
            "measure": dice.choice(["killed", "injured"]),
        }
        | {"of": dice.choice([[], ["guard"], ["detainee", "guard"]])}
        | said()
        for _ in range(60)
    ]
    return made


@pytest.fixture(
    scope="module",
    params=[pytest.param(seed, marks=[pytest.mark.nightly] if seed else []) for seed in range(6)],
)
def register(databases: Databases, request: pytest.FixtureRequest) -> Iterator[Served]:
    """A random register, served."""
    url = databases.empty()
    put(url, *random_register(request.param))
    with served(url) as made:
        yield made


def sums(rows: list[Record]) -> dict[str, float]:
    """What the bounds of some rows come to, whatever a format has for nothing."""
    return {name: sum(float(row[name]) for row in rows if row.get(name) not in {None, ""}) for name in BOUNDS}


def plain(form: str, row: Record) -> Record:
    return row["properties"] if form == "geojson" else row


def file_rows(register: Served, path: str, form: str) -> tuple[list[Record], int]:
    """The rows of a file, and how many its header says there are."""
    response = register.ask(f"/v1/{path}{'&' if '?' in path else '?'}format={form}")
    assert response.status_code == 200, response.text
    return [plain(form, row) for row in read(form, response.content)], int(response.headers["row-count"])


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_the_same_through_every_door(register: Served, path: str) -> None:
    pages: list[Record] = []
    counted, address = 0, f"/v1/{path}{'&' if '?' in path else '?'}limit=7"
    while address:
        response = register.ask(address)
        page: dict[str, Any] = response.json()
        assert int(response.headers["row-count"]) == len(page["data"])
        pages, counted, address = pages + page["data"], counted + len(page["data"]), page["next"]
    assert register.get(f"/v1/{path}{'&' if '?' in path else '?'}count=exact&limit=1")["count"] == counted
    for form, of in formats_of(LISTINGS[path.partition("?")[0]]).items():
        if of.paged or of.cites or of.importable:
            continue
        rows, many = file_rows(register, path, form)
        assert [int(row["id"]) for row in rows] == [row["id"] for row in pages], form
        assert (many, sums(rows)) == (counted, sums(pages)), form


@pytest.mark.parametrize("path", TABLES)
def test_a_table_is_the_same_through_every_door(register: Served, path: str) -> None:
    response = register.ask(f"/v1/{path}")
    table: list[Record] = response.json()["rows"]
    assert int(response.headers["row-count"]) == len(table)
    for form, of in formats_of_answers().items():
        if of.paged:
            continue
        rows, many = file_rows(register, path, form)
        assert [row["reads_as"] for row in rows if "reads_as" in row] == [
            row["reads_as"] for row in table if "reads_as" in row
        ], form
        assert (many, len(rows), sums(rows)) == (len(table), len(table), sums(table)), form


def test_an_entry_of_literature_stands_for_each_record(register: Served) -> None:
    for form in (name for name, one in FORMATS.items() if one.cites):
        response = register.ask(f"/v1/populations?format={form}&measure=held")
        many = {
            "bibtex": response.text.count("@misc{"),
            "ris": response.text.count("TY  - "),
            "csl": response.text.count('"id":'),
        }
        assert many[form] == int(response.headers["row-count"]) > 0


def test_there_are_twenty_questions() -> None:
    assert len({*LISTS, *TABLES}) >= 20
