"""Wire forms: whose is made anew when something changes, and what each tier is shown."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.history.codes import Access
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.worlds import (
    CLAIM,
    GUARDS,
    KILLED,
    PRISON,
    RAID,
    RAIDERS,
    SOURCE,
    WORLD,
    put,
    revisions,
    shown,
    table,
)

Given = dict[str, Any]


@pytest.fixture
def world(engine: Engine) -> Engine:
    """A register whose first revision holds one of everything."""
    assert put(engine, *WORLD).revision == 1
    return engine


def changed(engine: Engine, at: int) -> dict[str, set[Any]]:
    """The records that a revision changed, by collection."""
    found = {name: {key for key, last in revisions(engine, name).items() if last == at} for name in COLLECTIONS}
    return {name: keys for name, keys in found.items() if keys}


def test_a_new_figure_changes_its_incident_and_nothing_else(world: Engine) -> None:
    put(world, {**RAID, "slug": "other", "title": "Another raid"})
    put(world, {**KILLED, "measure": "injured"})
    assert changed(world, 3) == {"figures": {2}, "incidents": {"raid"}}
    raid = shown(world, "incidents", "raid")
    assert raid["revision"] == 3
    assert raid["recorded_at"] == table(world, "revision", "id", "recorded_at")[2][1]
    assert raid["figures"] == [shown(world, "figures", 1), shown(world, "figures", 2)]
    assert shown(world, "incidents", "other")["figures"] == []
    assert table(world, "incident_history", "slug", "revision", "until") == [("raid", 1, 3)]


def test_a_new_claim_changes_its_incident_alone(world: Engine) -> None:
    put(world, {**CLAIM, "slug": "a-claim"})
    assert changed(world, 2) == {"claims": {"a-claim"}, "incidents": {"raid"}}
    assert shown(world, "incidents", "raid")["claims"] == ["a-claim", "raiders-claim"]


def test_a_claim_that_moves_changes_both_incidents(world: Engine) -> None:
    put(world, {**RAID, "slug": "other"})
    put(world, {**CLAIM, "incident": "other"})
    assert changed(world, 3) == {"claims": {"raiders-claim"}, "incidents": {"raid", "other"}}
    assert (shown(world, "incidents", "raid")["claims"], shown(world, "incidents", "other")["claims"]) == (
        [],
        ["raiders-claim"],
    )


@pytest.fixture
def event(databases: Databases) -> Iterator[Engine]:
    """The reference event, to change."""
    engine = write_engine(databases.with_reference())
    yield engine
    engine.dispose()


def test_a_renamed_actor_is_renamed_in_every_sentence_that_says_it_and_nowhere_else(event: Engine) -> None:
    with event.connect() as connection:
        named = connection.execute(text("SELECT id FROM figure WHERE 'sdf' IN (actor, \"by\", attributed_to)"))
        expected: dict[str, set[Any]] = {"figures": set(named.scalars())}
    before = {name: {key: shown(event, name, key) for key in revisions(event, name)} for name in COLLECTIONS}
    fields = COLLECTIONS["actors"].body.model_fields
    body = {name: value for name, value in before["actors"]["sdf"].items() if name in fields}
    put(event, {**body, "collection": "actors", "short_name": "QSD"})
    assert len(expected["figures"]) > 10
    expected["claims"] = {key for key, was in before["claims"].items() if "by the SDF" in was["reads_as"]}
    expected["claims"] |= {key for key, was in before["claims"].items() if was["about"] == "sdf"}
    assert "sdf-turkey-complicit" in expected["claims"]
    assert changed(event, 2) == expected | {"actors": {"sdf"}, "incidents": {"al-sina-prison-attack-2022"}}
    for key, was in before["figures"].items():
        now = shown(event, "figures", key)
        if key in expected["figures"]:
            assert now["reads_as"] == was["reads_as"].replace("SDF", "QSD") != was["reads_as"]
        else:
            assert now == was
    for key, was in before["populations"].items():
        assert "the SDF" not in was["reads_as"]
        assert shown(event, "populations", key) == was
    assert list(differing(event)) == []


def test_a_change_that_no_sentence_says_changes_the_record_alone(world: Engine) -> None:
    put(world, {**GUARDS, "country": "SYR", "names": []})
    assert changed(world, 2) == {"actors": {"guards"}}
    put(world, {**SOURCE, "title": "The report"})
    assert changed(world, 3) == {"sources": {"report"}}


def test_another_publisher_is_told_by_what_it_published(world: Engine) -> None:
    put(world, {**SOURCE, "publisher": "Observatory"})
    assert changed(world, 2) == {"sources": {"report"}, "populations": {1}, "figures": {1}, "incidents": {"raid"}} | {
        "claims": {"raiders-claim"}
    }
    assert shown(world, "populations", 1)["originator"] == "Observatory"
    assert table(world, "population", "originator") == [("Observatory",)]
    assert table(world, "population_history", "originator", "until") == [("Monitor", 2)]
    assert shown(world, "figures", 1)["reads_as"].endswith("according to TG, quoted by the Observatory.")
    put(world, {**SOURCE, "publisher": "Observatory", "views_of": "authors"})
    assert shown(world, "populations", 1)["originator"] == "A. Writer"


def test_a_hidden_actor_is_withheld_from_those_who_may_not_see_it(world: Engine) -> None:
    put(world, {**GUARDS, "access": "restricted"})
    assert changed(world, 2) == {
        "actors": {"guards"},
        "facilities": {"prison"},
        "figures": {1},
        "incidents": {"raid"},
    }
    figure = shown(world, "figures", 1)
    assert (figure["actor"], figure["attributed_to"], figure["originator"]) == (None, None, None)
    assert figure["withheld"] is True
    said = "Raid on the prison, as of 24 January 2022: at least 25 guards killed, according to Monitor."
    assert figure["reads_as"] == said
    assert shown(world, "incidents", "raid")["figures"] == [figure]
    assert shown(world, "figures", 1, Access.partner) == figure
    whole = shown(world, "figures", 1, Access.restricted)
    assert (whole["actor"], whole["attributed_to"], whole["originator"]) == ("guards", "guards", "guards")
    assert "withheld" not in whole
    assert "TG's guards killed" in whole["reads_as"]
    assert shown(world, "incidents", "raid", Access.restricted)["figures"] == [whole]
    prison = shown(world, "facilities", "prison")
    assert (prison["operator"], prison["withheld"]) == (None, True)
    assert shown(world, "facilities", "prison", Access.restricted)["operator"] == "guards"
    assert table(world, "figure", "doc_partner") == [(None,)]
    put(world, {**GUARDS, "access": "public"})
    assert shown(world, "figures", 1)["actor"] == "guards"
    assert table(world, "figure", "doc_partner", "doc_restricted") == [(None, None)]
    assert list(differing(world)) == []


def test_a_partner_sees_what_partners_may(world: Engine) -> None:
    put(world, {**GUARDS, "access": "partner"})
    assert shown(world, "figures", 1)["actor"] is None
    for tier in (Access.partner, Access.restricted):
        assert shown(world, "figures", 1, tier)["actor"] == "guards"
    assert table(world, "figure", "doc_restricted") == [(None,)]


def test_what_is_hidden_in_a_list_is_left_out_or_emptied(world: Engine) -> None:
    put(world, {**RAIDERS, "access": "restricted"}, {**SOURCE, "access": "partner"})
    prison, raid = shown(world, "facilities", "prison"), shown(world, "incidents", "raid")
    assert (prison["supported_by"], prison["sources"], prison["withheld"]) == ([], [], True)
    assert (prison["phases"][0]["source"], prison["phases"][0]["withheld"]) == (None, True)
    assert raid["parties"] == [
        {
            "actor": None,
            "role": "attacker",
            "standing": "reported",
            "alleged_by": None,
            "note": None,
            "source": None,
            "withheld": True,
        }
    ]
    partners = shown(world, "incidents", "raid", Access.partner)
    assert (partners["parties"][0]["actor"], partners["parties"][0]["source"]) == (None, "report")
    assert shown(world, "incidents", "raid", Access.restricted)["parties"][0] == {
        "actor": "raiders",
        "role": "attacker",
        "standing": "reported",
        "alleged_by": None,
        "note": None,
        "source": "report",
    }
    assert shown(world, "facilities", "prison", Access.restricted)["supported_by"] == ["raiders"]


def test_a_hidden_figure_or_claim_is_not_in_the_incident_of_those_who_may_not_see_it(world: Engine) -> None:
    put(world, {**KILLED, "access": "restricted"}, {**CLAIM, "access": "partner"})
    seen = {tier: shown(world, "incidents", "raid", tier) for tier in Access}
    assert {tier.value: len(raid["figures"]) for tier, raid in seen.items()} == {
        "public": 0,
        "partner": 0,
        "restricted": 1,
    }
    assert {tier.value: raid["claims"] for tier, raid in seen.items()} == {
        "public": [],
        "partner": ["raiders-claim"],
        "restricted": ["raiders-claim"],
    }


def numbered(nth: int, **instead: Any) -> Given:
    """One of many figures; the days rise as the numbers do."""
    return {**KILLED, "nth": nth, "as_of": f"2022-01-{1 + nth // 10:02}", **instead}


def test_beyond_two_hundred_figures_the_newest_are_shown_and_the_rest_named(engine: Engine) -> None:
    world = [one for one in WORLD if one is not KILLED]
    put(engine, *world, *(numbered(nth) for nth in range(200, 0, -1)))
    raid = shown(engine, "incidents", "raid")
    assert len(raid["figures"]) == 200
    assert raid["figures_more"] is None
    put(engine, numbered(201), numbered(202, access="restricted"))
    raid, whole = (shown(engine, "incidents", "raid", tier) for tier in (Access.public, Access.restricted))
    assert [len(form["figures"]) for form in (raid, whole)] == [200, 200]
    assert raid["figures_more"] == whole["figures_more"] == "/v1/figures?incident=raid"
    days = [figure["as_of"] for figure in raid["figures"]]
    assert days == sorted(days)
    # The oldest day's figures are those with the numbers 1 to 9; the one written last has the greatest id of them.
    assert {figure["nth"] for figure in raid["figures"]} == {*range(1, 202)} - {9}
    assert {figure["nth"] for figure in whole["figures"]} == {*range(1, 203)} - {8, 9}
    assert list(differing(engine)) == []


PLACED: Given = {
    **PRISON,
    "latitude": 36.5163,
    "longitude": 40.7489,
    "location_precision": "exact",
    "phases": [{"from": "2017", "latitude": 36.1249, "longitude": 40.9751}],
}


def test_coordinates_are_generalised_for_all_but_the_restricted_tier(world: Engine) -> None:
    raid = {name: PLACED[name] for name in ("latitude", "longitude", "location_precision")}
    put(world, PLACED, {**RAID, **raid})
    for tier in (Access.public, Access.partner):
        for collection, slug in (("facilities", "prison"), ("incidents", "raid")):
            form = shown(world, collection, slug, tier)
            assert (form["latitude"], form["longitude"], form["location_precision"]) == (36.5, 40.7, "area")
            assert form["uncertainty_m"] == 7900
        phase = shown(world, "facilities", "prison", tier)["phases"][0]
        assert (phase["latitude"], phase["longitude"]) == (36.1, 41.0)
    for collection, slug in (("facilities", "prison"), ("incidents", "raid")):
        form = shown(world, collection, slug, Access.restricted)
        assert (form["latitude"], form["longitude"], form["location_precision"]) == (36.5163, 40.7489, "exact")
        assert form["uncertainty_m"] is None
        rows = COLLECTIONS[collection].rows
        with world.connect() as connection:
            statement = select(rows.c.doc, rows.c.doc_partner).where(rows.c.slug == slug)
            public, partner = connection.execute(statement).one()
        assert "36.51" not in public
        assert "40.74" not in public
        assert partner is None
    phase = shown(world, "facilities", "prison", Access.restricted)["phases"][0]
    assert (phase["latitude"], phase["longitude"]) == (36.1249, 40.9751)
