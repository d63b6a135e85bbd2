"""`detention keys create|list|revoke`: who may write, and who may read more than the public."""

from typing import Annotated

import typer

from app.cli.register import misuse, open_register

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys.")


@keys.command("create")
def keys_create(
    name: Annotated[str, typer.Argument(help="Whose key it is; private.")],
    scope: Annotated[list[str], typer.Option(help="What it allows: write, read:partner, read:restricted, admin.")],
    label: Annotated[str | None, typer.Option(help="Shown as the author of its revisions.")] = None,
    expires: Annotated[
        int | None, typer.Option(min=1, max=36525, help="Days it works; without, until it is revoked.")
    ] = None,
) -> None:
    """Make a key and print it, this once, alone on the last line."""
    from datetime import timedelta

    from app.writing.keys import KeyScope, create_key

    unknown = sorted(set(scope) - set(KeyScope))
    if unknown:
        misuse(f"{unknown[0]!r} is not a scope: {', '.join(KeyScope)}.")
    lasting = timedelta(days=expires) if expires else None
    with open_register() as engine:
        key = create_key(engine, name, [KeyScope[one.replace(":", "_")] for one in scope], label, lasting)
    typer.echo(f"A key for {name} with {', '.join(sorted(scope))}. It is shown this once; only a hash is kept.")
    typer.echo(key)


@keys.command("signer")
def keys_signer(
    name: Annotated[str, typer.Argument(help="The log's name in its checkpoints, such as register.example.")],
) -> None:
    """Make a key that signs checkpoints of the log: what others check them with, then the private one, this once."""
    from app.database.notes import Signer

    try:
        signer = Signer.new(name)
    except ValueError as error:
        misuse(f"{name!r} cannot be the name: {error}.")
    typer.echo(f"Publish this, so that anybody can check a checkpoint:\n{signer.public}")
    typer.echo(f"Keep this secret, as DETENTION_LOG_KEY:\n{signer.private}")


@keys.command("list")
def keys_list() -> None:
    """List the keys, without what they are."""
    from rich.console import Console
    from rich.table import Table

    from app.writing.keys import list_keys

    with open_register() as engine:
        rows = list_keys(engine)
    table = Table("id", "name", "label", "scopes", "created", "expires", "revoked")
    for key in rows:
        table.add_row(
            str(key["id"]), str(key["name"]), str(key["label"]), ", ".join(map(str, key["scopes"])),  # type: ignore[call-overload]
            *(str(key[column] or "-")[:19] for column in ("created_at", "expires_at", "revoked_at")),
        )  # fmt: skip
    Console().print(table)


@keys.command("revoke")
def keys_revoke(key: Annotated[str, typer.Argument(help="The key's id, or a name: all keys of that name.")]) -> None:
    """Revoke a key; it stops working within a second on every server."""
    from app.writing.keys import revoke_key

    with open_register() as engine:
        revoked = revoke_key(engine, key)
    if revoked > 1:
        typer.echo(f"Revoked {revoked} keys of that name.")
    else:
        typer.echo("Revoked." if revoked else "There is no such key that still works.", err=not revoked)
    raise typer.Exit(0 if revoked else 1)
