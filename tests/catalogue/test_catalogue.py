"""The catalogue: the order it gives the collections, and an eighth collection that takes three files and one line."""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.catalogue.collections import COLLECTIONS, LISTINGS, NAMES, in_order_of_need
from tests.conftest import Databases, start_server, stop_server
from tests.support.visits import with_visits

WHY = "reason_code=our_error&reason=A+drill"
VISIT = {
    "title": "Visit of 2022",
    "kind": "announced",
    "facility": "al-sina-prison",
    "visitor": "sdf",
    "visited_on": "2022-01",
    "identifiers": [{"scheme": "npm", "value": "7"}],
    "sources": ["lister-mei-2022-01-24"],
}
SECOND = {"title": "Second visit", "kind": "unannounced", "facility": "al-hol-camp", "visited_on": "2023-05-04"}
MAPPING = """\
about: Visits, as a table has them.
records:
  visit:
    collection: visits
    slug: "visit {number}"
    fields:
      title: "{what}"
      kind: unannounced
      facility: al-hol-camp
      visited_on: "{day}"
      sources: [lister-mei-2022-01-24]
"""
TABLE = "number,what,day\n1,A first look,2024-02-01\n2,Another look,2024-03-01\n"


def test_records_are_written_after_those_they_name() -> None:
    assert sorted(NAMES) == sorted(COLLECTIONS) == sorted(LISTINGS)
    assert list(COLLECTIONS) == ["sources", "actors", "facilities", "incidents", "populations", "figures", "claims"]
    written: set[str] = set()
    for collection in COLLECTIONS.values():
        assert collection.needs <= written
        written.add(collection.noun)


def test_the_order_comes_from_the_references_and_not_from_the_list() -> None:
    backwards = in_order_of_need(reversed(COLLECTIONS.values()))
    for place, collection in enumerate(backwards):
        assert collection.needs <= {one.noun for one in backwards[:place]}


def test_a_package_is_called_as_its_collection() -> None:
    assert {name: listing.collection.name for name, listing in LISTINGS.items()} == {name: name for name in LISTINGS}


class Visited:
    """A register with visits: served by a process, and asked by commands that are processes of their own."""

    def __init__(self, folder: Path, database: str, files: Path) -> None:
        self.folder, self.database, self.files = folder, database, files
        files.mkdir()
        self.run("migrate")
        self.run("import", "reference")
        key = self.run("keys", "create", "desk", "--scope", "write").split()[-1]
        self.server = start_server(database, folder=folder)
        self.client = httpx2.Client(base_url=self.server.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def run(self, *arguments: str, database: str | None = None) -> str:
        """What a command that must do prints; run over another register, if one is given."""
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            cwd=self.folder,
            env=os.environ | {"DETENTION_DATABASE_URL": database or self.database},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def send(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """The JSON of the answer, which must have that status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.client.request(method, path, json=body, headers=named)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    def slugs(self, path: str) -> list[str]:
        """The slugs of a list, from first page to last."""
        found: list[str] = []
        following: str | None = path
        while following:
            page = self.get(following)
            found += [one["slug"] for one in page["data"]]
            following = page["next"]
        return found

    def close(self) -> None:
        self.client.close()
        stop_server(self.server)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_visits(tmp_path_factory.mktemp("copy"))


@pytest.fixture(scope="module")
def visited(copy: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    """A register of each engine in turn; it holds one visit, which was written by POST as revision 2."""
    made = Visited(copy, databases.bare(), tmp_path_factory.mktemp("visited") / "files")
    try:
        first = made.send("POST", "/v1/visits", VISIT, 201)
        assert (first["slug"], first["revision"]) == ("visit-of-2022", 2)
        yield made
    finally:
        made.close()


@pytest.mark.slow
def test_an_eighth_collection_is_served_and_filtered(visited: Visited) -> None:
    one = visited.get("/v1/visits/visit-of-2022?revision=2")
    assert one == visited.get("/v1/visits/1?revision=2")
    assert {name: one[name] for name in VISIT} == VISIT
    assert (one["visited_on_earliest"], one["visited_on_latest"]) == ("2022-01-01", "2022-01-31")
    for query, found in {
        "facility=al-sina-prison": True,
        "facility=al-hol-camp": False,
        "within=sdf-isis-prisons": True,
        "kind=announced": True,
        "kind=unannounced": False,
        "visitor=sdf": True,
        "identifier=npm:7": True,
        "identifier=npm:8": False,
        "source=lister-mei-2022-01-24": True,
        "from=2022-02-01": False,
    }.items():
        assert visited.slugs(f"/v1/visits?revision=2&{query}") == (["visit-of-2022"] if found else []), query
    assert visited.slugs("/v1/facilities/al-sina-prison/visits?revision=2") == ["visit-of-2022"]
    refused = visited.send("GET", "/v1/visits?visitor=sdff", status=422)
    assert refused["detail"] == "no actor is called 'sdff'; near ones: sdf"
    included = visited.get("/v1/visits?revision=2&include=all")["included"]
    assert {kind: list(records) for kind, records in included.items()} == {
        "sources": ["lister-mei-2022-01-24"], "actors": ["sdf"], "facilities": ["al-sina-prison"],
    }  # fmt: skip
    assert visited.get("/v1?revision=2")["counts"]["visits"] == 1
    assert re.search(r'<a href="/v1/visits"><b>\d+</b> visits</a>', visited.client.get("/").text)


@pytest.mark.slow
def test_an_eighth_collection_is_written_and_keeps_its_past(visited: Visited) -> None:
    written = visited.send("POST", "/v1/visits/batch", {"data": [SECOND, SECOND | {"title": "Third visit"}]}, 201)
    number = written["revision"]
    assert [one["slug"] for one in written["data"]] == ["second-visit", "third-visit"]
    mine = ("second-visit", "third-visit", "visit-of-2022")  # the tests of this register run in any order
    for order, sorted_ones in (("slug", mine), ("-visited_on", (*mine[1::-1], mine[2])), ("id", (mine[2], *mine[:2]))):
        paged = visited.slugs(f"/v1/visits?revision={number}&sort={order}&limit=1")
        assert tuple(slug for slug in paged if slug in mine) == sorted_ones

    visited.send("POST", "/v1/visits", SECOND | {"kind": "secret"}, 422)
    visited.send("POST", "/v1/visits", SECOND | {"facility": "nowhere"}, 422)
    visited.send("DELETE", f"/v1/facilities/al-hol-camp?{WHY}", status=409, If_Match="*")
    patched = visited.send("PATCH", "/v1/visits/second-visit", {"kind": "announced"}, If_Match="*")
    assert (patched["kind"], patched["revision"]) == ("announced", number + 1)
    visited.send("DELETE", f"/v1/visits/third-visit?{WHY}", status=204, If_Match="*")
    visited.send("GET", "/v1/visits/third-visit", status=410)

    assert visited.get(f"/v1/visits/second-visit?revision={number}")["kind"] == "unannounced"
    found = visited.slugs(f"/v1/visits?revision={number}&kind=unannounced")
    assert [slug for slug in found if slug in mine] == ["second-visit", "third-visit"]
    assert visited.slugs("/v1/visits?revision=1") == []
    history = visited.get("/v1/visits/second-visit/history")["data"]
    assert sorted(one["revision"] for one in history) == [number, number + 1]
    feed = visited.get(f"/v1/changes?after={number - 1}&collection=visits&limit=4")["data"]
    assert [(one["slug"], one["action"]) for one in feed] == [
        ("second-visit", "create"), ("third-visit", "create"), ("second-visit", "update"), ("third-visit", "retract"),
    ]  # fmt: skip
    assert "Every record is as its rows say." in visited.run("verify")


@pytest.mark.slow
def test_an_eighth_collection_is_exported_and_taken_in_again(visited: Visited, databases: Databases) -> None:
    rows = list(csv.DictReader(StringIO(visited.client.get("/v1/visits?format=csv&revision=2").text)))
    assert [(row["slug"], row["sources"], row["source_titles"] != "") for row in rows] == [
        ("visit-of-2022", "lister-mei-2022-01-24", True)
    ]
    table, whole = visited.files / "visits.csv", visited.files / "all.ndjson"
    visited.run("export", "visits", "--out", str(table), "--tier", "restricted")
    visited.run("export", "all", "--out", str(whole), "--tier", "restricted")
    assert '"collection":"visits"' in whole.read_text()
    described = visited.get("/v1/datapackage.json")
    resource = next(one for one in described["resources"] if one["name"] == "visits")
    assert {key["reference"]["resource"] for key in resource["schema"]["foreignKeys"]} == {"facilities", "actors"}

    head = visited.get("/v1")["revision"]
    visited.run("import", str(table))
    visited.run("import", str(whole))
    assert visited.get("/v1")["revision"] == head  # nothing was new

    again, back = databases.bare(), visited.files / "back.csv"
    visited.run("migrate", database=again)
    visited.run("import", str(whole), database=again)
    visited.run("export", "visits", "--out", str(back), "--tier", "restricted", database=again)
    assert exported_rows(back) == exported_rows(table)
    assert {row["slug"] for row in exported_rows(back)} >= {"visit-of-2022"}


def exported_rows(table: Path) -> list[dict[str, str]]:
    """The rows of an exported table without what a register makes itself."""
    rows = csv.DictReader(StringIO(table.read_text()))
    return [{name: row[name] for name in row if name not in {"id", "revision", "recorded_at"}} for row in rows]


@pytest.mark.slow
def test_an_eighth_collection_is_read_from_a_mapped_table(visited: Visited) -> None:
    table, mapping = visited.files / "looks.csv", visited.files / "looks.yaml"
    table.write_text(TABLE)
    mapping.write_text(MAPPING)
    visited.run("import", str(table), "--mapping", str(mapping))
    assert {"visit-1", "visit-2"} <= set(visited.slugs("/v1/visits?kind=unannounced"))
    assert visited.get("/v1/visits/visit-1")["title"] == "A first look"
    head = visited.get("/v1")["revision"]
    visited.run("import", str(table), "--mapping", str(mapping))
    assert visited.get("/v1")["revision"] == head
    assert "Every record is as its rows say." in visited.run("verify")


@pytest.mark.slow
def test_an_eighth_collection_is_documented(visited: Visited, tmp_path: Path) -> None:
    document = visited.get("/openapi.json")
    assert "/v1/visits/{key}/history" in document["paths"]
    assert "/v1/facilities/{facility}/visits" in document["paths"]
    assert {"name": "visits", "description": "Visits to places of detention."} in document["tags"]
    feed = document["paths"]["/v1/changes"]["get"]["parameters"]
    assert "visits" in json.dumps([one for one in feed if one["name"] == "collection"])
    listed = visited.get("/v1/vocabularies/visit-kind")
    assert [one["code"] for one in listed["codes"]] == ["announced", "unannounced"]

    (tmp_path / "reference").mkdir()
    subprocess.run([sys.executable, "-m", "tools.docs.pages", str(tmp_path)], cwd=visited.folder, check=True)
    assert "## Visits" in (tmp_path / "reference" / "records.md").read_text()
    assert "### GET /v1/visits" in (tmp_path / "reference" / "routes.md").read_text()
    assert "## visit-kind" in (tmp_path / "reference" / "code-lists.md").read_text()
    assert "visits" in (tmp_path / "openapi.json").read_text()
