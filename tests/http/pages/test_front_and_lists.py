"""The front page is made of what the register holds; a list is a page with its filters, its number and its files."""

from collections.abc import Callable
from xml.etree.ElementTree import fromstring

import pytest

from app.catalogue.collections import LISTINGS
from app.database.engines import write_engine
from app.http.pages.lists import FILTERS, codes_of, filters_of
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases, Served
from tests.http.pages.test_pages_of_records import BROWSER, page_of
from tests.support.markup import Element
from tests.support.sample import Record, put


@pytest.fixture(scope="module")
def front(reference: Served) -> Element:
    return page_of(reference, "/")


def test_the_front_page_shows_where_the_places_are(reference: Served, front: Element) -> None:
    section = front.section("held")
    placed = [one for one in reference.get("/v1/facilities")["data"] if one["latitude"] is not None]
    drawing = section.one("svg", "map")
    assert len(drawing.all("circle", "area")) == len(placed) == 2
    assert drawing.all("path", "land")
    # On this scale an area known to some kilometres would be a point: it is drawn larger, and that is said.
    assert all(float(one.attributes["r"]) >= 5 for one in drawing.all("circle", "area"))
    assert section.one("figcaption").text.startswith("2 of 5 places have public coordinates.")


def test_the_front_page_shows_what_the_register_knows_most_about(front: Element) -> None:
    event = front.section("event")
    assert event.one("h2").text == "Attack on al-Sina prison, 20 January 2022"
    assert [cell.text for cell in event.all("td", "n")][:5] == ["≈ 374", "≥ 371", "268", "4", "7"]
    assert "the 5 of 27 numbers that are disputed" in event.text
    assert "24 January 2022" in front.section("held").text


def test_the_front_page_says_what_the_register_holds_and_how_new_it_is(reference: Served, front: Element) -> None:
    counts = reference.get("/v1")["counts"]
    assert {one.text for one in front.section("holds").all("li")} == {f"{many} {name}" for name, many in counts.items()}
    assert "Revision 1, recorded " in front.section("holds").text
    assert len(front.section("new").all("ul")[0].all("li")) == 8
    links = {link for link in front.links() if link.startswith("/")}
    assert {link: status for link in links if (status := reference.ask(link).status_code) != 200} == {}


def test_the_front_page_is_html_whatever_is_asked_of_it(reference: Served) -> None:
    for path in ("/", "/?utm_source=somebody"):
        assert reference.ask(path, accept="*/*").headers["content-type"] == "text/html; charset=utf-8"
    assert "as it stood then" in reference.ask("/?revision=1").text
    assert reference.ask("/?revision=99").status_code == 422


def test_an_empty_register_says_how_to_begin(serve: Callable[..., Served], url: str) -> None:
    served = serve(url, register_name="<b>R&D</b>")
    page = page_of(served, "/")
    assert page.one("h1").text == "<b>R&D</b>"
    assert "detention import reference" in page.section("begin").text
    assert "Nothing has been recorded yet." in page.section("holds").text
    assert "al-Sina" not in page.text
    assert page_of(served, "/v1/facilities").one("h2").text == "0 facilities"


def test_a_register_of_brazilian_prisons_speaks_of_brazil(serve: Callable[..., Served], url: str) -> None:
    source: Record = {"collection": "sources", "slug": "census", "kind": "dataset", "publisher": "Departamento"}
    places = {"Acre": 1500, "Bahia": 700}
    put(url, source, *(record for region, many in places.items() for record in prison(region, many)))
    page = page_of(serve(url), "/")
    section = page.section("held")
    assert section.one("p", "lead").text == "Brazil, as of 30 June 2020: 2,200 people held, at 2 places."
    assert [row[0:1] + row[2:3] for row in section.one("table").rows()[1:]] == [["Acre", "1,500"], ["Bahia", "700"]]
    assert "yria" not in page.text
    assert page.all("section")[0].attributes["aria-labelledby"] == "held"


def prison(region: str, many: int) -> list[Record]:
    place: Record = {
        "collection": "facilities",
        "slug": region.lower(),
        "level": "facility",
        "name": f"Prison of {region}",
    }
    count: Record = {"collection": "populations", "facility": region.lower(), "measure": "held", "statistic": "point"}
    where = {"kind": "prison", "country": "BRA", "admin1": region}
    return [place | where, count | {"as_written": f"{many}", "as_of": "2020-06-30", "source": "census"}]


LISTS = {
    "facilities": "al-Hol camp camp al-Hol, Al-Hasakeh, Syrian Arab Republic unknown",
    "incidents": "20 January 2022 Attack on al-Sina prison",
    "populations": "Al-Hol camp, as of 1 May 2019: 73,477 people held, according to OCHA Syria.",
    "figures": "Attack on al-Sina prison, as of 24 January 2022: at least 25 of the SDF's forces held hostage",
    "claims": "misinformation",
    "actors": "Syrian Democratic Forces (SDF) armed group",
    "sources": "24 January 2022 Attack on al-Sina Prison points to broader ISIS resurgence",
}


@pytest.mark.parametrize(("name", "message"), LISTS.items())
def test_a_list_has_its_number_its_rows_and_its_files(reference: Served, name: str, message: str) -> None:
    page = page_of(reference, f"/v1/{name}?limit=50")
    many = reference.get("/v1")["counts"][name]
    section = page.section("rows")
    assert section.one("h2").text == f"{many} {name}"
    assert len(section.one("tbody").all("tr")) == min(many, 50)
    assert message in section.text.replace(" , ", ", ")
    files = {link.rpartition("=")[2]: link for link in section.links() if "format=" in link}
    assert {"csv", "xlsx", "ndjson", "json"} <= files.keys()
    assert len(reference.ask(files["ndjson"]).text.splitlines()) == many


def test_a_list_keeps_its_filters_in_form_next_page_and_files(reference: Served) -> None:
    query = "measure=killed&of=militant&sort=as_of&limit=2&originator="
    page = page_of(reference, f"/v1/figures?{query}")
    assert page.section("rows").one("h2").text == "7 figures with measure = killed, of = militant"
    chosen = [one.text for one in page.one("form").all("option") if "selected" in one.attributes]
    assert chosen == ["killed", "as_of"]
    assert ("of", "militant") in {
        (one.attributes["name"], one.attributes["value"])
        for one in page.one("form").all("input")
        if one.attributes.get("type") == "hidden"
    }
    following = page.one("nav", "pages").links()[0]
    rows = page.section("rows").one("tbody").all("tr")
    others = page_of(reference, following).section("rows").one("tbody").all("tr")
    assert len(rows) == len(others) == 2
    assert {row.text for row in rows}.isdisjoint(row.text for row in others)
    csv = next(link for link in page.section("rows").links() if link.endswith("format=csv"))
    assert len(reference.ask(csv).text.splitlines()) == 1 + 7


def test_a_wrong_filter_is_said(reference: Served) -> None:
    answer = reference.ask("/v1/figures?measure=kiled", accept=BROWSER)
    assert answer.status_code == 422
    assert "killed" in answer.text


def test_the_form_offers_filters_that_there_are() -> None:
    for name, listing in LISTINGS.items():
        taken = {info.alias or field for field, info in listing.query.model_fields.items()}
        assert set(FILTERS[name]) - taken <= {"q"}
        assert filters_of(listing)
    assert codes_of(LISTINGS["facilities"], "level") == ["network", "facility", "unit"]
    assert codes_of(LISTINGS["facilities"], "operator") == []


PAGES = {
    "/v1/actors/sdf": ("Syrian Democratic Forces (SDF)", "operator established, defender established"),
    "/v1/actors/turkey": ("Turkey", "accomplice alleged by SDF"),
    "/v1/sources/lister-mei-2022-01-24": ("Attack on al-Sina Prison points to broader ISIS resurgence", "12 figures"),
    "/v1/claims/sdf-turkey-complicit": ("The SDF says", "misinformation by Middle East Institute"),
    "/v1/figures/27": ("Attack on al-Sina prison, as of 29 January 2022: 246 militants", "Passed on by somebody"),
    "/v1/populations/18": ("Al-Hol camp, as of September 2019: 69,015 people held", "REACH"),
}


@pytest.mark.parametrize(("path", "message"), PAGES.items())
def test_every_record_has_a_page(reference: Served, path: str, message: tuple[str, str]) -> None:
    page = page_of(reference, path)
    heading, words = message
    assert heading in page.one("h1").text
    assert words in page.text
    links = {link for link in page.links() if link.startswith("/v1/")}
    assert {link: status for link in links if (status := reference.ask(link).status_code) != 200} == {}


def test_a_page_of_the_past_stays_what_it_was(serve: Callable[..., Served], databases: Databases) -> None:
    served = serve(databases.with_reference())
    before = page_of(served, "/v1/actors/sdf?revision=1")
    assert "as it stood then" in before.one("footer").text
    assert "/v1/facilities/al-sina-prison?revision=1" in before.links()


ATOM = "{http://www.w3.org/2005/Atom}"


def test_a_filtered_list_is_a_feed(reference: Served) -> None:
    answer = reference.ask("/v1/figures.atom?measure=killed")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = fromstring(answer.text)  # noqa: S314  (our own)
    assert feed.findtext(f"{ATOM}title") == "Figures: measure = killed"
    own = [one.attrib["href"] for one in feed.findall(f"{ATOM}link") if one.attrib["rel"] == "self"]
    assert own == ["http://testserver/v1/figures.atom?measure=killed"]
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == reference.get("/v1/figures?measure=killed&count=exact&limit=1")["count"]
    assert all(one.findtext(f"{ATOM}id", "").endswith("?revision=1") for one in entries)
    summaries = {one.findtext(f"{ATOM}summary") for one in entries}
    response = "Attack on al-Sina prison, as of 29 January 2022: 246 militants of ISIS killed, according to SOHR."
    assert response in summaries
    assert reference.ask("/v1/figures.atom?measure=kiled").status_code == 422


def test_corrections_and_withdrawals_are_entries(serve: Callable[..., Served], url: str) -> None:
    source: Record = {"collection": "sources", "slug": "census", "kind": "dataset", "publisher": "Departamento"}
    put(url, source, *prison("Acre", 1500), *prison("Bahia", 700))
    served = serve(url, public_url="https://register.example")
    engine = write_engine(url)
    key = create_key(engine, "a desk", [KeyScope.write, KeyScope.admin], "desk", None)
    engine.dispose()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/merge-patch+json", "if-match": "*"}
    patched = served.client.patch(
        "/v1/facilities/acre?reason_code=source_corrected&reason=Renamed.", headers=headers, json={"name": "Rio Branco"}
    )
    assert patched.status_code == 200, patched.text
    (count,) = served.get("/v1/populations?facility=bahia")["data"]
    gone = served.client.delete(f"/v1/populations/{count['id']}?reason_code=our_error&reason=Twice.", headers=headers)
    assert gone.status_code == 204, gone.text

    record = served.get("/v1/facilities/acre.feed.json")
    assert [(one["title"], one["url"].rpartition("?")[2]) for one in record["items"]] == [
        ("Corrected: Rio Branco", "revision=2"),
        ("New: Rio Branco", "revision=1"),
    ]
    assert record["items"][0]["content_text"] == "Revision 2 by desk. Renamed. Fields: name."
    listed = served.get("/v1/populations.feed.json")
    assert listed["items"][0]["title"] == f"Withdrawn: {count['id']}"
    assert listed["items"][0]["content_text"] == "Twice."
    assert listed["home_page_url"] == "https://register.example/v1/populations"
    assert [one["title"] for one in served.get("/v1/facilities.feed.json")["items"]] == [
        "Rio Branco",
        "Prison of Bahia",
    ]
