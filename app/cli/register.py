"""What commands share: the register's database, and how a command that was called wrongly ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

from app.database.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Engine


@contextmanager
def open_register() -> "Iterator[Engine]":
    """The register's database, for a command; one that this software must not write to ends the command."""
    from app.database.engines import write_engine
    from app.writing.migration import not_ready

    if missing := not_ready(settings().database_url):
        misuse(missing)
    engine = write_engine(settings().database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def misuse(message: str) -> NoReturn:
    """End a command that was called wrongly, or lacks what it needs."""
    typer.echo(message, err=True)
    raise typer.Exit(2)
