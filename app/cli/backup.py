"""`detention backup` and `restore`, and `redact`, which a restore does again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.register import misuse, open_register
from app.database.settings import settings

if TYPE_CHECKING:
    from app.writing.backup import Contents


def backup(file: Annotated[Path, typer.Argument(help="The file to make; it must not be there yet.")]) -> None:
    """Copy the whole register to one file, whichever engine it is on, and verify the copy. Others may write meanwhile.

    The file is a register on SQLite: it holds what is hidden too, so it is readable by its owner alone.
    """
    from app.writing.backup import back_up

    if not file.absolute().parent.is_dir():
        misuse(f"There is no folder {file.parent}.")
    try:
        contents = back_up(settings().database_url, file)
    except FileExistsError as error:
        misuse(str(error))
    _tell(contents, f"The backup {file} holds the register")


def restore(file: Annotated[Path, typer.Argument(help="A backup.")]) -> None:
    """Copy a backup into a new database, of either engine, and verify it.

    What was removed since the backup was made is removed again: it is listed in DETENTION_REMOVALS_FILE.
    """
    from app.writing.backup import restore as restore_register

    removals = settings().removals_file
    try:
        contents = restore_register(file, settings().database_url, removals)
    except FileNotFoundError as error:
        misuse(str(error))
    if removals is None:
        typer.echo("DETENTION_REMOVALS_FILE is not set: nothing was removed again.", err=True)
    elif contents.removed:
        typer.echo(f"{contents.removed} records were removed again, as {removals} lists them.")
    _tell(contents, "The database holds the register")


def redact(
    collection: Annotated[str, typer.Argument(help="The collection, such as facilities.")],
    key: Annotated[str, typer.Argument(help="The slug or id of the record.")],
    reason_code: Annotated[str, typer.Option(help="Why, as a code; shown to everybody.")],
    reason: Annotated[str, typer.Option(help="Why, in words; shown to everybody, so it says nothing of the content.")],
) -> None:
    """Remove a record for good: from the present, from every earlier revision, and from what is kept beside it.

    It takes two keys with `admin`, of two people, each on a line of standard input. A tombstone with the reason is
    left, the record's slug, and a digest of each version.
    """
    import sys

    from app.catalogue.collections import COLLECTIONS
    from app.errors import unlisted
    from app.history.codes import ReasonCode
    from app.writing.keys import two_admins
    from app.writing.removing import remove, write_list
    from app.writing.revisions import Why

    if collection not in COLLECTIONS:
        misuse(unlisted("a collection", collection, COLLECTIONS))
    if reason_code not in {str(code) for code in ReasonCode}:
        misuse(unlisted("a reason code", reason_code, map(str, ReasonCode)))
    if not reason.strip():
        misuse("Say why: --reason is empty.")
    keys = [line for line in (sys.stdin.readline().strip() for _ in range(2)) if line]
    if len(keys) < 2:
        misuse("It takes two keys with the scope admin, each on a line of standard input.")
    with open_register() as engine:
        author = two_admins(engine, keys)
        with engine.begin() as connection:
            number = remove(connection, COLLECTIONS[collection], key, Why(author, ReasonCode(reason_code), reason))
        typer.echo(f"Removed in revision {number}. Backups made before hold it still.")
        if (file := settings().removals_file) is None:
            typer.echo("DETENTION_REMOVALS_FILE is not set: a restore will not remove it again.", err=True)
            return
        with engine.connect() as connection:
            write_list(connection, file)


def _tell(contents: "Contents", what: str) -> None:
    """Say what is kept; end with 1 where that is not sound."""
    recorded = f", recorded at {contents.recorded_at}" if contents.recorded_at else ""
    typer.echo(f"{what} up to revision {contents.revision}{recorded}.")
    for fault in contents.faults:
        typer.echo(fault, err=True)
    if contents.faults:
        typer.echo(
            f"{len(contents.faults)} faults found; look at the register they come from with `detention verify`.",
            err=True,
        )
        raise typer.Exit(1)
