"""What was recorded stays: plain SQL that would change it is refused, and triggers that are gone are named."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app.history.past import tables_with_history
from app.writing.verification import differing
from tests.support.migrations import operations
from tests.support.worlds import CAMP, WORLD, put
from tests.support.writing import revision

REFUSED = (
    "what was recorded stays as it is|no revision is open|a row like it is there|never truncated|"
    "it has one row, which stays|a revision that was closed is not opened again"
)
LOG = ("revision", "change", "slug", "leaf")


@pytest.fixture
def world(engine: Engine) -> Engine:
    """A register in which every kind of table holds something, history tables among them."""
    put(engine, *WORLD)
    put(engine, {**CAMP, "name": "Another camp"})
    return engine


def contents(engine: Engine, *tables: str) -> list[Any]:
    """Every row of some tables."""
    with engine.connect() as connection:
        return [sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table}"))), key=str) for table in tables]  # noqa: S608


def refused(engine: Engine, *statements: str) -> None:
    """None of some statements is taken."""
    for statement in statements:
        with pytest.raises(DBAPIError, match=REFUSED), engine.begin() as connection:
            connection.execute(text(statement))


def test_no_row_of_the_history_or_the_log_changes_goes_or_is_added(world: Engine) -> None:
    guarded = [*LOG, *(f"{table.name}_history" for table in tables_with_history())]
    before = contents(world, *guarded)
    assert all((*before[: len(LOG)], before[guarded.index("facility_history")]))
    for table in guarded:
        # SQLite calls its triggers row by row.
        if world.dialect.name == "postgresql" or before[guarded.index(table)]:
            column = {"slug": "slug", "change": "slug", "revision": "author"}.get(table, "revision")
            refused(
                world,
                f"UPDATE {table} SET {column} = {column}",  # noqa: S608
                f"DELETE FROM {table}",  # noqa: S608
                f"INSERT INTO {table} SELECT * FROM {table}",  # noqa: S608
            )
        if world.dialect.name == "postgresql":
            refused(world, f"TRUNCATE {table}")
    assert contents(world, *guarded) == before


def test_they_are_not_changed_in_an_open_revision_either(world: Engine) -> None:
    for statement in (
        "UPDATE facility_history SET name = 'Elsewhere'",
        "DELETE FROM facility_history",
        "UPDATE revision SET author = 'nobody'",
        "DELETE FROM revision WHERE id = 1",
        "UPDATE change SET action = 'redact'",
        "DELETE FROM change",
        "UPDATE slug SET record_id = 7",
        "DELETE FROM slug",
    ):
        with (
            pytest.raises(DBAPIError, match="stays as it is"),
            world.begin() as connection,
            revision(connection, "shell"),
        ):
            connection.execute(text(statement))


def test_a_revision_that_is_closed_is_not_opened_again(world: Engine) -> None:
    refused(
        world,
        "UPDATE register SET open = true",
        "UPDATE register SET open = true, revision = revision - 1",
        "UPDATE register SET revision = 1",
        "DELETE FROM register",
        "INSERT INTO register (id, revision, open, redacted) VALUES (2, 0, false, 0)",
    )


def test_a_shell_without_recursive_triggers_replaces_no_row(world: Engine) -> None:
    if world.dialect.name == "postgresql":
        return  # It has no such statement.
    tables = ("facility", "facility_history", *LOG)
    before = contents(world, *tables)
    with sqlite3.connect(world.url.database or "") as shell:
        assert shell.execute("PRAGMA recursive_triggers").fetchone() == (0,)
        for table in tables:
            with pytest.raises(sqlite3.IntegrityError, match=REFUSED):
                shell.execute(f"REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608
        shell.execute("UPDATE register SET open = true, revision = 3")
        for table in tables:
            with pytest.raises(sqlite3.IntegrityError, match="never replaced"):
                shell.execute(f"REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608
        shell.rollback()
    shell.close()
    assert contents(world, *tables) == before


def dropped(connection: Connection) -> None:
    """Drop a trigger of a history table."""
    on = " ON facility_history" if connection.dialect.name == "postgresql" else ""
    connection.execute(text(f"DROP TRIGGER facility_history_not_changed{on}"))


def replaced(connection: Connection) -> None:
    """Put another in the place of a trigger, that does nothing."""
    dropped(connection)
    body = "BEGIN SELECT 1; END"
    if connection.dialect.name == "postgresql":
        body = "EXECUTE FUNCTION register_is_open()"
    connection.execute(text(f"CREATE TRIGGER facility_history_not_changed BEFORE UPDATE ON facility_history {body}"))


def added(connection: Connection) -> None:
    """Add a trigger that no migration makes."""
    body = "BEGIN SELECT 1; END"
    if connection.dialect.name == "postgresql":
        body = "EXECUTE FUNCTION register_is_open()"
    connection.execute(text(f"CREATE TRIGGER another BEFORE UPDATE ON facility {body}"))


@pytest.mark.parametrize(
    ("tamper", "line"),
    [
        (dropped, "trigger facility_history_not_changed: it is missing"),
        (replaced, "trigger facility_history_not_changed: it is not as the migrations make it, or is disabled"),
        (added, "trigger another: no migration made it"),
    ],
)
def test_a_trigger_that_was_tampered_with_is_named(
    world: Engine, tamper: Callable[[Connection], None], line: str
) -> None:
    assert list(differing(world)) == []
    with world.begin() as connection:
        tamper(connection)
    assert list(differing(world)) == [line]


def test_what_postgresql_does_not_call_any_more_is_named(world: Engine) -> None:
    if world.dialect.name == "sqlite":
        return  # It disables no trigger, and has no functions.
    with world.begin() as connection:
        connection.execute(text("ALTER TABLE revision DISABLE TRIGGER revision_not_changed"))
        body = "LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
        connection.execute(text(f"CREATE OR REPLACE FUNCTION register_is_open() RETURNS trigger {body}"))
    altered = "it is not as the migrations make it, or is disabled"
    assert list(differing(world)) == [
        f"trigger register_is_open(): {altered}",
        f"trigger revision_not_changed: {altered}",
    ]


def test_a_table_or_a_view_that_is_gone_is_named(world: Engine) -> None:
    with world.begin() as connection:
        operations(connection).release("claim")
        connection.execute(text("DROP TABLE claim_history"))
    assert list(differing(world)) == ["claim_history: there is no such table", "claim_all: there is no such view"]


def test_a_revision_that_was_counted_and_not_recorded_is_named(world: Engine) -> None:
    with world.begin() as connection:
        connection.execute(text("UPDATE register SET open = true, revision = 3"))
        connection.execute(text("UPDATE register SET open = false"))
    assert list(differing(world)) == [
        "revisions: 3 were counted, 2 are recorded, the last of them is 2",
        "revision 3: it is not recorded, or has no leaf",
        "register: its tree does not end as its leaves do",
    ]
