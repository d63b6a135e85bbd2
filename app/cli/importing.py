"""`detention import`: files into the register."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from app.cli.register import misuse, open_register


def import_files(
    files: Annotated[list[str], typer.Argument(help="Files, or `reference` for the bundled reference event.")],
    mapping: Annotated[
        str | None,
        typer.Option(
            help="What maps their columns: a shipped mapping's name, or a file. Native files and exports need none."
        ),
    ] = None,
    author: Annotated[str, typer.Option(help="Shown as the author of the revisions.")] = "import",
    reason: Annotated[str | None, typer.Option(help="Why; shown with the revisions.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write what became of every row to this file, .json or .csv.")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Write what the files state also where somebody changed it in the register since they last did.",
        ),
    ] = False,
    withdraw: Annotated[
        bool,
        typer.Option(
            "--withdraw",
            help="Retract what earlier imports stated of the sources of these files and the files no longer state; "
            "needs --reason. Without it the report lists it.",
        ),
    ] = False,
) -> None:
    """Import files; the same files again change nothing.

    Native files (.yaml, .ndjson) and exported tables (called after their collection: figures.csv, figures.ndjson) are
    one revision, all or nothing. With a mapping, CSV, TSV, NDJSON, JSON, GeoJSON and
    XLSX files, each also gzipped, are written in batches; a row that is wrong is rejected and reported, the others
    stand.
    """
    from rich.console import Console

    from app.imports.mapped.loading import load_mapping
    from app.imports.native.files import reference_files
    from app.imports.reports import EveryLine
    from app.imports.run import run_import
    from app.imports.terminal import progress_on, show

    if withdraw and not (reason or "").strip():
        misuse("--withdraw retracts records: say why with --reason.")
    if report is not None and report.suffix not in {".json", ".csv"}:
        misuse("A report is a .json or a .csv file.")
    if report is not None:
        report.open("ab").close()  # what cannot be written is reported before anything is imported
    paths = [path for name in files for path in (reference_files() if name == "reference" else [Path(name)])]
    with ExitStack() as stack:
        engine = stack.enter_context(open_register())
        on_progress = stack.enter_context(progress_on(Console(stderr=True)))
        every = stack.enter_context(EveryLine()) if report is not None else None
        how = load_mapping(mapping) if mapping is not None else None
        done = run_import(
            engine,
            paths,
            how,
            author=author,
            reason=reason,
            dry_run=dry_run,
            overwrite=overwrite,
            withdraw=withdraw,
            every=every,
            on_progress=on_progress,
        )
        if report is not None:
            done.write(report)
    if how is None and not done.lines:
        typer.echo(done.summary())
        return
    show(done, Console())
    if done.rejected:
        raise typer.Exit(3)
