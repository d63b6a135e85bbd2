"""The command line: `detention serve|migrate|import|export|mapping|facilities|keys|verify|openapi|health|bench`.

Exit codes: 0 done; 1 the register or a file is at fault, as told; 2 the command was misused, or what it needs (a
setting, a file, a port, the database) is not to be had; 3 an import is done, but some rows were rejected.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, NoReturn

import typer
from typer.core import TyperGroup

from app.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


@contextmanager
def _register() -> "Iterator[Engine]":
    """The register's database, for a command; one that this software must not write to ends the command."""
    from app.database.engines import write_engine
    from app.writing.migration import not_ready

    if missing := not_ready(settings().database_url):
        _misused(missing)
    engine = write_engine(settings().database_url)
    try:
        yield engine
    finally:
        engine.dispose()


class Commands(TyperGroup):
    """The commands; what keeps one of them from its work is told in a sentence, here alone."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            from app.cli.failures import failure_of

            if (failure := failure_of(error)) is None:
                raise
            for line in failure.lines:
                typer.echo(line, err=True)
            raise typer.Exit(failure.code) from None


main = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@main.callback()
def _detention() -> None:
    """A sourced, time-travelling register of detention facilities."""


# Else `-1` would be taken for an option.
@main.command(context_settings={"ignore_unknown_options": True})
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
    from app.errors import NotReady
    from app.writing.migration import is_version
    from app.writing.migration import migrate as go

    if not is_version(revision):
        _misused(f"{revision!r} is not a version of the schema: write `head`, `base`, `-1` or a version's number.")
    try:
        done, failed = go(settings().database_url, revision, discard=discard)
    except NotReady as fault:
        _misused(fault.detail)
    typer.echo(f"The schema is at {revision}." + (f" {done} versions of records were rendered anew." if done else ""))
    if failed:
        typer.echo(f"{failed} cannot be rendered and stay as they were: `detention verify` names them.", err=True)
        raise typer.Exit(1)


@main.command()
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
        _misused(f"Port {number} of {address} cannot be listened on: {refused.strerror}.")
    with door:
        if migrate_first:
            migrate()
        with _register():
            pass
        if reference:
            _import_reference()
        named = f"[{address}]" if ":" in address else address
        at = f"http://{named}:{door.getsockname()[1]}"
        door.listen(2048)  # whoever asks from here on waits for the workers, and is not turned away
        typer.echo(f"Serving on {at} - the documentation is at {at}/docs")
        if not run(door, workers or chosen.workers):
            raise typer.Exit(1)


def _import_reference() -> None:
    """Import the reference event into a register that holds nothing: what stands in any other is its keeper's own."""
    from sqlalchemy import select

    from app.history.tables import REGISTER

    with _register() as engine, engine.connect() as connection:
        head = connection.scalar(select(REGISTER.c.revision))
    if head:
        typer.echo("The register holds records already; the reference event is not imported.")
    else:
        import_(["reference"], author="reference")


@main.command("import")
def import_(
    files: Annotated[list[str], typer.Argument(help="Files, or `reference` for the bundled reference event.")],
    mapping: Annotated[
        str | None,
        typer.Option(
            help="What maps their columns: a shipped mapping's name, or a file. Native files and exports need none."
        ),
    ] = None,
    author: Annotated[str, typer.Option(help="Shown as the author of the revisions.")] = "import",
    reason: Annotated[str | None, typer.Option(help="Why; shown with the revisions.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report to this file, .json or .csv.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
) -> None:
    """Import files; the same files again change nothing.

    Native files (.yaml, .ndjson) and exported tables (called after their collection: figures.csv, figures.ndjson) are
    one revision, all or nothing. With a mapping, CSV, TSV, NDJSON, JSON, GeoJSON and
    XLSX files, each also gzipped, are written in batches; a row that is wrong is rejected and told, the others stand.
    """
    from rich.console import Console

    from app.imports.mapped.loading import load_mapping
    from app.imports.native.files import reference_files
    from app.imports.reports import progress_on, show
    from app.imports.run import run_import

    if mapping is None and report is not None:
        _misused("A report is made of files that are mapped; native files are taken whole or not at all.")
    if report is not None and report.suffix not in {".json", ".csv"}:
        _misused("A report is a .json or a .csv file.")
    if report is not None:
        report.open("ab").close()  # what cannot be written is told before anything is imported
    paths = [path for name in files for path in (reference_files() if name == "reference" else [Path(name)])]
    with _register() as engine, progress_on(Console(stderr=True)) as on_progress:
        how = load_mapping(mapping) if mapping is not None else None
        done = run_import(engine, paths, how, author=author, reason=reason, dry_run=dry_run, on_progress=on_progress)
    if how is None:
        typer.echo(done.summary())
        return
    if report is not None:
        done.write(report)
    show(done, Console())
    if done.rejected:
        raise typer.Exit(3)


@main.command()
def export(
    collection: Annotated[str, typer.Argument(help="The collection, or `all` for the whole register (native).")],
    form: Annotated[
        str | None,
        typer.Option("--format", help="json, csv, ndjson, geojson, xlsx, parquet or native; else the ending of --out."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; without, it goes to stdout.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="A parameter of the list, as `country=SYR`; may be given several times.")
    ] = None,
    tier: Annotated[str, typer.Option(help="As whom to read: public, partner or restricted.")] = "public",
) -> None:
    """Export a collection, or the whole register, as a tier may see it."""
    import asyncio
    from collections import defaultdict

    from app.catalogue.collections import LISTINGS
    from app.errors import unlisted
    from app.exports.saving import form_for, save
    from app.history.codes import Access
    from app.records.formats import NATIVE

    if collection not in LISTINGS and collection != "all":
        _misused(unlisted("a collection", collection, [*LISTINGS, "all"]))
    if tier not in list(Access):
        _misused(unlisted("a tier", tier, Access))
    formats = LISTINGS[collection].formats if collection != "all" else {NATIVE.name: NATIVE}
    try:
        chosen = form_for(out, form, formats)
    except KeyError as unknown:
        _misused(unlisted(f"a format of {collection}", unknown.args[0], formats))
    parameters: dict[str, list[str]] = defaultdict(list)
    for one in where or []:
        name, equals, value = one.partition("=")
        if not equals:
            _misused(f"{one!r} is no parameter of a list: write `country=SYR`.")
        parameters[name].append(value)
    with _register(), _written(out) as to:
        seconds = settings().export_seconds
        asyncio.run(save(settings().database_url, collection, chosen, parameters, Access(tier), to, seconds))


@contextmanager
def _written(out: Path | None) -> Iterator[BinaryIO]:
    """Where an export goes: a file is there only when it is whole."""
    if out is None:
        yield sys.stdout.buffer
        return
    if out.is_dir():
        _misused(f"{out} is a folder; name a file.")
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _misused(told: str) -> NoReturn:
    """End a command that was called wrongly."""
    typer.echo(told, err=True)
    raise typer.Exit(2)


mappings = typer.Typer(no_args_is_help=True, help="Draft, list and show mappings.")


main.add_typer(mappings, name="mapping")


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
        _misused(unlisted("a shipped mapping", name, shipped()))
    typer.echo((SHIPPED / f"{name}.yaml").read_text("utf-8"), nl=False)


@main.command()
def verify() -> None:
    """Render every record anew from its rows and compare it with what is stored."""
    from app.writing.verification import differing

    with _register() as engine:
        found = list(differing(engine))
    for place in found:
        typer.echo(place, err=True)
    typer.echo(f"{len(found)} records differ from their rows." if found else "Every record is as its rows say.")
    raise typer.Exit(1 if found else 0)


@main.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from app.http.application import create_app
    from app.http.openapi import document, text

    typer.echo(text(document(create_app())), nl=False)


@main.command()
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


keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys.")


main.add_typer(keys, name="keys")


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
        _misused(f"{unknown[0]!r} is not a scope: {', '.join(KeyScope)}.")
    lasting = timedelta(days=expires) if expires else None
    with _register() as engine:
        key = create_key(engine, name, [KeyScope[one.replace(":", "_")] for one in scope], label, lasting)
    typer.echo(f"A key for {name} with {', '.join(sorted(scope))}. It is shown this once; only a hash is kept.")
    typer.echo(key)


@keys.command("list")
def keys_list() -> None:
    """List the keys, without what they are."""
    from rich.console import Console
    from rich.table import Table

    from app.writing.keys import list_keys

    with _register() as engine:
        listed = list_keys(engine)
    shown = Table("id", "name", "label", "scopes", "created", "expires", "revoked")
    for key in listed:
        shown.add_row(
            str(key["id"]), str(key["name"]), str(key["label"]), ", ".join(map(str, key["scopes"])),  # type: ignore[call-overload]
            *(str(key[column] or "-")[:19] for column in ("created_at", "expires_at", "revoked_at")),
        )  # fmt: skip
    Console().print(shown)


@keys.command("revoke")
def keys_revoke(key: Annotated[str, typer.Argument(help="The key's id or name.")]) -> None:
    """Revoke a key; it stops working within a second on every server."""
    from app.writing.keys import revoke_key

    with _register() as engine:
        revoked = revoke_key(engine, key)
    typer.echo("Revoked." if revoked else "There is no such key that still works.", err=not revoked)
    raise typer.Exit(0 if revoked else 1)


facilities = typer.Typer(no_args_is_help=True, help="Make two records of one place one, or undo it.")


main.add_typer(facilities, name="facilities")


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

    number = _decided(lambda connection: merge(connection, gone, kept, author, reason))
    typer.echo(f"{gone} was merged into {kept}: revision {number}.")


@facilities.command("split")
def facilities_split(
    gone: Annotated[str, typer.Argument(help="The slug of the record that was given up.")],
    reason: REASON,
    author: AUTHOR = "command line",
) -> None:
    """Undo a merge: the record is back, and so is what the merge moved, where it was not changed since."""
    from app.writing.merging import split

    number = _decided(lambda connection: split(connection, gone, author, reason))
    typer.echo(f"{gone} is a record of its own again: revision {number}.")


def _decided(write: "Callable[[Connection], int]") -> int:
    """Run a write in a transaction; when something stands in its way, nothing is written."""
    with _register() as engine, engine.begin() as connection:
        return write(connection)


@main.command()
def bench(
    arguments: Annotated[list[str] | None, typer.Argument(help="Names of benchmarks; all without.")] = None,
) -> None:
    """Measure the read paths as ratios to what FastAPI does with prebuilt bytes, in one run."""
    from bench.run import run

    sys.exit(run(arguments or []))
