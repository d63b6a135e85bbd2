"""What a command says when it cannot go on: a sentence for each sort of failure, and an exit code, in one place.

An error without a sentence here is a fault of ours, and ends with its traceback.
"""

import errno
import re
import sqlite3
from functools import singledispatch
from typing import NamedTuple

import asyncpg
import psycopg
from alembic.util import CommandError
from pydantic import ValidationError
from pydantic_settings import SettingsError
from sqlalchemy.exc import DBAPIError

from app.database.engines import BadAddress, url_of
from app.database.settings import Settings, settings
from app.errors import Problem, sentence_of
from app.imports.faults import Unreadable
from app.imports.readers import UnreadableFile

AT_FAULT, MISUSED = 1, 2
SQLITE = {
    "SQLITE_CANTOPEN": "it cannot be opened; its folder has to be there, and open to this user",
    "SQLITE_READONLY": "it can be read only",
    "SQLITE_BUSY": "another process is writing to it; try again",
    "SQLITE_LOCKED": "another process is writing to it; try again",
    "SQLITE_NOTADB": "it is not a SQLite file",
    "SQLITE_CORRUPT": "the file is damaged; bring back a copy of it",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk does not take or give what is asked of it",
    "SQLITE_PERM": "this user may not use it",
    "SQLITE_AUTH": "this user may not use it",
}
"""What keeps a SQLite file from being used, by how the engine's name for it begins."""
POSTGRES = {
    "08": "the connection broke",
    "25006": "it can be read only",
    "28": "it refuses the login",
    "3D": "there is no database of that name",
    "40": "others are writing to the same records; try again",
    "42501": "this user may not do that there",
    "53": "the server has no room left: connections, memory or disk",
    "55P03": "another process holds what is to be written; try again",
    "57": "the server is stopping, or gave the statement up; try again",
    "58": "the server's disk does not take or give what is asked of it",
}
"""What keeps PostgreSQL from doing what is asked, by how its code begins."""


class Failure(NamedTuple):
    """What is printed, a line for each thing at fault, and the exit code."""

    lines: list[str]
    code: int


@singledispatch
def failure_of(_error: Exception) -> Failure | None:
    """What to print of an error; None for one that nobody foresaw."""
    return None


@failure_of.register
def _(problem: Problem) -> Failure:
    lines = [problem.detail, *(fault.detail for fault in problem.faults if fault.detail != problem.detail)]
    return Failure(lines, MISUSED if problem.status >= 500 else AT_FAULT)


@failure_of.register
def _(unreadable: Unreadable) -> Failure:
    count = f"{unreadable.many} fault{'s' if unreadable.many > 1 else ''}; nothing was written."
    return Failure([*unreadable.faults, count], AT_FAULT)


@failure_of.register
def _(unreadable: UnreadableFile) -> Failure:
    return Failure([str(unreadable)], AT_FAULT)


@failure_of.register
def _(invalid: ValidationError) -> Failure | None:
    if invalid.title != Settings.__name__:
        return None
    lines = [f"{_setting(str(fault['loc'][0]))}: {_lowered(sentence_of(fault))}." for fault in invalid.errors()]
    return Failure(lines, MISUSED)


@failure_of.register
def _(unparsed: SettingsError) -> Failure | None:
    field = re.search(r'field "(\w+)"', str(unparsed))
    return Failure([f"{_setting(field[1])}: it is not JSON."], MISUSED) if field else None


@failure_of.register
def _(bad: BadAddress) -> Failure:
    return Failure([f"{_setting('database_url')}: {bad}"], MISUSED)


@failure_of.register
def _(refused: CommandError) -> Failure:
    """Alembic does not know the version that was asked for, or the one that the database is at."""
    missing = re.search(r"Can't locate revision identified by '([^']*)'", str(refused))
    if missing is None:
        return Failure([f"The schema cannot be brought there: {_line(str(refused))}."], MISUSED)
    message = f"There is no version {missing[1][:80]!r} of the schema."
    return Failure([f"{message} If the database is at that version, newer software made it: use that."], MISUSED)


@failure_of.register
def _(wrapped: DBAPIError) -> Failure | None:
    return failure_of(wrapped.orig) if isinstance(wrapped.orig, Exception) else None


@failure_of.register
def _(error: sqlite3.Error) -> Failure | None:
    return _unusable(_first(SQLITE, getattr(error, "sqlite_errorname", None)))


@failure_of.register(psycopg.Error)
@failure_of.register(asyncpg.PostgresError)
def _(error: psycopg.Error | asyncpg.PostgresError) -> Failure | None:
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        # Nobody is connected yet: the driver's words are of the address and the login, never of a record.
        return _unusable(_line(str(error).partition("\n")[0]))
    return _unusable(_first(POSTGRES, error.sqlstate))


@failure_of.register
def _(refused: OSError) -> Failure | None:
    # A reader who closes the pipe is no failure.
    if refused.errno in {None, errno.EPIPE}:
        return None
    place = "The system refused" if refused.filename is None else refused.filename
    return Failure([f"{place}: {_lowered(refused.strerror or type(refused).__name__)}."], MISUSED)


def _unusable(reason: str | None) -> Failure | None:
    """That the database cannot be used; nothing where the statement itself is at fault."""
    return Failure([f"The database {_database()} cannot be used: {reason}."], MISUSED) if reason else None


def _first(sentences: dict[str, str], name: str | None) -> str | None:
    return next((sentence for start, sentence in sentences.items() if (name or "").startswith(start)), None)


def _database() -> str:
    """The database as it may be shown: without a password."""
    url = url_of(settings().database_url)
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


def _setting(name: str) -> str:
    return f"DETENTION_{name.upper()}"


def _line(text: str) -> str:
    """A text on one line, without a full stop."""
    return re.sub(r"\s+", " ", text).strip().rstrip(".")[:400]


def _lowered(text: str) -> str:
    line = _line(text)
    return f"{line[:1].lower()}{line[1:]}"
