"""A small invented register, for what the reference event has no example of, and how tests write to a register."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.database.settings import Settings
from app.http.application import create_app
from app.writing.validation import validated
from tests.conftest import Served
from tests.support.writing import Written, write

Record = dict[str, Any]

SOURCES: list[Record] = [
    {"slug": "annual-report", "kind": "report", "publisher": "Watch", "title": "Year", "published_on": "2020"},
    {"slug": "bulletin-may", "kind": "bulletin", "title": "May", "published_on": "2021-05", "language": "fr"},
    {"slug": "bulletin-june", "kind": "bulletin", "title": "June", "published_on": "2021-06-01", "language": "it"},
    {"slug": "undated", "kind": "dataset", "title": "A table", "url": "https://data.example/table?id=1,2"},
]
ACTORS: list[Record] = [
    {"slug": "ministry", "name": "Ministry", "kind": "authority", "country": "FRA"},
    {"slug": "prison-service", "name": "Prison Service", "kind": "authority", "country": "FRA", "part_of": "ministry"},
    {"slug": "camp-company", "name": "Camp Company", "kind": "company", "country": "ITA"},
    {"slug": "front", "name": "Front", "kind": "armed_group"},
]
FACILITIES: list[Record] = [
    {"slug": "north-prisons", "level": "network", "name": "Prisons of the north", "country": "FRA"},
    {
        "slug": "north-prison",
        "level": "facility",
        "parent": "north-prisons",
        "name": "North prison",
        "kind": "prison",
        "legal_basis": "criminal",
        "operator": "prison-service",
        "status": "open",
        "country": "FRA",
        "admin1": "Nord",
        "opened": "1990",
        "identifiers": [{"scheme": "nomis", "value": "NPX"}, {"scheme": "old", "value": "a:b"}],
        "sources": ["annual-report"],
    },
    {
        "slug": "north-annex",
        "level": "unit",
        "parent": "north-prison",
        "name": "Annex",
        "kind": "juvenile",
        "legal_basis": "criminal",
        "operator": "prison-service",
        "status": "closed",
        "country": "FRA",
        "admin1": "Nord",
        "opened": "2001-05",
        "identifiers": [{"scheme": "nomis", "value": "NPA"}],
        "sources": ["annual-report", "bulletin-may"],
    },
    {
        "slug": "south-camp",
        "level": "facility",
        "name": "South camp",
        "kind": "camp",
        "legal_basis": "migration",
        "operator": "camp-company",
        "status": "open",
        "country": "ITA",
        "admin1": "Sud",
        "opened": "1990-06-01",
        "identifiers": [{"scheme": "old", "value": "NPX"}],
    },
]
INCIDENTS: list[Record] = [
    {
        "slug": "north-riot",
        "title": "Riot in the north",
        "kinds": ["riot", "fire"],
        "status": "ended",
        "outcome": "foiled",
        "started": "2021-05",
        "country": "FRA",
        "admin1": "Nord",
        "facilities": [{"facility": "north-annex"}],
        "parties": [
            {"actor": "front", "role": "supporter", "standing": "alleged", "alleged_by": "ministry"},
            {"actor": "prison-service", "role": "operator", "standing": "established"},
        ],
        "identifiers": [{"scheme": "ucdp", "value": "7"}],
        "sources": ["bulletin-may"],
    },
    {
        "slug": "north-fire",
        "title": "Fire during the riot",
        "kinds": ["fire"],
        "status": "contained",
        "outcome": "unknown",
        "started": "2021-06-01",
        "parent": "north-riot",
        "country": "FRA",
        "facilities": [{"facility": "north-prison"}],
        "sources": ["bulletin-june"],
    },
    {
        "slug": "south-escape",
        "title": "Escape in the south",
        "kinds": ["escape"],
        "status": "ongoing",
        "outcome": "succeeded",
        "started": "2021-05-31/2021-06-02",
        "country": "ITA",
        "admin1": "Sud",
        "facilities": [{"facility": "south-camp"}],
        "parties": [{"actor": "front", "role": "attacker", "standing": "denied"}],
    },
]
POPULATIONS: list[Record] = [
    # 1 to 3: of the prison
    {"facility": "north-prison", "measure": "capacity", "statistic": "official", "as_written": "300", "as_of": "2020"},
    {"facility": "north-prison", "measure": "held", "sex": "female", "as_written": "none", "as_of": "2020-12-31"},
    {"facility": "north-prison", "measure": "held", "sex": "male", "min_age": 18, "as_written": "310", "as_of": "2020"},
    # 4: of its annex
    {
        "facility": "north-annex",
        "measure": "held",
        "min_age": 0,
        "max_age": 17,
        "legal_status": "sentenced",
        "as_written": "5",
        "as_of": "2021-05",
    },
    # 5 to 7: of the camp
    {
        "facility": "south-camp",
        "measure": "held",
        "nationality": "foreign",
        "dimensions": {"regime": "closed", "origin": "north_africa"},
        "group": "newcomers",
        "basis": "counted",
        "as_written": "about 40",
        "as_of": "2021-06-01",
    },
    {
        "facility": "south-camp",
        "measure": "held",
        "affiliation": "front",
        "dimensions": {"regime": "closed"},
        "as_written": "50",
        "as_of": "2021-06-01",
    },
    {
        "facility": "south-camp",
        "measure": "admitted",
        "statistic": "flow",
        "tally": "additional",
        "attributed_to": "camp-company",
        "as_written": "another 10",
        "period_start": "2021-05-01",
        "as_of": "2021-05-31",
        "source": "bulletin-may",
    },
    # 8: of the network
    {"facility": "north-prisons", "measure": "staff", "missing_reason": "not_published", "as_of": "2019"},
]
FIGURES: list[Record] = [
    # 1 to 3: of the riot
    {"incident": "north-riot", "measure": "injured", "of": ["guard"], "by": "front", "as_written": "3"},
    {"incident": "north-riot", "measure": "injured", "of": ["minor", "detainee"], "sex": "male", "as_written": "7"},
    {"incident": "north-riot", "measure": "injured", "as_written": "about 10", "source": "bulletin-june"},
    # 4, 5: of the fire and the escape
    {"incident": "north-fire", "measure": "died", "of": ["detainee"], "cause": "accident", "as_written": "none"},
    {"incident": "south-escape", "measure": "escaped", "of": ["detainee"], "sex": "female", "as_written": "one"},
]
CLAIMS: list[Record] = [
    {"slug": "set-by-guards", "made_by": "front", "incident": "north-fire", "topic": "cause", "made_on": "2021-06"},
    {
        "slug": "set-by-inmates",
        "made_by": "prison-service",
        "incident": "north-fire",
        "topic": "cause",
        "modality": "probable",
        "made_on": "2021-06-02",
        "assessments": [{"source": "bulletin-june", "verdict": "refuted"}],
    },
    {"slug": "camp-is-full", "author": "A. Writer", "facility": "south-camp", "modality": "forecast"},
    {"slug": "annex-is-safe", "author": "A. Writer", "facility": "north-annex", "about": "ministry", "made_on": "2020"},
]
DEFAULTS: dict[str, Record] = {
    "populations": {"source": "annual-report"},
    "figures": {"source": "bulletin-may", "as_of": "2021-06-01"},
    "claims": {"source": "bulletin-june", "statement": "It is so."},
}
SAMPLE: list[Record] = [
    {"collection": name} | DEFAULTS.get(name, {}) | record
    for name, records in {
        "sources": SOURCES,
        "actors": ACTORS,
        "facilities": FACILITIES,
        "incidents": INCIDENTS,
        "populations": POPULATIONS,
        "figures": FIGURES,
        "claims": CLAIMS,
    }.items()
    for record in records
]


def put(url: str, *records: Record) -> Written:
    """Write records, each with its `collection`, as one revision."""
    engine = write_engine(url)
    try:
        entries = [
            validated(COLLECTIONS[record["collection"]], {key: record[key] for key in record if key != "collection"})
            for record in records
        ]
        return write(engine, entries, author="test")
    finally:
        engine.dispose()


@contextmanager
def served(url: str, **settings: Any) -> Iterator[Served]:
    """Serve a database in this process."""
    app = create_app(Settings(database_url=url, **settings))
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield Served(client)
