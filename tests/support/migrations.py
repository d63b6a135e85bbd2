"""The operations of the migrations, on an open connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util import load_python_file
from sqlalchemy import Connection, select, update

from app.catalogue.versions import MIGRATIONS
from app.history.tables import REGISTER


def operations(connection: Connection) -> Any:
    """What a migration knows as `op`, those of `kept.py` among them."""
    if not hasattr(Operations, "keep"):
        load_python_file(MIGRATIONS, "kept.py")
    return Operations(MigrationContext.configure(connection))


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Let what was recorded be changed, as while the register is migrated."""
    version = connection.scalar(select(REGISTER.c.version))
    connection.execute(update(REGISTER).values(version=None))
    yield
    connection.execute(update(REGISTER).values(version=version))
