"""`detention facilities merge|split`: two records of one place."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.register import open_register

if TYPE_CHECKING:
    from sqlalchemy import Connection

facilities = typer.Typer(no_args_is_help=True, help="Make two records of one place one, or undo it.")
REASON = Annotated[str, typer.Option(help="Why; shown with the revision.")]
AUTHOR = Annotated[str, typer.Option(help="Shown as the author of the revision.")]


@facilities.command("merge")
def facilities_merge(
    gone: Annotated[str, typer.Argument(help="The slug of the record to give up.")],
    kept: Annotated[str, typer.Argument(help="The slug of the record to keep.")],
    reason: REASON,
    author: AUTHOR = "command line",
) -> None:
    """Give one record of a place up in favour of another; its address leads there from then on."""
    from app.writing.merging import merge

    number = _write(lambda connection: merge(connection, gone, kept, author, reason))
    typer.echo(f"{gone} was merged into {kept}: revision {number}.")


@facilities.command("split")
def facilities_split(
    gone: Annotated[str, typer.Argument(help="The slug of the record that was given up.")],
    reason: REASON,
    author: AUTHOR = "command line",
) -> None:
    """Undo a merge: the record is back, and so is what the merge moved, where it was not changed since."""
    from app.writing.merging import split

    number = _write(lambda connection: split(connection, gone, author, reason))
    typer.echo(f"{gone} is a record of its own again: revision {number}.")


def _write(write: "Callable[[Connection], int]") -> int:
    """Run a write in a transaction; when something stands in its way, nothing is written."""
    with open_register() as engine, engine.begin() as connection:
        return write(connection)
