"""A PostgreSQL server to measure on: found or started, with a database that holds what the SQLite file holds."""

import secrets
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from app.database.types import metadata

UNCOPIED = ("register", "counter")
"""Tables whose rows a migrated database has already."""


@contextmanager
def server(address: str | None, command: str | None) -> Iterator[str | None]:
    """The address of a server: the one given, else that of one which `command` starts; none without either.

    The command prints the address and keeps its server until the end of its input.
    """
    if address or not command:
        yield address
        return
    with subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:  # noqa: S603  (set by who runs the benchmarks)
        yield (keeper.stdout.readline().strip() if keeper.stdout else "") or None
        keeper.communicate()


@contextmanager
def database(address: str) -> Iterator[str]:
    """The address of a new, empty database on a server; it is dropped at the end."""
    url, name = make_url(address), f"detention_bench_{secrets.token_hex(6)}"
    with psycopg.connect(_conninfo(url), autocommit=True) as connection:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
        connection.execute(make.format(sql.Identifier(name)))
        try:
            # Parallel workers come and go: what they used could not be counted.
            settle = sql.SQL("ALTER DATABASE {} SET max_parallel_workers_per_gather = 0")
            connection.execute(settle.format(sql.Identifier(name)))
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class Sessions:
    """The sessions of a database, watched by one of its own."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(_conninfo(make_url(address)), autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def cpu(self) -> int | None:
        """The CPU time they have used so far, in nanoseconds; none where the server's system does not tell us.

        Linux does, of the processes of this machine.
        """
        found = self._connection.execute(_SESSIONS).fetchall()
        try:
            return sum(int(Path(f"/proc/{number}/schedstat").read_text().split()[0]) for (number,) in found)
        except (OSError, ValueError):
            return None

    @property
    def durable(self) -> bool:
        """Whether what is committed survives a power cut."""
        found = self._connection.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        return "off" not in (found.fetchone() or ())


_SESSIONS = """SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""


def copy(file: Path, address: str) -> None:
    """Bring every row of a SQLite register into a migrated, empty PostgreSQL one, and gather its statistics."""
    with (
        closing(sqlite3.connect(file)) as origin,
        psycopg.connect(_conninfo(make_url(address)), autocommit=True) as target,
    ):
        with target.transaction():
            # Rows enter kept tables while a revision is open, and at no other time.
            head = origin.execute("SELECT revision, redacted, version FROM register").fetchone()
            target.execute("UPDATE register SET open = true, revision = %s, redacted = %s, version = %s", head)
            for table in metadata.sorted_tables:
                if table.name in UNCOPIED:
                    continue
                _copy_rows(origin, target, table.name, [column.name for column in table.columns])
            target.execute("DELETE FROM counter")
            _copy_rows(origin, target, "counter", [column.name for column in metadata.tables["counter"].columns])
            target.execute("UPDATE register SET open = false")
        target.execute("ANALYZE")


def _copy_rows(origin: sqlite3.Connection, target: psycopg.Connection, table: str, columns: list[str]) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    rows = origin.execute(sql.SQL("SELECT {} FROM {}").format(listed, sql.Identifier(table)).as_string())
    take = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), listed)
    with target.cursor() as cursor, cursor.copy(take) as into:
        for row in rows:
            into.write_row(row)


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
