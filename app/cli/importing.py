"""`detention import`: files into the register."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.register import misuse, open_register

if TYPE_CHECKING:
    from sqlalchemy import Engine


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
    report: Annotated[Path | None, typer.Option(help="Write the report to this file, .json or .csv.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
) -> None:
    """Import files; the same files again change nothing.

    Native files (.yaml, .ndjson) and exported tables (called after their collection: figures.csv, figures.ndjson) are
    one revision, all or nothing. With a mapping, CSV, TSV, NDJSON, JSON, GeoJSON and
    XLSX files, each also gzipped, are written in batches; a row that is wrong is rejected and reported, the others
    stand.
    """
    from rich.console import Console

    from app.imports.native.files import reference_files
    from app.imports.native.run import import_native
    from app.imports.reports import progress_on

    if mapping is None and report is not None:
        misuse("A report is made of files that are mapped; native files are taken whole or not at all.")
    if report is not None and report.suffix not in {".json", ".csv"}:
        misuse("A report is a .json or a .csv file.")
    if report is not None:
        report.open("ab").close()  # what cannot be written is reported before anything is imported
    paths = [path for name in files for path in (reference_files() if name == "reference" else [Path(name)])]
    with open_register() as engine:
        if mapping is not None:
            raise typer.Exit(_import_mapped(engine, paths, mapping, author, reason, report, dry_run=dry_run))
        with progress_on(Console(stderr=True)) as on_progress:
            written = import_native(
                engine, paths, author=author, reason=reason, dry_run=dry_run, on_progress=on_progress
            )
    counted = ", ".join(f"{number} {fate}" for fate, number in sorted(written.counts().items()))
    made = f"revision {written.revision}" if written.revision else "no revision made"
    typer.echo(f"{counted}: {'nothing is written in a dry run' if dry_run else made}.")


def _import_mapped(
    engine: "Engine",
    paths: list[Path],
    mapping: str,
    author: str,
    reason: str | None,
    report: Path | None,
    *,
    dry_run: bool,
) -> int:
    """Import by a mapping and tell what became of the rows; the exit code."""
    from rich.console import Console

    from app.imports.mapped.mapping import load_mapping
    from app.imports.mapped.run import run_import
    from app.imports.reports import progress_on, show

    how = load_mapping(mapping)
    with progress_on(Console(stderr=True)) as on_progress:
        done = run_import(engine, paths, how, author=author, reason=reason, dry_run=dry_run, on_progress=on_progress)
    if report is not None:
        done.write(report)
    show(done, Console())
    return 3 if done.rejected else 0
