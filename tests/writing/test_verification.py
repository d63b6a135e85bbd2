"""Verification: whatever is stored otherwise than its rows say is named, and nothing else is."""

import sqlite3
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from app.cli.commands import main
from app.database.engines import write_engine
from app.database.settings import settings
from app.writing.rerendering import AT_ONCE
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.migrations import operations
from tests.support.worlds import CAMP, GUARDS, KILLED, WORLD, put, revisions
from tests.support.writing import revision


@pytest.fixture
def world(engine: Engine) -> Engine:
    """A register that holds one of everything, a part of it hidden."""
    put(engine, *WORLD)
    put(engine, {**GUARDS, "access": "restricted"})
    return engine


def tamper(engine: Engine, table: str, statement: str) -> None:
    """Change rows with the triggers of their table put out of the way."""
    with engine.begin() as connection:
        op = operations(connection)
        op.release(table)
        connection.execute(text(statement))
        op.keep(table)


@pytest.mark.slow
def test_what_was_written_by_the_register_is_as_its_rows_say(databases: Databases, world: Engine) -> None:
    event = write_engine(databases.with_reference())
    for engine in (world, event):
        assert list(differing(engine)) == []
    event.dispose()


def test_an_empty_register_differs_in_nothing(engine: Engine) -> None:
    assert list(differing(engine)) == []


@pytest.mark.parametrize(
    ("table", "statement", "message"),
    [
        ("source", "UPDATE source SET doc = '{}'", ["sources 1: doc"]),
        ("source", "UPDATE source SET published_on_latest = NULL", ["sources 1: published_on_latest, doc"]),
        ("source", "UPDATE source SET note = 'Doubtful.'", ["sources 1: doc, seal"]),
        ("claim", "UPDATE claim SET statement = 'Another one.'", ["claims 1: doc, seal"]),
        (
            "figure",
            "UPDATE figure SET doc_restricted = NULL",
            ["incidents 1: doc_restricted", "figures 1: doc_restricted"],
        ),
        (
            "figure",
            "UPDATE figure SET doc_partner = '{}'",
            ["incidents 1: doc_partner", "figures 1: doc_partner"],
        ),
        ("figure", "UPDATE figure SET originator = 'nobody'", ["figures 1: originator"]),
        ("figure", "UPDATE figure SET high = 30", ["figures 1: doc, doc_restricted, seal"]),
        ("population", "UPDATE population SET statement = 'none'", ["populations 1: statement"]),
        ("population", "UPDATE population SET as_of_end = '2022-01-20'", ["populations 1: as_of_end, doc"]),
        (
            "facility_phase",
            "UPDATE facility_phase SET to_latest = '2018-05-30'",
            ["facilities 2: doc, doc_restricted, phases", "facilities 2 at revision 1: doc, doc_restricted, phases"],
        ),
        (
            "facility_name",
            "UPDATE facility_name SET name = 'The new school'",
            ["facilities 2: doc, doc_restricted, seal", "facilities 2 at revision 1: doc, doc_restricted, seal"],
        ),
        (
            "incident_party",
            "DELETE FROM incident_party",
            ["incidents 1: doc, doc_restricted, seal", "incidents 1 at revision 1: doc, doc_restricted, seal"],
        ),
        (
            "incident",
            "UPDATE incident SET revision = 1",
            [
                "incidents 1: doc, doc_restricted",
                "incidents at revision 1: 2 versions are there, the log tells of 1",
                "revision 2: its content is not what was sealed",
                "incidents 1 at revision 2: it is gone",
            ],
        ),
        (
            "actor",
            "UPDATE actor SET access = 'public' WHERE slug = 'guards'",
            [
                "actors 1: doc",
                "facilities 2: doc, doc_restricted",
                "figures 1: doc, doc_restricted",
                "actors 1 at revision 2: access",
            ],
        ),
    ],
)
def test_what_is_changed_behind_its_back_is_named(
    world: Engine, table: str, statement: str, message: list[str]
) -> None:
    tamper(world, table, statement)
    assert list(differing(world)) == message


def test_an_earlier_version_changed_behind_its_back_is_named(world: Engine) -> None:
    tamper(world, "facility", "UPDATE facility_history SET name = 'Elsewhere'")
    assert list(differing(world)) == ["facilities 2 at revision 1: doc, doc_restricted, seal"]


def test_a_change_in_an_open_revision_that_renders_nothing_is_named(world: Engine) -> None:
    with world.begin() as connection, revision(connection, "shell") as number:
        connection.execute(text(f"UPDATE facility SET name = 'Elsewhere', revision = {number} WHERE id = 1"))  # noqa: S608
        connection.execute(text(f"UPDATE claim SET revision = {number}"))  # noqa: S608
    assert list(differing(world)) == [
        "facilities 1: doc, seal",
        "claims 1: doc",
        "facilities at revision 3: 1 versions are there, the log tells of 0",
        "claims at revision 3: 1 versions are there, the log tells of 0",
    ]


def test_every_record_is_looked_at(engine: Engine) -> None:
    many = 2 * AT_ONCE + 50
    put(engine, *WORLD, *({**CAMP, "slug": f"camp-{number}"} for number in range(many)))
    tamper(engine, "facility", "UPDATE facility SET name = 'Elsewhere'")
    places = [f"facilities {number}: doc, seal" for number in range(1, many + 3)]
    # What says where it was counted says so by the place's name.
    assert list(differing(engine)) == [*places, "populations 1: doc"]


def test_a_row_that_makes_no_sense_hides_no_other(engine: Engine) -> None:
    put(engine, *WORLD, *({**KILLED, "nth": nth} for nth in range(2, 10)))
    tamper(engine, "figure", "UPDATE figure SET flags = 'not a list' WHERE nth = 4")
    tamper(engine, "figure", "UPDATE figure SET doc = '{}' WHERE nth = 7")
    assert list(differing(engine)) == ["incidents 1: doc", "figures 4: cannot be rendered", "figures 7: doc"]


def test_a_reference_to_nothing_is_named_on_sqlite(world: Engine) -> None:
    if world.dialect.name == "postgresql":
        return  # It lets none be made.
    with sqlite3.connect(world.url.database or "") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("UPDATE register SET open = true, revision = 3")
        connection.execute("DELETE FROM source")
        connection.execute("UPDATE register SET open = false")
    connection.close()
    found = list(differing(world))
    assert "figure row 1: refers to a row of source that is not there" in found
    assert "incident_source row 1, 0: refers to a row of source that is not there" in found
    assert sum(answer.startswith("incident_source row") for answer in found) == 1
    assert "figures 1: doc, doc_restricted" in found


def test_a_damaged_file_is_named_on_sqlite(world: Engine) -> None:
    if world.dialect.name == "postgresql":
        return  # Its own tools look at its files.
    file = Path(world.url.database or "")
    with sqlite3.connect(file) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_facility_name_id'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    world.dispose()  # The last to leave empties the log into the file.
    held = file.read_bytes()
    start, end = (page - 1) * size, page * size
    file.write_bytes(held[:start] + held[start:end].replace(b"Camp", b"Damp") + held[end:])
    assert list(differing(world)) == ["integrity: row 1 missing from index ix_facility_name_id"]


def test_a_write_goes_on_while_records_are_compared(world: Engine) -> None:
    answer: Iterator[str] = differing(world)
    tamper(world, "actor", "UPDATE actor SET doc = '{}' WHERE slug = 'raiders'")
    tamper(world, "facility", "UPDATE facility SET doc = '{}'")
    assert next(answer) == "actors 2: doc"
    put(world, {**CAMP, "name": "Another camp"})
    assert list(answer) == ["facilities 1 at revision 1: doc", "facilities 2 at revision 2: doc"]
    assert revisions(world, "facilities")["camp"] == 3


@pytest.mark.slow
def test_memory_does_not_grow_with_the_register(engine: Engine) -> None:
    def most() -> int:
        tracemalloc.start()
        assert list(differing(engine)) == []
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    def camps(first: int, last: int) -> list[dict[str, Any]]:
        return [{**CAMP, "slug": f"c-{number}", "description": "x" * 2000} for number in range(first, last)]

    put(engine, *camps(0, AT_ONCE))
    list(differing(engine))
    few = most()
    put(engine, *camps(AT_ONCE, 8 * AT_ONCE))
    assert most() < 2 * few


@pytest.mark.slow
def test_the_command_tells_what_differs(url: str, world: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETENTION_DATABASE_URL", url)
    settings.cache_clear()
    result = CliRunner().invoke(main, ["verify"])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "Every record is as its rows say.\n", "")
    tamper(world, "source", "UPDATE source SET doc = '{}'")
    result = CliRunner().invoke(main, ["verify"])
    assert (result.exit_code, result.stderr) == (1, "sources 1: doc\n")
    settings.cache_clear()
