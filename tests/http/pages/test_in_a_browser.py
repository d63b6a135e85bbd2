"""The pages in a real browser, without their scripts (they have none): readable, operable, and calling nobody."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from app.http.pages.maps import OUTLINES
from tests.support import browser

AXE = Path(__file__).parents[2] / "support" / "axe"
PAGES = (
    "/",
    "/v1/incidents/al-sina-prison-attack-2022.html",
    "/v1/facilities/al-sina-prison.html",
    "/v1/figures.html",
    "/v1/actors/sdf.html",
    "/v1/sources/lister-mei-2022-01-24.html",
    "/v1/claims/sdf-turkey-complicit.html",
    "/v1/figures/27.html",
    "/errors",
)
RULES = """axe.run(document, {resultTypes: ['violations']}).then((found) =>
  found.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 200))]))"""
SIZES = (("light", 1400), ("dark", 390))


class Server(Protocol):
    """A running server that holds the reference event."""

    url: str


@pytest.fixture(scope="module")
def page() -> Iterator[browser.Page]:
    if (path := browser.executable()) is None:
        pytest.skip("Chromium is not installed")
    with browser.Browser(path) as running, running.page() as tab:
        yield tab


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), SIZES)
def test_every_page_is_accessible_and_fits(server: Server, page: browser.Page, scheme: str, width: int) -> None:
    rules = (AXE / "axe.min.js").read_text("utf-8")
    page.prefer(scheme, width=width, height=900)
    faults = {}
    for path in PAGES:
        page.open(server.url + path)
        page.ask(f"{rules};1")
        if found := page.ask(RULES):
            faults[path] = found
        assert page.ask("document.documentElement.scrollWidth") <= width, path
        # A block of data is none that runs: the catalogue of the front page.
        assert page.ask("document.querySelectorAll('script:not([type=\"application/ld+json\"])').length") == 0, path
    assert faults == {}
    assert (page.violations, page.errors) == ([], [])
    assert {url.rpartition("/")[0] for url in page.requests if "/static/" in url} == {f"{server.url}/static"}


@pytest.mark.slow
def test_what_is_disputed_stands_out_and_names_are_written_from_the_right(server: Server, page: browser.Page) -> None:
    page.prefer("light", width=1400, height=900)
    page.open(f"{server.url}/v1/incidents/al-sina-prison-attack-2022.html")
    cells = "[...document.querySelectorAll('.matrix .cell.%s')]"
    colours = f"[...new Set({cells}.map((cell) => getComputedStyle(cell).backgroundColor))]"
    disputed, alone = page.ask(colours % "disputed"), page.ask(colours % "alone")
    assert len(disputed) == len(alone) == 1
    assert disputed != alone
    # All that is disputed, and the columns of those at odds, fit on one screen.
    box = "document.querySelector('.matrix tbody.disputed').getBoundingClientRect()"
    assert page.ask(f"{box}.height") < 900
    assert page.ask("document.querySelector('.matrix').parentElement.scrollWidth") <= 1400
    page.open(f"{server.url}/v1/facilities/al-sina-prison.html")
    written = "getComputedStyle(document.querySelector('.names [lang=ar]')).direction"
    assert page.ask(written) == "rtl"


@pytest.mark.slow
def test_a_form_asks_for_what_was_chosen(server: Server, page: browser.Page) -> None:
    page.open(f"{server.url}/v1/figures.html")
    page.ask("document.querySelector('select[name=measure]').value = 'hostages'")
    page.press(".filters button")
    page.await_for("location.search.includes('measure=hostages') && document.readyState == 'complete'")
    assert page.ask("document.querySelector('h2').innerText") == "1 figures with measure = hostages"
    assert page.violations == []


@pytest.mark.parametrize("folder", [AXE, OUTLINES.parent])
def test_vendored_files_are_the_published_ones(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text("ascii").splitlines()
    listed = {name: digest for digest, name in map(str.split, lines)}
    found = {path.name: path for path in folder.iterdir() if path.name != "SHA256SUMS"}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()} == listed
    published = {"axe.min.js": "29348999450cdf28", "countries-50m.json": "04342cdc1e3016bc"}
    assert all(listed[name].startswith(digest) for name, digest in published.items() if name in listed)
