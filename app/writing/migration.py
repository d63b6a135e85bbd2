"""Bring a database to the schema and the stored JSON that this software writes, and say whether it is there."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, select, text, update
from sqlalchemy.engine import URL

from app.catalogue.versions import MIGRATIONS, NEVER_MIGRATED, STATE, expected, fault, form, newest, schemas
from app.database.engines import absent, url_of, write_engine
from app.database.types import metadata
from app.errors import NotReady
from app.history.tables import REGISTER
from app.history.tree import Frontier
from app.writing.indexing import index_anew
from app.writing.log import catch_up
from app.writing.rerendering import render_all
from app.writing.valuing import values_anew

_TURN = 0x64657465
"""The number of the lock that a migration holds on PostgreSQL."""


def config(url: str) -> Config:
    """Alembic's configuration for one database."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def version(connection: Connection) -> str | None:
    """The version of the schema a database is at, or none when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def not_ready(url: str) -> str | None:
    """Why this software may not serve a database, and what to do; none when it may. It is only read."""
    address = url_of(url)
    file = _file(address)
    if file is not None and file.parent.is_dir() and not file.exists():
        return NEVER_MIGRATED
    engine = create_engine(address, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            row = connection.execute(STATE).one_or_none()
    except Exception as error:
        if absent(error):
            return NEVER_MIGRATED
        raise
    finally:
        engine.dispose()
    return NEVER_MIGRATED if row is None else fault(*row)


def at_head(url: str) -> bool:
    """Whether a database is as this software writes it."""
    return not_ready(url) is None


def is_version(revision: str) -> bool:
    """Whether that names a version of the schema to go to."""
    return revision in {"head", "base", *schemas()} or re.fullmatch(r"[+-]\d+", revision) is not None


def migrate(url: str, revision: str = "head", *, discard: bool = False) -> tuple[int, int]:
    """Bring a database up, or down, to a version of the schema, and its records to the form of the newest.

    The answer is how many versions of records were rendered anew, and how many could not be. Raises `NotReady` for a
    database of another build. Going down loses what the lower version has no place for, so it has to be asked for by
    `discard` where something was ever written.
    """
    engine = write_engine(url)
    try:
        with _alone(engine.url):
            return _migrated(engine, url, revision, discard=discard)
    finally:
        engine.dispose()


def _migrated(engine: Engine, url: str, revision: str, *, discard: bool) -> tuple[int, int]:
    with engine.begin() as connection:
        there = version(connection)
        _known(connection, there)
        down = _is_down(revision, there)
        if down and there is not None and not discard:
            _nothing_lost(connection, revision)
        stored = _brought_to(connection, there)
        if stored is not None and (down or stored != expected()):
            # From here on nobody writes, whichever version they are of, until the last line of this.
            connection.execute(update(REGISTER).values(version=None))
    (command.downgrade if down else command.upgrade)(config(url), revision)
    with engine.begin() as connection:
        if version(connection) != newest():
            return 0, 0
        _whole(connection)
        revision_now, frontier = connection.execute(select(REGISTER.c.revision, REGISTER.c.frontier)).one()
    sealed = frontier is not None or not revision_now
    known = stored is not None and stored.endswith(f".{form()}")
    done = (0, 0) if sealed and known else render_all(engine)
    if not known:
        index_anew(engine)
    with engine.begin() as connection:
        if not known:
            values_anew(connection)
        _sealed(connection)
        connection.execute(update(REGISTER).values(version=expected()))
    return done


def _sealed(connection: Connection) -> None:
    """Make the leaves of revisions that an older version made."""
    last, text = connection.execute(select(REGISTER.c.revision, REGISTER.c.frontier)).one()
    frontier = Frontier.read(text)
    if frontier.size < last:
        connection.execute(update(REGISTER).values(open=True))
        catch_up(connection, frontier, last)
        connection.execute(update(REGISTER).values(open=False, frontier=str(frontier)))


def _brought_to(connection: Connection, there: str | None) -> str | None:
    """What the register says that it was brought to, if it says so."""
    if there is None or "version" not in {column["name"] for column in inspect(connection).get_columns("register")}:
        return None
    stored: str | None = connection.scalar(select(REGISTER.c.version))
    return stored


def _nothing_lost(connection: Connection, revision: str) -> None:
    """Refuse to go down where something was ever written."""
    if connection.scalar(select(REGISTER.c.revision)):
        raise NotReady(
            f"Going down to {revision} drops what that version has no place for, at `base` every record and its "
            "history. Make a backup, then say --discard."
        )


def _known(connection: Connection, there: str | None) -> None:
    """Refuse a database that another build made, which its migrations would only spoil."""
    if there is not None and there not in schemas():
        raise NotReady(fault(None, there) or "")
    if there is None and (own := set(metadata.tables) & set(inspect(connection).get_table_names())):
        raise NotReady(
            f"The database holds a table {min(own)} that no migration made: it is of another build, or of something "
            "else. Name another database, or use the build that made it."
        )


def _whole(connection: Connection) -> None:
    """Refuse a database whose tables are others than those that its version has."""
    inspector = inspect(connection)
    for name, table in sorted(metadata.tables.items()):
        found = {column["name"] for column in inspector.get_columns(name)} if inspector.has_table(name) else set()
        for column in sorted(found ^ set(table.columns.keys())):
            differs = "lacks" if column in table.columns else "has a further"
            raise NotReady(
                f"The database says that it is at version {newest()} of the schema, and {differs} column "
                f"{name}.{column}: another build made it. Export its records with that one, and import them into a new "
                "database."
            )


def _is_down(revision: str, there: str | None) -> bool:
    if revision == "base" or revision.startswith("-"):
        return True
    return there is not None and revision in schemas() and schemas().index(revision) > schemas().index(there)


@contextmanager
def _alone(url: URL) -> Iterator[None]:
    """Let one migration of a database run at a time; others wait, and then find it done."""
    file = _file(url)
    if file is not None:
        # A lock on the folder: it is given up with the process, and leaves no file behind.
        folder = os.open(file.absolute().parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
        return
    if url.get_backend_name() == "sqlite":
        yield
        return
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:turn)"), {"turn": _TURN})
        yield


def _file(url: URL) -> Path | None:
    """The file that a SQLite database is; none for one in memory, or of a `file:` address, which SQLite reads alone."""
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"} or "uri" in url.query:
        return None
    return Path(str(url.database))
