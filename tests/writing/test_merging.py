"""Two records of one place made one, and undone: nothing is lost, and every address leads somewhere."""

import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import ANY

import pytest
from typer.testing import CliRunner

from app.catalogue.collections import COLLECTIONS
from app.cli.commands import main
from app.database.settings import settings
from app.errors import BadInput, Conflict, NotFound
from app.writing.keys import KeyScope
from app.writing.merging import merge, split
from app.writing.revisions import Why
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.desk import Desk, desk_at, faults

OLD, KEPT = "camp-hol", "al-hol-camp"
SOURCE = "rudaw-2022-01-26"
NOWHERE = "no facility has the slug 'nowhere'; POST /v1/facilities makes one\n"
COUNT = {"measure": "held", "as_of": "2023", "source": SOURCE, "as_written": "about 40"}


@pytest.fixture
def desk(databases: Databases) -> Iterator[Desk]:
    """The reference event, and a second record of a camp it knows, with all that can refer to one."""
    with desk_at(databases.with_reference()) as made:
        made.post(
            "/v1/facilities",
            {
                "slug": OLD,
                "level": "facility",
                "name": "Camp Hol",
                "names": [{"name": "El Hol", "kind": "transliteration"}],
                "identifiers": [{"scheme": "list", "value": "7"}],
                "sources": [SOURCE],
                "related": [{"facility": KEPT, "relation": "same_site"}],
                "phases": [{"to": "2011", "name": "A camp of 1991"}],
            },
        )
        made.post("/v1/facilities", {"slug": "annex", "level": "unit", "name": "Annex", "parent": OLD})
        made.post(
            "/v1/facilities",
            {"slug": "school", "level": "facility", "name": "School"}
            | {"related": [{"facility": one, "relation": "same_site"} for one in (OLD, KEPT)]},
        )
        for facility in (OLD, KEPT):
            made.post("/v1/populations", COUNT | {"facility": facility})
        made.post("/v1/populations", COUNT | {"facility": OLD, "as_of": "2024"})
        fire = {"title": "Fire", "kinds": ["fire"], "started": "2023", "sources": [SOURCE]}
        made.post("/v1/incidents", fire | {"facilities": [{"facility": OLD}, {"facility": KEPT}]})
        made.post("/v1/incidents", fire | {"slug": "fire-2", "facilities": [{"facility": OLD, "role": "custody"}]})
        made.post("/v1/claims", {"statement": "It is full.", "author": "A", "source": SOURCE, "facility": OLD})
        yield made


def decided(desk: Desk, what: Any, *slugs: str, collection: str = "facilities") -> int:
    match = [None] if what is merge else []
    with desk.engine.begin() as connection:
        done = what(connection, COLLECTIONS[collection], *slugs, *match, Why("Desk A", text="one place"))
        return int(done.revision)


def shown(desk: Desk) -> dict[str, Any]:
    """Every record, but for when it was last changed."""
    answer = {}
    for name in COLLECTIONS:
        for record in desk.get(f"/v1/{name}?limit=1000")["data"]:
            text = json.dumps({key: value for key, value in record.items() if key not in {"revision", "recorded_at"}})
            answer[f"{name}/{record['id']}"] = json.loads(text, object_hook=plain)
    return answer


def plain(held: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in held.items() if key not in {"revision", "recorded_at"}}


def test_what_referred_to_the_one_refers_to_the_other(desk: Desk) -> None:
    gone = desk.get(f"/v1/facilities/{OLD}")
    number = decided(desk, merge, OLD, KEPT)
    stored = desk.get(f"/v1/facilities/{KEPT}")
    assert [one["name"] for one in stored["names"]][-2:] == ["Camp Hol", "El Hol"]
    assert stored["identifiers"] == gone["identifiers"]
    assert stored["sources"][-1] == SOURCE
    assert stored["related"] == []
    assert desk.get("/v1/facilities/annex")["parent"] == KEPT
    assert desk.get("/v1/facilities/school")["related"] == [{"facility": KEPT, "relation": "same_site"}]
    counts = desk.get(f"/v1/populations?facility={KEPT}&from=2023&sort=id")["data"]
    assert [(one["as_of"], one["nth"]) for one in counts] == [("2023", 2), ("2023", 1), ("2024", 1)]
    assert desk.get("/v1/incidents/fire")["facilities"] == [{"facility": KEPT, "role": "site"}]
    assert desk.get("/v1/incidents/fire-2")["facilities"] == [{"facility": KEPT, "role": "custody"}]
    assert desk.get("/v1/claims/it-is-full")["facility"] == KEPT
    for path in ("annex", "school"):
        assert desk.get(f"/v1/facilities/{path}")["revision"] == number
    assert list(differing(desk.engine)) == []


def test_the_old_address_leads_to_the_survivor(desk: Desk) -> None:
    before, gone = desk.head(), desk.get(f"/v1/facilities/{OLD}")
    number = decided(desk, merge, OLD, KEPT)
    for path, to in (
        (f"/v1/facilities/{OLD}", f"/v1/facilities/{KEPT}"),
        (f"/v1/facilities/{gone['id']}?fields=name", f"/v1/facilities/{KEPT}?fields=name"),
        (f"/v1/facilities/{OLD}/populations?limit=1", f"/v1/facilities/{KEPT}/populations?limit=1"),
        (f"/v1/facilities/{OLD}?revision={number}", f"/v1/facilities/{KEPT}?revision={number}"),
    ):
        answer = desk.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (308, to)
        assert desk.client.get(to).status_code == 200
    assert desk.get(f"/v1/facilities/{OLD}?revision={before}") == gone
    assert desk.send("PATCH", f"/v1/facilities/{OLD}", {"note": "x"}, If_Match="*").status_code == 410
    response = desk.send("POST", "/v1/facilities", {"slug": OLD, "level": "facility", "name": "Another"})
    assert response.status_code == 409


def test_the_feed_and_the_history_say_merge_and_split(desk: Desk) -> None:
    gone = desk.get(f"/v1/facilities/{OLD}")
    merged = decided(desk, merge, OLD, KEPT)
    divided = decided(desk, split, OLD)
    answer = [
        (change["revision"], change["action"], change["merged_into"], change["record"] is None)
        for change in desk.get(f"/v1/changes?after={merged - 1}&limit=1000")["data"]
        if (change["collection"], change["id"]) == ("facilities", gone["id"])
    ]
    assert answer == [(merged, "merge", KEPT, True), (divided, "split", None, False)]
    events = desk.get(f"/v1/facilities/{OLD}/history")["data"]
    assert [(one["action"], one["reason_code"], one["author"]) for one in events[1:]] == [
        ("merge", "duplicate", "Desk A"),
        ("split", "our_error", "Desk A"),
    ]


def test_a_split_brings_everything_back(desk: Desk) -> None:
    before = shown(desk)
    decided(desk, merge, OLD, KEPT)
    assert shown(desk) != before
    decided(desk, split, OLD)
    assert shown(desk) == before
    assert list(differing(desk.engine)) == []
    decided(desk, merge, OLD, KEPT)
    decided(desk, split, OLD)
    assert shown(desk) == before


def test_what_was_changed_since_a_merge_stays_as_it_is(desk: Desk) -> None:
    decided(desk, merge, OLD, KEPT)
    desk.patch("/v1/claims/it-is-full", {"facility": "sdf-isis-prisons"})
    desk.patch("/v1/incidents/fire-2", {"facilities": [{"facility": KEPT, "role": "site"}]})
    desk.delete("/v1/facilities/annex")
    desk.post("/v1/populations", COUNT | {"facility": KEPT, "as_of": "2025"})
    names = desk.get(f"/v1/facilities/{KEPT}")["names"]
    added = {"name": "Hawl", "lang": "ar", "kind": "alias"}
    desk.patch(f"/v1/facilities/{KEPT}", {"names": [*names, added]})
    decided(desk, split, OLD)
    assert desk.get("/v1/claims/it-is-full")["facility"] == "sdf-isis-prisons"
    assert desk.get("/v1/incidents/fire-2")["facilities"] == [{"facility": KEPT, "role": "site"}]
    assert desk.client.get("/v1/facilities/annex").status_code == 410
    assert [one["facility"] for one in desk.get("/v1/populations?from=2025")["data"]] == [KEPT]
    stored = [one["name"] for one in desk.get(f"/v1/facilities/{KEPT}")["names"]]
    assert "Hawl" in stored
    assert not {"Camp Hol", "El Hol"} & set(stored)


@pytest.mark.parametrize(
    ("gone", "stored", "message"),
    [
        (OLD, OLD, "into itself"),
        ("annex", OLD, "a part of the other"),
        (OLD, "annex", "a part of the other"),
        (OLD, "nowhere", "no facility has the slug 'nowhere'"),
        ("nowhere", OLD, "no facility with that key"),
    ],
)
def test_what_cannot_be_merged_is_told(desk: Desk, gone: str, stored: str, message: str) -> None:
    before = desk.head()
    with pytest.raises((BadInput, Conflict, NotFound), match=message):
        decided(desk, merge, gone, stored)
    assert desk.head() == before


def test_a_merge_lays_nothing_open(desk: Desk) -> None:
    trusted = desk.new_key("all", KeyScope.admin)
    desk.hide(f"/v1/facilities/{OLD}")
    with pytest.raises(Conflict, match="make them alike"):
        decided(desk, merge, OLD, KEPT)
    desk.patch(f"/v1/facilities/{OLD}", {"access": "public"}, key=trusted)
    number = decided(desk, merge, OLD, KEPT)
    desk.hide(f"/v1/facilities/{KEPT}")
    for path in (f"/v1/facilities/{OLD}", f"/v1/facilities/{OLD}?revision={number}"):
        answer = desk.client.get(path)
        assert answer.status_code == 410
        assert KEPT not in answer.text + str(answer.headers)
    response = desk.client.get(f"/v1/changes?after={number - 1}&limit=1000").json()["data"]
    assert {change["merged_into"] for change in response} == {None}


def test_what_was_never_merged_is_not_split(desk: Desk) -> None:
    for slug in (KEPT, "nowhere"):
        with pytest.raises(NotFound, match="was merged"):
            decided(desk, split, slug)
    decided(desk, merge, OLD, KEPT)
    decided(desk, split, OLD)
    with pytest.raises(NotFound, match="was merged"):
        decided(desk, split, OLD)


def test_the_commands(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETENTION_DATABASE_URL", desk.url)
    settings.cache_clear()
    head = desk.head()
    runner = CliRunner()
    done = runner.invoke(main, ["facilities", "merge", OLD, KEPT, "--reason", "Seen on the map."])
    assert (done.exit_code, done.stdout) == (0, f"{OLD} was merged into {KEPT}: revision {head + 1}.\n")
    newest = desk.get("/v1/revisions?sort=-revision&limit=1")["data"][0]
    assert (newest["reason"], newest["author"]) == ("Seen on the map.", "command line")
    done = runner.invoke(main, ["facilities", "split", OLD, "--reason", "They are two."])
    assert (done.exit_code, done.stdout) == (0, f"{OLD} is a record of its own again: revision {head + 2}.\n")
    desk.post("/v1/sources", {"slug": "copy", "kind": "article", "publisher": "Rudaw", "title": "A copy"})
    desk.post("/v1/actors", {"slug": "qsd", "kind": "armed_group", "name": "QSD"})
    for group, gone, stored in (("sources", "copy", SOURCE), ("actors", "qsd", "sdf")):
        done = runner.invoke(main, [group, "merge", gone, stored, "--reason", "One and the same."])
        assert done.stdout.startswith(f"{gone} was merged into {stored}: revision ")
        done = runner.invoke(main, [group, "split", gone, "--reason", "Not the same."])
        assert done.stdout.startswith(f"{gone} is a record of its own again: revision ")
    done = runner.invoke(main, ["facilities", "merge", OLD, "nowhere", "--reason", "x"])
    assert (done.exit_code, done.stderr) == (1, NOWHERE)
    settings.cache_clear()


# --- actors and sources ------------------------------------------------------------------------------------------

FIGURE = {"incident": "al-sina-prison-attack-2022", "measure": "killed", "as_of": "2022-01-30", "as_written": "40"}


@pytest.fixture
def doubles(desk: Desk) -> Desk:
    """A second record of an actor and of a source, named wherever one can be named."""
    desk.post("/v1/sources", {"slug": "copy", "kind": "article", "publisher": "Rudaw English", "title": "A copy"})
    names = [{"name": "QSD", "lang": "ku"}]
    desk.post("/v1/actors", {"slug": "qsd", "kind": "armed_group", "name": "Hêzên Sûriyeya", "names": names})
    desk.post("/v1/actors", {"slug": "qsd-brigade", "kind": "armed_group", "name": "A brigade", "part_of": "qsd"})
    place: Any = {"slug": "yard", "level": "facility", "name": "Yard", "operator": "qsd", "sources": ["copy", SOURCE]}
    phase = {"to": "2020", "name": "Depot", "operator": "qsd", "source": "copy"}
    desk.post("/v1/facilities", place | {"supported_by": ["sdf", "qsd"], "phases": [phase]})
    desk.post("/v1/populations", COUNT | {"facility": "yard", "affiliation": "qsd", "source": "copy"})
    party: Any = {"role": "operator", "standing": "established", "source": "copy"}
    riot: Any = {"slug": "riot", "title": "Riot", "kinds": ["riot"], "started": "2024", "sources": ["copy"]}
    riot |= {"parties": [party | {"actor": "qsd"}, party | {"actor": "sdf"}]}
    desk.post("/v1/incidents", riot | {"timeline": [{"date": "2024", "text": "It began.", "source": "copy"}]})
    for source in ("copy", SOURCE):
        desk.post("/v1/figures", FIGURE | {"source": source, "attributed_to": "sohr"})
    for actor in ("qsd", "sdf"):
        desk.post("/v1/figures", FIGURE | {"source": SOURCE, "actor": actor, "by": "isis"})
    desk.post("/v1/figures", FIGURE | {"source": "copy", "measure": "injured"})
    claim: Any = {"slug": "said", "statement": "It was quelled.", "made_by": "qsd", "about": "qsd", "source": "copy"}
    desk.post("/v1/claims", claim | {"assessments": [{"source": "copy", "verdict": "likely"}]})
    return desk


def test_what_named_an_actor_names_the_other(doubles: Desk) -> None:
    before = shown(doubles)
    number = decided(doubles, merge, "qsd", "sdf", collection="actors")
    assert [one["name"] for one in doubles.get("/v1/actors/sdf")["names"]][-2:] == ["Hêzên Sûriyeya", "QSD"]
    assert doubles.get("/v1/actors/qsd-brigade")["part_of"] == "sdf"
    place = doubles.get("/v1/facilities/yard")
    assert (place["operator"], place["supported_by"], place["phases"][0]["operator"]) == ("sdf", ["sdf"], "sdf")
    assert [(one["actor"], one["role"]) for one in doubles.get("/v1/incidents/riot")["parties"]] == [
        ("sdf", "operator")
    ]
    figures = doubles.get("/v1/figures?actor=sdf&by=isis&from=2022-01-30&sort=id")["data"]
    assert [(one["nth"], one["as_written"]) for one in figures] == [(2, "40"), (1, "40")]
    claim = doubles.get("/v1/claims/said")
    assert (claim["made_by"], claim["about"]) == ("sdf", "sdf")
    assert doubles.get("/v1/populations?facility=yard")["data"][0]["affiliation"] == "sdf"
    answer = doubles.client.get("/v1/actors/qsd")
    assert (answer.status_code, answer.headers["location"]) == (308, "/v1/actors/sdf")
    response = doubles.get(f"/v1/changes?after={number - 1}&limit=1000")["data"]
    assert [(one["slug"], one["merged_into"]) for one in response if one["action"] == "merge"] == [("qsd", "sdf")]
    decided(doubles, split, "qsd", collection="actors")
    assert shown(doubles) == before
    assert list(differing(doubles.engine)) == []


def test_what_named_a_source_names_the_other(doubles: Desk) -> None:
    before = shown(doubles)
    decided(doubles, merge, "copy", SOURCE, collection="sources")
    place, riot = doubles.get("/v1/facilities/yard"), doubles.get("/v1/incidents/riot")
    assert (place["sources"], place["phases"][0]["source"]) == ([SOURCE], SOURCE)
    assert {riot["sources"][0], riot["timeline"][0]["source"], riot["parties"][0]["source"]} == {SOURCE}
    claim = doubles.get("/v1/claims/said")
    assert (claim["source"], claim["assessments"][0]["source"]) == (SOURCE, SOURCE)
    figures = doubles.get(f"/v1/figures?source={SOURCE}&attributed_to=sohr&from=2022-01-30&sort=id")["data"]
    assert [(one["nth"], one["originator"]) for one in figures] == [(2, "sohr"), (1, "sohr")]
    (injured,) = doubles.get("/v1/figures?measure=injured&from=2022-01-30&to=2022-01-30")["data"]
    assert (injured["originator"], "according to Rudaw" in injured["reads_as"]) == ("Rudaw", True)
    assert doubles.get(f"/v1/sources/{SOURCE}")["title"] == before["sources/5"]["title"]
    assert doubles.client.get("/v1/sources/copy").headers["location"] == f"/v1/sources/{SOURCE}"
    assert list(differing(doubles.engine)) == []
    decided(doubles, split, "copy", collection="sources")
    assert shown(doubles) == before
    assert list(differing(doubles.engine)) == []


def test_a_tie_between_the_two_comes_back(desk: Desk) -> None:
    tie = {"facility": OLD, "relation": "same_site"}
    desk.patch(f"/v1/facilities/{KEPT}", {"related": [tie, {"facility": "school", "relation": "annex"}]})
    before = shown(desk)
    decided(desk, merge, OLD, KEPT)
    assert desk.get(f"/v1/facilities/{KEPT}")["related"] == [{"facility": "school", "relation": "annex"}]
    decided(desk, split, OLD)
    assert shown(desk) == before


def test_what_would_be_a_part_of_itself_or_too_much_is_not_merged(desk: Desk) -> None:
    desk.post("/v1/facilities", {"slug": "cell", "level": "unit", "name": "Cell", "parent": "annex"})
    for pair in (("cell", OLD), (OLD, "cell")):
        with pytest.raises(Conflict, match="a part of the other; change its parent"):
            decided(desk, merge, *pair)
    for slug, letter in (("one", "a"), ("two", "b")):
        names = [{"name": f"{letter}{number}"} for number in range(150)]
        desk.post("/v1/actors", {"slug": slug, "kind": "other", "name": slug, "names": names})
    with pytest.raises(Conflict, match="Together they have 301 names, more than the 200 of one"):
        decided(desk, merge, "one", "two", collection="actors")


# --- over HTTP ---------------------------------------------------------------------------------------------------


def test_over_http(desk: Desk) -> None:
    before, head = shown(desk), desk.head()
    admin = desk.new_key("a chief", KeyScope.admin, label="Chief")
    path, body = f"/v1/facilities/{OLD}", {"into": KEPT, "reason": "The same camp, by its place."}
    etag = desk.client.get(path).headers["etag"]
    assert desk.send("POST", f"{path}/merge", body, If_Match=etag).status_code == 403
    assert desk.client.post(f"{path}/merge", json=body).status_code == 401
    assert desk.send("POST", f"{path}/merge", body, key=admin).status_code == 428
    assert desk.send("POST", f"{path}/merge", body, key=admin, If_Match='"1.x"').status_code == 412
    for wrong, answer in (
        (body | {"into": "al-hol"}, {"/into": "al-hol-camp"}),
        (body | {"reason": "  "}, {"/reason": "it must say something"}),
        ({"into": KEPT}, {"/reason": "reason is required"}),
        (body | {"why": "x"}, {"/why": "not a field here"}),
        (body | {"reason": "x\0"}, {"/reason": "without NUL"}),
    ):
        named = faults(desk.send("POST", f"{path}/merge", wrong, key=admin, If_Match="*"))
        assert named.keys() == answer.keys()
        assert all(answer[place] in named[place] for place in answer), named
    unknown = desk.send("POST", "/v1/facilities/nowhere/merge", body, key=admin, If_Match="*")
    itself = desk.send("POST", f"/v1/facilities/{KEPT}/merge", body, key=admin, If_Match="*")
    assert (unknown.status_code, itself.status_code, desk.head()) == (404, 409, head)

    merged = desk.send("POST", f"{path}/merge", body, key=admin, If_Match=etag, Idempotency_Key="one")
    assert (merged.status_code, merged.headers["data-revision"]) == (200, str(head + 1))
    stored = desk.client.get(f"/v1/facilities/{KEPT}", headers={"Authorization": f"Bearer {admin}"})
    assert ({**merged.json(), "cite": ANY}, merged.headers["etag"]) == (stored.json(), stored.headers["etag"])
    again = desk.send("POST", f"{path}/merge", body, key=admin, If_Match=etag, Idempotency_Key="one")
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (200, "true", merged.json())
    assert desk.send("POST", f"{path}/merge", body, key=admin, If_Match=etag).status_code == 410
    newest = desk.get("/v1/revisions?sort=-revision&limit=1")["data"][0]
    assert (newest["author"], newest["reason_code"], newest["reason"]) == ("Chief", "duplicate", body["reason"])

    assert desk.send("POST", f"{path}/split", {"reason": "Two."}).status_code == 403
    divided = desk.send("POST", f"{path}/split", {"reason": "Two.", "reason_code": "new_report"}, key=admin)
    assert (divided.status_code, divided.json()["slug"]) == (200, OLD)
    assert desk.get("/v1/revisions?sort=-revision&limit=1")["data"][0]["reason_code"] == "new_report"
    assert shown(desk) == before
    assert desk.send("POST", f"{path}/split", {"reason": "Two."}, key=admin).status_code == 404
    assert desk.send("POST", "/v1/incidents/fire/merge", body, key=admin).status_code == 404
