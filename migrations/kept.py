"""What a migration calls to make and alter kept tables: `op.create_kept`, `op.add_kept_column` and the others.

A kept table `T` has a history table `T_history`: its columns and `until`, the revision that closed the row, with the
indexes of `T` as of a revision. Triggers copy a row there before it is changed or deleted; the view `T_all` is both.

Nothing of `app` is imported, and the texts of triggers stand here again, on purpose: a migration that was released does
for ever what it did on the day of its release, whatever the application has become. So what stands here is not changed
once it was released; what is to be different gets a name of its own.
"""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy.schema import AddConstraint, CreateColumn

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
FOREVER = 2**63 - 1


class Kept:
    """The operations; each is registered below under its own name."""

    @classmethod
    def create_plain(cls, operations: Operations, name: str, *items: Any, **options: Any) -> None:
        """Make a table without history, with its indexes.

        `info={"codes": [...]}` on a column makes a CHECK that it holds one of them; references are held to account at
        the commit. Constraints and indexes are named by rule.
        """
        connection = operations.get_bind()
        _table(connection.dialect, name, items, options).create(connection, checkfirst=False)

    @classmethod
    def create_kept(cls, operations: Operations, name: str, *items: Any, **options: Any) -> None:
        """Make a table of the same kind, its history table, its triggers and its view."""
        connection = operations.get_bind()
        own = _table(connection.dialect, name, items, options)
        own.create(connection, checkfirst=False)
        _history(own).create(connection, checkfirst=False)
        cls.keep(operations, name)

    @classmethod
    def drop_kept(cls, operations: Operations, name: str) -> None:
        """Drop a table with its history."""
        cls.release(operations, name)
        operations.drop_table(f"{name}_history")
        operations.drop_table(name)
        if operations.get_bind().dialect.name == "postgresql":
            operations.execute(f"DROP FUNCTION {name}_kept()")

    @classmethod
    def add_kept_column(
        cls, operations: Operations, table: str, column: sa.Column[Any], *, existing: Any = ...
    ) -> None:
        """Add a column to a table and its history; every row there is, and was, holds `existing` in it, else null."""
        if not column.nullable and existing is ...:
            raise ValueError(
                f"{table}.{column.name} is never null: say what the rows there are shall hold in it, as existing=..."
            )
        connection = operations.get_bind()
        cls.release(operations, table)
        own = _table(connection.dialect, table, [column], {})
        past = sa.Table(
            f"{table}_history", sa.MetaData(), sa.Column(column.name, column.type, nullable=column.nullable)
        )
        add = _add_on_postgresql if connection.dialect.name == "postgresql" else _add_on_sqlite
        for to in (own, past):
            add(operations, to, existing)
        cls.keep(operations, table)

    @classmethod
    def drop_kept_column(cls, operations: Operations, table: str, column: str) -> None:
        """Drop a column from a table and its history, with the indexes and constraints that speak of it."""
        connection = operations.get_bind()
        cls.release(operations, table)
        for name in (table, f"{table}_history"):
            inspector = sa.inspect(connection)
            for index in inspector.get_indexes(name):
                if column in index["column_names"]:
                    operations.drop_index(str(index["name"]), name)
            checks = [check["name"] for check in inspector.get_check_constraints(name) if _says(check, column)]
            bound = checks or any(column in key["constrained_columns"] for key in inspector.get_foreign_keys(name))
            if connection.dialect.name == "postgresql" or not bound:
                operations.execute(f'ALTER TABLE "{name}" DROP COLUMN "{column}"')
                continue
            with operations.batch_alter_table(name, recreate="always") as batch:
                for check in checks:
                    batch.drop_constraint(operations.f(str(check)), type_="check")
                batch.drop_column(column)
        cls.keep(operations, table)

    @classmethod
    def create_kept_index(
        cls,
        operations: Operations,
        table: str,
        *columns: str,
        name: str | None = None,
        unique: bool = False,
        where: str | None = None,
    ) -> None:
        """Make an index of a table, and the one of its history; triggers and view say nothing of it, and stay."""
        some = _where(where)
        operations.create_index(
            operations.f(name or _index_name(table, columns)), table, columns, unique=unique, **some
        )
        past = f"{table}_history"
        operations.create_index(operations.f(_index_name(past, columns)), past, _ended(columns), **some)

    @classmethod
    def drop_kept_index(cls, operations: Operations, table: str, *columns: str, name: str | None = None) -> None:
        """Drop an index of a table, and the one of its history."""
        operations.drop_index(operations.f(name or _index_name(table, columns)), table)
        past = f"{table}_history"
        operations.drop_index(operations.f(_index_name(past, columns)), past)

    @classmethod
    def create_kept_check(cls, operations: Operations, table: str, name: str, condition: str) -> None:
        """Hold every row of a table to a condition, those there are already too."""
        cls.release(operations, table)
        with operations.batch_alter_table(table) as batch:
            batch.create_check_constraint(operations.f(f"ck_{table}_{name}"), sa.text(condition))
        cls.keep(operations, table)

    @classmethod
    def drop_kept_check(cls, operations: Operations, table: str, name: str) -> None:
        """Hold them to it no longer."""
        cls.release(operations, table)
        with operations.batch_alter_table(table) as batch:
            batch.drop_constraint(operations.f(f"ck_{table}_{name}"), type_="check")
        cls.keep(operations, table)

    @classmethod
    def change_kept_codes(cls, operations: Operations, table: str, column: str, *codes: str) -> None:
        """Let a column hold one of these codes, instead of those before."""
        connection = operations.get_bind()
        name = operations.f(f"ck_{table}_{column}")
        cls.release(operations, table)
        with operations.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, _one_of(connection.dialect, column, codes))
        cls.keep(operations, table)

    @classmethod
    def release(cls, operations: Operations, table: str) -> None:
        """Drop the view and the triggers of a table that is to be altered; `op.keep` makes them again."""
        connection = operations.get_bind()
        operations.execute(f"DROP VIEW {table}_all")
        postgresql = connection.dialect.name == "postgresql"
        for statement in kept_triggers(connection, table):
            if found := re.match(r'CREATE TRIGGER (\w+) BEFORE [A-Z ]+ ON ("\w+")', statement):
                operations.execute(f"DROP TRIGGER {found[1]}" + (f" ON {found[2]}" if postgresql else ""))

    @classmethod
    def keep(cls, operations: Operations, table: str) -> None:
        """Make the view and the triggers of a table from the columns it has now."""
        connection = operations.get_bind()
        columns = [column["name"] for column in sa.inspect(connection).get_columns(table)]
        listed = ", ".join(f'"{column}"' for column in columns)
        connection.exec_driver_sql(VIEW.format(name=table, columns=listed, forever=FOREVER))
        for statement in kept_triggers(connection, table):
            connection.exec_driver_sql(statement)
        if connection.dialect.name == "postgresql" and connection.exec_driver_sql(LZ4).scalar():
            for column in ("doc", "doc_partner", "doc_restricted"):
                for name in (table, f"{table}_history") if column in columns else ():
                    connection.exec_driver_sql(f'ALTER TABLE "{name}" ALTER COLUMN {column} SET COMPRESSION lz4')

    @classmethod
    def create_guards(cls, operations: Operations) -> None:
        """Make the functions that the triggers of every table share, on the engine that has functions."""
        if operations.get_bind().dialect.name == "postgresql":
            for guard in GUARDS:
                operations.execute(guard)

    @classmethod
    def guard_log(cls, operations: Operations) -> None:
        """Guard the tables of the log: what they hold is added to, and else stays as it is."""
        connection = operations.get_bind()
        for statement in log_triggers(connection):
            connection.exec_driver_sql(statement)

    @classmethod
    def guard(cls, operations: Operations, table: str) -> None:
        """Guard one more table like those of the log; `guarded` names it for whoever looks after the guards."""
        connection = operations.get_bind()
        for statement in guard_triggers(connection, table):
            connection.exec_driver_sql(statement)

    @classmethod
    def drop_guards(cls, operations: Operations) -> None:
        """Drop the shared functions."""
        if operations.get_bind().dialect.name == "postgresql":
            names = (found[1] for guard in GUARDS if (found := re.search(r"FUNCTION (\w+)", guard)))
            operations.execute(f"DROP FUNCTION {', '.join(f'{name}()' for name in names)}")


for _name in [name for name in vars(Kept) if not name.startswith("_")]:
    Operations.register_operation(_name)(Kept)


# --- tables ------------------------------------------------------------------------------------------------------


def _table(dialect: sa.Dialect, name: str, items: Sequence[Any], options: dict[str, Any]) -> sa.Table:
    """A table of the register as it is declared to the engine."""
    metadata = sa.MetaData(naming_convention=NAMES)
    columns = [item for item in items if isinstance(item, sa.Column)]
    for column in columns:
        for key in column.foreign_keys:
            key.deferrable, key.initially = True, "DEFERRED"
    table = sa.Table(name, metadata, *items, **options)
    for column in columns:
        if "codes" in column.info:
            one_of = _one_of(dialect, column.name, column.info["codes"])
            table.append_constraint(sa.CheckConstraint(one_of, name=column.name))
        for key in column.foreign_keys:
            # A reference is spelled with the table it leads to, so that has to be known, if only by its key.
            other, target = key.target_fullname.split(".")
            known = metadata.tables.get(other)
            if known is None:
                known = sa.Table(other, metadata)
            if target not in known.columns:
                known.append_column(sa.Column(target, column.type))
    return table


def _history(own: sa.Table) -> sa.Table:
    """The history table of a table."""
    history = sa.Table(
        f"{own.name}_history",
        sa.MetaData(naming_convention=NAMES),
        *(sa.Column(column.name, column.type, nullable=column.nullable) for column in own.columns),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*(column.name for column in own.primary_key), "until"),
        sa.Index(None, "until"),
    )
    if "slug" in history.columns:
        sa.Index(_index_name(history.name, ["slug"]), *(history.c[name] for name in _ended(["slug"])))
    for index in own.indexes:
        names = [column.name for column in index.columns]
        ended = (history.c[name] for name in _ended(names))
        sa.Index(_index_name(history.name, names), *ended, **index.dialect_kwargs)
    return history


def _ended(columns: Sequence[str]) -> list[str]:
    """The columns of a history table's index: those of the table's, and when the row was closed and made."""
    return [*columns, *(name for name in ("until", "revision") if name not in columns)]


def _index_name(table: str, columns: Sequence[str]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def _where(condition: str | None) -> dict[str, Any]:
    return {f"{engine}_where": sa.text(condition) for engine in ("sqlite", "postgresql") if condition is not None}


def _one_of(dialect: sa.Dialect, column: str, codes: Sequence[str]) -> sa.TextClause:
    """The condition that a column holds one of some codes, as each engine checks it fastest."""
    if dialect.name == "sqlite":
        # For IN with more than two values SQLite fills a tree with them, for every row anew.
        return sa.text(" OR ".join(f"\"{column}\" = '{code}'" for code in codes))
    return sa.text(f'"{column}" IN ({", ".join(repr(code) for code in codes)})')


def _says(check: Any, column: str) -> bool:
    """Whether a condition speaks of a column; the texts in it, which may be codes of that name, left aside."""
    return column in re.findall(r"\w+", re.sub(r"'(?:[^']|'')*'", "", check["sqltext"]))


# --- a new column ------------------------------------------------------------------------------------------------


def _add_on_postgresql(operations: Operations, table: sa.Table, existing: Any) -> None:
    """Add a column: rows there are take it from a default, so none is written and no trigger is at work."""
    connection = operations.get_bind()
    column = next(iter(table.columns))  # A reference to its own kind brings the column that it leads to.
    if existing is not ...:
        column.server_default = sa.DefaultClause(sa.literal(existing, column.type))
    definition = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}')
    if existing is not ...:
        connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ALTER COLUMN "{column.name}" DROP DEFAULT')
    for constraint in table.constraints - {table.primary_key}:
        connection.execute(AddConstraint(constraint))


def _add_on_sqlite(operations: Operations, table: sa.Table, existing: Any) -> None:
    """Add a column: at once when it may be null and refers to nothing, else the table is built anew."""
    connection = operations.get_bind()
    column = next(iter(table.columns))  # A reference to its own kind brings the column that it leads to.
    rebuilt = bool(column.foreign_keys) or not column.nullable
    checks = [check for check in table.constraints if isinstance(check, sa.CheckConstraint)]
    compiler = connection.dialect.ddl_compiler(connection.dialect, None)  # type: ignore[arg-type]
    definition = f'"{column.name}" {connection.dialect.type_compiler_instance.process(column.type)}'
    for check in () if rebuilt else checks:
        definition += f" {compiler.process(check)}"
    connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}')
    if existing is not ...:
        connection.execute(table.update().values({column.name: existing}))
    if rebuilt:
        with operations.batch_alter_table(table.name, recreate="always") as batch:
            batch.alter_column(column.name, existing_type=column.type, nullable=column.nullable)
            for check in checks:
                batch.create_check_constraint(operations.f(str(check.name)), check.sqltext)
            for key in column.foreign_keys:
                other, target = key.target_fullname.split(".")
                name = operations.f(f"fk_{table.name}_{column.name}")
                batch.create_foreign_key(name, other, [column.name], [target], deferrable=True, initially="DEFERRED")


# --- what the engines run by themselves ----------------------------------------------------------------------------

LOG = ("revision", "change", "slug")
"""The tables without history whose rows are added and never changed."""
GUARDED_LATER = ("leaf", "removed_version")
"""More of them, which later versions made and guard each by itself."""


def kept_triggers(connection: sa.Connection, table: str) -> list[str]:
    """The statements that make the triggers of a kept table and of its history, from the columns it has now."""
    inspector = sa.inspect(connection)
    columns = [column["name"] for column in inspector.get_columns(table)]
    keys = inspector.get_pk_constraint(table)["constrained_columns"]
    further: list[Sequence[str | None]] = [unique["column_names"] for unique in inspector.get_unique_constraints(table)]
    further += [index["column_names"] for index in inspector.get_indexes(table) if index["unique"]]
    itself = " AND ".join(f'"{key}" = OLD."{key}"' for key in keys)
    parts = {
        "table": f'"{table}"',
        "name": table,
        "columns": ", ".join(f'"{column}"' for column in columns),
        "old": ", ".join(f'OLD."{column}"' for column in columns),
        "moved": " OR ".join(f'OLD."{key}" <> NEW."{key}"' for key in keys),
        "there": " OR ".join(_is_there(table, some) for some in [keys, *further]),
        "other": " OR ".join([_is_there(table, some, f"NOT ({itself})") for some in further] or ["false"]),
    }
    texts = POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE
    return [*(text.format(**parts) for text in texts), *guard_triggers(connection, f"{table}_history")]


def guard_triggers(connection: sa.Connection, table: str) -> list[str]:
    """The statements that make the triggers of a table whose rows are added and never changed."""
    keys = sa.inspect(connection).get_pk_constraint(table)["constrained_columns"]
    texts = POSTGRESQL_GUARDED if connection.dialect.name == "postgresql" else SQLITE_GUARDED
    but = REMOVED if table.endswith("_history") else ""
    return [text.format(name=table, table=f'"{table}"', there=_is_there(table, keys), but=but) for text in texts]


def log_triggers(connection: sa.Connection) -> list[str]:
    """The statements that make the triggers of the tables of the log."""
    own = POSTGRESQL_REGISTER if connection.dialect.name == "postgresql" else SQLITE_REGISTER
    return [*(text for table in LOG for text in guard_triggers(connection, table)), *own]


def _is_there(table: str, columns: Sequence[str | None], *further: str) -> str:
    """The condition that a table has a row with the values that a new one brings."""
    same = [*(f'"{column}" = NEW."{column}"' for column in columns), *further]
    return f'EXISTS (SELECT 1 FROM "{table}" WHERE {" AND ".join(same)})'  # noqa: S608  (names of the register's tables)


VIEW = """CREATE VIEW {name}_all AS SELECT {columns}, CAST({forever} AS BIGINT) AS until FROM "{name}"
UNION ALL SELECT {columns}, until FROM {name}_history"""

# SQLite's REPLACE deletes a row without a word to its triggers, unless a connection asks for it: so it is refused.
SQLITE = (
    """CREATE TRIGGER {name}_guarded BEFORE INSERT ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: no revision is open') WHERE NOT EXISTS (SELECT 1 FROM register WHERE open);
  SELECT RAISE(ABORT, '{name}: a row like it is there, and is never replaced') WHERE {there};
END""",
    """CREATE TRIGGER {name}_kept_on_update BEFORE UPDATE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: the row must be stamped with the open revision, under its own key')
  WHERE {moved} OR NOT EXISTS (SELECT 1 FROM register WHERE open AND revision = NEW.revision);
  SELECT RAISE(ABORT, '{name}: a row like it is there, and is never replaced') WHERE {other};
  INSERT INTO {name}_history ({columns}, until) SELECT {old}, NEW.revision WHERE OLD.revision < NEW.revision;
END""",
    """CREATE TRIGGER {name}_kept_on_delete BEFORE DELETE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: no revision is open') WHERE NOT EXISTS (SELECT 1 FROM register WHERE open);
  INSERT INTO {name}_history ({columns}, until)
  SELECT {old}, register.revision FROM register WHERE OLD.revision < register.revision;
END""",
)

REMOVED = " WHERE NOT EXISTS (SELECT 1 FROM register WHERE open AND redacted = revision)"
"""When a row of a history table may be deleted: in a revision that removes a record from the past too."""
# What was recorded changes when the register says so itself: in a revision that redacts, or while it is migrated.
SQLITE_GUARDED = (
    """CREATE TRIGGER {name}_guarded BEFORE INSERT ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: no revision is open') WHERE NOT EXISTS (SELECT 1 FROM register WHERE open);
  SELECT RAISE(ABORT, '{name}: a row like it is there, and is never replaced') WHERE {there};
END""",
    """CREATE TRIGGER {name}_not_changed BEFORE UPDATE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: what was recorded stays as it is')
  WHERE NOT EXISTS (SELECT 1 FROM register WHERE version IS NULL OR (open AND redacted = revision));
END""",
    """CREATE TRIGGER {name}_not_deleted BEFORE DELETE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: what was recorded stays as it is'){but};
END""",
)

# A revision that was closed is opened again by a migration alone, which renders its rows anew.
SQLITE_REGISTER = (
    """CREATE TRIGGER register_moves_on BEFORE UPDATE ON "register" BEGIN
  SELECT RAISE(ABORT, 'register: a revision that was closed is not opened again')
  WHERE OLD.version IS NOT NULL
  AND (NEW.revision < OLD.revision OR (NEW.open AND NOT OLD.open AND NEW.revision = OLD.revision));
END""",
    """CREATE TRIGGER register_not_added_to BEFORE INSERT ON "register" BEGIN
  SELECT RAISE(ABORT, 'register: it has one row, which stays');
END""",
    """CREATE TRIGGER register_not_deleted BEFORE DELETE ON "register" BEGIN
  SELECT RAISE(ABORT, 'register: it has one row, which stays');
END""",
)

POSTGRESQL = (
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
    "CREATE TRIGGER {name}_kept BEFORE DELETE OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_kept()",
    "CREATE TRIGGER {name}_guarded BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION register_is_open()",
    """CREATE TRIGGER {name}_not_truncated BEFORE TRUNCATE ON {table} FOR EACH STATEMENT
EXECUTE FUNCTION register_is_not_truncated()""",
)

POSTGRESQL_GUARDED = (
    "CREATE TRIGGER {name}_guarded BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION register_is_open()",
    """CREATE TRIGGER {name}_not_changed BEFORE DELETE OR UPDATE ON {table} FOR EACH STATEMENT
EXECUTE FUNCTION register_is_redacted()""",
    """CREATE TRIGGER {name}_not_truncated BEFORE TRUNCATE ON {table} FOR EACH STATEMENT
EXECUTE FUNCTION register_is_not_truncated()""",
)

POSTGRESQL_REGISTER = (
    """CREATE TRIGGER register_moves_on BEFORE INSERT OR DELETE OR UPDATE ON "register" FOR EACH ROW
EXECUTE FUNCTION register_moves_on()""",
    """CREATE TRIGGER register_not_truncated BEFORE TRUNCATE ON "register" FOR EACH STATEMENT
EXECUTE FUNCTION register_is_not_truncated()""",
)

LZ4 = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
"""Whether the server was built with the compression that takes a fifth of the time of the old one."""

GUARDS = (
    """CREATE OR REPLACE FUNCTION register_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register WHERE open) THEN
    RAISE EXCEPTION '%: no revision is open', TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$""",
    """CREATE OR REPLACE FUNCTION register_is_redacted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register WHERE version IS NULL OR (open AND redacted = revision))
  OR (TG_OP = 'DELETE' AND (
    TG_TABLE_NAME NOT LIKE '%_history' OR NOT EXISTS (SELECT 1 FROM register WHERE open AND redacted = revision)
  )) THEN
    RAISE EXCEPTION '%: what was recorded stays as it is', TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$""",
    """CREATE OR REPLACE FUNCTION register_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN RAISE EXCEPTION 'register: it has one row, which stays'; END IF;
  IF OLD.version IS NOT NULL
  AND (NEW.revision < OLD.revision OR (NEW.open AND NOT OLD.open AND NEW.revision = OLD.revision)) THEN
    RAISE EXCEPTION 'register: a revision that was closed is not opened again';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE OR REPLACE FUNCTION register_is_not_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: a kept table is never truncated', TG_TABLE_NAME;
END $$""",
)
