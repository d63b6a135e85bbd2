"""The schema's versions: bring a database to the newest one, and say which one it is at."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from app.db import write_engine

_HERE = Path(__file__).parent
# An installed package carries its migrations inside; in a checkout they stand beside it.
MIGRATIONS = _HERE / "migrations" if (_HERE / "migrations").is_dir() else _HERE.parent / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for one database."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database up, or down, to a version of the schema."""
    down = revision == "base" or (revision.startswith("-") and revision[1:].isdigit())
    (command.downgrade if down else command.upgrade)(config(url), revision)


def newest() -> str:
    """The newest version of the schema."""
    return str(ScriptDirectory.from_config(config("sqlite://")).get_current_head())


def version(connection: Connection) -> str | None:
    """The version a database is at, or none when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def at_head(url: str) -> bool:
    """Whether a database is at the newest version."""
    engine = write_engine(url)
    try:
        with engine.connect() as connection:
            return version(connection) == newest()
    finally:
        engine.dispose()
