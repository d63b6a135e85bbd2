"""Two records of one place made one, and undone: nothing is lost, and every address leads somewhere."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from app.catalogue.collections import COLLECTIONS
from app.cli.commands import main
from app.database.settings import settings
from app.errors import Conflict, NotFound
from app.writing.keys import KeyScope
from app.writing.merging import merge, split
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.desk import Desk, desk_at

OLD, KEPT = "camp-hol", "al-hol-camp"
SOURCE = "rudaw-2022-01-26"
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


def decided(desk: Desk, what: Any, *slugs: str) -> int:
    with desk.engine.begin() as connection:
        number: int = what(connection, *slugs, "Desk A", "one place")
        return number


def shown(desk: Desk) -> dict[str, Any]:
    """Every record, but for when it was last changed."""
    told = {}
    for name in COLLECTIONS:
        for record in desk.get(f"/v1/{name}?limit=1000")["data"]:
            text = json.dumps({key: value for key, value in record.items() if key not in {"revision", "recorded_at"}})
            told[f"{name}/{record['id']}"] = json.loads(text, object_hook=plain)
    return told


def plain(held: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in held.items() if key not in {"revision", "recorded_at"}}


def test_what_referred_to_the_one_refers_to_the_other(desk: Desk) -> None:
    gone = desk.get(f"/v1/facilities/{OLD}")
    number = decided(desk, merge, OLD, KEPT)
    kept = desk.get(f"/v1/facilities/{KEPT}")
    assert [one["name"] for one in kept["names"]][-2:] == ["Camp Hol", "El Hol"]
    assert kept["identifiers"] == gone["identifiers"]
    assert kept["sources"][-1] == SOURCE
    assert kept["related"] == []
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
    told = desk.send("POST", "/v1/facilities", {"slug": OLD, "level": "facility", "name": "Another"})
    assert told.status_code == 409


def test_the_feed_and_the_history_say_merge_and_split(desk: Desk) -> None:
    gone = desk.get(f"/v1/facilities/{OLD}")
    merged = decided(desk, merge, OLD, KEPT)
    divided = decided(desk, split, OLD)
    told = [
        (change["revision"], change["action"], change["merged_into"], change["record"] is None)
        for change in desk.get(f"/v1/changes?after={merged - 1}&limit=1000")["data"]
        if (change["collection"], change["id"]) == ("facilities", gone["id"])
    ]
    assert told == [(merged, "merge", KEPT, True), (divided, "split", None, False)]
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
    kept = [one["name"] for one in desk.get(f"/v1/facilities/{KEPT}")["names"]]
    assert "Hawl" in kept
    assert not {"Camp Hol", "El Hol"} & set(kept)


@pytest.mark.parametrize(
    ("gone", "kept", "told"),
    [
        (OLD, OLD, "into itself"),
        ("annex", OLD, "a part of the other"),
        (OLD, "annex", "a part of the other"),
        (OLD, "nowhere", "no facility called 'nowhere'"),
        ("nowhere", OLD, "no facility called 'nowhere'"),
    ],
)
def test_what_cannot_be_merged_is_told(desk: Desk, gone: str, kept: str, told: str) -> None:
    before = desk.head()
    with pytest.raises((Conflict, NotFound), match=told):
        decided(desk, merge, gone, kept)
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
    told = desk.client.get(f"/v1/changes?after={number - 1}&limit=1000").json()["data"]
    assert {change["merged_into"] for change in told} == {None}


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
    done = runner.invoke(main, ["facilities", "merge", OLD, "nowhere", "--reason", "x"])
    assert (done.exit_code, done.stderr) == (1, "There is no facility called 'nowhere'.\n")
    settings.cache_clear()
