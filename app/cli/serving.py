"""`detention serve`, `health` and `openapi`: the server and its document."""

from typing import Annotated

import typer

from app.cli.importing import import_files
from app.cli.migrating import migrate
from app.cli.register import misuse, open_register
from app.database.settings import settings


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on (DETENTION_HOST).")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port to listen on (DETENTION_PORT); 0 is any that is free."),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Server processes (DETENTION_WORKERS).")] = None,
    *,
    migrate_first: Annotated[bool, typer.Option("--migrate", help="Migrate the database first.")] = False,
    reference: Annotated[
        bool, typer.Option("--reference", help="Import the bundled reference event first, where nothing is held yet.")
    ] = False,
) -> None:
    """Serve the register over HTTP."""
    from app.http.serving import bound, run

    chosen = settings()
    address, number = host or chosen.host, chosen.port if port is None else port
    try:
        door = bound(address, number)
    except OSError as refused:
        misuse(f"Port {number} of {address} cannot be listened on: {refused.strerror}.")
    with door:
        if migrate_first:
            migrate()
        with open_register():
            pass
        if reference:
            _import_reference()
        named = f"[{address}]" if ":" in address else address
        at = f"http://{named}:{door.getsockname()[1]}"
        door.listen(2048)  # whoever asks from here on waits for the workers, and is not turned away
        typer.echo(f"Serving on {at} - the documentation is at {at}/docs")
        if not run(door, workers or chosen.workers, chosen.trusted_proxies):
            raise typer.Exit(1)


def _import_reference() -> None:
    """Import the reference event into a register that holds nothing; it has no place among others' records."""
    from sqlalchemy import select

    from app.history.tables import REGISTER

    with open_register() as engine, engine.connect() as connection:
        head = connection.scalar(select(REGISTER.c.revision))
    if head:
        typer.echo("The register holds records already; the reference event is not imported.")
    else:
        import_files(["reference"], author="reference")


def openapi() -> None:
    """Print the OpenAPI document."""
    from app.http.application import create_app
    from app.http.openapi import document, text

    typer.echo(text(document(create_app())), nl=False)


def health(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port of the server (DETENTION_PORT).")] = None,
) -> None:
    """Ask the server on this machine whether it is ready; exit 0 when it is."""
    from urllib.error import URLError
    from urllib.request import urlopen

    door = settings().port if port is None else port
    try:
        with urlopen(f"http://127.0.0.1:{door}/readyz", timeout=5) as answer:
            typer.echo(answer.read().decode())
    except (URLError, OSError) as error:
        typer.echo(f"not ready: {getattr(error, 'reason', error)}", err=True)
        raise typer.Exit(1) from None
