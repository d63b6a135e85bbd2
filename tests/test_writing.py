"""The write path: what a batch does to the register, what it refuses, and whose wire forms it renders anew."""

from collections.abc import Iterator
from itertools import permutations
from random import Random
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Connection, Engine, select, text
from sqlalchemy.exc import IntegrityError

from app.codes import Access
from app.db import metadata, write_engine
from app.history import kept_tables, revision
from app.register import COLLECTIONS
from app.validation import Fate, Refused
from app.verification import differing
from app.writing import write
from tests.conftest import Databases
from tests.worlds import (
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

Given = dict[str, Any]


@pytest.fixture
def world(engine: Engine) -> Engine:
    """A register whose first revision holds one of everything."""
    assert put(engine, *WORLD).revision == 1
    return engine


def fates(engine: Engine, *given: Any) -> list[str]:
    return [entry.fate.value for entry in put(engine, *given).entries]


def refused(engine: Engine, *given: Any) -> list[tuple[int, str | None, str]]:
    """What is wrong with a batch: the place of the record, the pointer in it, the sentence. Nothing may be written."""
    before = table(engine, "register", "revision", "open"), table(engine, "counter", "collection", "last_id")
    with pytest.raises(Refused) as told:
        put(engine, *given)
    assert (table(engine, "register", "revision", "open"), table(engine, "counter", "collection", "last_id")) == before
    return [(number, fault.pointer, fault.detail) for number, fault in told.value.faults]


def faults(given: Any) -> list[tuple[str | None, str]]:
    """What is wrong with a record by itself."""
    with pytest.raises(Refused) as told:
        entry(given)
    return [(fault.pointer, fault.detail) for _, fault in told.value.faults]


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
    given = {**CAMP, "slug": "new"}, {**CAMP, "name": "The camp"}, PRISON
    assert fates(world, *given) == ["created", "updated", "unchanged"]
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
    given = list(WORLD)
    Random(seed).shuffle(given)  # noqa: S311
    assert put(engine, *given).counts() == {Fate.created: 9}
    assert shown(engine, "figures", 1)["reads_as"] == (
        "at least 25 (TG guards killed), as of 24 January 2022, according to TG as told by Monitor"
    )
    assert shown(engine, "incidents", "raid")["figures"] == [shown(engine, "figures", 1)]
    assert shown(engine, "incidents", "raid")["claims"] == ["raiders-claim"]
    assert list(differing(engine)) == []


def test_records_may_refer_to_each_other_in_a_ring(engine: Engine) -> None:
    first, second = ({**GUARDS, "slug": slug, "part_of": other} for slug, other in permutations(("a", "b")))
    assert fates(engine, first, second) == ["created", "created"]
    assert shown(engine, "actors", "a")["part_of"] == "b"


# --- references --------------------------------------------------------------------------------------------------


def test_unknown_references_are_all_named_with_near_ones_and_the_way_to_make_them(world: Engine) -> None:
    given = (
        {**PRISON, "operator": "gards", "supported_by": ["raiders", "raider"], "parent": "nowhere-at-all"},
        {**RAID, "parties": [{"actor": "zz", "role": "attacker", "standing": "reported", "source": "repotr"}]},
        {**CLAIM, "assessments": [{"source": "none", "verdict": "likely"}]},
        {**KILLED, "incident": "raids"},
    )
    actors = "POST /v1/actors makes one"
    assert sorted(refused(world, *given)) == [
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
    told = refused(world, {**PRISON, "operator": "guard", "supported_by": ["raider"]})
    assert {fault for _, _, fault in told} == {
        f"no actor has the slug {slug!r}; POST /v1/actors makes one" for slug in ("guard", "raider")
    }


# --- the same twice ----------------------------------------------------------------------------------------------


def test_a_slug_given_twice_is_refused(engine: Engine) -> None:
    assert refused(engine, CAMP, {**CAMP, "name": "Other"}) == [(1, "/slug", "the slug 'camp' is given twice")]


def test_a_slug_is_of_its_collection(engine: Engine) -> None:
    assert fates(engine, {**CAMP, "slug": "same"}, {**RAIDERS, "slug": "same"}) == ["created", "created"]


@pytest.mark.parametrize("given", [KILLED, HELD], ids=["figure", "population"])
def test_a_statement_given_twice_is_refused_unless_it_is_counted(engine: Engine, given: Given) -> None:
    noun = given["collection"][:-1]
    told = f"an equal {noun} is given twice; a second equal one of its source takes nth: 2"
    others = [one for one in WORLD if one is not given]
    again = {**given, "as_written": "more than 50"}
    assert refused(engine, *others, given, again) == [(9, "/nth", told)]
    assert put(engine, *others, given, {**again, "nth": 2}).counts() == {Fate.created: 10}
    assert len(ids(engine, given["collection"])) == 2


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


def unnamed(given: Any, **instead: Any) -> Given:
    return {name: value for name, value in given.items() if name != "slug"} | instead


def test_a_slug_is_made_from_the_name(engine: Engine) -> None:
    names = {
        "Al-Hol Camp": "al-hol-camp",
        "Girtîgeha Sînaa": "girtigeha-sinaa",
        "سجن الصناعة": "sjn-lsn",
        "Гвейран": "gveiran",
        "1984": "facility-1984",
        "!!!": "facility",
        f"{'long ' * 30}name": "long-" * 15 + "long",
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


# --- estimates ---------------------------------------------------------------------------------------------------

BOUNDS = ("low", "best", "high", "qualifier")


def stated(engine: Engine, **instead: Any) -> Given:
    """The figure as shown after it was written with other words or bounds."""
    put(engine, {**KILLED, **instead})
    return shown(engine, "figures", 1)


READ = {
    "at least 25": (25, None, None, "at_least"),
    "more than 450": (451, None, None, "more_than"),
    "as many as 800": (None, None, 800, "at_most"),
    "fewer than 10": (None, None, 9, "fewer_than"),
    "roughly 65,000": (None, 65000, None, "approximately"),
    "between 20 and 30": (20, None, 30, "between"),
    "hundreds": (200, None, 999, "magnitude"),
    "4,438": (4438, 4438, 4438, "exact"),
    "none": (0, 0, 0, "exact"),
    "several": (None, None, None, "unknown"),
}


def test_bounds_are_read_from_the_words(world: Engine) -> None:
    put(world, *({**KILLED, "as_written": words, "nth": nth} for nth, words in enumerate(READ, 2)))
    for number, (words, bounds) in enumerate(READ.items(), 2):
        figure = shown(world, "figures", number)
        assert (figure["as_written"], tuple(figure[name] for name in BOUNDS)) == (words, bounds)
        assert figure["flags"] == []


@pytest.mark.parametrize(
    ("given", "bounds"),
    [
        ({"low": 25}, (25, None, None, "at_least")),
        ({"high": 25}, (None, None, 25, "at_most")),
        ({"best": 25}, (None, 25, None, "approximately")),
        ({"low": 20, "high": 30}, (20, None, 30, "between")),
        ({"low": 20, "best": 25, "high": 30}, (20, 25, 30, "between")),
        ({"low": 0, "high": 0}, (0, None, 0, "exact")),
        ({"missing_reason": "not_published"}, (None, None, None, "unknown")),
    ],
)
def test_bounds_may_come_without_words(given: Given, bounds: tuple[Any, ...]) -> None:
    row = entry({**KILLED, "as_written": None, **given}).row
    assert tuple(row[name] for name in BOUNDS) == bounds
    assert (row["as_written"], row["flags"]) == (None, [])


def test_bounds_beside_words_stand_and_are_flagged_where_the_words_read_otherwise(world: Engine) -> None:
    figure = stated(world, low=20, best=None, high=None, qualifier="at_least")
    assert (figure["low"], figure["as_written"], figure["flags"]) == (20, "at least 25", ["bounds_by_editor"])
    figure = stated(world, low=25, qualifier="at_least", flags=["bounds_by_editor", "rounded"])
    assert (figure["low"], figure["flags"]) == (25, ["rounded"])
    figure = stated(world, as_written="who knows, thirty-ish", best=30, qualifier="approximately")
    assert (figure["best"], figure["flags"]) == (30, ["bounds_by_editor"])
    figure = stated(world)
    assert (figure["low"], figure["best"], figure["flags"]) == (25, None, [])


def test_bounds_out_of_order_are_kept_only_of_published_data(world: Engine) -> None:
    broken = {**KILLED, "as_written": None, "low": 30, "high": 20}
    assert faults(broken) == [("/low", "low, best and high must not fall: low <= best <= high")]
    assert faults({**broken, "flags": ["bounds_out_of_order"]}) == faults(broken)
    assert faults({**broken, "best": 10}) == faults({**KILLED, "best": 9, "high": 8}) == faults(broken)
    write(world, [entry(broken, published=True)], author="test")
    figure = shown(world, "figures", 1)
    assert (figure["low"], figure["high"], figure["flags"]) == (30, 20, ["bounds_out_of_order"])
    write(world, [entry({**KILLED, "flags": ["bounds_out_of_order"]}, published=True)], author="test")
    assert shown(world, "figures", 1)["flags"] == []


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"as_written": "a shrug"}, "/as_written"),
        ({"as_written": None}, "/as_written"),
        ({"low": -1}, "/low"),
        ({"high": 2**53}, "/high"),
        ({"as_of": "2022-13"}, "/as_of"),
        ({"as_of": "1066"}, "/as_of"),
        ({"as_of": None}, "/as_of"),
        ({"source": None}, "/source"),
        ({"measure": "slain"}, "/measure"),
        ({"of": ["guard", "knight"]}, "/of/1"),
        ({"nth": 0}, "/nth"),
        ({"of_whom": "guards"}, "/of_whom"),
        ({"note": "nul\0"}, "/note"),
    ],
)
def test_what_is_wrong_with_a_figure_is_named_where_it_stands(given: Given, pointer: str) -> None:
    assert [at for at, _ in faults({**KILLED, **given})] == [pointer]


@pytest.mark.parametrize(
    ("given", "tally"),
    [
        ({}, "total"),
        ({"measure": "hostages"}, "current"),
        ({"measure": "at_large"}, "current"),
        ({"measure": "forces_engaged"}, "current"),
        ({"measure": "hostages", "tally": "total"}, "total"),
        ({"as_written": "another 300"}, "additional"),
        ({"as_written": "another 300", "measure": "hostages"}, "additional"),
        ({"as_written": "another 300", "tally": "total"}, "total"),
    ],
)
def test_the_tally_is_told_by_words_and_measure_where_it_is_not_given(given: Given, tally: str) -> None:
    assert entry({**KILLED, **given}).row["tally"] == tally


@pytest.mark.parametrize("statistic", ["flow", "daily_average"])
def test_a_flow_says_when_it_began(statistic: str) -> None:
    told = "a flow or an average needs period_start: where the count begins"
    assert faults({**HELD, "statistic": statistic}) == [("/period_start", told)]
    assert entry({**HELD, "statistic": statistic, "period_start": "2022-01"}).row["period_start_latest"].day == 31
    assert entry({**HELD, "statistic": "point"}).row["tally"] == "total"


# --- what the database itself refuses ----------------------------------------------------------------------------

CHECKS: dict[str, tuple[str, dict[str, Any]]] = {
    f"ck_{table.name}_{column.name}": (table.name, {column.name: "nonsense"})
    for table in kept_tables()
    for column in table.columns
    if "codes" in column.info
}
for _noun in ("figure", "population"):
    CHECKS |= {
        f"ck_{_noun}_low_not_negative": (_noun, {"low": -1}),
        f"ck_{_noun}_best_not_negative": (_noun, {"best": -1, "low": None}),
        f"ck_{_noun}_high_not_negative": (_noun, {"high": -1, "low": None, "best": None}),
        f"ck_{_noun}_bounds_in_order": (_noun, {"low": 3, "best": None, "high": 2}),
        f"ck_{_noun}_days_in_order": (_noun, {"as_of_start": "2022-01-25", "as_of_end": "2022-01-24"}),
        f"ck_{_noun}_nth_from_one": (_noun, {"nth": 0}),
    }
for _noun in ("facility", "incident"):
    CHECKS |= {
        f"ck_{_noun}_latitude_on_globe": (_noun, {"latitude": 90.5, "longitude": 0.0}),
        f"ck_{_noun}_longitude_on_globe": (_noun, {"latitude": 0.0, "longitude": -180.5}),
        f"ck_{_noun}_coordinates_in_pairs": (_noun, {"latitude": 0.0, "longitude": None}),
        f"ck_{_noun}_not_its_own_parent": (_noun, {"parent": "another"}),
    }
CHECKS |= {
    "ck_incident_days_in_order": ("incident", {"started_earliest": "2022-01-25", "started_latest": "2022-01-24"}),
    "ck_population_ages_in_order": ("population", {"min_age": 18, "max_age": 17}),
    "ck_claim_one_maker": ("claim", {"author": "A. Writer"}),
    "ck_claim_about_something": ("claim", {"facility": None, "incident": None, "about": None}),
}
"""Rows that break one condition each, by its name: the table, and what is other than in a row that breaks none."""


@pytest.fixture(scope="session")
def written(databases: Databases) -> Iterator[Engine]:
    """A register that holds one of everything; tests take back what they do to it."""
    engine = write_engine(databases.empty())
    put(engine, *WORLD)
    yield engine
    engine.dispose()


def insert_another(connection: Connection, name: str, instead: Given) -> None:
    """Insert a copy of a table's first row under keys of its own, with other values here and there."""
    own = metadata.tables[name]
    columns = [column.name for column in own.columns]
    row = dict(connection.execute(text(f"SELECT * FROM {name}")).mappings().first() or {})  # noqa: S608
    assert row, f"{name} is empty"
    keys: Given = {"revision": 2, "slug": "another", "statement": "another"}
    keys |= {"position": 99} if "position" in columns else {"id": 99}
    row |= {key: value for key, value in keys.items() if key in columns} | instead
    connection.execute(text(f"INSERT INTO {name} ({', '.join(map(quoted, columns))}) VALUES ({values(columns)})"), row)  # noqa: S608


def quoted(name: str) -> str:
    return f'"{name}"'


def values(columns: list[str]) -> str:
    return ", ".join(f":{name}" for name in columns)


def test_every_condition_has_a_row_that_breaks_it() -> None:
    conditions = {
        str(constraint.name)
        for own in kept_tables()
        for constraint in own.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert set(CHECKS) == conditions


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_the_database_refuses(written: Engine, check: str) -> None:
    name, instead = CHECKS[check]
    with written.connect() as connection, revision(connection, "test"):
        whole = connection.begin_nested()
        insert_another(connection, name, {})  # Nothing else is wrong with the row.
        whole.rollback()
        savepoint = connection.begin_nested()
        with pytest.raises(IntegrityError, match=rf"\b{check}\b"):
            insert_another(connection, name, instead)
        savepoint.rollback()
        connection.rollback()


@pytest.mark.parametrize("noun", ["figure", "population"])
def test_the_database_takes_bounds_out_of_order_where_they_are_flagged(written: Engine, noun: str) -> None:
    with written.connect() as connection, revision(connection, "test"):
        insert_another(connection, noun, {"low": 3, "high": 2, "flags": '["bounds_out_of_order"]'})
        connection.rollback()


@pytest.mark.parametrize(
    ("name", "instead", "match"),
    [
        ("actor", {"slug": "guards"}, "uq_actor_slug|actor.slug"),
        ("figure", {"statement": None}, "not-null|NOT NULL"),
        ("actor", {"name": None}, "not-null|NOT NULL"),
        ("figure", {"source": None}, "not-null|NOT NULL"),
    ],
)
def test_the_database_refuses_what_is_doubled_or_missing(
    written: Engine, name: str, instead: Given, match: str
) -> None:
    with written.connect() as connection, revision(connection, "test"):
        with pytest.raises(IntegrityError, match=match):
            insert_another(connection, name, instead)
        connection.rollback()


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("figure", {"incident": "none"}),
        ("figure", {"source": "none"}),
        ("facility", {"operator": "none"}),
        ("facility_name", {"owner_id": 77}),
        ("incident_party", {"actor": "none"}),
    ],
)
def test_the_database_refuses_references_to_nothing_at_the_commit(written: Engine, name: str, instead: Given) -> None:
    with written.connect() as connection:
        with revision(connection, "test"):
            insert_another(connection, name, instead)
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            connection.commit()
        connection.rollback()
    assert table(written, "register", "revision") == [(1,)]


# --- wire forms --------------------------------------------------------------------------------------------------


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
    assert changed(event, 2) == expected | {"actors": {"sdf"}, "incidents": {"al-sina-prison-attack-2022"}}
    for key, was in before["figures"].items():
        now = shown(event, "figures", key)
        if key in expected["figures"]:
            assert now["reads_as"] == was["reads_as"].replace("SDF", "QSD") != was["reads_as"]
        else:
            assert now == was
    for key, was in before["populations"].items():
        assert "SDF" not in was["reads_as"]
        assert shown(event, "populations", key) == was
    assert list(differing(event)) == []


def test_a_change_that_no_sentence_says_changes_the_record_alone(world: Engine) -> None:
    put(world, {**GUARDS, "country": "SYR", "names": []})
    assert changed(world, 2) == {"actors": {"guards"}}
    put(world, {**SOURCE, "title": "The report"})
    assert changed(world, 3) == {"sources": {"report"}}


def test_another_publisher_is_told_by_what_it_published(world: Engine) -> None:
    put(world, {**SOURCE, "publisher": "Observatory"})
    assert changed(world, 2) == {"sources": {"report"}, "populations": {1}, "figures": {1}, "incidents": {"raid"}}
    assert shown(world, "populations", 1)["originator"] == "Observatory"
    assert table(world, "population", "originator") == [("Observatory",)]
    assert table(world, "population_history", "originator", "until") == [("Monitor", 2)]
    assert shown(world, "figures", 1)["reads_as"].endswith("according to TG as told by Observatory")
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
    assert figure["reads_as"] == "at least 25 (guards killed), as of 24 January 2022, according to Monitor"
    assert shown(world, "incidents", "raid")["figures"] == [figure]
    assert shown(world, "figures", 1, Access.partner) == figure
    whole = shown(world, "figures", 1, Access.restricted)
    assert (whole["actor"], whole["attributed_to"], whole["originator"]) == ("guards", "guards", "guards")
    assert "withheld" not in whole
    assert "TG guards killed" in whole["reads_as"]
    assert shown(world, "incidents", "raid", Access.restricted)["figures"] == [whole]
    prison = shown(world, "facilities", "prison")
    assert (prison["operator"], prison["withheld"]) == (None, True)
    assert shown(world, "facilities", "prison", Access.restricted)["operator"] == "guards"
    assert table(world, "figure", "doc_partner") == [(None,)]
    put(world, GUARDS)
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


def test_a_retracted_slug_stays_taken_by_direct_deletion_too(world: Engine) -> None:
    with world.begin() as connection, revision(connection, "test"):
        connection.execute(text("DELETE FROM facility_related"))
        connection.execute(text("DELETE FROM facility WHERE slug = 'camp'"))
    put(world, unnamed(CAMP))
    assert set(revisions(world, "facilities")) == {"prison", "camp-2"}
