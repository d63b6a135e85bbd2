"""The pages people read: their content, their policy, and how they behave in a real browser."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx2
import pytest

from app.errors import Problem
from app.http import resources
from app.http.policies import DATA_CSP, PAGE_CSP
from tests.conftest import Databases, start_server, stop_server
from tests.support import browser
from tests.support.desk import FIGURE


class Server(Protocol):
    """A running server that holds the reference event."""

    url: str


def test_every_error_has_its_place_on_the_page_of_errors() -> None:
    page = resources.errors_page(Problem.kinds).decode()
    assert [kind.slug for kind in Problem.kinds if f'<dt id="{kind.slug}">' not in page] == []


@pytest.mark.parametrize("name", ["docs", "errors"])
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name: str) -> None:
    page = (resources.HERE / "templates" / f"{name}.html").read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert all(re.match(r"/(?!/)|#|\$", link) for link in re.findall(r'(?:src|href)="([^"]*)"', page))
    assert '<html lang="en">' in page


def test_the_vendored_files_are_the_published_ones() -> None:
    folder = resources.HERE / "static" / "swagger-ui"
    lines = (folder / "SHA256SUMS").read_text("ascii").splitlines()
    listed = {name: digest for digest, name in map(str.split, lines)}
    found = {path.name: path for path in folder.iterdir() if path.name != "SHA256SUMS"}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()} == listed
    # What the release of this number holds, as its registry's package says; `make vendor` writes the list anew.
    assert listed["swagger-ui-bundle.js"].startswith("e6a898692f2d768e"), "changed on purpose? then change this too"
    assert listed["swagger-ui.css"].startswith("5ed08757e53da3e0"), "changed on purpose? then change this too"


@pytest.mark.parametrize("path", ["/", "/docs", "/errors"])
def test_pages_carry_the_strict_policy(server: Server, path: str) -> None:
    answer = httpx2.get(server.url + path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers.get_list("content-security-policy") == [PAGE_CSP]
    assert answer.headers["cache-control"] in {"no-cache", "public, max-age=0, must-revalidate"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/v1", 200), ("/openapi.json", 200), ("/static/docs.js", 200), ("/nowhere", 404), ("/static/nothing.js", 404)],
)
def test_everything_else_may_load_and_run_nothing(server: Server, path: str, status: int) -> None:
    answer = httpx2.get(server.url + path)
    assert answer.status_code == status
    assert answer.headers.get_list("content-security-policy") == [DATA_CSP]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.fixture(scope="module")
def chromium() -> Iterator[browser.Browser]:
    if (path := browser.executable()) is None:
        pytest.skip("Chromium is not installed")
    with browser.Browser(path) as running:
        yield running


@pytest.fixture
def page(chromium: browser.Browser) -> Iterator[browser.Page]:
    with chromium.page() as tab:
        yield tab


def elsewhere(page: browser.Page, server: Server) -> list[str]:
    here = urlsplit(server.url)
    return [url for url in page.requests if not url.startswith("data:") and urlsplit(url)[:2] != here[:2]]


def unfold(page: browser.Page, url: str) -> None:
    """Open the documentation, which comes folded, and open every part of it."""
    page.open(url)
    page.await_for("document.querySelectorAll('.opblock-tag').length > 7")
    assert page.ask("document.querySelectorAll('.opblock').length") == 0
    page.ask("document.querySelectorAll('.opblock-tag').forEach((tag) => tag.click())")
    page.await_for("document.querySelectorAll('.opblock').length > 40")


@pytest.mark.slow
def test_the_browser_notices_what_the_policy_refuses(server: Server, page: browser.Page) -> None:
    page.open(server.url)
    page.ask("document.head.append(Object.assign(document.createElement('script'), {textContent: 'ran = 1'}))")
    assert page.ask("fetch('http://elsewhere.example/').then(() => 'sent', () => 'refused')") == "refused"
    assert page.ask("typeof ran") == "undefined"
    assert sorted(re.findall(r"(?:script|connect)-src\b", "".join(page.violations)))[:1] == ["connect-src"]
    assert len(page.violations) == 2


def test_the_documentation_tries_a_route_and_calls_nobody(server: Server, page: browser.Page) -> None:
    paths = httpx2.get(f"{server.url}/openapi.json", timeout=60).json()["paths"]
    route = next(item["get"] for path, item in paths.items() if re.fullmatch(r"/v1/facilities/{\w+}", path))
    operation = f"#operations-{route['tags'][0]}-{route['operationId']}"
    unfold(page, f"{server.url}/docs")
    page.click(f"{operation} .opblock-summary-control")
    page.await_for(f"(document.querySelector('{operation} .parameters input') || {{}}).value == 'al-sina-prison'")
    page.click(f"{operation} .execute")
    answered = f"{operation} .live-responses-table .response .response-col_status"
    page.await_for(f"!!document.querySelector('{answered}')")
    assert page.ask(f"document.querySelector('{answered}').innerText") == "200"
    shown = page.ask(f"document.querySelector('{operation} .live-responses-table .highlight-code').innerText")
    assert '"slug": "al-sina-prison"' in shown
    assert f"{server.url}/v1/facilities/al-sina-prison" in page.requests
    assert page.violations == []
    assert page.errors == []
    assert elsewhere(page, server) == []


def typed(page: browser.Page, selector: str, text: str) -> None:
    """Put text into a field as a person's typing does, so that what watches the field notices."""
    page.await_for(f"!!document.querySelector({json.dumps(selector)})")
    page.ask(f"document.querySelector({json.dumps(selector)}).select()")
    page.type(text)


@pytest.mark.slow
def test_a_key_entered_on_the_documentation_writes_a_figure(tmp_path: Path, page: browser.Page) -> None:
    url = Databases("sqlite", tmp_path).with_reference()
    made = subprocess.run(
        [sys.executable, "-m", "app.cli", "keys", "create", "a desk of ours", "--scope", "write"],
        env=os.environ | {"DETENTION_DATABASE_URL": url}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    key = made.stdout.split()[-1]
    server = start_server(url)
    try:
        unfold(page, f"{server.url}/docs")
        page.press(".scheme-container .authorize")
        typed(page, ".dialog-ux .auth-container input", key)
        page.press(".dialog-ux button[type=submit]")
        page.press(".dialog-ux .btn-done")
        page.await_for("!document.querySelector('.dialog-ux')")
        operation = "#operations-figures-create_figure"
        page.press(f"{operation} .opblock-summary-control")
        typed(page, f"{operation} .body-param textarea", json.dumps(FIGURE | {"as_written": "more than 450"}))
        page.press(f"{operation} .execute")
        answered = f"{operation} .live-responses-table .response .response-col_status"
        page.await_for(f"!!document.querySelector('{answered}')")
        assert page.ask(f"document.querySelector('{answered}').innerText") == "201"
        newest = httpx2.get(f"{server.url}/v1/figures?sort=-id&limit=1").json()["data"][0]
        assert (newest["as_written"], newest["revision"]) == ("more than 450", 2)

        # A read takes no key, and a key that was entered is sent all the same.
        operation = "#operations-facilities-get_facility"
        page.press(f"{operation} .opblock-summary-control")
        page.press(f"{operation} .execute")
        shown = f"(document.querySelector('{operation} .curl-command') || {{}}).innerText || ''"
        page.await_for(f"({shown}).includes('Authorization: Bearer dfk_')")
        assert (page.violations, page.errors, elsewhere(page, server)) == ([], [], [])
    finally:
        stop_server(server)


def test_writes_show_a_padlock_that_asks_for_the_key_and_reads_show_none(server: Server, page: browser.Page) -> None:
    paths = httpx2.get(f"{server.url}/openapi.json", timeout=60).json()["paths"]
    routes = [(method, route) for item in paths.values() for method, route in item.items()]
    names = {f"operations-{route['tags'][0]}-{route['operationId']}": "security" in route for _, route in routes}
    # What is matched is sent, and nothing is written.
    assert [
        name
        for (method, _), (name, needed) in zip(routes, names.items(), strict=True)
        if method != "get" and not needed
    ] == ["operations-register-match_names", "operations-register-reconcile"]
    unfold(page, f"{server.url}/docs")
    page.await_for(f"document.querySelectorAll('.opblock').length == {len(names)}")
    locks = (
        "[...document.querySelectorAll('.opblock')].map((one) => [one.id, !!one.querySelector('.authorization__btn')])"
    )
    assert dict(page.ask(locks)) == names
    answer = "[...new Set([...document.querySelectorAll('.authorization__btn')].map((one) => one.ariaLabel))]"
    assert page.ask(answer) == ["authorization button unlocked"]
    page.press("#operations-figures-create_figure .authorization__btn")
    page.await_for("!!document.querySelector('.dialog-ux .auth-container input')")


FILLED = """
Object.fromEntries([...document.querySelectorAll('%s tr[data-param-in]')].map((row) => [
  `${row.dataset.paramIn} ${row.dataset.paramName}`, (row.querySelector('input, select') || {}).value
]))
"""


@pytest.mark.slow
def test_a_documented_route_opens_as_it_should_be_tried(server: Server, page: browser.Page) -> None:
    """Path parameters come filled in with an example; filters come empty, or together they would find nothing.

    One of each kind under each heading: the page makes them all from the same document in the same way.
    """
    paths = httpx2.get(f"{server.url}/openapi.json", timeout=60).json()["paths"]
    unfold(page, f"{server.url}/docs")
    routes = {(item["get"]["tags"][0], "{" in path): item["get"] for path, item in paths.items() if "get" in item}
    for route in routes.values():
        operation = f"#operations-{route['tags'][0]}-{route['operationId']}"
        page.click(f"{operation} .opblock-summary-control")
        page.await_for(f"!!document.querySelector('{operation} .execute')")
        parameters = {f"{one['in']} {one['name']}": one for one in route.get("parameters", [])}
        examples = {name: str(one["example"]) for name, one in parameters.items() if one["in"] == "path"}
        as_shown = f"Object.entries({json.dumps(examples)}).every(([name, value]) => shown[name] == value)"
        page.await_for(f"((shown) => {as_shown})({FILLED % operation})")
        shown = page.ask(FILLED % operation)
        filled = [name for name, one in parameters.items() if shown.get(name) and "default" not in one["schema"]]
        assert filled == list(examples), route["operationId"]
        page.click(f"{operation} .opblock-summary-control")
    assert page.violations == []


CONTRASTS = """
(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parts(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.body.querySelectorAll("*")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return texts.map((element) => {
    const [one, other] = [light(parts(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
    return [(one + 0.05) / (other + 0.05), element.outerHTML.slice(0, 80)];
  });
})()
"""


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/errors"])
def test_a_page_is_readable_in_both_schemes_and_on_a_phone(
    server: Server, page: browser.Page, path: str, scheme: str
) -> None:
    page.prefer(scheme, width=390, height=844)
    page.open(server.url + path)
    contrasts = page.ask(CONTRASTS)
    assert len(contrasts) > 10
    assert [found for found in contrasts if found[0] < 4.5] == []
    assert page.ask("document.documentElement.scrollWidth") == 390
    marks = "['h1', 'main', 'body > header'].map((name) => document.querySelectorAll(name).length)"
    assert page.ask(marks) == [1, 1, 1]
    ground = page.ask("getComputedStyle(document.documentElement).backgroundColor")
    assert (ground == "rgb(251, 250, 247)") == (scheme == "light")
    picture = page.screenshot()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
    assert (page.violations, page.errors, elsewhere(page, server)) == ([], [], [])
