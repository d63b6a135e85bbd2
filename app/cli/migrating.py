"""`detention migrate` and `verify`: the schema, and the stored form of the records."""

from typing import Annotated

import typer

from app.cli.register import misuse, open_register
from app.database.settings import settings


def migrate(
    revision: Annotated[str, typer.Argument(help="The version to go to; `-1` goes one back.")] = "head",
    *,
    discard: Annotated[
        bool, typer.Option("--discard", help="Go down even though that drops records or parts of them.")
    ] = False,
) -> None:
    """Bring the database to the newest version of the schema, and its records to the form this version stores.

    Where the form has changed, every record is rendered anew, its earlier versions too; that makes no revision. Nobody
    writes meanwhile. A migration that was stopped is ended by running it again.
    """
    from app.writing.migration import is_version
    from app.writing.migration import migrate as migrate_database

    if not is_version(revision):
        misuse(f"{revision!r} is not a version of the schema: write `head`, `base`, `-1` or a version's number.")
    done, failed = migrate_database(settings().database_url, revision, discard=discard)
    typer.echo(f"The schema is at {revision}." + (f" {done} versions of records were rendered anew." if done else ""))
    if failed:
        typer.echo(f"{failed} cannot be rendered and stay as they were: `detention verify` names them.", err=True)
        raise typer.Exit(1)


def verify() -> None:
    """Render every record anew from its rows and compare it with what is stored."""
    from app.writing.verification import differing

    with open_register() as engine:
        places = list(differing(engine))
    for place in places:
        typer.echo(place, err=True)
    typer.echo(f"{len(places)} faults found." if places else "Every record is as its rows say.")
    raise typer.Exit(1 if places else 0)
