"""The pages of an incident and of a facility: what they show is what the API says, and nothing beside it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.http.policies import PAGE_CSP
from tests.conftest import Served
from tests.support.markup import Element, parse

ATTACK = "/v1/incidents/al-sina-prison-attack-2022"
CAMP, PRISON = "/v1/facilities/al-hol-camp", "/v1/facilities/al-sina-prison"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
MOST = 100_000


def page_of(served: Served, path: str) -> Element:
    answer = served.ask(path, accept=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), answer.text
    assert len(answer.content) <= MOST
    return parse(answer.text)


@pytest.fixture(scope="module")
def attack(reference: Served) -> Element:
    return page_of(reference, ATTACK)


@pytest.fixture(scope="module")
def camp(reference: Served) -> Element:
    return page_of(reference, CAMP)


def parts(matrix: Element) -> dict[str, list[Element]]:
    """The rows of the matrix, by the title of their part."""
    found: dict[str, list[Element]] = {}
    for body in matrix.all("tbody"):
        title, *rows = body.all("tr")
        found[title.text] = rows
    return found


def test_the_matrix_says_what_is_disputed_and_by_whom(attack: Element) -> None:
    section = attack.section("matrix")
    assert section.one("h2").text == "Who says what: 5 of 27 numbers are disputed"
    matrix = section.one("table", "matrix")
    columns = [cell.text for cell in matrix.one("thead").all("th")]
    assert columns[:4] == ["What is counted", "SDF", "SOHR", "Charles Lister"]
    assert len(columns) == 13
    answer = [
        (
            row.one("th").text,
            {
                column: cell.text
                for column, cell in zip(columns[1:], row.all("td"), strict=True)
                if "disputed" in cell.classes
            },
        )
        for row in parts(matrix)["Disputed: these cannot all be true"]
    ]
    assert answer == [
        ("killed civilians SOHR ≠ SDF", {"SDF": "4 four 31 Jan 2022", "SOHR": "7 seven 30 Jan 2022"}),
        (
            "killed militants of ISIS SOHR ≠ SDF",
            {
                "SDF": "≈ 374 about 374 31 Jan 2022 ≥ 371 more than 370 31 Jan 2022",
                "SOHR": "268 30 Jan 2022",
            },
        ),
        (
            "displaced civilians United Nations ≠ SOHR",
            {"SOHR": "2,000–9,999 thousands 29 Jan 2022", "United Nations": "≈ 45,000 45,000 24 Jan 2022"},
        ),
        (
            "attackers of ISIS SDF ≠ Charles Lister",
            {
                "SDF": "≥ 201 over two hundred 20 Jan 2022",
                "Charles Lister": "≤ 200 as many as 200 20 Jan 2022 ≈ 200 200 20 Jan 2022",
            },
        ),
        (
            "vehicle bombs of ISIS Syriac Press ≠ Charles Lister, ISWNews Analysis Group",
            {
                "Charles Lister": "2 two 20 Jan 2022",
                "ISWNews Analysis Group": "2 two 20 Jan 2022",
                "Syriac Press": "1 a car bomb 20 Jan 2022",
            },
        ),
    ]


def test_a_number_read_in_two_ways_is_said_to_be_one(attack: Element) -> None:
    rows = parts(attack.one("table", "matrix"))["Said by one alone"]
    answer = [row.one("th").text for row in rows if row.all("span", "also")]
    one, other = "guards + members of security forces + civilians", "members of security forces + staff of SDF"
    also = "the same number is also read as killed"
    assert answer == [f"killed {one} {also} {other}", f"killed {other} {also} {one}"]


def test_each_row_of_the_toll_has_one_row_of_the_matrix(reference: Served, attack: Element) -> None:
    toll = reference.get(f"{ATTACK}/toll")
    rows = [row for some in parts(attack.one("table", "matrix")).values() for row in some]
    assert len(rows) == len(toll["rows"])


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


def said(answer: Any) -> Iterator[str]:
    """Every number in an answer, and in its words and dates."""
    if isinstance(answer, dict | list):
        for value in answer.values() if isinstance(answer, dict) else answer:
            yield from said(value)
    elif isinstance(answer, str):
        yield from numbers(answer)
        yield from (digits.lstrip("0") for digits in re.findall(r"\d+", answer))
    elif answer is not None:
        yield f"{answer:,}"


def test_no_number_of_the_toll_is_the_pages_own(reference: Served, attack: Element) -> None:
    api = set(said(reference.get(f"{ATTACK}/toll")))
    shown = {cell.text for table in attack.section("toll").all("table") for cell in table.all("td", "n")}
    shown |= {cell.text for cell in attack.one("table", "matrix").all("td", "cell")}
    assert len(shown) > 40
    assert {text for text in shown if not numbers(text) <= api} == set()


def test_bars_leave_open_what_the_words_leave_open(attack: Element) -> None:
    bars = {}
    for table in attack.section("toll").all("table", "bars"):
        for row in table.all("tr"):
            if row.all("svg", "bar"):
                drawn = row.one("td", "drawn")
                closed, opened = drawn.all("line", "end"), drawn.all("svg", "open")
                bars[table.one("caption").text, row.one("th").text, row.one("td", "n").text] = len(closed), len(opened)
    assert bars["killed", "SDF", "≈ 374"] == (0, 2)
    assert bars["killed", "SDF", "≥ 371"] == (1, 1)
    assert bars["killed", "SOHR", "268"] == (1, 0)
    assert bars["escaped", "Syrians for Truth and Justice", "200–999"] == (2, 0)
    assert bars["attackers", "Charles Lister", "≤ 200"] == (1, 1)


def test_parties_stand_with_how_firmly_that_is_known(reference: Served, attack: Element) -> None:
    rows = [row[:3] for row in attack.section("parties").one("table").rows()[1:]]
    assert ["ISIS", "attacker", "established"] in rows
    assert ["Turkey", "accomplice", "alleged by SDF"] in rows
    assert len(rows) == len(reference.get(ATTACK)["parties"])


def test_the_timeline_and_the_sources_are_whole(reference: Served, attack: Element) -> None:
    record = reference.get(ATTACK)
    answer = [one.text for one in attack.section("timeline").all("li")]
    assert len(answer) == len(record["timeline"])
    assert all(one["text"] in text for one, text in zip(record["timeline"], answer, strict=True))
    assert len(attack.section("sources").all("li")) == len(record["sources"])
    assert "misinformation" in attack.section("claims").text


def test_a_page_speaks_of_the_day_it_is_asked_for(reference: Served) -> None:
    page = page_of(reference, f"{ATTACK}?as_of=2022-01-24")
    assert "as of 24 January 2022" in page.section("toll").one("h2").text
    # The SDF's 22 are of another day, so they are no other side of the 175.
    row = next(row for row in page.one("table", "matrix").all("tr") if "killed militants of ISIS" in row.text)
    assert [(cell.text, sorted(cell.classes)) for cell in row.all("td", "cell")] == [
        ("175 24 Jan 2022", ["alone", "cell"]),
        ("22 22 Jan 2022; it counts another period, from 2022-01-22 to 2022-01-22", ["cell", "excluded"]),
    ]


def test_the_page_of_a_facility_shows_its_gaps(camp: Element) -> None:
    table = camp.section("occupancy").one("table")
    assert [row[:2] + row[-1:] for row in table.rows()[1:]] == [
        ["9 May 2020", "—", "no report of who is held since 2020-01-31"],
        ["31 January 2020", "66,101", "31 January 2020"],
        ["7 January 2020", "—", "no report of who is held since 2019-09-30"],
        ["30 September 2019", "69,015", "30 September 2019"],
        ["31 July 2019", "68,823", "31 July 2019"],
        ["19 June 2019", "73,043", "19 June 2019"],
        ["1 May 2019", "73,477", "1 May 2019"],
    ]
    chart = camp.section("occupancy").one("div", "series")
    assert len(chart.all("rect", "stale")) == 2
    assert len(chart.all("circle")) == 5
    # The line is broken at the gap: it is put down twice.
    assert chart.one("path", "held").attributes["d"].count("M") == 2


def test_a_place_is_an_area_and_never_a_point(camp: Element) -> None:
    where = camp.section("where")
    assert where.one("p").text.startswith("Somewhere within 7.9 km of 36.4, 41.1 (area).")
    (circle,) = where.all("circle")
    # 7.9 of the 40 kilometres between the middle and the edge.
    assert float(circle.attributes["r"]) == pytest.approx(160 * 7.9 / 40, abs=0.1)
    assert where.all("path", "land")


def test_a_facility_says_what_it_is_and_who_says_so(reference: Served, camp: Element) -> None:
    assert [one.text for one in camp.all("h1")] == ["al-Hol camp"]
    assert [(one.text, one.attributes["dir"]) for one in camp.one("p", "names").all("bdi")] == [
        ("al-Hawl", "ltr"),
        ("Al Hol", "ltr"),
        ("الهول", "rtl"),
        ("مخيم الهول", "rtl"),
    ]
    assert "stale: no newer report since 31 January 2020" in camp.one("header").text
    statements = camp.section("statements").one("table").rows()[1:]
    assert len(statements) == reference.get(f"{CAMP}/populations?subtree=false&count=exact")["count"]
    assert ["1 May 2019", "admitted", "64,087"] in [row[:3] for row in statements]
    assert [one.text for one in camp.section("tree").all("b")] == ["al-Hol camp"]


def test_a_place_with_parts_and_incidents_leads_to_them(reference: Served) -> None:
    page = page_of(reference, PRISON)
    assert "/v1/facilities/al-sina-prison-northern-wing" in page.section("tree").links()
    assert "/v1/facilities/sdf-isis-prisons" in page.section("tree").links()
    assert page.section("incidents").links()[0] == ATTACK
    assert 'dir="rtl"' in reference.ask(PRISON, accept=BROWSER).text


@pytest.mark.parametrize("path", [ATTACK, CAMP])
def test_every_link_of_a_page_leads_somewhere(reference: Served, path: str) -> None:
    page = page_of(reference, path)
    links = {link for link in page.links() if link.startswith("/")}
    assert len(links) > 20
    assert {link: status for link in links if (status := reference.ask(link).status_code) != 200} == {}


def test_tables_are_taken_at_the_revision_that_is_shown(attack: Element) -> None:
    taken = [link for link in attack.links() if "format=" in link]
    assert len(taken) >= 9
    assert all("revision=1" in re.split("[?&]", link) for link in taken)


# --- one address for both ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/json, text/html", "application/json"),
        ("application/json, text/html;q=0.9", "application/json"),
        ("text/html;q=0.5, application/json;q=0.4", "text/html"),
        ("text/csv, text/html;q=0.9", "text/csv"),
    ],
)
def test_html_is_for_those_who_prefer_it(reference: Served, accept: str, media: str) -> None:
    answer = reference.ask(CAMP, accept=accept)
    assert answer.headers["content-type"].split(";")[0] == media
    assert answer.headers["vary"] == "Authorization, Accept, Accept-Encoding"


def test_an_address_with_html_behind_it_is_the_page(reference: Served) -> None:
    named, negotiated = reference.ask(f"{CAMP}.html"), reference.ask(CAMP, accept=BROWSER)
    assert named.content == negotiated.content
    assert named.headers.get_list("content-security-policy") == [PAGE_CSP]


def test_a_browser_gets_the_data_that_a_link_to_data_names(reference: Served) -> None:
    for query in ("format=json", "fields=slug", "include=sources"):
        assert reference.ask(f"{CAMP}?{query}", accept=BROWSER).headers["content-type"] == "application/json"


def test_a_page_takes_what_it_can_show_and_names_what_not(reference: Served) -> None:
    answer = reference.ask(f"{CAMP}.html?as_off=2020-01-01")
    assert answer.status_code == 422
    assert [one["parameter"] for one in answer.json()["errors"]] == ["as_off"]
    assert reference.ask("/v1/facilities/al-hol-kamp.html").status_code == 404
    assert reference.ask("/v1/vocabularies.html").status_code == 404


def test_a_page_is_not_sent_to_who_has_it(reference: Served) -> None:
    tag = reference.ask(CAMP, accept=BROWSER).headers["etag"]
    answer = reference.ask(CAMP, accept=BROWSER, if_none_match=tag)
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert answer.headers.get_list("content-security-policy") == [PAGE_CSP]
    assert reference.ask(CAMP).headers["etag"] != tag
    assert reference.ask(CAMP, if_none_match=tag).status_code == 200


# --- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "title", "message"),
    [
        ("/v1/facilities/al-hol-kamp", 404, "Not found", "near ones: al-hol-camp"),
        ("/v1/figures?kind=x", 422, "Bad input", "'kind' is not a parameter"),
        ("/nowhere", 404, "Not found", "There is no such route"),
        ("/v1/facilities?revision=9", 422, "No such moment", "revision 9 has not been made"),
    ],
)
def test_an_error_is_a_page_for_who_is_at_a_browser(
    reference: Served, path: str, status: int, title: str, message: str
) -> None:
    data, shown = reference.ask(path), reference.ask(path, accept=BROWSER)
    assert (data.status_code, data.headers["content-type"]) == (status, "application/problem+json")
    assert (shown.status_code, shown.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert (shown.headers["cache-control"], shown.headers["vary"]) == ("no-store", "Accept")
    assert shown.headers.get_list("content-security-policy") == [PAGE_CSP]
    page = parse(shown.text)
    assert page.one("h1").text == title
    assert page.one("p", "lead").text == data.json()["detail"]
    assert message in page.text
    assert [one.text for one in page.section("faults").all("li")] if "errors" in data.json() else True
    assert {reference.ask(link).status_code for link in page.links() if link.startswith("/") and "#" not in link} == {
        200
    }


def test_who_is_at_odds_is_what_the_conflicts_say(reference: Served, attack: Element) -> None:
    rows = reference.get(f"{ATTACK}/conflicts")["rows"]
    words = [row["reads_as"] for row in rows if row["kind"] != "numbers"]
    section = attack.section("matrix")
    assert [one.text for one in section.all("ul", "disputes")[0].all("li")] == words
    assert len(words) == 4
    numbers = {row["key"] for row in rows if row["kind"] == "numbers"}
    assert len(parts(section.one("table", "matrix"))["Disputed: these cannot all be true"]) == len(numbers)
    taken = [link for link in section.links() if "/conflicts?" in link]
    assert [link.rpartition("=")[2] for link in taken] == ["csv", "xlsx", "json"]
