"""Imports that a server was asked for: each is a job, run by a process of its own, one at a time for each server.

The job's row tells how far it is to whoever asks any of the server's processes; its files lie in a folder of its own
until it ends. Run as a program, this module does one job: `python -m app.imports.jobs ID FOLDER`.
"""

import asyncio
import os
import secrets
import shutil
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Select, bindparam, delete, insert, select, update

from app.database.clock import now
from app.database.engines import write_engine
from app.database.readers import Reader
from app.database.server_tables import JOBS, LINES, ImportState
from app.database.settings import settings
from app.database.store import chunks
from app.database.types import Words
from app.imports.faults import Unreadable
from app.imports.mapped.loading import load_mapping
from app.imports.reports import EveryLine, Report
from app.imports.run import run_import
from app.writing.keys import Holder, sight_of

MAPPING = "mapping.yaml"
"""What a mapping that came with the files is called in the job's folder."""
FILES = "files"
KEPT = timedelta(days=30)
"""How long a job can be asked for."""
SILENT = timedelta(minutes=2)
"""After how long without a sign of life a job counts as interrupted."""
MOST_LINES = 10_000
"""How many lines of its report a job keeps."""
NO_OPTIONS: dict[str, Any] = {"overwrite": False, "withdraw": False, "every_row": False}
"""What a job does that was asked for nothing else."""
STANDING = (ImportState.queued, ImportState.running)


def new_job(
    connection: Connection,
    holder: Holder,
    reason: str | None,
    mapping: str | None,
    folder: Path,
    options: dict[str, Any],
    *,
    dry_run: bool,
) -> dict[str, Any]:
    """Note an import that was asked for; its files lie in the folder."""
    old = JOBS.c.created_at < now(-KEPT)
    connection.execute(delete(LINES).where(LINES.c.job.in_(select(JOBS.c.id).where(old))))
    connection.execute(delete(JOBS).where(old))
    files = sorted((folder / FILES).iterdir())
    row = {
        "id": secrets.token_hex(8),
        "author": holder.label,
        "scopes": sorted(holder.scopes),
        "reason": reason,
        "state": ImportState.queued,
        "mapping": mapping,
        "files": [path.name for path in files],
        "dry_run": dry_run,
        "created_at": now(),
        "updated_at": now(),
        "bytes": sum(path.stat().st_size for path in files),
        "bytes_read": 0,
        "rows": 0,
        "report": None,
        "faults": [],
        "options": options,
    }
    connection.execute(insert(JOBS), row)
    return row | NO_OPTIONS | options


@lru_cache
def _job_statement() -> Select[Any]:
    return select(JOBS).where(JOBS.c.id == bindparam("id", type_=JOBS.c.id.type))


async def found_job(reader: Reader, number: str) -> dict[str, Any] | None:
    """A job as it stands; one that gives no sign of life any more is interrupted."""
    rows = await reader.fetch(_job_statement(), {"id": number})
    if not rows:
        return None
    job = dict(zip(JOBS.columns.keys(), rows[0], strict=True))
    for name in ("scopes", "files", "report", "faults", "options"):
        job[name] = orjson.loads(job[name] or "null")
    if job["state"] == ImportState.running and datetime.fromisoformat(job["updated_at"]) < datetime.now(UTC) - SILENT:
        job["state"] = ImportState.interrupted
    return job | NO_OPTIONS | (job["options"] or {}) | {"dry_run": bool(job["dry_run"])}


@lru_cache
def _lines_statement(fate: str | None) -> Select[Any]:
    after = LINES.c.place > bindparam("after", type_=LINES.c.place.type)
    found = select(LINES.c.place, LINES.c.line).where(LINES.c.job == bindparam("job", type_=LINES.c.job.type), after)
    if fate is not None:
        # As `json_text` writes it: keys in their order, nothing between.
        found = found.where(LINES.c.line.cast(Words).contains(f'"fate":"{fate}"', autoescape=True))
    return found.order_by(LINES.c.place).limit(bindparam("limit", type_=LINES.c.place.type))


async def found_lines(reader: Reader, job: str, after: int, limit: int, fate: str | None) -> list[tuple[int, str]]:
    """The lines of a job's report after a place in it, each as JSON behind its place."""
    rows = await reader.fetch(_lines_statement(fate), {"job": job, "after": after, "limit": limit})
    return [(place, line) for place, line in rows]


# --- in the server -----------------------------------------------------------------------------------------------


class Importer:
    """Runs the jobs of one server process, in the order they come."""

    def __init__(self, url: str, engine: Engine) -> None:
        self._url, self._engine = url, engine
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, number: str, folder: Path) -> None:
        """Do a job when its turn comes; the folder is removed at its end."""
        task = asyncio.create_task(self._run(number, folder))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop what is running; what was not done is interrupted."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._engine.dispose()

    async def _run(self, number: str, folder: Path) -> None:
        ended = ImportState.interrupted
        try:
            async with self._turn:
                # What the import lays aside goes with the folder, however the import ends.
                environment = os.environ | {"DETENTION_DATABASE_URL": self._url, "TMPDIR": str(folder)}
                arguments = ("-m", "app.imports.jobs", number, str(folder))
                process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment)
                try:
                    await process.wait()
                    ended = ImportState.failed
                except asyncio.CancelledError:
                    process.terminate()
                    await process.wait()
                    raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            await asyncio.shield(asyncio.to_thread(self._settle, number, ended))

    def _settle(self, number: str, ended: ImportState) -> None:
        """Say how a job ended that could not say it itself."""
        broken = "the import ended unexpectedly; the server's log has more"
        faults = [] if ended == ImportState.interrupted else [broken]
        standing = (JOBS.c.id == number, JOBS.c.state.in_(STANDING))
        with self._engine.begin() as connection:
            connection.execute(update(JOBS).where(*standing).values(state=ended, updated_at=now(), faults=faults))


# --- in the process of the job -----------------------------------------------------------------------------------


class _JobProgress:
    """Writes a job's progress down, once a second."""

    def __init__(self, engine: Engine, number: str) -> None:
        self._engine, self._number, self._last = engine, number, 0.0

    def __call__(self, done: int, total: int, rows: int) -> None:
        if monotonic() - self._last >= 1:
            self._last = monotonic()
            # Files are read once or twice: what is noted is the share of the whole way.
            self.note(bytes_read=JOBS.c.bytes * done / max(total, 1), rows=rows)

    def while_free(self, done: int, total: int, rows: int) -> None:
        """Note it unless the import itself holds SQLite's one lock for writing, as native files do to their end."""
        if rows == 0 or self._engine.dialect.name != "sqlite":
            self(done, total, rows)

    def note(self, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == self._number).values(updated_at=now(), **values))


def do(url: str, number: str, folder: Path) -> None:
    """Do a job and note its end."""
    engine = write_engine(url)
    progress = _JobProgress(engine, number)
    progress.note(state=ImportState.running)
    with engine.connect() as connection:
        job = connection.execute(select(JOBS).where(JOBS.c.id == number)).mappings().one()
    files = [folder / FILES / name for name in job["files"]]
    own = folder / MAPPING
    options = NO_OPTIONS | (job["options"] or {})
    every = EveryLine() if options["every_row"] else None
    try:
        mapping = None if job["mapping"] is None else load_mapping(own if own.exists() else job["mapping"])
        report = run_import(
            engine,
            files,
            mapping,
            author=job["author"],
            reason=job["reason"],
            sight=sight_of(job["scopes"]),
            dry_run=job["dry_run"],
            overwrite=options["overwrite"],
            withdraw=options["withdraw"],
            every=every,
            on_progress=progress.while_free if mapping is None else progress,
        )
    except Unreadable as unreadable:
        faults = [fault.replace(f"{folder / FILES}{os.sep}", "") for fault in unreadable.faults]
        progress.note(state=ImportState.failed, faults=faults[:MOST_LINES])
    else:
        stored = _stored(report)
        with engine.begin() as connection:
            for some in chunks(enumerate(every or (), 1), 1000):
                rows = [{"job": number, "place": place, "line": _named(line)} for place, line in some]
                connection.execute(insert(LINES), rows)
        progress.note(state=ImportState.done, report=stored, bytes_read=JOBS.c.bytes, rows=report.rows.total())
    engine.dispose()


def _named(line: dict[str, Any]) -> dict[str, Any]:
    """A line without the folder's name."""
    return line | {"file": Path(line["file"]).name}


def _stored(report: Report) -> dict[str, Any]:
    """The report without the folder's name, and not longer than a job keeps."""
    lines = [replace(line, file=Path(line.file).name) for line in report.lines[:MOST_LINES]]
    omitted = report.omitted + len(report.lines) - len(lines)
    return report.as_dict() | {"lines": [asdict(line) for line in lines], "omitted": omitted}


if __name__ == "__main__":
    do(settings().database_url, sys.argv[1], Path(sys.argv[2]))
