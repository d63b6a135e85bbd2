"""Whether the tables, views and triggers of a register are those that its migrations make.

The triggers keep the history and refuse whatever would change what was recorded. Whoever may alter the database may
drop them: it is found here.
"""

import re
from collections.abc import Iterator
from typing import Any

from alembic.util import load_python_file
from sqlalchemy import Connection, Engine, inspect, text

import app.database.server_tables
import app.records.names
import app.records.values  # noqa: F401  (the three declare the tables beside the records)
from app.catalogue.versions import MIGRATIONS
from app.database.types import metadata
from app.history.past import tables_with_history

_FOUND = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
SELECT tgname, pg_get_triggerdef(pg_trigger.oid, true) || CASE tgenabled WHEN 'O' THEN '' ELSE ' disabled' END
FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND relnamespace = current_schema()::text::regnamespace
UNION ALL SELECT proname || '()', prosrc FROM pg_proc
WHERE prorettype = 'trigger'::regtype AND pronamespace = current_schema()::text::regnamespace""",
}
"""The triggers of each engine by name, and of PostgreSQL the functions they call, with their texts."""


def missing_tables(engine: Engine) -> Iterator[str]:
    """A line for each table and view that is not there."""
    inspector = inspect(engine)
    for kind, names, found in (
        ("table", set(metadata.tables), inspector.get_table_names()),
        ("view", {f"{table.name}_all" for table in tables_with_history()}, inspector.get_view_names()),
    ):
        yield from (f"{name}: there is no such {kind}" for name in sorted(names - set(found)))


def altered_triggers(engine: Engine) -> Iterator[str]:
    """A line for each trigger that is missing, that says something else, or that no migration made."""
    with engine.connect() as connection:
        expected = {name: _words(statement) for name, statement in _expected(connection)}
        rows = connection.execute(text(_FOUND[engine.dialect.name]))
        found = {str(name): _words(str(statement)) for name, statement in rows}
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            yield f"trigger {name}: it is missing"
        elif name not in expected:
            yield f"trigger {name}: no migration made it"
        elif found[name] != expected[name]:
            yield f"trigger {name}: it is not as the migrations make it, or is disabled"


def unrecorded_revisions(engine: Engine) -> Iterator[str]:
    """A line where the register has counted other revisions than it has recorded."""
    with engine.connect() as connection:
        counted = connection.scalar(text("SELECT revision FROM register"))
        recorded, last = connection.execute(text("SELECT count(*), max(id) FROM revision")).one()
    if not counted == recorded == (last or 0):
        yield f"revisions: {counted} were counted, {recorded} are recorded, the last of them is {last or 0}"


def _expected(connection: Connection) -> Iterator[tuple[str, str]]:
    """The triggers that the migrations make, and the functions they call, by name."""
    operations: Any = load_python_file(MIGRATIONS, "kept.py")
    statements = [*operations.GUARDS] if connection.dialect.name == "postgresql" else []
    for table in tables_with_history():
        statements += operations.kept_triggers(connection, table.name)
    for table in operations.GUARDED_LATER:
        statements += operations.guard_triggers(connection, table)
    for statement in (*statements, *operations.log_triggers(connection)):
        if made := re.match(r"CREATE TRIGGER (\w+)", statement):
            yield made[1], statement
        elif made := re.match(r"CREATE OR REPLACE FUNCTION (\w+\(\))", statement):
            yield made[1], statement.split("$$")[1]


def _words(statement: str) -> list[str]:
    """A statement's words: PostgreSQL lays them out in its own way."""
    return statement.replace('"', "").split()
