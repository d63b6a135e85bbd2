"""The triggers, guards and views of one kept table."""

from collections.abc import Sequence

from sqlalchemy import Connection, inspect
from sqlalchemy.engine.reflection import Inspector

from app.history.access import DOCS
from app.history.tables import FOREVER


def keep(connection: Connection, name: str) -> None:
    """(Re)make the triggers and the view of one kept table from the columns it has now.

    A migration calls it after creating or altering the table: SQLite drops triggers with a table it rebuilds.
    """
    inspector: Inspector = inspect(connection)
    names = [column["name"] for column in inspector.get_columns(name)]
    keys: Sequence[str] = inspector.get_pk_constraint(name)["constrained_columns"]
    make = _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE
    parts = {
        "table": f'"{name}"',
        "name": name,
        "columns": ", ".join(f'"{name}"' for name in names),
        "old": ", ".join(f'OLD."{name}"' for name in names),
        "moved": " OR ".join(f'OLD."{key}" <> NEW."{key}"' for key in keys),
        "forever": FOREVER,
    }
    for statement in make:
        connection.exec_driver_sql(statement.format(**parts))
    if make is _POSTGRES and connection.exec_driver_sql(_LZ4).scalar():
        for column in DOCS:
            for own in (name, f"{name}_history") if column in names else ():
                connection.exec_driver_sql(f'ALTER TABLE "{own}" ALTER COLUMN {column} SET COMPRESSION lz4')


_VIEW = (
    "DROP VIEW IF EXISTS {name}_all",
    """CREATE VIEW {name}_all AS SELECT {columns}, CAST({forever} AS BIGINT) AS until FROM {table}
UNION ALL SELECT {columns}, until FROM {name}_history""",
)


_SQLITE = (
    *_VIEW,
    "DROP TRIGGER IF EXISTS {name}_kept_on_update",
    """CREATE TRIGGER {name}_kept_on_update BEFORE UPDATE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: the row must be stamped with the open revision, under its own key')
  WHERE {moved} OR NOT EXISTS (SELECT 1 FROM register WHERE open AND revision = NEW.revision);
  INSERT INTO {name}_history ({columns}, until) SELECT {old}, NEW.revision WHERE OLD.revision < NEW.revision;
END""",
    "DROP TRIGGER IF EXISTS {name}_kept_on_delete",
    """CREATE TRIGGER {name}_kept_on_delete BEFORE DELETE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: no revision is open') WHERE NOT EXISTS (SELECT 1 FROM register WHERE open);
  INSERT INTO {name}_history ({columns}, until)
  SELECT {old}, register.revision FROM register WHERE OLD.revision < register.revision;
END""",
)


_POSTGRES = (
    *_VIEW,
    """CREATE OR REPLACE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE now_open bigint;
BEGIN
  SELECT revision INTO now_open FROM register WHERE open;
  IF now_open IS NULL THEN RAISE EXCEPTION '{name}: no revision is open'; END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.revision <> now_open OR {moved} THEN
      RAISE EXCEPTION '{name}: the row must be stamped with the open revision, under its own key';
    END IF;
  END IF;
  IF OLD.revision < now_open THEN
    INSERT INTO {name}_history ({columns}, until) VALUES ({old}, now_open);
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$""",
    "DROP TRIGGER IF EXISTS {name}_kept ON {table}",
    "CREATE TRIGGER {name}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_kept()",
    "DROP TRIGGER IF EXISTS {name}_guarded ON {table}",
    "CREATE TRIGGER {name}_guarded BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION register_is_open()",
    "DROP TRIGGER IF EXISTS {name}_not_truncated ON {table}",
    """CREATE TRIGGER {name}_not_truncated BEFORE TRUNCATE ON {table} FOR EACH STATEMENT
EXECUTE FUNCTION register_is_not_truncated()""",
)


_LZ4 = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
"""Whether the server was built with it: it takes a fifth of the time that the compression of old takes."""


GUARDS = (
    """CREATE OR REPLACE FUNCTION register_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register WHERE open) THEN
    RAISE EXCEPTION '%: no revision is open', TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$""",
    """CREATE OR REPLACE FUNCTION register_is_not_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: a kept table is never truncated', TG_TABLE_NAME;
END $$""",
)
"""Functions the PostgreSQL triggers share; made by the first migration."""
