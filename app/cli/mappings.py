"""`detention mapping draft|list|show`: mappings of the columns of tables."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.register import misuse

mappings = typer.Typer(no_args_is_help=True, help="Draft, list and show mappings.")


@mappings.command("draft")
def mapping_draft(
    file: Annotated[Path, typer.Argument(help="The file to look at.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it; without, it is printed.")] = None,
    sheet: Annotated[str | None, typer.Option(help="The sheet of a workbook; without, the first.")] = None,
) -> None:
    """Look at a file and write a first mapping of it, to be edited."""
    from app.imports.mapped.draft import drafted

    text = drafted(file, sheet)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        typer.echo(f"{out} is there already; remove it, or name another file.", err=True)
        raise typer.Exit(1)
    out.write_text(text, "utf-8")
    typer.echo(f"A first mapping stands in {out}: edit it, then import with --mapping {out} --dry-run.")


@mappings.command("list")
def mapping_list() -> None:
    """List the mappings that come with the package."""
    from app.imports.mapped.loading import load_mapping, shipped

    for name in shipped():
        typer.echo(f"{name}: {load_mapping(name).about}")


@mappings.command("show")
def mapping_show(name: Annotated[str, typer.Argument(help="The name of a shipped mapping.")]) -> None:
    """Print a shipped mapping, to copy from."""
    from app.errors import unlisted
    from app.imports.mapped.loading import SHIPPED, shipped

    if name not in shipped():
        misuse(unlisted("a shipped mapping", name, shipped()))
    typer.echo((SHIPPED / f"{name}.yaml").read_text("utf-8"), nl=False)
