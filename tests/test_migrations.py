"""Migrations: what they build is what the models declare, and a populated database goes down and up without loss."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Any, TypeVar

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from app.db import metadata, write_engine
from app.history import GUARDS, keep, kept_tables, revision
from app.imports.native import import_native, reference_files
from app.schema import MIGRATIONS, at_head, config, migrate, newest, version
from app.verification import differing
from tests.conftest import Databases

T = TypeVar("T")
Catalog = dict[str, dict[str, Any]]
Rows = dict[str, dict[tuple[Any, ...], dict[str, Any]]]

OBJECTS = {
    "sqlite": {
        "triggers": "SELECT name, tbl_name || ': ' || sql FROM sqlite_master WHERE type = 'trigger'",
        "views": "SELECT name, sql FROM sqlite_master WHERE type = 'view'",
    },
    "postgresql": {
        "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "views": "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public'",
        "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    },
}
"""Where each engine tells the text of what it runs by itself."""


def using(url: str, ask: Callable[[Connection], T]) -> T:
    """What a database answers, in a transaction of its own, with nothing left connected to it."""
    engine = write_engine(url)
    try:
        with engine.begin() as connection:
            return ask(connection)
    finally:
        engine.dispose()


def tables_of(connection: Connection) -> dict[str, Any]:
    """Every table: its columns, constraints and indexes by name; a column added later stands last, so order is left out."""
    inspector, dialect = inspect(connection), connection.dialect

    def listed(found: list[Any], *given: str) -> list[dict[str, Any]]:
        return sorted(({name: each.get(name) for name in ("name", *given)} for each in found), key=str)

    return {
        table: {
            "columns": {
                column["name"]: (column["type"].compile(dialect), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            },
            "primary key": listed([inspector.get_pk_constraint(table)], "constrained_columns"),
            "unique": listed(inspector.get_unique_constraints(table), "column_names"),
            "references": listed(
                inspector.get_foreign_keys(table),
                "constrained_columns",
                "referred_table",
                "referred_columns",
                "options",
            ),
            "checks": listed(inspector.get_check_constraints(table), "sqltext"),
            "indexes": listed(inspector.get_indexes(table), "column_names", "unique"),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def objects_of(connection: Connection) -> Catalog:
    """Every trigger, view and function, with its text."""
    asked = OBJECTS[connection.dialect.name]
    return {kind: {str(name): str(told) for name, told in connection.execute(text(sql))} for kind, sql in asked.items()}


def catalog(connection: Connection) -> Catalog:
    """All that a database is made of. Lists of columns in texts may be in any order, so their words are compared."""
    told = {
        kind: {name: sorted(re.findall(r"[^\s,()]+", words)) for name, words in texts.items()}
        for kind, texts in objects_of(connection).items()
    }
    return {"tables": tables_of(connection)} | told


def rows_of(connection: Connection) -> Rows:
    """Every row of every table, by primary key."""
    inspector = inspect(connection)
    found: Rows = {}
    for table in inspector.get_table_names():
        keys = inspector.get_pk_constraint(table)["constrained_columns"]
        rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()  # noqa: S608
        found[table] = {tuple(row[key] for key in keys): dict(row) for row in rows}
    return found


def made_from_models(url: str) -> None:
    """Build the register in an empty database without any migration."""

    def build(connection: Connection) -> None:
        metadata.create_all(connection)
        if connection.dialect.name == "postgresql":
            for guard in GUARDS:
                connection.exec_driver_sql(guard)
        for table in kept_tables():
            keep(connection, table.name)

    using(url, build)


@pytest.fixture(scope="session")
def modelled(databases: Databases) -> Catalog:
    """The catalog that the models declare."""
    url = databases.bare()
    made_from_models(url)
    return using(url, catalog)


# --- the catalog -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tables", "triggers", "views", "functions"])
def test_the_migrated_catalog_equals_the_models(databases: Databases, modelled: Catalog, kind: str) -> None:
    migrated = using(databases.empty(), catalog)
    assert migrated.keys() == modelled.keys()
    assert migrated.get(kind) == modelled.get(kind)
    kept = {table.name for table in kept_tables()}
    expected = {
        "tables": set(metadata.tables),
        "views": {f"{name}_all" for name in kept},
        "triggers": {f"{name}_kept_on_{event}" for name in kept for event in ("update", "delete")},
        "functions": None,
    }
    if databases.engine == "postgresql":
        events = ("kept", "guarded", "not_truncated")
        expected["triggers"] = {f"{name}_{event}" for name in kept for event in events}
        expected["functions"] = {f"{name}_kept" for name in kept} | {"register_is_open", "register_is_not_truncated"}
    assert (set(migrated[kind]) if kind in migrated else None) == expected[kind]


CHANGES: dict[str, tuple[str, dict[str, list[str]]]] = {
    "an index": ("tables", {"": ["DROP INDEX ix_facility_kind_slug"]}),
    "a twin's index": ("tables", {"": ["DROP INDEX ix_figure_history_until"]}),
    "a column": ("tables", {"": ["ALTER TABLE facility ADD COLUMN more TEXT"]}),
    "a view": ("views", {"": ["DROP VIEW facility_all"]}),
    "a view's text": (
        "views",
        {"": ["DROP VIEW actor_name_all", "CREATE VIEW actor_name_all AS SELECT *, 1 AS until FROM actor_name"]},
    ),
    "a trigger": (
        "triggers",
        {
            "sqlite": ["DROP TRIGGER facility_kept_on_update"],
            "postgresql": ["DROP TRIGGER facility_kept ON facility"],
        },
    ),
    "a check": (
        "tables",
        {
            "sqlite": ["UPDATE sqlite_master SET sql = replace(sql, 'BETWEEN -90', 'BETWEEN -91')"],
            "postgresql": [
                "ALTER TABLE facility DROP CONSTRAINT ck_facility_latitude_on_globe",
                "ALTER TABLE facility ADD CONSTRAINT ck_facility_latitude_on_globe CHECK (latitude >= -91)",
            ],
        },
    ),
    "a deferral": (
        "tables",
        {
            "sqlite": ["UPDATE sqlite_master SET sql = replace(sql, ' DEFERRABLE INITIALLY DEFERRED', '')"],
            "postgresql": ["ALTER TABLE facility ALTER CONSTRAINT fk_facility_operator NOT DEFERRABLE"],
        },
    ),
    "a nullable column": (
        "tables",
        {
            "sqlite": ["UPDATE sqlite_master SET sql = replace(sql, 'name TEXT NOT NULL', 'name TEXT')"],
            "postgresql": ["ALTER TABLE facility ALTER COLUMN name DROP NOT NULL"],
        },
    ),
    "a function": (
        "functions",
        {
            "postgresql": [
                "CREATE OR REPLACE FUNCTION register_is_open() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RETURN NULL; END $$"
            ],
        },
    ),
    "a collation": ("tables", {"postgresql": ['ALTER TABLE actor_name ALTER COLUMN name TYPE text COLLATE "default"']}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_comparison_sees(databases: Databases, modelled: Catalog, change: str) -> None:
    kind, by_engine = CHANGES[change]
    statements = by_engine.get(databases.engine) or by_engine.get("")
    if statements is None:
        assert databases.engine == "sqlite"  # The embedded engine has no functions and one collation.
        return
    if change == "a collation":
        statements = ["DROP VIEW actor_name_all", *statements]

    def spoil(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA writable_schema=ON")
        for statement in statements:
            connection.exec_driver_sql(statement)

    url = databases.empty()
    using(url, spoil)
    assert using(url, catalog)[kind] != modelled[kind]


def test_triggers_and_views_are_those_of_the_columns_there_are(url: str) -> None:
    def kept_again(connection: Connection) -> tuple[Catalog, Catalog]:
        before = objects_of(connection)
        for table in kept_tables():
            keep(connection, table.name)
        return before, objects_of(connection)

    before, after = using(url, kept_again)
    assert before == after


def test_autogenerate_finds_nothing_to_do(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    command.check(config(url))
    assert "No new upgrade operations detected." in capsys.readouterr().out


# --- the files ---------------------------------------------------------------------------------------------------


def test_migrations_are_one_line_and_read_by_their_names() -> None:
    scripts = ScriptDirectory.from_config(config("sqlite://"))
    assert scripts.get_heads() == [newest()]
    files = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    assert [name for name in files if not re.fullmatch(r"\d{4}-\d\d-\d\d-\d{4}(_[a-z]+)+\.py", name)] == []
    walked = list(scripts.walk_revisions())
    assert [Path(each.path).name for each in reversed(walked)] == files
    assert [each.down_revision for each in walked] == [*(each.revision for each in walked[1:]), None]


def test_a_database_says_its_version(databases: Databases) -> None:
    url = databases.bare()
    assert using(url, version) is None
    assert not at_head(url)
    migrate(url)
    assert using(url, version) == newest()
    assert at_head(url)
    migrate(url)
    assert at_head(url)


# --- down and up again -------------------------------------------------------------------------------------------


def with_extra(url: str, folder: Path, up: str, down: str = "pass") -> Config:
    """Alembic's configuration with one more migration behind those there are."""
    shutil.copytree(MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    body = (
        '"""One more."""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nfrom app.history import keep\n\n'
        f'revision = "extra"\ndown_revision = "{newest()}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        f"def upgrade():\n{indent(up, '    ')}\n\n\ndef downgrade():\n{indent(down, '    ')}\n"
    )
    (folder / "migrations" / "versions" / "2100-01-01-0000_extra.py").write_text(body)
    made = config(url)
    made.set_main_option("script_location", str(folder / "migrations"))
    return made


ALTER = """
op.execute("DROP VIEW facility_all")
for table in ("facility", "facility_history"):
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column("added", sa.Text(), nullable=True))
        batch.create_check_constraint("added_is_told", "added <> ''")
keep(op.get_bind(), "facility")
"""
ALTER_BACK = """
op.execute("DROP VIEW facility_all")
for table in ("facility", "facility_history"):
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint("added_is_told", type_="check")
        batch.drop_column("added")
keep(op.get_bind(), "facility")
"""
"""A check makes SQLite rebuild the table, which drops its triggers, and with foreign keys on, the rows of its lists."""


def changed(url: str) -> None:
    """Write a second revision, so that twins hold rows."""

    def rename(connection: Connection) -> None:
        with revision(connection, "test") as number:
            for table in ("actor", "facility", "facility_name", "incident", "figure"):
                connection.exec_driver_sql(f"UPDATE {table} SET revision = {number}")  # noqa: S608

    using(url, rename)


def narrowed(rows: Rows, to: Rows) -> Rows:
    """Rows in the tables and columns that another version of the schema has, its own version left out."""
    columns = {table: {name for row in entries.values() for name in row} for table, entries in to.items()}
    return {
        table: {key: {name: row[name] for name in row if name in columns[table]} for key, row in rows[table].items()}
        for table in sorted(to.keys() - {"alembic_version"})
    }


def sound(connection: Connection) -> None:
    """On SQLite: no row refers to one that is not there, and the file is whole."""
    if connection.dialect.name == "sqlite":
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
        assert connection.exec_driver_sql("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("extra", [False, True], ids=["the register's", "with one that rebuilds a table"])
def test_each_migration_goes_down_and_up_again_without_losing_a_row_or_a_trigger(
    databases: Databases, tmp_path: Path, extra: bool
) -> None:
    url = databases.with_reference()
    changed(url)
    made = with_extra(url, tmp_path, ALTER, ALTER_BACK) if extra else config(url)
    command.upgrade(made, "head")
    whole, objects = using(url, rows_of), using(url, objects_of)
    assert len(whole["facility_name"]) == len(whole["facility_name_history"]) > 10
    for each in ScriptDirectory.from_config(made).walk_revisions():
        if each.down_revision is None:
            break
        command.downgrade(made, str(each.down_revision))
        less = using(url, rows_of)
        assert less == narrowed(whole, less) | {"alembic_version": less["alembic_version"]}
        command.upgrade(made, "head")
        again = using(url, rows_of)
        assert narrowed(again, less) == narrowed(whole, less)
        assert using(url, objects_of) == objects
        using(url, sound)


def test_a_rebuilt_table_keeps_what_refers_to_it_and_its_history(databases: Databases, tmp_path: Path) -> None:
    url = databases.with_reference()
    before, objects = using(url, rows_of), using(url, objects_of)
    command.upgrade(with_extra(url, tmp_path, ALTER), "head")
    after = using(url, rows_of)
    assert {row["added"] for row in after["facility"].values()} == {None}
    assert narrowed(after, before) == narrowed(before, before)
    assert {kind: set(texts) for kind, texts in using(url, objects_of).items()} == {
        kind: set(texts) for kind, texts in objects.items()
    }
    using(url, sound)

    def rename(connection: Connection) -> tuple[Any, ...]:
        with revision(connection, "test") as number:
            connection.exec_driver_sql(f"UPDATE facility SET name = 'Other', added = 'later', revision = {number}")  # noqa: S608
        twins = "SELECT count(*), min(until), count(added) FROM facility_history"
        return tuple(connection.exec_driver_sql(twins).one())

    assert using(url, rename) == (len(before["facility"]), 2, 0)

    def erase(connection: Connection) -> None:
        with revision(connection, "test") as number:
            connection.exec_driver_sql(f"UPDATE facility SET added = '', revision = {number}")  # noqa: S608

    with pytest.raises(IntegrityError, match="added_is_told"):
        using(url, erase)


def test_the_first_goes_down_to_nothing_and_up_to_a_register(databases: Databases) -> None:
    url = databases.with_reference()
    changed(url)
    fresh = using(databases.empty(), catalog)
    migrate(url, "base")
    left = using(url, catalog)
    assert {kind: names for kind, names in left.items() if names} == {}
    assert using(url, version) is None
    migrate(url)
    assert using(url, catalog) == fresh
    engine = write_engine(url)
    written = import_native(engine, reference_files(), author="reference")
    assert (written.revision, written.counts()) == (1, {"created": len(written.entries)})
    assert list(differing(engine)) == []
    engine.dispose()


# --- how they run ------------------------------------------------------------------------------------------------


def test_migrations_wait_for_no_lock_and_run_for_no_more_than_their_time(databases: Databases, tmp_path: Path) -> None:
    url = databases.empty()
    asked = {
        "sqlite": "SELECT foreign_keys AS a, legacy_alter_table AS b FROM pragma_foreign_keys, pragma_legacy_alter_table",
        "postgresql": "SELECT current_setting('lock_timeout') AS a, current_setting('statement_timeout') AS b",
    }[databases.engine]
    command.upgrade(with_extra(url, tmp_path, f'op.execute("CREATE TABLE seen AS {asked}")'), "head")
    seen = using(url, lambda connection: tuple(connection.exec_driver_sql("SELECT a, b FROM seen").one()))
    assert seen == {"sqlite": (0, 1), "postgresql": ("5s", "15min")}[databases.engine]


def test_a_migration_that_leaves_a_reference_to_nothing_fails(databases: Databases, tmp_path: Path) -> None:
    url = databases.with_reference()
    up = """
op.execute("UPDATE register SET revision = 2, open = true")
op.execute("DELETE FROM actor WHERE slug = 'turkey'")
op.execute("UPDATE register SET open = false")
"""
    made = with_extra(url, tmp_path, up)
    with pytest.raises((RuntimeError, IntegrityError), match=r"refer to records that are not there|foreign key"):
        command.upgrade(made, "head")
