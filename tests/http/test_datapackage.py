"""The register as a Data Package: the tool of that standard reads every table and finds nothing wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from app.catalogue.collections import COLLECTIONS
from app.catalogue.columns import columns
from tests.conftest import Databases, Server, start_server, stop_server
from tests.support.hidden import HIDDEN, POINTING
from tests.support.sample import SAMPLE, put


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[Server]:
    """A real server: the tool fetches the tables by their addresses."""
    url = databases.with_reference()
    for records in (SAMPLE, HIDDEN, POINTING):
        put(url, *records)
    made = start_server(url)
    yield made
    stop_server(made)


def validated(address: str) -> dict[str, Any]:
    """What the standard's own tool says of a package."""
    arguments = [sys.executable, "-m", "frictionless", "validate", address, "--json"]
    ran = subprocess.run(arguments, capture_output=True, text=True, check=False)
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


@pytest.mark.slow
def test_the_standards_tool_finds_nothing_wrong(server: Server) -> None:
    report = validated(f"{server.url}/v1/datapackage.json")
    faults = [(task["name"], error["message"]) for task in report["tasks"] for error in task["errors"]]
    assert (faults, report["errors"], report["valid"]) == ([], [], True)
    assert [task["name"] for task in report["tasks"]] == list(COLLECTIONS)
    counts = httpx2.get(f"{server.url}/v1").json()["counts"]
    assert {task["name"]: task["stats"]["rows"] for task in report["tasks"]} == counts


def test_every_column_is_described(server: Server) -> None:
    package = httpx2.get(f"{server.url}/v1/datapackage.json").json()
    for resource in package["resources"]:
        own = columns(COLLECTIONS[resource["name"]])
        fields = resource["schema"]["fields"]
        assert [field["name"] for field in fields] == [column.name for column in own]
        assert all(field["description"] for field in fields)
        table = httpx2.get(f"{server.url}/v1/{resource['path']}").text
        assert table.splitlines()[0].split(",") == [field["name"] for field in fields]
    incidents = next(one for one in package["resources"] if one["name"] == "incidents")["schema"]
    keys = {key["fields"][0]: key["reference"]["resource"] for key in incidents["foreignKeys"]}
    assert keys == {"parent": ""}
    figures = next(one for one in package["resources"] if one["name"] == "figures")["schema"]
    keys = {key["fields"][0]: key["reference"]["resource"] for key in figures["foreignKeys"]}
    assert keys == {
        "incident": "incidents",
        "actor": "actors",
        "by": "actors",
        "source": "sources",
        "attributed_to": "actors",
    }


def test_a_package_is_of_one_revision(server: Server) -> None:
    newest = httpx2.get(f"{server.url}/v1/datapackage.json")
    first = httpx2.get(f"{server.url}/v1/datapackage.json?revision=1")
    assert (newest.json()["version"], first.json()["version"]) == (newest.headers["data-revision"], "1")
    assert all(f"&revision={newest.json()['version']}" in one["path"] for one in newest.json()["resources"])
    assert httpx2.get(newest.headers["link"].split(">")[0][1:]).content == newest.content
    counts = httpx2.get(f"{server.url}/v1?revision=1").json()["counts"]
    lines = httpx2.get(f"{server.url}/v1/{first.json()['resources'][5]['path']}").text.split("\r\n")
    assert len(lines) - 2 == counts["figures"]
