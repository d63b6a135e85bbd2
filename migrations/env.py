"""How migrations run: on either engine, with SQLite's foreign keys off and checked again at the end.

SQLite rebuilds a table to alter it. With foreign keys on, that would delete the rows that refer to it; it drops the
table's triggers in any case. The operations of `kept.py` make them anew; `generate.py` writes migrations that call them.
"""

from pathlib import Path

from alembic import context
from alembic.util import CommandError, load_python_file
from sqlalchemy import Connection, NullPool, create_engine

import app.catalogue.collections
import app.database.server_tables
import app.records.names
import app.records.values  # noqa: F401  (the four declare every table)
from app.database.engines import url_of
from app.database.settings import settings
from app.database.types import metadata

# Found by path: in a checkout this folder is `migrations`, in an installed package `app.migrations`.
HERE = Path(__file__).parent
load_python_file(HERE, "kept.py")
generate = load_python_file(HERE, "generate.py")


def migrate(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=generate.render_item,
        process_revision_directives=generate.process_revision_directives,
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


if context.is_offline_mode():
    raise CommandError("Migrations read what the tables hold, so they run on a database and are not printed as SQL.")
given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    url = context.config.get_alembic_option("sqlalchemy.url") or settings().database_url
    with create_engine(url_of(url), poolclass=NullPool).connect() as opened:
        migrate(opened)
