"""A register that holds nothing yet: it answers like any other, and what it answered can be asked for again."""

import re
from collections.abc import Callable
from html import unescape

import httpx2
import pytest

from app.catalogue.collections import LISTINGS
from app.database.engines import write_engine
from app.exports.formats import formats_of
from app.imports.native.files import reference_files
from app.imports.run import run_import
from tests.conftest import Databases, Served

LISTS = [f"/v1/{name}" for name in LISTINGS]
SETS = [f"/v1/{name}?format={form}" for name, listing in LISTINGS.items() for form in formats_of(listing)]
PATHS = [
    "/v1",
    "/v1/datapackage.json",
    "/v1/changes",
    "/v1/revisions",
    "/v1/revisions?sort=-revision",
    "/v1/figures?latest_per=source",
    "/v1/incidents?count=exact&include=all",
    *LISTS,
]


@pytest.fixture
def empty(databases: Databases) -> str:
    return databases.empty()


def permalink(answer: httpx2.Response) -> str:
    found = re.search(r'<([^>]+)>; rel="permalink"', answer.headers["link"])
    assert found, answer.headers
    return found[1]


def target_of(answer: httpx2.Response) -> str:
    return answer.request.url.raw_path.decode()


@pytest.mark.parametrize("path", PATHS)
def test_every_route_answers_with_revision_0_and_nothing(empty: str, serve: Callable[[str], Served], path: str) -> None:
    answer = serve(empty).ask(path)
    assert (answer.status_code, answer.headers["data-revision"]) == (200, "0"), answer.text
    response = answer.json()
    assert response.get("data", []) == []
    if path == "/v1":
        assert (response["revision"], response["recorded_at"], set(response["counts"].values())) == (0, None, {0})
    if path.endswith("package.json"):
        assert (response["version"], "created" in response) == ("0", False)


@pytest.mark.slow
def test_what_was_answered_is_answered_again_when_there_is_more(empty: str, serve: Callable[..., Served]) -> None:
    register = serve(empty)
    paths = [*PATHS, *SETS]
    before = [register.ask(path) for path in paths]
    engine = write_engine(empty)
    run_import(engine, reference_files(), author="reference")
    engine.dispose()
    for served in (register, serve(empty, cache_bytes=0)):
        for old in before:
            again = served.ask(permalink(old))
            assert again.status_code == 200, again.text
            assert again.headers["etag"] == old.headers["etag"]
            assert again.headers["data-revision"] == "0"
            if "spreadsheet" not in again.headers["content-type"]:
                assert again.content == old.content, permalink(old)
            assert served.ask(permalink(old), if_none_match=old.headers["etag"]).status_code == 304
            assert served.ask(target_of(old), if_none_match=old.headers["etag"]).status_code == 200
    assert register.get("/v1/facilities")["data"]


def test_its_front_page_leads_nowhere_that_fails(empty: str, serve: Callable[[str], Served]) -> None:
    register = serve(empty)
    page = register.ask("/").text
    links = {unescape(link) for link in re.findall(r'(?:href|src)="(/[^"]*)"', page)}
    assert links > set(LISTS)
    assert {link: status for link in links if (status := register.ask(link).status_code) != 200} == {}
    assert "detention import reference" in page
