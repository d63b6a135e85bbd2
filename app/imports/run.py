"""Importing files, with a mapping or without: the one way in, for the command line and for jobs of the server."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import Engine

from app.database.engines import write_engine
from app.history.sight import FULL, Sight
from app.imports.faults import Unreadable
from app.imports.mapped.mapping import ImportMapping
from app.imports.mapped.plan import planned
from app.imports.mapped.run import AT_ONCE, write_mapped
from app.imports.native.run import checked, write_native
from app.imports.pipeline import Run
from app.imports.progress import OnProgress, Progress
from app.imports.readers import UnreadableFile
from app.imports.reports import EveryLine, Report
from app.writing.revisions import Why


def run_import(
    engine: Engine,
    files: Iterable[Path],
    mapping: ImportMapping | None = None,
    *,
    author: str,
    reason: str | None = None,
    sight: Sight = FULL,
    dry_run: bool = False,
    overwrite: bool = False,
    withdraw: bool = False,
    every: EveryLine | None = None,
    at_once: int = AT_ONCE,
    on_progress: OnProgress | None = None,
) -> Report:
    """Import files; raises `Unreadable` when they cannot be taken, naming every fault.

    Without a mapping they are native files or exported tables, and one revision, all of it or none. With one they are
    written in batches of about `at_once` records, and a row that is wrong is rejected alone. A dry run checks
    everything, references and statements included, and takes it back. What `sight` does not see is neither found nor
    changed nor reported. What a person changed since the files last stated the same is left as it is, and reported,
    unless told to `overwrite` it. What the files no longer state of their sources is reported, and with `withdraw`
    retracted. `every` takes a line for each row.
    """
    begun, files = perf_counter(), list(files)
    report, progress = Report(dry_run=dry_run, every=every), Progress(on_progress)
    with ExitStack() as stack:
        try:
            if mapping is None:
                spool = stack.enter_context(checked(files, progress))
                write = partial(write_native, spool)
            else:
                write = partial(write_mapped, planned(files, mapping), at_once)
            database = stack.enter_context(_database(engine, dry_run=dry_run))
            connection = stack.enter_context(database.connect())
            why = Why(author, text=reason, sight=sight, spares_edits=not overwrite)
            write(Run(connection, why, report, progress, withdraws=withdraw))
        except UnreadableFile as unreadable:
            raise Unreadable([str(unreadable)]) from None
    report.seconds = perf_counter() - begun
    return report


@contextmanager
def _database(engine: Engine, *, dry_run: bool) -> Iterator[Engine]:
    """The database to write to; for a dry run on SQLite a copy of it, so that nobody waits for what is taken back."""
    if not dry_run or engine.dialect.name != "sqlite":
        yield engine
        return
    with TemporaryDirectory(prefix="detention-dry-run-") as folder:
        copy = write_engine(f"sqlite:///{folder}/register.db")
        with engine.connect() as source, copy.connect() as target:
            source.connection.driver_connection.backup(target.connection.driver_connection)  # type: ignore[union-attr]
        try:
            yield copy
        finally:
            copy.dispose()
