"""What the database itself refuses, whoever writes."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from app.database.engines import write_engine
from app.database.types import metadata
from app.history.past import tables_with_history
from tests.conftest import Databases
from tests.support.worlds import (
    WORLD,
    put,
    table,
)
from tests.support.writing import revision

Given = dict[str, Any]


CHECKS: dict[str, tuple[str, dict[str, Any]]] = {
    f"ck_{table.name}_{column.name}": (table.name, {column.name: "nonsense"})
    for table in tables_with_history()
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
    "ck_incident_missing_reason": ("incident", {"started": None, "missing_reason": "nonsense"}),
    "ck_incident_dated_or_says_why": ("incident", {"missing_reason": "pending"}),
    "ck_source_called_something": ("source", {"title": None, "publisher": None, "authors": "[]"}),
    "ck_source_not_compiled_from_itself": ("source", {"compiled_from": "another"}),
    "ck_population_fractions_of_averages": ("population", {"low": 0.5, "best": None, "high": None}),
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
        for own in tables_with_history()
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
        ("actor", {"slug": "guards"}, "uq_actor_slug|a row like it is there"),
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
