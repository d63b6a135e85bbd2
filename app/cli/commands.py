"""The command line: `detention serve|migrate|import|export|verify|backup|restore|redact|doctor|openapi|health|bench`.

There are groups of commands too: `detention mapping|keys|facilities|actors|sources`.

Exit codes: 0 done; 1 something is wrong with the register or a file, and the message says what; 2 the command was
misused, or what it needs (a setting, a file, a port, the database) is not to be had; 3 an import is done, but some rows
were rejected.
"""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from app.cli.backup import backup, redact, restore
from app.cli.doctor import doctor
from app.cli.exporting import export
from app.cli.importing import import_files
from app.cli.keys import keys
from app.cli.mappings import mappings
from app.cli.merging import MERGEABLE, merging_commands
from app.cli.migrating import migrate, verify
from app.cli.register import misuse
from app.cli.serving import health, openapi, serve


class Commands(TyperGroup):
    """The commands; an error that one of them foresees ends it with a sentence and an exit code, here alone."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.Exit:
            raise
        except Exception as error:
            from app.cli.failures import failure_of

            if (failure := failure_of(error)) is None:
                raise
            for line in failure.lines:
                typer.echo(line, err=True)
            raise typer.Exit(failure.code) from None


main = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _say_version(wanted: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if wanted:
        from app.catalogue.versions import software

        typer.echo(software())
        raise typer.Exit


@main.callback()
def _detention(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version, and nothing else.")
    ] = False,
) -> None:
    """A sourced, time-travelling register of detention facilities."""


def bench(
    arguments: Annotated[list[str] | None, typer.Argument(help="Names of benchmarks; all without.")] = None,
) -> None:
    """Measure the read paths as ratios to what FastAPI does with prebuilt bytes, in one run."""
    try:
        from bench.run import run
    except ModuleNotFoundError as missing:
        if missing.name != "bench":
            raise
        misuse("The benchmarks come with the source code, not with the package: call this in a checkout.")
    sys.exit(run(arguments or []))


# Else `-1` would be taken for an option.
main.command(context_settings={"ignore_unknown_options": True})(migrate)
main.command()(serve)
main.command("import")(import_files)
main.command()(export)
main.command()(verify)
main.command()(backup)
main.command()(restore)
main.command()(redact)
main.command()(doctor)
main.command()(openapi)
main.command()(health)
main.command()(bench)
main.add_typer(mappings, name="mapping")
main.add_typer(keys, name="keys")
for collection in MERGEABLE:
    main.add_typer(merging_commands(collection), name=collection)
