"""What is made stricter is hidden in its past too, as if it had never been open to those who may not see it now."""

import re
from typing import Any

import pytest

from app.catalogue.collections import COLLECTIONS
from app.catalogue.versions import form
from app.database.engines import write_engine
from app.history.codes import Access, ReasonCode
from app.writing.keys import KeyScope
from app.writing.removing import remove
from app.writing.revisions import Why
from app.writing.verification import differing
from tests.conftest import Databases, Served
from tests.http.test_access import seen_by
from tests.support.desk import Desk, desk_at
from tests.support.hidden import HIDDEN, I1, POINTING
from tests.support.sample import Record, put, served

OPEN: list[Record] = [record | {"access": "public"} for record in HIDDEN]
LATER: list[Record] = [
    # What is hidden is called otherwise; some of what named it does so no more.
    {**HIDDEN[1], "name": "Undisclosed unit, renamed"},
    {**HIDDEN[0], "publisher": "Undisclosed press, renamed"},
    {**POINTING[0], "parent": None, "operator": None, "supported_by": ["sdf"], "related": [], "phases": []},
    {**POINTING[1], "parent": None, "parties": [], "timeline": []},
    {**POINTING[7], "as_written": "5"},
    {**POINTING[8], "about": None, "assessments": []},
]


def opened(record: Record) -> Record:
    return record | {"access": "public"} if record.get("access") else record


def telling(register: Served, revision: int) -> dict[str, str]:
    """Everything a reader is told of a revision, but for the moments at which it was recorded."""
    pinned = f"revision={revision}"
    addresses = [f"/v1?{pinned}", f"/v1/revisions?{pinned}", f"/v1/changes?limit=1000&{pinned}"]
    for collection in COLLECTIONS:
        addresses += [f"/v1/{collection}?limit=1000&include=all&count=exact&{pinned}"]
        keys = [(row.get("slug"), row["id"]) for row in register.get(addresses[-1])["data"]]
        addresses += [f"/v1/{collection}/{key}?include=all&{pinned}" for both in keys for key in both if key]
        addresses += [f"/v1/{collection}/{slug or number}/history?{pinned}" for slug, number in keys[-4:]]
    addresses += [f"/v1/{record['collection']}/{record['slug']}?{pinned}" for record in HIDDEN if "slug" in record]
    addresses += [f"/v1/facilities?{pinned}&within=undisclosed-site", f"/v1/populations?{pinned}&country=IRQ"]
    return {address: re.sub(r'"recorded_at":"[^"]*"', "", register.ask(address).text) for address in addresses}


@pytest.fixture(scope="module")
def worlds(databases: Databases) -> tuple[str, str]:
    """Two registers: records hidden from the first, and the same ones hidden only when all had been written."""
    always, afterwards = databases.with_reference(), databases.with_reference()
    for records in (HIDDEN, POINTING, LATER):
        put(always, *records)
        put(afterwards, *map(opened, records))
    put(afterwards, *LATER[:2], *HIDDEN[2:])
    return always, afterwards


@pytest.mark.slow
@pytest.mark.parametrize("revision", [1, 2, 3, 4])
def test_it_is_as_if_it_had_been_hidden_from_the_first(worlds: tuple[str, str], revision: int) -> None:
    always, afterwards = worlds
    for tier in Access if revision == 4 else [Access.public]:
        with seen_by(always, tier) as one, seen_by(afterwards, tier) as other:
            expected, answer = telling(one, revision), telling(other, revision)
            assert expected.keys() == answer.keys()
            for address, text in expected.items():
                assert answer[address] == text, address


def test_the_past_is_what_its_rows_say(worlds: tuple[str, str]) -> None:
    engine = write_engine(worlds[1])
    assert list(differing(engine)) == []
    engine.dispose()


def test_the_feed_says_only_that_it_is_gone(worlds: tuple[str, str]) -> None:
    with served(worlds[1]) as register:
        answer = register.get("/v1/changes?limit=1000")["data"]
        of_hidden = [change for change in answer if "undisclosed" in str(change)]
    assert {(change["revision"], change["action"], change["record"]) for change in of_hidden} == {(5, "retract", None)}


@pytest.fixture
def desk(databases: Databases) -> Any:
    with desk_at(databases.with_reference()) as made:
        yield made


def test_what_a_cache_holds_of_the_past_is_no_longer_valid(desk: Desk) -> None:
    """A pinned answer changes, so its ETag does; what is answered of the present and later stays as it is."""
    desk.client.headers["accept-encoding"] = "identity"
    addresses = [
        "/v1/incidents?revision=1",
        f"/v1/incidents/{I1}?revision=1",
        "/v1?revision=1",
        "/v1/changes?revision=1",
    ]
    before = {address: desk.client.get(address).headers["etag"] for address in addresses}
    assert before[addresses[1]] == f'"1.{form()}.public"'
    desk.hide("/v1/sources/rudaw-2022-01-26")
    now = desk.client.get("/v1/incidents")
    for address, etag in before.items():
        answer = desk.client.get(address, headers={"If-None-Match": etag})
        assert answer.status_code == 200
        assert answer.headers["etag"] == f'"1r2.{form()}.public"'
    desk.post("/v1/sources", {"kind": "report", "title": "Another"})
    again = desk.client.get("/v1/incidents?revision=2")
    assert (again.content, again.headers["etag"]) == (now.content, now.headers["etag"])
    assert now.headers["etag"] == f'"2.{form()}.public"'


def test_opened_again_it_is_there_from_then_on(desk: Desk) -> None:
    trusted = desk.new_key("all", KeyScope.admin)
    desk.hide("/v1/facilities/al-hol-camp")
    desk.patch("/v1/facilities/al-hol-camp", {"access": "public"}, key=trusted)
    assert desk.get("/v1/populations/14")["facility"] == "al-hol-camp"
    assert desk.get("/v1/populations/14?revision=1")["facility"] is None
    assert desk.get("/v1/populations/14?revision=1", trusted)["facility"] == "al-hol-camp"
    answer = desk.get("/v1/facilities/al-hol-camp/history")["data"]
    assert [(one["revision"], one["action"]) for one in answer] == [(3, "create")]
    answer = desk.get("/v1/facilities/al-hol-camp/history", trusted)["data"]
    assert [(one["revision"], one["action"]) for one in answer] == [(1, "create"), (2, "update"), (3, "update")]


def test_a_figure_made_stricter_leaves_its_incident_s_past(desk: Desk) -> None:
    figures = desk.get(f"/v1/incidents/{I1}?revision=1")["figures"]
    desk.hide(f"/v1/figures/{figures[0]['id']}", "partner")
    left = desk.get(f"/v1/incidents/{I1}?revision=1")
    assert left["figures"] == figures[1:]
    assert left["revision"] == 1
    assert desk.client.get(f"/v1/figures/{figures[0]['id']}?revision=1").status_code == 403


def test_what_is_removed_leaves_the_past_for_everybody(desk: Desk) -> None:
    trusted = desk.new_key("reads all", KeyScope.read_restricted)
    gone, *others = desk.get(f"/v1/incidents/{I1}?revision=1")["figures"]
    claim = "boys-held-with-militants-for-years"
    with desk.engine.begin() as connection:
        for collection, key in (("figures", str(gone["id"])), ("claims", claim)):
            remove(connection, COLLECTIONS[collection], key, Why("Ann and Bo", ReasonCode.safety, "By request."))
    assert desk.client.get(f"/v1/claims/{claim}?revision=1").status_code == 410
    assert desk.get(f"/v1/incidents/{I1}?revision=1", trusted)["figures"] == others
    assert desk.client.get(f"/v1/figures/{gone['id']}?revision=1").status_code == 410
    assert list(differing(desk.engine)) == []


def test_a_retracted_record_s_past_names_nothing_hidden_since(desk: Desk) -> None:
    desk.post("/v1/actors", {"slug": "helper", "name": "Helper", "kind": "ngo"})
    desk.post("/v1/facilities", {"slug": "post", "level": "facility", "name": "Post", "operator": "helper"})
    number = desk.head()
    desk.delete("/v1/facilities/post")
    desk.hide("/v1/actors/helper")
    shown = desk.get(f"/v1/facilities/post?revision={number}")
    assert (shown["operator"], shown["withheld"]) == (None, True)
    assert "helper" not in desk.client.get("/v1/changes?after=1&limit=100").text.replace('"slug":"helper"', "", 1)
