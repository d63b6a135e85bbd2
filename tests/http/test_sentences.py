"""What is wrong with a request, in sentences of ours: none of a library's stands in an answer."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.catalogue.collections import COLLECTIONS
from app.errors import PATTERNS, unlisted
from app.estimates.dates import DateError, parse_partial_date
from app.writing.keys import KeyScope
from app.writing.validation import Refused, validated
from tests.conftest import Databases, Served
from tests.support.desk import Desk, desk_at

ROOT = Path(__file__).parents[2]
THEIRS = re.compile(
    r"Input should|String should|Value should|List should|unable to|valid (string|integer|number|dict)|\^"
)
"""What pydantic would say, or a pattern shown as it is."""

ASKED = [
    ("facilities?limit=abc", "limit", "it must be a whole number"),
    ("facilities?limit=", "limit", "it must be a whole number"),
    ("facilities?limit=1.5", "limit", "it must be a whole number"),
    ("facilities?limit=0", "limit", "it must be 1 or more"),
    ("facilities?limit=1001", "limit", "it must be 1000 or less"),
    (f"facilities?limit={'9' * 5000}", "limit", "the number has more digits than are read"),
    ("facilities?revision=-1", "revision", "it must be 0 or more"),
    (f"facilities?revision={2**63}", "revision", "it must be less than 9223372036854775808"),
    ("facilities?bom=maybe", "bom", "it must be true or false"),
    (f"facilities?cursor={'x' * 2001}", "cursor", "it holds at most 2000 characters"),
    (f"facilities?known_at={'x' * 41}", "known_at", "it holds at most 40 characters"),
    ("facilities?operator=", "operator", "it must say something"),
    ("facilities?admin1=", "admin1", "it must say something"),
    ("facilities?identifier=nomis", "identifier", "it must be two words with a colon between, as in nomis:MDI"),
    ("populations?min_age=abc", "min_age", "it must be a whole number, or total"),
    ("populations?max_age=151", "max_age", "it must be 150 or less, or total"),
    ("vocabularies?x=1", "x", "'x' is not a parameter here; there is none."),
    ("facilities/al-hol-camp/populations?subtree=perhaps", "subtree", "it must be true or false"),
    ("changes?limit=x", "limit", "it must be a whole number"),
    ("facilities/al-hol-camp/history?limit=x", "limit", "it must be a whole number"),
]


@pytest.mark.parametrize(("path", "parameter", "sentence"), ASKED, ids=[path[:50] for path, _, _ in ASKED])
def test_a_parameter_that_cannot_be_used(reference: Served, path: str, parameter: str, sentence: str) -> None:
    answer = reference.ask(f"/v1/{path}")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"parameter": parameter, "detail": sentence}]


def test_a_code_of_a_vocabulary_has_its_article(reference: Served) -> None:
    (fault,) = reference.ask("/v1/incidents?kind=riott").json()["errors"]
    assert fault["detail"].startswith("'riott' is not an incident-kind; did you mean 'riot'?")
    (fault,) = reference.ask("/v1/actors?kind=nog").json()["errors"]
    assert fault["detail"].startswith("'nog' is not an actor-kind; did you mean 'ngo'?")
    (fault,) = reference.ask("/v1/incidents?mesure=killed&limit=1").json()["errors"]
    assert "'source'" not in fault["detail"]


@pytest.mark.parametrize(
    ("word", "listed", "hint"),
    [
        ("measure", ["source", "facility"], ""),
        ("nmae", ["name", "country"], "; did you mean 'name'?"),
        ("nog", ["ngo", "state"], "; did you mean 'ngo'?"),
        ("map", ["mapping", "files"], "; did you mean 'mapping'?"),
        ("ma", ["mapping"], ""),
        ("facility", ["facilities", "figures"], "; did you mean 'facilities'?"),
    ],
)
def test_a_hint_is_near_or_there_is_none(word: str, listed: list[str], hint: str) -> None:
    assert unlisted("known", word, listed).partition(" Allowed")[0].rstrip(".") == f"'{word}' is not known{hint}"


def test_every_pattern_has_a_sentence() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "app").rglob("*.py"))
    patterns = set(re.findall(r'(?:pattern|regex)=r"([^"]+)"', source))
    assert len(patterns) >= 7
    assert patterns - PATTERNS.keys() == set()


# --- what is written ---------------------------------------------------------------------------------------------

ACTOR: dict[str, Any] = {"name": "Watch", "kind": "ngo"}
SOURCE: dict[str, Any] = {"kind": "report", "publisher": "Watch", "title": "A report"}
POPULATION: dict[str, Any] = {"facility": "camp", "measure": "held", "as_of": "2022", "source": "report", "best": 5}
BODIES: list[tuple[str, Any, str, str]] = [
    ("actors", ACTOR | {"name": 5}, "/name", "it must be text"),
    ("actors", ACTOR | {"name": ""}, "/name", "it must say something"),
    ("actors", ACTOR | {"name": "x" * 301}, "/name", "it holds at most 300 characters"),
    ("actors", ACTOR | {"slug": "A B"}, "/slug", "it takes small letters and digits, with single hyphens between"),
    ("actors", ACTOR | {"names": "x"}, "/names", "it must be a list"),
    ("actors", ACTOR | {"names": [5]}, "/names/0", "it must be an object, with names and values"),
    ("actors", [], "", "it must be an object, with names and values"),
    ("sources", SOURCE | {"url": "x"}, "/url", "it must be a whole web address, as in https://example.org/report"),
    ("facilities", {"name": "P", "level": "facility", "identifiers": [{"scheme": "a b", "value": "1"}]},
     "/identifiers/0/scheme", "it takes neither blanks nor colons"),
    ("sources", SOURCE | {"language": "x_y"}, "/language",
     "it must be the code of a language, as in ar, ckb or sr-Latn"),
    ("populations", POPULATION | {"best": 1.5}, "/best",
     "a count is a whole number; only a daily average has a fraction"),
    ("populations", POPULATION | {"best": -1}, "/best", "it must be 0 or more"),
    ("populations", POPULATION | {"min_age": "x"}, "/min_age", "it must be a whole number"),
    ("populations", POPULATION | {"dimensions": {"A": "b"}}, "/dimensions/A",
     "it takes small letters, digits and underscores, a letter first"),
    ("populations", POPULATION | {"dimensions": 5}, "/dimensions", "it must be an object, with names and values"),
    # A text of one line is one line, and no text turns the letters after it round.
    ("actors", ACTOR | {"name": "a\nb"}, "/name", "it is one line of text and holds U+000A; put a blank in its place"),
    ("sources", SOURCE | {"title": "a\tb"}, "/title",
     "it is one line of text and holds U+0009; put a blank in its place"),
    ("sources", SOURCE | {"authors": ["a", "b\u2028c"]}, "/authors/1",
     "it is one line of text and holds U+2028; put a blank in its place"),
    ("sources", SOURCE | {"title": "a\u202eb"}, "/title",
     "it holds U+202E, which controls how text is shown and is no part of it; leave it out"),
    ("sources", SOURCE | {"note": "a\u2067b"}, "/note",
     "it holds U+2067, which controls how text is shown and is no part of it; leave it out"),
    ("actors", ACTOR | {"names": [{"name": "a\x1bb"}]}, "/names/0/name",
     "it holds U+001B, which controls how text is shown and is no part of it; leave it out"),
]  # fmt: skip


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    """A register to be written to; what is refused changes nothing."""
    with desk_at(databases.with_reference()) as made:
        yield made


@pytest.mark.parametrize(("collection", "body", "pointer", "sentence"), BODIES, ids=lambda value: str(value)[:40])
def test_a_body_that_cannot_be_taken(desk: Desk, collection: str, body: Any, pointer: str, sentence: str) -> None:
    answer = desk.send("POST", f"/v1/{collection}", body)
    assert answer.status_code == 422
    assert {"pointer": pointer, "detail": sentence} in answer.json()["errors"]
    assert THEIRS.search(answer.text) is None


def test_a_text_that_may_have_lines_keeps_them(desk: Desk) -> None:
    note = "First.\nSecond.\tThird; \u200fعربي."
    made = desk.post("/v1/sources", SOURCE | {"note": note, "authors": ["  A. Writer\n"]})
    assert (made["note"], made["authors"]) == (note, ["A. Writer"])


def test_a_line_break_in_a_cell_of_published_data_is_a_blank() -> None:
    entry = validated(COLLECTIONS["actors"], ACTOR | {"name": "Prison\r\nService"}, published=True)
    assert entry.row["name"] == "Prison Service"
    with pytest.raises(Refused):
        validated(COLLECTIONS["actors"], ACTOR | {"name": "Prison\u202eService"}, published=True)


@pytest.mark.parametrize("hours", [-12, 0, 14])
def test_a_day_is_no_future_once_it_has_begun_anywhere(desk: Desk, hours: int) -> None:
    day = (datetime.now(UTC) + timedelta(hours=hours)).date()
    made = desk.post(
        "/v1/sources", SOURCE | {"slug": f"of-the-day-{hours}".replace("--", "-"), "published_on": str(day)}
    )
    assert made["published_on"] == str(day)


def test_a_day_that_has_begun_nowhere_is_refused(desk: Desk) -> None:
    day = (datetime.now(UTC) + timedelta(hours=14, days=1)).date()
    answer = desk.send("POST", "/v1/sources", SOURCE | {"published_on": str(day)})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/published_on")
    with pytest.raises(DateError, match="lies in the future"):
        parse_partial_date(str(day))


# --- keys --------------------------------------------------------------------------------------------------------


def test_a_key_that_does_not_work_is_told_from_none(desk: Desk) -> None:
    old = desk.new_key("old", KeyScope.write, lasting=timedelta(seconds=-1))
    for authorization, detail in (
        ("Bearer nonsense", "Send the key as `Authorization: Bearer dfk_...`."),
        ("Basic abc", "Send the key as `Authorization: Bearer dfk_...`."),
        (f"Bearer dfk_abcdefgh_{'x' * 43}", "This key is not known."),
        (f"Bearer {old}", "This key has expired."),
    ):
        answer = desk.client.get("/v1/actors", headers={"Authorization": authorization})
        assert (answer.status_code, answer.json()["title"], answer.json()["detail"]) == (
            401, "The key does not work", detail,
        )  # fmt: skip
        assert answer.headers["www-authenticate"] == "Bearer"
    answer = desk.client.post("/v1/actors", json=ACTOR)
    assert (answer.status_code, answer.json()["title"]) == (401, "A key is needed")


# --- what was mended before --------------------------------------------------------------------------------------


def test_media_types_marks_and_lists_are_read_as_they_are_meant(desk: Desk) -> None:
    for accept in ("TEXT/CSV", "Text/Csv; Q=1", "application/XLSX, TEXT/csv"):
        answer = desk.client.get("/v1/actors", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    for country, code in (("UK", "GBR"), ("KSV", "XKX"), ("EL", "GRC")):
        (fault,) = desk.client.get(f"/v1/facilities?country={country}").json()["errors"]
        assert fault["detail"] == f"'{country}' is not a country (ISO 3166-1 alpha-3); did you mean '{code}'?"
    headers = {"Authorization": f"Bearer {desk.key}", "Content-Type": "application/json"}
    marked = desk.client.post("/v1/actors", content=b'\xef\xbb\xbf{"name":"Marked","kind":"ngo"}', headers=headers)
    assert marked.status_code == 201
    held = f'"0.x.public", {marked.headers["etag"]}'
    changed = desk.send("PATCH", "/v1/actors/marked", {"short_name": "M"}, If_Match=held)
    assert (changed.status_code, changed.json()["short_name"]) == (200, "M")


# --- workbooks ---------------------------------------------------------------------------------------------------


def test_a_workbook_has_real_dates_and_loses_no_text(desk: Desk) -> None:
    steps = [{"text": f"{number} " + "x" * 1900, "order": number} for number in range(40)]
    answer = {"slug": "long-story", "title": "A long story", "kinds": ["riot"], "started": "2022-01-20/2022-01-22"}
    record = desk.post("/v1/incidents", answer | {"timeline": steps, "sources": ["rudaw-2022-01-26"]})
    body = desk.client.get("/v1/incidents?format=xlsx").content
    book = CalamineWorkbook.from_filelike(BytesIO(body))
    assert book.sheet_names == ["incidents", "long texts", "about"]
    head, *rows = book.get_sheet_by_index(0).to_python()
    (place,) = [number for number, row in enumerate(rows) if row[head.index("slug")] == "long-story"]
    row = dict(zip(head, rows[place], strict=True))
    assert (row["started"], row["started_earliest"], row["started_latest"]) == (
        "2022-01-20/2022-01-22", date(2022, 1, 20), date(2022, 1, 22),
    )  # fmt: skip
    short = str(row["timeline"])
    assert len(short) == 32_767
    assert short.endswith("…")
    heading, *parts = book.get_sheet_by_index(1).to_python()
    assert heading == ["row", "column", "part", "text"]
    whole = "".join(str(text) for number, name, _, text in parts if (number, name) == (place + 2, "timeline"))
    assert json.loads(whole) == record["timeline"]
    assert desk.client.get("/v1/incidents?format=xlsx").content == body


def test_a_day_before_workbooks_have_days_is_text(desk: Desk) -> None:
    desk.post("/v1/facilities", {"slug": "old-prison", "level": "facility", "name": "Old prison", "opened": "1834"})
    body = desk.client.get("/v1/facilities?format=xlsx&fields=slug,opened_earliest").content
    _, *rows = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()
    assert ["old-prison", "1834-01-01"] in rows
