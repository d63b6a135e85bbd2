"""`detention facilities|actors|sources merge|split`: two records of one thing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.register import open_register

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.writing.revise import Done

MERGEABLE = ("facilities", "actors", "sources")
"""The collections with such commands, named here: what they are is loaded when a command runs."""
GONE = Annotated[str, typer.Argument(help="The slug or id of the record to give up.")]
SURVIVOR = Annotated[str, typer.Argument(help="The slug of the record to keep.")]
REASON = Annotated[str, typer.Option(help="Why; shown with the revision.")]
AUTHOR = Annotated[str, typer.Option(help="Shown as the author of the revision.")]
MERGED = Annotated[str, typer.Argument(help="The slug or id of the record that was given up.")]


def merging_commands(collection: str) -> typer.Typer:
    """The commands that make two records of a collection one, and undo it."""
    commands = typer.Typer(no_args_is_help=True, help=f"Make two {collection} one that are the same, or undo it.")

    @commands.command("merge")
    def merge_records(gone: GONE, survivor: SURVIVOR, reason: REASON, author: AUTHOR = "command line") -> None:
        """Give one record up in favour of another of the same thing; its address leads there from then on."""
        from app.catalogue.collections import COLLECTIONS
        from app.writing.merging import merge
        from app.writing.revisions import Why

        why = Why(author, text=reason)
        done = _write(lambda connection: merge(connection, COLLECTIONS[collection], gone, survivor, None, why))
        typer.echo(f"{gone} was merged into {survivor}: revision {done.revision}.")

    @commands.command("split")
    def split_record(gone: MERGED, reason: REASON, author: AUTHOR = "command line") -> None:
        """Undo a merge: the record is back, and so is what the merge moved, where it was not changed since."""
        from app.catalogue.collections import COLLECTIONS
        from app.writing.merging import split
        from app.writing.revisions import Why

        why = Why(author, text=reason)
        done = _write(lambda connection: split(connection, COLLECTIONS[collection], gone, why))
        typer.echo(f"{gone} is a record of its own again: revision {done.revision}.")

    return commands


def _write(write: "Callable[[Connection], Done]") -> "Done":
    """Run a write in a transaction; when something stands in its way, nothing is written."""
    with open_register() as engine, engine.begin() as connection:
        return write(connection)
