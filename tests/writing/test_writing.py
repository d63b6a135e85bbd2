"""The write path: what a batch does to the register, and what it refuses."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.catalogue.collections import COLLECTIONS
from app.database.types import metadata
from app.history.codes import Access
from app.history.sight import Sight
from app.writing.validation import Fate, Refused
from app.writing.verification import differing
from tests.support.worlds import (
    CAMP,
    CLAIM,
    GUARDS,
    HELD,
    KILLED,
    PRISON,
    RAID,
    RAIDERS,
    SOURCE,
    WORLD,
    entry,
    ids,
    put,
    revisions,
    shown,
    table,
)
from tests.support.writing import revision, write

Given = dict[str, Any]


@pytest.fixture
def world(engine: Engine) -> Engine:
    """A register whose first revision holds one of everything."""
    assert put(engine, *WORLD).revision == 1
    return engine


def fates(engine: Engine, *fields: Any) -> list[str]:
    return [entry.fate.value for entry in put(engine, *fields).entries]


def refused(engine: Engine, *fields: Any) -> list[tuple[int, str | None, str]]:
    """What is wrong with a batch: the place of the record, the pointer in it, the sentence. Nothing may be written."""
    before = table(engine, "register", "revision", "open"), table(engine, "counter", "collection", "last_id")
    with pytest.raises(Refused) as raised:
        put(engine, *fields)
    assert (table(engine, "register", "revision", "open"), table(engine, "counter", "collection", "last_id")) == before
    return [(number, fault.pointer, fault.detail) for number, fault in raised.value.faults]


# --- created, updated, unchanged ---------------------------------------------------------------------------------


def test_a_batch_is_one_revision(engine: Engine) -> None:
    written = put(engine, *WORLD)
    assert written.revision == 1
    assert written.counts() == {Fate.created: 9}
    assert table(engine, "register", "revision", "open") == [(1, False)]
    assert table(engine, "revision", "id", "author", "reason_code", "reason") == [(1, "test", None, None)]
    assert {name: set(revisions(engine, name).values()) for name in COLLECTIONS} == {name: {1} for name in COLLECTIONS}
    assert {name: ids(engine, name) for name in COLLECTIONS} == {
        name: [1, 2] if name in {"actors", "facilities"} else [1] for name in COLLECTIONS
    }
    assert table(engine, "slug", "collection", "slug", "record_id", "revision") == [
        ("actors", "guards", 1, 1),
        ("actors", "raiders", 2, 1),
        ("claims", "raiders-claim", 1, 1),
        ("facilities", "camp", 1, 1),
        ("facilities", "prison", 2, 1),
        ("incidents", "raid", 1, 1),
        ("sources", "report", 1, 1),
    ]


def test_the_same_again_makes_no_revision(world: Engine) -> None:
    before = {name: table(world, name, "*") for name in metadata.tables}
    written = put(world, *reversed(WORLD))
    assert (written.revision, written.counts()) == (None, {Fate.unchanged: 9})
    assert {name: table(world, name, "*") for name in metadata.tables} == before
    assert table(world, "register", "revision", "open") == [(1, False)]


def test_no_records_make_no_revision(engine: Engine) -> None:
    assert put(engine).revision is None
    assert table(engine, "register", "revision", "open") == [(0, False)]


def test_each_record_meets_its_own_fate(world: Engine) -> None:
    fields = {**CAMP, "slug": "new"}, {**CAMP, "name": "The camp"}, PRISON
    assert fates(world, *fields) == ["created", "updated", "unchanged"]
    assert revisions(world, "facilities") == {"camp": 2, "prison": 1, "new": 2}
    assert table(world, "facility_history", "id", "revision", "until", "name") == [(1, 1, 2, "Camp")]


def test_a_record_is_stored_as_given_and_what_is_left_out_is_empty(world: Engine) -> None:
    put(world, {name: value for name, value in PRISON.items() if name not in {"operator", "phases", "sources"}})
    prison = shown(world, "facilities", "prison")
    assert (prison["operator"], prison["phases"], prison["sources"]) == (None, [], [])
    assert prison["names"] == [{"name": "The old school", "lang": None, "kind": "former"}]
    assert prison["revision"] == 2
    assert list(differing(world)) == []


def test_an_update_replaces_a_list_and_keeps_the_old_one(world: Engine) -> None:
    put(world, {**GUARDS, "names": [{"name": "Wardens"}, {"name": "Keepers", "lang": "en"}, {"name": "Watch"}]})
    columns = ("owner_id", "position", "name", "revision")
    assert table(world, "actor_name", *columns) == [
        (1, 0, "Wardens", 2),
        (1, 1, "Keepers", 2),
        (1, 2, "Watch", 2),
    ]
    assert table(world, "actor_name_history", *columns, "until") == [
        (1, 0, "Keepers", 1, 2),
        (1, 1, "الحراس", 1, 2),
    ]
    put(world, {**GUARDS, "names": []})
    assert table(world, "actor_name", *columns) == []
    assert [row for row in table(world, "actor_name_history", *columns, "until") if row[-1] == 3] == [
        (1, 0, "Wardens", 2, 3),
        (1, 1, "Keepers", 2, 3),
        (1, 2, "Watch", 2, 3),
    ]


def test_a_list_that_stays_as_it_was_keeps_its_rows(world: Engine) -> None:
    put(world, {**PRISON, "names": [{"name": "Another"}]})
    for part in ("facility_identifier", "facility_supporter", "facility_phase", "facility_related", "facility_source"):
        assert [row for (row,) in table(world, part, "revision")] == [1]
        assert table(world, f"{part}_history", "*") == []
    assert table(world, "facility_name", "name", "revision") == [("Another", 2)]


def test_the_order_of_a_list_is_part_of_it(world: Engine) -> None:
    assert fates(world, {**RAID, "kinds": ["prison_break", "armed_attack"]}) == ["updated"]
    assert shown(world, "incidents", "raid")["kinds"] == ["prison_break", "armed_attack"]


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_may_come_in_any_order(engine: Engine, seed: int) -> None:
    fields = list(WORLD)
    Random(seed).shuffle(fields)  # noqa: S311
    assert put(engine, *fields).counts() == {Fate.created: 9}
    assert shown(engine, "figures", 1)["reads_as"] == (
        "Raid on the prison, as of 24 January 2022: at least 25 of TG's guards killed, according to TG, "
        "quoted by Monitor."
    )
    assert shown(engine, "incidents", "raid")["figures"] == [shown(engine, "figures", 1)]
    assert shown(engine, "incidents", "raid")["claims"] == ["raiders-claim"]
    assert list(differing(engine)) == []


def test_a_record_may_refer_to_one_that_is_given_after_it(engine: Engine) -> None:
    fields = ({**GUARDS, "slug": slug, "part_of": other} for slug, other in (("a", "b"), ("b", "c"), ("c", None)))
    assert fates(engine, *fields) == ["created", "created", "created"]
    assert [shown(engine, "actors", slug)["part_of"] for slug in "abc"] == ["b", "c", None]


# --- references --------------------------------------------------------------------------------------------------


def test_unknown_references_are_all_named_with_near_ones_and_the_way_to_make_them(world: Engine) -> None:
    fields = (
        {**PRISON, "operator": "gards", "supported_by": ["raiders", "raider"], "parent": "nowhere-at-all"},
        {**RAID, "parties": [{"actor": "zz", "role": "attacker", "standing": "reported", "source": "repotr"}]},
        {**CLAIM, "assessments": [{"source": "none", "verdict": "likely"}]},
        {**KILLED, "incident": "raids"},
    )
    actors = "POST /v1/actors makes one"
    assert sorted(refused(world, *fields)) == [
        (0, "/operator", f"no actor has the slug 'gards'; near ones: guards; {actors}"),
        (0, "/parent", "no facility has the slug 'nowhere-at-all'; POST /v1/facilities makes one"),
        (0, "/supported_by/1", f"no actor has the slug 'raider'; near ones: raiders; {actors}"),
        (1, "/parties/0/actor", f"no actor has the slug 'zz'; {actors}"),
        (1, "/parties/0/source", "no source has the slug 'repotr'; near ones: report; POST /v1/sources makes one"),
        (2, "/assessments/0/source", "no source has the slug 'none'; POST /v1/sources makes one"),
        (3, "/incident", "no incident has the slug 'raids'; near ones: raid; POST /v1/incidents makes one"),
    ]


def test_a_near_slug_is_never_that_of_a_hidden_record(world: Engine) -> None:
    put(world, {**GUARDS, "access": "partner"}, {**RAIDERS, "access": "restricted"})
    similar = {**PRISON, "operator": "guard", "supported_by": ["raider"]}
    with pytest.raises(Refused) as refusal:
        write(world, [entry(similar)], author="test", sight=Sight(Access.public))
    assert {fault.detail for _, fault in refusal.value.faults} == {
        f"no actor has the slug {slug!r}; POST /v1/actors makes one" for slug in ("guard", "raider")
    }
    assert {message for _, _, message in refused(world, similar)} == {
        f"no actor has the slug {slug!r}; near ones: {slug}s; POST /v1/actors makes one" for slug in ("guard", "raider")
    }


# --- the same twice ----------------------------------------------------------------------------------------------


def test_a_slug_given_twice_is_refused(engine: Engine) -> None:
    assert refused(engine, CAMP, {**CAMP, "name": "Other"}) == [(1, "/slug", "the slug 'camp' is given twice")]


def test_a_slug_is_of_its_collection(engine: Engine) -> None:
    assert fates(engine, {**CAMP, "slug": "same"}, {**RAIDERS, "slug": "same"}) == ["created", "created"]


@pytest.mark.parametrize("fields", [KILLED, HELD], ids=["figure", "population"])
def test_a_statement_given_twice_is_refused_unless_it_is_counted(engine: Engine, fields: Given) -> None:
    noun = fields["collection"][:-1]
    answer = f"an equal {noun} is given twice; a second equal one of its source takes nth: 2"
    others = [one for one in WORLD if one is not fields]
    again = {**fields, "as_written": "more than 50"}
    assert refused(engine, *others, fields, again) == [(9, "/nth", answer)]
    assert put(engine, *others, fields, {**again, "nth": 2}).counts() == {Fate.created: 10}
    assert len(ids(engine, fields["collection"])) == 2


def test_other_bounds_of_the_same_statement_are_an_update(world: Engine) -> None:
    assert fates(world, {**KILLED, "as_written": "more than 30"}) == ["updated"]
    assert ids(world, "figures") == [1]
    assert shown(world, "figures", 1)["low"] == 31
    assert table(world, "figure_history", "id", "low", "until") == [(1, 25, 2)]


STATED = {
    "measure": "injured",
    "of": ["civilian"],
    "actor": "raiders",
    "by": "raiders",
    "cause": "violence",
    "sex": "female",
    "unit": "families",
    "tally": "additional",
    "period_start": "2022-01-20",
    "as_of": "2022-01-25",
    "locator": "page 2",
    "attributed_to": None,
}


def test_what_is_stated_otherwise_is_another_figure(world: Engine) -> None:
    others = [{**KILLED, name: value} for name, value in STATED.items()]
    assert fates(world, *others, KILLED) == [*["created"] * len(STATED), "unchanged"]
    assert len(ids(world, "figures")) == 1 + len(STATED)


def test_groups_are_a_set(world: Engine) -> None:
    counted = {**KILLED, "of": ["civilian", "guard", "civilian"]}
    assert fates(world, counted) == ["created"]
    assert shown(world, "figures", 2)["of"] == ["guard", "civilian"]
    assert fates(world, {**counted, "of": ["guard", "civilian"]}) == ["unchanged"]


# --- slugs -------------------------------------------------------------------------------------------------------


def unnamed(fields: Any, **instead: Any) -> Given:
    return {name: value for name, value in fields.items() if name != "slug"} | instead


def test_a_slug_is_made_from_the_name(engine: Engine) -> None:
    names = {
        "Al-Hol Camp": "al-hol-camp",
        "Girtîgeha Sînaa": "girtigeha-sinaa",
        "سجن الصناعة": "sjn-lsn",
        "Гвейран": "gveiran",
        "1984": "facility-1984",
        "!!!": "facility",
        f"{'long ' * 30}name": "long-" * 18 + "l-24e95758",
    }
    put(engine, *(unnamed(CAMP, name=name) for name in names))
    assert table(engine, "facility", "slug", "name") == sorted((slug, name) for name, slug in names.items())
    put(engine, unnamed(SOURCE, title="Of camps & prisons"), unnamed(RAIDERS, name="ISIS"))
    assert (list(revisions(engine, "sources")), list(revisions(engine, "actors"))) == (["of-camps-prisons"], ["isis"])


def test_slugs_made_from_one_name_are_numbered(engine: Engine) -> None:
    camp = unnamed(CAMP, name="Camp")
    put(engine, {**CAMP, "slug": "camp-3"}, camp, camp)
    put(engine, camp, {**CAMP, "slug": "camping"})
    put(engine, camp)
    assert list(table(engine, "facility", "id", "slug")) == [
        (1, "camp-3"),
        (2, "camp"),
        (3, "camp-2"),
        (4, "camp-4"),
        (5, "camping"),
        (6, "camp-5"),
    ]


def test_a_claim_is_named_by_its_statement_and_an_incident_by_its_title(world: Engine) -> None:
    put(world, unnamed(CLAIM, statement="All are free."), unnamed(RAID, title="The raid, 20 January"))
    assert set(revisions(world, "claims")) == {"raiders-claim", "all-are-free"}
    assert set(revisions(world, "incidents")) == {"raid", "the-raid-20-january"}


def test_a_retracted_slug_stays_taken_by_direct_deletion_too(world: Engine) -> None:
    with world.begin() as connection, revision(connection, "test"):
        connection.execute(text("DELETE FROM facility_related"))
        connection.execute(text("DELETE FROM facility WHERE slug = 'camp'"))
    put(world, unnamed(CAMP))
    assert set(revisions(world, "facilities")) == {"prison", "camp-2"}


# --- a part is no part of itself ---------------------------------------------------------------------------------


def camp(slug: str, parent: str | None) -> Given:
    return {**CAMP, "slug": slug, "parent": parent}


def test_a_circle_of_parents_is_refused_whatever_writes_its_last_link(world: Engine) -> None:
    put(world, camp("north", None), camp("ward", "north"), camp("cell", "ward"))
    answer = "a facility is not its own parent, by way of"
    assert refused(world, camp("north", "cell")) == [(0, "/parent", f"{answer} cell, ward")]
    assert refused(world, camp("east", "west"), camp("west", "east")) == [
        (0, "/parent", f"{answer} west"),
        (1, "/parent", f"{answer} east"),
    ]
    # Two links change places in one batch: only what comes of it counts.
    assert fates(world, camp("north", "cell"), camp("ward", None)) == ["updated", "updated"]
    assert refused(world, camp("ward", "north")) == [(0, "/parent", f"{answer} north, cell")]


def test_a_record_below_a_circle_is_not_in_it(world: Engine) -> None:
    assert refused(world, camp("east", "west"), camp("west", "east"), camp("yard", "east")) == [
        (0, "/parent", "a facility is not its own parent, by way of west"),
        (1, "/parent", "a facility is not its own parent, by way of east"),
    ]


def test_fifty_levels_may_stand_above_a_record(world: Engine) -> None:
    put(world, *(camp(f"level-{number}", f"level-{number - 1}" if number else None) for number in range(51)))
    answer = "there are more than 50 levels above it"
    assert refused(world, camp("deeper", "level-50")) == [(0, "/parent", answer)]
    assert fates(world, camp("as-deep", "level-49")) == ["created"]
