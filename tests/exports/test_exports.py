"""Whole filtered sets in every format: the same rows, in the same order, as the same reader may see them."""

import asyncio
import json
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import httpx2
import pytest
from python_calamine import CalamineWorkbook

from app.catalogue.collections import COLLECTIONS, LISTINGS
from app.catalogue.columns import columns
from app.catalogue.versions import form as stored_form
from app.errors import Crowded
from app.exports.formats import FORMATS, formats_of
from app.history.codes import Access
from app.http.exports import Slots
from app.writing.keys import KeyScope
from tests.conftest import Databases, Served
from tests.support.desk import Desk, desk_at
from tests.support.formats import read
from tests.support.hidden import HIDDEN, POINTING
from tests.support.sample import SAMPLE, put, served
from tests.support.worlds import SOURCE

Record = dict[str, Any]
I1 = "al-sina-prison-attack-2022"


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    """Every kind of record there is, served to whoever asks; tests only read it."""
    url = databases.with_reference()
    for records in (SAMPLE, HIDDEN, POINTING):
        put(url, *records)
    with desk_at(url) as made:
        made.keys = {  # type: ignore[attr-defined]
            Access.public: None,
            Access.partner: made.new_key("partner", KeyScope.read_partner),
            Access.restricted: made.new_key("trusted", KeyScope.read_restricted),
        }
        yield made


def ask(desk: Desk, path: str, tier: Access = Access.public, **headers: str) -> httpx2.Response:
    key = desk.keys[tier]  # type: ignore[attr-defined]
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return desk.client.get(path, headers=sent | ({"Authorization": f"Bearer {key}"} if key else {}))


def records(desk: Desk, path: str, tier: Access) -> list[Record]:
    """Every record of a list, as its pages of JSON have them."""
    answer = ask(desk, f"{path}{'&' if '?' in path else '?'}limit=7", tier).json()
    found: list[Record] = answer["data"]
    while answer["next"]:
        answer = ask(desk, answer["next"], tier).json()
        found += answer["data"]
    return found


FILTERS = {"figures": "measure=killed&measure=escaped", "incidents": "country=SYR&country=FRA", "sources": "sort=-id"}


@pytest.mark.parametrize("tier", list(Access))
@pytest.mark.parametrize(
    ("collection", "form"),
    [
        (name, form)
        for name, one in LISTINGS.items()
        for form, of in formats_of(one).items()
        if not (of.paged or of.cites)
    ],
)
def test_every_format_holds_the_same_rows_in_the_same_order(
    desk: Desk, collection: str, form: str, tier: Access
) -> None:
    for query in (f"/v1/{collection}", f"/v1/{collection}?{FILTERS.get(collection, 'sort=-revision')}"):
        pages = records(desk, query, tier)
        assert pages
        response = ask(desk, f"{query}{'&' if '?' in query else '?'}format={form}", tier)
        assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, FORMATS[form].media)
        rows = read(form, response.content)
        if form == "ndjson":
            assert rows == pages
        elif form == "geojson":
            assert [unplaced(row) for row in rows] == pages
        elif form == "native":
            body = COLLECTIONS[collection].body.model_fields
            assert [row.pop("collection") for row in rows] == [collection] * len(pages)
            assert [without_nothing(row) for row in rows] == [
                without_nothing(as_posted(collection, {name: page[name] for name in body})) for page in pages
            ]
        else:
            assert [{name: row[name] for name in named(collection)} for row in rows] == [
                {one: in_cell(form, page.get(one), one, collection) for one in named(collection)} for page in pages
            ]


def named(collection: str) -> list[str]:
    return [one.name for one in columns(COLLECTIONS[collection]) if not one.name.startswith("source_")]


def unplaced(feature: Record) -> Record:
    """A feature as the record it was."""
    point = feature["geometry"]["coordinates"] if feature["geometry"] else [None, None]
    assert (feature["type"], feature["id"]) == ("Feature", feature["properties"]["slug"])
    record: Record = feature["properties"]
    return record | {"longitude": point[0], "latitude": point[1]}


def without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nothing(one) for name, one in value.items() if one is not None and one not in ([], {})}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


def as_posted(collection: str, record: Record) -> Record:
    """A record's lists without what the register adds to their entries."""
    made = dict(record)
    for name in COLLECTIONS[collection].part_tables:
        made[name] = [
            {key: one for key, one in entry.items() if not key.endswith(("_earliest", "_latest")) and key != "withheld"}
            if isinstance(entry, dict)
            else entry
            for entry in made[name]
        ]
    return made


def in_cell(form: str, value: Any, name: str, collection: str) -> Any:
    """A value as a table has it."""
    kind = next(one.kind for one in columns(COLLECTIONS[collection]) if one.name == name)
    if name == "withheld":
        value = bool(value)
    if name == "figures":
        value = [str(one["id"]) for one in value]
    if form == "parquet":
        if kind == "day":
            return date.fromisoformat(value) if value else None
        if kind == "moment":
            return datetime.fromisoformat(value)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if kind in {"entries", "mapping"} else value
    if kind in {"entries", "mapping"}:
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":")) if value != [] else None
    elif kind == "texts":
        value = ";".join(value)
    if form == "xlsx" and kind == "day" and value and value >= "1900-03-01":
        return date.fromisoformat(value)
    if form == "xlsx":
        return (
            "" if value is None else float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        )
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_a_table_tells_of_sources(desk: Desk) -> None:
    (row,) = read("csv", ask(desk, "/v1/figures?format=csv&measure=hostages").content)
    assert (row["low"], row["best"], row["as_written"], row["as_of"]) == ("25", "", "at least 25", "2022-01-24")
    assert (row["source_publisher"], row["source_url"]) == (
        "Middle East Institute",
        "https://mei.edu/blog/attack-al-sina-prison-points-broader-isis-resurgence",
    )
    (annex,) = read("csv", ask(desk, "/v1/facilities?format=csv&within=north-annex").content)
    assert (annex["sources"], annex["source_publishers"], annex["source_titles"]) == (
        "annual-report;bulletin-may",
        "Watch;",
        "Year;May",
    )


@pytest.mark.parametrize("tier", list(Access))
def test_a_table_tells_nothing_of_a_hidden_source(desk: Desk, tier: Access) -> None:
    for collection in COLLECTIONS:
        for form in ("csv", "ndjson", "native", "geojson"):
            if form in formats_of(LISTINGS[collection]):
                body = ask(desk, f"/v1/{collection}?format={form}", tier).text
                assert ("ndisclosed" in body) is (tier == Access.restricted), (collection, form)
                assert not (tier == Access.public and "Friends" in body)


def test_fields_trim_every_format(desk: Desk) -> None:
    for form in ("csv", "xlsx", "parquet"):
        rows = read(form, ask(desk, f"/v1/figures?format={form}&fields=low,id&measure=hostages").content)
        assert [list(row) for row in rows] == [["id", "low"]]
    rows = read("csv", ask(desk, "/v1/figures?format=csv&fields=source&measure=hostages").content)
    assert [list(row) for row in rows] == [
        ["source", "source_publisher", "source_title", "source_url", "source_licence"]
    ]
    assert read("ndjson", ask(desk, "/v1/figures?format=ndjson&fields=low&measure=hostages").content) == [{"low": 25}]
    (feature,) = read("geojson", ask(desk, "/v1/facilities?format=geojson&fields=name&within=al-hol-camp").content)
    assert (feature["id"], feature["properties"]) == ("al-hol-camp", {"name": "al-Hol camp"})


def test_a_record_comes_in_every_format(desk: Desk) -> None:
    whole = ask(desk, "/v1/facilities/north-prison").json()
    del whole["cite"]
    for form in ("csv", "xlsx", "parquet", "ndjson", "native"):
        (row,) = read(form, ask(desk, f"/v1/facilities/north-prison?format={form}").content)
        assert (row["name"], row["opened"]) == (whole["name"], "1990")
    feature = ask(desk, "/v1/facilities/north-prison?format=geojson")
    assert (feature.headers["content-type"], unplaced(feature.json())) == ("application/geo+json", whole)
    assert ask(desk, "/v1/facilities/shelter?format=csv").status_code == 403
    assert ask(desk, "/v1/facilities/undisclosed-site?format=csv").status_code == 404


def test_accept_chooses_and_format_overrules_it(desk: Desk) -> None:
    path = "/v1/facilities"
    for accept, expected in {
        "text/csv": "text/csv; charset=utf-8",
        "application/geo+json, application/json;q=0.5": "application/geo+json",
        "text/html,application/xhtml+xml,*/*;q=0.8": "text/html; charset=utf-8",
        "image/png,*/*;q=0.8": "application/json",
        "application/x-ndjson": "application/x-ndjson",
    }.items():
        assert ask(desk, path, accept=accept.upper()).headers["content-type"] == expected
        response = ask(desk, path, accept=accept)
        assert response.headers["content-type"] == expected
        assert "Accept" in response.headers["vary"]
    assert ask(desk, f"{path}?format=json", accept="text/csv").headers["content-type"] == "application/json"
    refused = ask(desk, path, accept="image/png")
    assert refused.status_code == 406
    assert "text/csv (format=csv)" in refused.json()["detail"]
    assert ask(desk, "/v1/figures", accept="application/geo+json").status_code == 406


@pytest.mark.parametrize(
    ("query", "parameter", "message"),
    [
        ("format=xml", "format", "Allowed: bibtex, csl, csv, geojson, json, native, ndjson, parquet, ris, xlsx."),
        ("format=csv&cursor=abc", "cursor", "belongs to JSON"),
        ("format=csv&count=exact", "count", "belongs to JSON"),
        ("format=csv&include=sources", "include", "belongs to JSON"),
        ("format=native&fields=name", "fields", "whole"),
        ("format=ndjson&bom=true", "bom", "format=csv"),
        ("bom=true", "bom", "format=csv"),
        ("format=csv&operator=nobody-known", "operator", "no actor is called"),
        ("format=csv&revision=99", "revision", "has not been made"),
    ],
)
def test_what_does_not_go_together_is_refused(desk: Desk, query: str, parameter: str, message: str) -> None:
    response = ask(desk, f"/v1/facilities?{query}")
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    (fault,) = response.json()["errors"]
    assert (fault["parameter"], message in fault["detail"]) == (parameter, True), fault


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_csv_is_safe_in_a_spreadsheet_and_comes_back_to_the_letter(databases: Databases) -> None:
    texts = [
        "=1+1",
        "'=1",
        "''+2",
        "-3 people",
        "@name",
        "=\tTab",
        'with "quotes", commas\r\nand lines',
        "سجن ; a",
        "'x",
    ]
    url = databases.empty()
    put(
        url,
        *(
            {**SOURCE, "slug": f"s-{number}", "title": one_line(text), "authors": [one_line(text), "B;C"], "note": text}
            for number, text in enumerate(texts)
        ),
    )
    with served(url) as register:
        body = register.ask("/v1/sources?format=csv&sort=id").content
        assert register.ask("/v1/sources?format=csv&bom=true&sort=id").content == b"\xef\xbb\xbf" + body
    rows = read("csv", body)
    assert all(cell[:1] not in set("=+-@\t\r") for row in rows for cell in row.values())
    assert [row["title"] for row in rows[:3]] == ["'=1+1", "''=1", "'''+2"]
    from app.catalogue.columns import body_of_cells  # noqa: PLC0415

    back = [body_of_cells(COLLECTIONS["sources"], row) for row in rows]
    answer = [(one["title"], one["authors"], one["note"]) for one in back]
    assert answer == [(one_line(text), [one_line(text), "B;C"], text) for text in texts]


def test_an_answer_is_the_same_later_and_says_so(databases: Databases) -> None:
    with desk_at(databases.with_reference()) as desk:
        for form in ("csv", "ndjson", "geojson", "native"):
            first = desk.client.get(f"/v1/facilities?format={form}")
            assert first.headers["etag"] == f'"{first.headers["data-revision"]}.{stored_form()}.public.{form}"'
            again = desk.client.get(f"/v1/facilities?format={form}", headers={"If-None-Match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            desk.patch("/v1/facilities/al-hol-camp", {"description": f"changed for {form}"})
            assert desk.client.get(f"/v1/facilities?format={form}").content != first.content
            link = first.headers["link"].split(">")[0][1:]
            later = desk.client.get(link)
            names = ("etag", "data-revision", "link")
            assert later.content == first.content
            assert [later.headers[name] for name in names] == [first.headers[name] for name in names]
            accepted = desk.client.get("/v1/facilities", headers={"Accept": first.headers["content-type"]})
            if form != "native":
                assert accepted.headers["link"].startswith(f"<http://testserver/v1/facilities?format={form}&revision=")


@pytest.mark.parametrize("form", ["csv", "ndjson", "geojson", "xlsx", "parquet", "native"])
def test_one_entity_tag_stands_for_the_same_bytes(desk: Desk, form: str) -> None:
    for path in ("/v1/facilities", "/v1/facilities/al-sina-prison"):
        first, again = (ask(desk, f"{path}?format={form}&revision=1") for _ in range(2))
        assert first.status_code == 200
        assert (again.headers["etag"], again.content) == (first.headers["etag"], first.content)


def test_a_workbook_is_as_old_as_its_newest_record_whenever_it_is_made(desk: Desk) -> None:
    """What it says of its own age, and of that of its parts, is all in it that a clock could change."""
    recorded = max(one["recorded_at"] for one in records(desk, "/v1/facilities?revision=1", Access.public))
    for path, age in (
        ("/v1/facilities?revision=1", recorded),
        ("/v1/facilities?revision=1&level=unit&country=ATA", "1980-01-01T00:00:00.0"),
        ("/v1/facilities/al-sina-prison?revision=1", recorded),
    ):
        with zipfile.ZipFile(BytesIO(ask(desk, f"{path}&format=xlsx").content)) as book:
            answer = book.read("docProps/core.xml").decode()
            assert re.findall(r"<dcterms:(\w+) [^>]*>([^<]*)<", answer) == [
                ("created", f"{age[:19]}Z"),
                ("modified", f"{age[:19]}Z"),
            ]
            assert {part.date_time[:2] for part in book.infolist()} == {(1980, 1)}


def test_head_tells_what_get_would(desk: Desk) -> None:
    for form in ("csv", "xlsx", "ndjson"):
        whole, bare = ask(desk, f"/v1/figures?format={form}"), desk.client.head(f"/v1/figures?format={form}")
        assert (bare.status_code, bare.content) == (200, b"")
        assert [bare.headers[name] for name in ("etag", "content-type", "content-disposition")] == [
            whole.headers[name] for name in ("etag", "content-type", "content-disposition")
        ]


def test_limit_and_as_of_hold_in_every_format(desk: Desk) -> None:
    query = "/v1/populations?facility=al-hol-camp&measure=held&as_of=2019-08-15"
    assert [row["best"] for row in read("csv", ask(desk, f"{query}&format=csv").content)] == ["68823"]
    assert len(read("ndjson", ask(desk, "/v1/figures?format=ndjson&limit=3").content)) == 3
    within = "/v1/facilities/sdf-isis-prisons/populations"
    assert read("ndjson", ask(desk, f"{within}?format=ndjson").content) == records(desk, within, Access.public)
    assert ask(desk, "/v1/facilities/nowhere/populations?format=csv").status_code == 404


def test_an_empty_set_is_whole_too(desk: Desk) -> None:
    query = "/v1/facilities?country=NOR&format="
    assert ask(desk, f"{query}ndjson").content == b""
    assert ask(desk, f"{query}geojson").json() == {"type": "FeatureCollection", "features": []}
    assert read("csv", ask(desk, f"{query}csv").content) == []
    assert len(ask(desk, f"{query}csv").text.splitlines()) == 1
    assert read("parquet", ask(desk, f"{query}parquet").content) == []
    assert read("xlsx", ask(desk, f"{query}xlsx").content) == []


def test_more_exports_than_a_server_gives_wait_their_turn(databases: Databases, serve: Any) -> None:
    register: Served = serve(databases.with_reference(), exports_at_once=1)
    app: Any = register.client.app
    held, over = threading.Event(), threading.Event()

    async def hold() -> None:
        with app.state.exports.taken("elsewhere"):
            held.set()
            await asyncio.to_thread(over.wait)

    portal: Any = register.client.portal
    stored = portal.start_task_soon(hold)
    held.wait(10)
    refused = register.ask("/v1/figures?format=csv")
    over.set()
    stored.result(10)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert register.ask("/v1/figures?format=csv").status_code == 200
    for _ in range(3):
        # One that is refused in the middle gives its turn back.
        assert register.ask("/v1/figures?format=csv&actor=nobody-known").status_code == 422
    assert register.ask("/v1/figures?format=xlsx").status_code == 200


def test_one_address_has_half_of_the_exports_and_one_that_takes_nothing_is_cut_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = Slots(4)
    with slots.taken("a"), slots.taken("a"), slots.taken("b"):
        with pytest.raises(Crowded), slots.taken("a"):
            pass
        with slots.taken("b"), pytest.raises(Crowded), slots.taken("c"):
            pass
    monkeypatch.setattr("app.http.exports.STALLED_SECONDS", 0.2)
    app: Any = desk.client.app

    async def ask_and_take_nothing() -> float:
        scope = {"type": "http", "method": "GET", "path": "/v1/figures", "query_string": b"format=csv", "headers": []}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                await asyncio.sleep(3600)

        begun = time.monotonic()
        async with asyncio.timeout(60):
            await app(scope | {"app": app, "client": ("a", 1)}, asyncio.Event().wait, send)
        return time.monotonic() - begun

    portal: Any = desk.client.portal
    taken: float = portal.call(ask_and_take_nothing)
    assert taken < 5
    assert ask(desk, "/v1/figures?format=csv").status_code == 200


def test_a_workbook_says_what_it_is(reference: Served) -> None:
    body = reference.ask("/v1/figures?format=xlsx&revision=1").content
    assert body == reference.ask("/v1/figures?format=xlsx&revision=1").content
    book = CalamineWorkbook.from_filelike(BytesIO(body))
    assert book.sheet_names == ["figures", "about"]
    answer = {str(row[0]): str(row[1]) for row in book.get_sheet_by_name("about").to_python()}
    assert (answer["this table"], answer["at revision"]) == ("figures, of Detention Facility Data", "1")
    assert "never zero" in answer["how to read it"]
    assert answer["as_written"]
    assert set(map(str, book.get_sheet_by_index(0).to_python()[0])) <= answer.keys()
    with zipfile.ZipFile(BytesIO(body)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert re.search(r'<autoFilter ref="A1:[A-Z]+54"/>', sheet)
    assert '<col min="1" max="1"' in sheet
