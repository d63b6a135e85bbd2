"""The reference event comes back over HTTP, row by row; each test names the row it checks."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import ANY

import pytest
from sqlalchemy import text

from app.database.engines import write_engine
from tests.conftest import Databases
from tests.reference.rows import (
    ACTORS,
    CLAIMS,
    FACILITIES,
    FIGURES,
    INCIDENTS,
    PARTIES,
    POPULATIONS,
    ROWS,
    SLUGS,
    SOURCES,
    TIMELINE,
    Row,
)
from tests.reference.tables import CAMP, INCIDENT, NAMES, NAMES_OF, PRISON

FILES = Path(__file__).parents[2] / "app" / "imports" / "reference"
TEXTS = {
    "sources": ("title",),
    "actors": ("name",),
    "facilities": ("name", "description"),
    "populations": ("note",),
    "figures": ("note",),
    "incidents": ("title", "summary", "notes"),
    "claims": ("statement",),
    "timeline": ("text",),
    "parties": ("note",),
}
"""Where a record's own words stand."""

Record = dict[str, Any]


class Reference(Protocol):
    """A server that holds the reference event."""

    def get(self, path: str) -> Record:
        """The JSON that a GET of the path answers."""
        ...


def rows(fields: list[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", fields, ids=str)


def the_one(records: Iterable[Record], find: dict[str, Any]) -> Record:
    """The only record that has all the values; groups count as a set."""
    found = [
        record
        for record in records
        if all((sorted(record[key]) if key == "of" else record[key]) == value for key, value in find.items())
    ]
    assert len(found) == 1, f"{len(found)} records with {find}"
    return found[0]


def check(record: Record, row: Row) -> None:
    """The record states what the row states."""
    stated = {key: record[key] for key in row.expect}
    assert stated == row.expect
    words = " ".join(record[key] or "" for key in TEXTS.get(row.collection, ())).lower()
    assert [said for said in row.says if said.lower() not in words] == []


def check_estimate(record: Record, row: Row) -> None:
    """The same for a number: who set its bounds, how it is attributed, and a sentence to quote."""
    check(record, row)
    assert ("bounds_by_editor" in record["flags"]) is row.edited
    assert bool(record["attribution_note"]) is row.hedged
    assert record["missing_reason"] is None
    assert record["reads_as"]


@rows(SOURCES)
def test_source(reference: Reference, row: Row) -> None:
    check(reference.get(f"/v1/sources/{row.find['slug']}"), row)


@rows(ACTORS)
def test_actor(reference: Reference, row: Row) -> None:
    check(reference.get(f"/v1/actors/{row.find['slug']}"), row)


@rows(FACILITIES)
def test_facility(reference: Reference, row: Row) -> None:
    facility = reference.get(f"/v1/facilities/{row.find['slug']}")
    check(facility, row)
    wanted = {name.strip() for name in NAMES_OF.get(str(row.find["slug"]), "").split(",") if name.strip()}
    assert wanted <= {name["name"] for name in facility["names"]}


@rows(INCIDENTS)
def test_incident(reference: Reference, row: Row) -> None:
    check(reference.get(f"/v1/incidents/{row.find['slug']}"), row)


@rows(TIMELINE)
def test_timeline(reference: Reference, row: Row) -> None:
    check(the_one(reference.get(f"/v1/incidents/{INCIDENT}")["timeline"], row.find), row)


@rows(PARTIES)
def test_party(reference: Reference, row: Row) -> None:
    check(the_one(reference.get(f"/v1/incidents/{INCIDENT}")["parties"], row.find), row)


@rows(FIGURES)
def test_figure(reference: Reference, row: Row) -> None:
    query = f"incident={INCIDENT}&source={row.find['source']}&measure={row.find['measure']}&limit=1000"
    figure = the_one(reference.get(f"/v1/figures?{query}")["data"], row.find)
    check_estimate(figure, row)
    assert {**figure, "cite": ANY} == reference.get(f"/v1/figures/{figure['id']}")
    check_estimate(the_one(reference.get(f"/v1/incidents/{INCIDENT}")["figures"], row.find), row)


@rows(POPULATIONS)
def test_population(reference: Reference, row: Row) -> None:
    query = f"subtree=false&source={row.find['source']}&limit=1000"
    listed = reference.get(f"/v1/facilities/{row.expect['facility']}/populations?{query}")["data"]
    population = the_one(listed, row.find)
    check_estimate(population, row)
    assert {**population, "cite": ANY} == reference.get(f"/v1/populations/{population['id']}")


@rows(CLAIMS)
def test_claim(reference: Reference, row: Row) -> None:
    claim = reference.get(f"/v1/claims/{row.find['slug']}")
    check(claim | {"verdicts": tuple(assessment["verdict"] for assessment in claim["assessments"])}, row)
    assert {assessment["source"] for assessment in claim["assessments"]} <= {row.expect["source"]}


# --- what the rows say together ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "collection", ["sources", "actors", "facilities", "incidents", "populations", "figures", "claims"]
)
def test_nothing_but_the_rows(reference: Reference, collection: str) -> None:
    answer = reference.get(f"/v1/{collection}?limit=1000&count=exact")
    stated = sum(row.collection == collection for row in ROWS)
    assert (len(answer["data"]), answer["count"], answer["next"]) == (stated, stated, None)


def test_incident_holds_all_of_it(reference: Reference) -> None:
    incident = reference.get(f"/v1/incidents/{INCIDENT}")
    lengths = {key: len(incident[key]) for key in ("timeline", "parties", "figures")}
    assert lengths == {"timeline": len(TIMELINE), "parties": len(PARTIES), "figures": len(FIGURES)}
    about = {row.find["slug"] for row in CLAIMS if row.expect["incident"] == INCIDENT}
    assert set(incident["claims"]) == about


def test_r5_alleged_is_never_established(reference: Reference) -> None:
    parties = reference.get(f"/v1/incidents/{INCIDENT}")["parties"]
    assert {party["standing"] for party in parties if party["actor"] == "turkey"} == {"alleged"}


def test_g22_and_g27_stand_side_by_side(reference: Reference) -> None:
    figures = reference.get(f"/v1/figures?incident={INCIDENT}&measure=killed&limit=1000")["data"]
    answer = {(figure["source"], *sorted(figure["of"])) for figure in figures if figure["as_written"] == "121"}
    assert answer == {(SLUGS["S8"], "security_force", "staff"), (SLUGS["S9"], "civilian", "guard", "security_force")}


def test_g25_adds_to_g13_and_replaces_nothing(reference: Reference) -> None:
    figures = reference.get(f"/v1/figures?incident={INCIDENT}&measure=surrendered&attributed_to=sdf&limit=1000")["data"]
    answer = {(figure["source"], figure["as_written"], figure["tally"]) for figure in figures}
    assert answer == {(SLUGS["S5"], "about 1,000", "total"), (SLUGS["S8"], "another 300", "additional")}


def test_f1_and_f12_are_both_kept(reference: Reference) -> None:
    figures = reference.get(f"/v1/figures?incident={INCIDENT}&measure=attackers&source={SLUGS['S1']}")["data"]
    answer = {(figure["locator"], figure["nth"], figure["best"], figure["high"]) for figure in figures}
    assert answer == {("paragraph 1", 1, None, 200), ("paragraph 5", 1, 200, None)}


def test_g9_is_the_observatorys_and_g41_the_newspapers(reference: Reference) -> None:
    figures = reference.get(f"/v1/figures?source={SLUGS['S5']}&measure=killed&limit=1000")["data"]
    answer = {(figure["as_written"], figure["originator"]) for figure in figures if not figure["of"]}
    assert answer == {("181", "sohr"), ("at least 181", "Rudaw")}


def test_points_are_stored_as_published(databases: Databases) -> None:
    engine = write_engine(databases.with_reference())
    with engine.connect() as connection:
        stored = connection.execute(
            text("SELECT slug, latitude, longitude, location_precision FROM facility WHERE latitude IS NOT NULL")
        )
        points = {slug: (latitude, longitude, precision) for slug, latitude, longitude, precision in stored}
    engine.dispose()
    assert points == {PRISON: (36.4775, 40.7625, "area"), CAMP: (36.3755, 41.1485, "near")}


def test_no_source_names_the_operator_of_the_camp(reference: Reference) -> None:
    (phase,) = reference.get(f"/v1/facilities/{CAMP}")["phases"]
    assert (phase["from"], phase["to"], phase["source"]) == ("2019-09", "2019-09", SLUGS["H4"])
    assert phase["operator"] is None
    assert "an international NGO, which is not named" in phase["note"]


def test_h5_parts_add_up_to_the_total(reference: Reference) -> None:
    listed = reference.get(f"/v1/facilities/{CAMP}/populations?subtree=false&source={SLUGS['H5']}&measure=held")["data"]
    totals = [row["best"] for row in listed if row["nationality"] is None and not row["dimensions"]]
    parts = [row["best"] for row in listed if row["nationality"] is not None or row["dimensions"]]
    assert (totals, len(parts), sum(parts)) == ([66101], 3, 66101)


@pytest.mark.parametrize(("as_of", "words"), [("2019-08-15", "68,823"), ("2019-05-31", "73,477")])
def test_as_of_finds_the_latest_before(reference: Reference, as_of: str, words: str) -> None:
    listed = reference.get(f"/v1/populations?facility={CAMP}&as_of={as_of}&measure=held")["data"]
    assert [row["as_written"] for row in listed] == [words]


# --- the tables themselves ---------------------------------------------------------------------------------------


def test_every_row_is_checked() -> None:
    names = NAMES.split()
    assert Counter(names) == Counter({row.name for row in ROWS})
    several = {name: count for name, count in Counter(row.name for row in ROWS).items() if count > 1}
    # The H rows each name a source too.
    assert several == {"R2": 2, "R4": 2, "H1": 3, "H2": 2, "H3": 2, "H4": 2, "H5": 5}


def test_every_row_is_named_in_the_files() -> None:
    named: Counter[str] = Counter()
    for file in FILES.glob("*.yaml"):
        named.update(re.findall(r"^ *# ([\w-]+)(?:$|:| \()", file.read_text(encoding="utf-8"), re.MULTILINE))
    assert named == Counter(row.name for row in ROWS)
