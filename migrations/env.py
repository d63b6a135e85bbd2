"""How migrations run: on either engine, with SQLite's foreign keys off and checked again at the end.

SQLite rebuilds a table to alter it. With foreign keys on, that would delete the rows that refer to it; it drops the
table's triggers in any case, so a migration that alters a kept table ends with `app.history.keep(connection, table)`.
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine

import app.imports.jobs
import app.register
import app.security  # noqa: F401  (these declare every table)
from app.db import Id, JSONText, Words, metadata, url_of
from app.settings import settings


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Name the three types of the register; a migration says what they are, in plain SQLAlchemy."""
    if kind == "type" and (item is Words or isinstance(item, JSONText)):
        return "TEXT"
    if kind == "type" and item is Id:
        return "ID"
    return False


def migrate(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
    )
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        # Else renaming a rebuilt table fails on the views and triggers that speak of it.
        connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    else:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.exec_driver_sql("SET statement_timeout = '15min'")
    connection.commit()
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if dangling:
            raise RuntimeError(f"{len(dangling)} rows refer to records that are not there, first in {dangling[0][0]}")


url = context.config.get_alembic_option("sqlalchemy.url") or settings().database_url
if context.is_offline_mode():
    context.configure(url=url_of(url), target_metadata=metadata, literal_binds=True, render_item=render_item)
    with context.begin_transaction():
        context.run_migrations()
else:
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
    else:
        with create_engine(url_of(url), poolclass=NullPool).connect() as opened:
            migrate(opened)
