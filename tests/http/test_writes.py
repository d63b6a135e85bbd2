"""Writing over HTTP: keys, bodies, preconditions, tombstones, history and the feed, on both engines."""

import json
from collections.abc import Iterator
from datetime import timedelta
from time import sleep
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from app.catalogue.collections import COLLECTIONS
from app.database.server_tables import KEYS
from app.http.keys import FRESH_SECONDS
from app.records.bodies import TAKEN
from app.writing.keys import KeyScope, create_key, revoke_key
from tests.conftest import Databases
from tests.support.desk import FIGURE, FIRE, I1, Desk, desk_at


@pytest.fixture
def desk(databases: Databases) -> Iterator[Desk]:
    with desk_at(databases.with_reference()) as made:
        yield made


def pointers(response: httpx2.Response) -> set[str]:
    assert response.headers["content-type"] == "application/problem+json"
    return {fault["pointer"] for fault in response.json()["errors"]}


def test_a_figure_in_words_changes_its_incident_and_leaves_its_past(desk: Desk) -> None:
    before = desk.client.get(f"/v1/incidents/{I1}").content
    response = desk.send("POST", "/v1/figures", FIGURE | {"as_written": "more than 450"})
    assert response.status_code == 201, response.text
    made = response.json()
    assert (made["low"], made["best"], made["high"], made["qualifier"]) == (451, None, None, "more_than")
    assert (response.headers["location"], response.headers["data-revision"]) == (f"/v1/figures/{made['id']}", "2")
    incident = desk.get(f"/v1/incidents/{I1}")
    assert incident["revision"] == 2
    assert made["id"] in {figure["id"] for figure in incident["figures"]}
    assert desk.client.get(f"/v1/incidents/{I1}?revision=1").content == before


def test_every_fault_of_a_body_is_named_at_once(desk: Desk) -> None:
    response = desk.send(
        "POST", "/v1/figures", {"measure": "kild", "low": -1, "colour": "red", "as_written": "umpteen"}
    )
    assert response.status_code == 422
    assert pointers(response) == {"/measure", "/low", "/colour", "/incident", "/as_of", "/source"}
    unknown = desk.send("POST", "/v1/figures", FIGURE | {"as_written": "3", "actor": "sfd"})
    assert pointers(unknown) == {"/actor"}
    assert "sdf" in unknown.text
    assert "POST /v1/actors" in unknown.text
    assert desk.head() == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [("{}", {"Content-Type": "text/plain"}, 415), ("{", {"Content-Type": "application/json"}, 422),
     ('{"low": NaN}', {"Content-Type": "application/json"}, 422), ("[]", {"Content-Type": "application/json"}, 422)],
)  # fmt: skip
def test_a_body_that_is_no_record_is_told_so(desk: Desk, body: str, headers: dict[str, str], status: int) -> None:
    headers |= {"Authorization": f"Bearer {desk.key}"}
    response = desk.client.post("/v1/figures", content=body, headers=headers)
    assert response.status_code == status, response.text


@pytest.mark.parametrize("deep", [255, 900, 1020, 100_000])
@pytest.mark.parametrize("around", ["%s", '{"incident": %s}', '{"source": {"title": %s}}', '{"no such field": %s}'])
def test_a_body_nested_deeper_than_any_record_is_refused(desk: Desk, deep: int, around: str) -> None:
    body = around % ("[" * deep + "]" * deep)
    for method, path, kind in (
        ("POST", "/v1/figures", "application/json"),
        ("POST", "/v1/figures/batch", "application/json"),
        ("PATCH", "/v1/figures/1", "application/merge-patch+json"),
    ):
        headers = {"Content-Type": kind, "If-Match": "*", "Authorization": f"Bearer {desk.key}"}
        sent = f'{{"data": [{body}]}}' if path.endswith("batch") else body
        response = desk.client.request(method, path, content=sent, headers=headers)
        assert response.status_code == 422, (method, path, response.text)


def test_a_body_may_begin_with_a_byte_order_mark(desk: Desk) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {desk.key}"}
    body = json.dumps(FIGURE | {"as_written": "more than 450"}).encode("utf-8-sig")
    assert desk.client.post("/v1/figures", content=body, headers=headers).status_code == 201


def test_an_address_of_the_api_is_no_slug(desk: Desk) -> None:
    actor = {"kind": "company", "name": "Batch"}
    assert desk.send("POST", "/v1/actors", actor).json()["slug"] == "actor-batch"
    refused = desk.send("POST", "/v1/actors", actor | {"slug": "batch"})
    assert refused.status_code == 422
    assert "'batch' is an address of the API" in refused.text
    assert desk.client.get("/v1/actors/batch").status_code == 405
    # Every route that stands where a record's slug would is such a word.
    parts = [path.split("/") for path in desk.client.get("/openapi.json").json()["paths"]]
    words = {part[3] for part in parts if len(part) > 3 and part[2] in COLLECTIONS and "{" not in part[3]}
    assert words == TAKEN
    for word in words:
        assert desk.send("POST", "/v1/actors", actor | {"slug": word}).status_code == 422


def test_a_whole_source_may_stand_where_one_is_asked(desk: Desk) -> None:
    source = {"kind": "article", "publisher": "A Paper", "title": "A later report"}
    made = desk.send("POST", "/v1/figures", FIGURE | {"as_written": "12", "source": source}).json()
    assert made["source"] == "a-later-report"
    second = desk.send("POST", "/v1/figures", FIGURE | {"as_written": "13", "source": source}).json()
    assert second["source"] == "a-later-report-2"
    assert desk.get("/v1/sources/a-later-report-2")["publisher"] == "A Paper"


def test_an_incident_comes_with_its_figures_and_goes_with_them(desk: Desk) -> None:
    response = desk.send("POST", "/v1/incidents", FIRE)
    assert response.status_code == 201, response.text
    made = response.json()
    assert (made["slug"], response.headers["location"]) == ("a-fire", "/v1/incidents/a-fire")
    assert [(one["measure"], one["low"], one["source"]) for one in made["figures"]] == [
        ("killed", 3, "rudaw-2022-01-26"),
        ("injured", 24, "rudaw-2022-01-26"),
    ]
    assert made["parties"][0]["source"] == "rudaw-2022-01-26"
    assert desk.send("POST", "/v1/incidents", FIRE | {"slug": "a-fire"}).status_code == 409
    held = desk.send("DELETE", "/v1/facilities/al-hol-camp?reason_code=duplicate&reason=twice", If_Match="*")
    assert held.status_code == 409
    assert "/v1/incidents/a-fire" in held.text
    gone = desk.send("DELETE", "/v1/incidents/a-fire?reason_code=our_error&reason=a+drill", If_Match="*")
    assert (gone.status_code, gone.headers["data-revision"]) == (204, "3")
    after = desk.client.get("/v1/incidents/a-fire")
    assert after.status_code == 410
    assert "our_error: a drill" in after.json()["detail"]
    assert desk.client.get(f"/v1/figures/{made['figures'][0]['id']}").status_code == 410
    assert desk.get("/v1/incidents/a-fire?revision=2")["title"] == "A fire"
    assert desk.send("POST", "/v1/incidents", FIRE | {"slug": "a-fire"}).status_code == 409


def test_a_batch_is_one_revision_and_all_of_it_or_none(desk: Desk) -> None:
    two = [FIGURE | {"as_written": "12"}, FIGURE | {"as_written": "13", "nth": 2}]
    faulty = desk.send("POST", "/v1/figures/batch", {"data": [*two, FIGURE | {"low": -3, "nth": 3}]})
    assert (faulty.status_code, pointers(faulty)) == (422, {"/data/2/low"})
    assert desk.head() == 1
    done = desk.send("POST", "/v1/figures/batch", {"data": two})
    assert (done.status_code, done.json()["revision"]) == (201, 2)
    assert [record["best"] for record in done.json()["data"]] == [12, 13]
    again = desk.send("POST", "/v1/figures", two[0])
    assert again.status_code == 409
    assert f"/v1/figures/{done.json()['data'][0]['id']}" in again.text
    assert desk.send("POST", "/v1/figures/batch", {"data": []}).status_code == 422


def test_a_patch_says_which_state_it_changes(desk: Desk) -> None:
    path = "/v1/facilities/al-hol-camp"
    etag = desk.client.get(path).headers["etag"]
    assert desk.send("PATCH", path, {"name": "Al-Hol"}).status_code == 428
    assert desk.send("PATCH", path, {"name": "Al-Hol"}, If_Match='"99.1.public"').status_code == 412
    changed = desk.send("PATCH", f"{path}?reason_code=new_report&reason=renamed", {"name": "Al-Hol"}, If_Match=etag)
    assert (changed.status_code, changed.json()["name"], changed.json()["revision"]) == (200, "Al-Hol", 2)
    assert desk.send("PATCH", path, {"name": "Other"}, If_Match=etag).status_code == 412
    for wrong, status in ((f'{etag}, "99.1.public"', 412), ('"not-ours"', 412), (",", 412), ("", 428)):
        assert desk.send("PATCH", path, {"name": "Other"}, If_Match=wrong).status_code == status, wrong
    same = desk.send("PATCH", path, {"name": "Al-Hol"}, If_Match=f"{etag}, W/{changed.headers['etag']}")
    assert (same.status_code, same.json()["revision"], desk.head()) == (200, 2, 2)
    assert desk.send("PATCH", path, {"slug": "other"}, If_Match="*").status_code == 422


@pytest.mark.parametrize(
    ("path", "patch", "pointer"),
    [("facilities/al-hol-camp", {"parent": "al-hol-camp"}, "/parent"), (f"incidents/{I1}", {"parent": I1}, "/parent"),
     ("actors/sdf", {"part_of": "sdf"}, "/part_of"), ("facilities/sdf-family-camps", {"latitude": 36.4}, "/longitude"),
     (f"incidents/{I1}", {"longitude": 41.1, "latitude": None}, "/latitude"),
     ("facilities/al-hol-camp", {"phases": [{"latitude": 36.4}]}, "/phases/0/longitude")],
)  # fmt: skip
def test_a_record_is_no_part_of_itself_and_coordinates_come_in_pairs(
    desk: Desk, path: str, patch: dict[str, Any], pointer: str
) -> None:
    assert pointers(desk.send("PATCH", f"/v1/{path}", patch, If_Match="*")) == {pointer}


def test_a_record_named_as_its_own_parent_before_it_has_a_slug_is_refused(desk: Desk) -> None:
    body = {"level": "facility", "name": "Camp of ours", "parent": "camp-of-ours"}
    assert pointers(desk.send("POST", "/v1/facilities", body)) == {"/parent"}


def test_a_new_title_is_told_where_it_stands_for_a_publisher(desk: Desk) -> None:
    source = {"kind": "article", "title": "Notes"}
    made = desk.send("POST", "/v1/figures", FIGURE | {"as_written": "12", "source": source}).json()
    assert desk.send("PATCH", "/v1/sources/notes", {"title": "Later notes"}, If_Match="*").status_code == 200
    shown = desk.get(f"/v1/figures/{made['id']}")
    assert (shown["originator"], shown["revision"]) == ("Later notes", 3)
    assert shown["reads_as"].endswith("according to Later notes.")


def test_a_patch_is_a_merge_patch(desk: Desk) -> None:
    path = "/v1/facilities/al-sina-prison"
    before = desk.get(path)
    after = desk.send("PATCH", path, {"operator": None, "names": [{"name": "Sina"}]}, If_Match="*").json()
    assert (after["operator"], after["names"]) == (None, [{"name": "Sina", "lang": None, "kind": "alias"}])
    untouched = set(before) - {"operator", "names", "revision", "recorded_at"}
    assert {name: after[name] for name in untouched} == {name: before[name] for name in untouched}


def test_new_words_are_read_again_and_bounds_come_with_words(desk: Desk) -> None:
    (hostages,) = desk.get(f"/v1/figures?incident={I1}&measure=hostages")["data"]
    path = f"/v1/figures/{hostages['id']}"
    assert pointers(desk.send("PATCH", path, {"low": 30}, If_Match="*")) == {"/as_written"}
    words = desk.send("PATCH", path, {"as_written": "as many as 40"}, If_Match="*").json()
    assert (words["low"], words["high"], words["qualifier"], words["tally"]) == (None, 40, "at_most", "current")
    both = desk.send("PATCH", path, {"low": 30, "high": 35, "as_written": None}, If_Match="*").json()
    assert (both["low"], both["high"], both["qualifier"], both["as_written"]) == (30, 35, "between", None)


def test_an_idempotency_key_writes_once(desk: Desk) -> None:
    body = FIGURE | {"as_written": "12"}
    first = desk.send("POST", "/v1/figures", body, Idempotency_Key="report-17")
    second = desk.send("POST", "/v1/figures", body, Idempotency_Key="report-17")
    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.content, first.headers["location"]) == (second.content, second.headers["location"])
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert desk.head() == 2
    assert desk.send("POST", "/v1/figures", body | {"as_written": "13"}, Idempotency_Key="report-17").status_code == 422


def test_a_key_allows_what_its_scopes_say(desk: Desk) -> None:
    body = FIGURE | {"as_written": "12"}
    reader = create_key(desk.engine, "reader", [KeyScope.read_partner], None, None)
    expired = create_key(desk.engine, "old", [KeyScope.write], None, timedelta(seconds=-1))
    assert desk.client.post("/v1/figures", json=body).status_code == 401
    assert desk.send("POST", "/v1/figures", body, key=reader).status_code == 403
    assert desk.send("POST", "/v1/figures", body, key=expired).status_code == 401
    assert desk.send("POST", "/v1/figures", body, key=desk.key[:-1] + "-").status_code == 401
    assert desk.send("GET", "/v1/facilities", key=expired).status_code == 401
    assert desk.send("GET", "/v1/facilities", key=reader).headers["cache-control"] == "private, no-store"
    with desk.engine.connect() as connection:
        stored = str(connection.execute(select(KEYS)).all())
    assert desk.key.split("_", 2)[2] not in stored


def test_a_revoked_key_stops_within_a_second(desk: Desk) -> None:
    assert desk.send("GET", "/v1").status_code == 200
    assert revoke_key(desk.engine, "a desk of ours")
    assert FRESH_SECONDS < 1
    sleep(FRESH_SECONDS)
    assert desk.send("GET", "/v1").status_code == 401


def test_partner_and_restricted_records_are_for_those_with_the_scope(desk: Desk) -> None:
    for access in ("partner", "restricted"):
        body = {"level": "facility", "name": f"Site {access}", "access": access}
        assert desk.send("POST", "/v1/facilities", body).status_code == 201
    keys = {
        scope: create_key(desk.engine, scope, [scope], None, None)
        for scope in (KeyScope.read_partner, KeyScope.read_restricted)
    }

    def statuses(key: str | None) -> list[int]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        paths = ("/v1/facilities/site-partner", "/v1/facilities/site-restricted")
        return [desk.client.get(path, headers=headers).status_code for path in paths]

    assert statuses(None) == [403, 404]
    assert statuses(keys[KeyScope.read_partner]) == [200, 404]
    assert statuses(keys[KeyScope.read_restricted]) == [200, 200]
    answer = [change["slug"] for change in desk.get("/v1/changes?after=1")["data"]]
    assert answer == []


def test_the_history_of_a_record_says_what_changed_by_whom_and_why(desk: Desk) -> None:
    made = desk.send("POST", "/v1/figures", FIGURE | {"as_written": "at least 12"}).json()
    path = f"/v1/figures/{made['id']}"
    desk.send(
        "PATCH", f"{path}?reason_code=source_corrected&reason=A+typo", {"as_written": "at least 14"}, If_Match="*"
    )
    desk.send("DELETE", f"{path}?reason_code=our_error&reason=Wrong+event", If_Match="*")
    created, changed, gone = desk.get(f"{path}/history")["data"]
    assert (created["action"], changed["action"], gone["action"]) == ("create", "update", "retract")
    assert (changed["author"], changed["reason_code"], changed["reason"]) == ("Desk A", "source_corrected", "A typo")
    assert {"field": "low", "from": 12, "to": 14} in changed["changes"]
    assert {"field": "as_written", "from": "at least 12", "to": "at least 14"} in changed["changes"]
    assert gone["reason"] == "Wrong event"
    incident = desk.get(f"/v1/incidents/{I1}/history?after=1")["data"]
    assert [one["field"] for one in incident[1]["changes"] if one["field"].endswith("/low")] == [
        f"figures/{made['id']}/low"
    ]
    shown = desk.get("/v1/revisions?sort=-revision&limit=2")["data"]
    assert [(one["revision"], one["reason"], one["changes"]) for one in shown] == [
        (4, "Wrong event", 2),
        (3, "A typo", 2),
    ]


def test_a_history_asked_for_what_lies_ahead_of_its_revision_is_empty(desk: Desk) -> None:
    for number in range(2):
        desk.send("PATCH", "/v1/actors/sdf", {"short_name": f"SDF {number}"}, If_Match="*")
    assert desk.get("/v1/actors/sdf/history?revision=1&after=2")["data"] == []


def test_a_mirror_that_follows_the_feed_ends_equal(desk: Desk) -> None:
    """Stopped after every stretch and asked for the next one; a retracted record goes, a changed one is replaced."""
    mirror: dict[tuple[str, int], Any] = {}

    def follow(address: str) -> str:
        while True:
            answer = desk.get(address)
            for change in answer["data"]:
                key = (change["collection"], change["id"])
                if change["record"] is None:
                    mirror.pop(key)
                else:
                    mirror[key] = change["record"]
            if not answer["data"]:
                return str(answer["next"])
            address = answer["next"]

    address = follow("/v1/changes?after=0&limit=7")
    made = desk.send("POST", "/v1/incidents", FIRE).json()
    desk.send("PATCH", "/v1/actors/sdf", {"short_name": "QSD"}, If_Match="*")
    desk.send("DELETE", f"/v1/figures/{made['figures'][0]['id']}?reason_code=our_error&reason=no", If_Match="*")
    follow(address)
    for name in ("sources", "actors", "facilities", "incidents", "populations", "figures", "claims"):
        shown = {(name, record["id"]): record for record in desk.get(f"/v1/{name}?limit=1000")["data"]}
        assert {key: record for key, record in mirror.items() if key[0] == name} == shown
