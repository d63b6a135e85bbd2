"""`detention doctor`: what an installation stands on, looked at piece by piece, and what is wrong with it in words."""

import os
import platform
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import typer

from app.database.settings import Settings, settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

LEAST_FREE: Final = 1 << 30
"""Bytes of disk below which a register soon cannot write."""
SOON: Final = 14
"""Days before a key expires in which that is said."""


class Finding(NamedTuple):
    """What was looked at, how it is, and what to do where that is not well."""

    mark: str
    """`ok`, `mind` for what may be meant so, `wrong`."""
    about: str
    words: str


def doctor() -> None:
    """Look at settings, database, history, clock and keys, and say what is wrong; exit 1 where something is."""
    findings: list[Finding] = []
    for finding in _findings(settings()):
        findings.append(finding)
        typer.echo(f"{finding.mark:5}  {finding.about}: {finding.words}", err=finding.mark == "wrong")
    raise typer.Exit(1 if any(finding.mark == "wrong" for finding in findings) else 0)


def _findings(chosen: Settings) -> Iterator[Finding]:
    from app.catalogue.versions import software
    from app.database.engines import write_engine
    from app.writing.migration import not_ready

    yield Finding("ok", "software", f"{software()} on Python {platform.python_version()}")
    yield from _settings(chosen)
    engine = write_engine(chosen.database_url)
    try:
        yield from _file(engine)
        if missing := not_ready(chosen.database_url):
            yield Finding("wrong", "schema", missing)
            return
        yield Finding("ok", "schema", "as this software writes it")
        yield from _server(engine, chosen)
        yield from _history(engine)
        yield from _clock(engine)
        yield from _keys(engine)
    finally:
        engine.dispose()


def _settings(chosen: Settings) -> Iterator[Finding]:
    for extra, module in (("parquet", "pyarrow"), ("redis", "redis")):
        wanted = extra != "redis" or chosen.redis_url is not None
        if find_spec(module) is not None:
            yield Finding("ok", extra, "installed")
        elif wanted:
            mark = "wrong" if extra == "redis" else "mind"
            yield Finding(mark, extra, f"not installed: pip install 'detention-facility-data-api[{extra}]'")
    if chosen.host not in {"127.0.0.1", "::1", "localhost"}:
        limited = chosen.requests_per_minute and chosen.wrong_keys_per_minute
        words = f"{chosen.host} is reached by other machines: put a proxy with TLS in front"
        yield Finding(
            "mind", "address", words if limited else f"{words}, and set the limits of requests, which are off"
        )
    if chosen.workers > 1 and chosen.redis_url is None:
        yield Finding("mind", "limits", f"each of {chosen.workers} workers counts requests alone; DETENTION_REDIS_URL")


def _file(engine: "Engine") -> Iterator[Finding]:
    if engine.dialect.name != "sqlite" or engine.url.database in {None, "", ":memory:"}:
        return
    file = Path(str(engine.url.database)).absolute()
    if not file.parent.is_dir():
        yield Finding("wrong", "database", f"there is no folder {file.parent}")
        return
    for path in (file.parent, *([file] if file.exists() else [])):
        if not os.access(path, os.W_OK):
            yield Finding("wrong", "database", f"{path} cannot be written by this user")
    free = shutil.disk_usage(file.parent).free
    mark = "ok" if free >= LEAST_FREE else "mind"
    yield Finding(mark, "disk", f"{free / (1 << 30):.1f} GiB free beside {file.name}")


def _server(engine: "Engine", chosen: Settings) -> Iterator[Finding]:
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        most = int(connection.exec_driver_sql("SHOW max_connections").scalar_one())
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    yield Finding("ok" if encoding == "UTF8" else "wrong", "server", f"PostgreSQL {version}, encoding {encoding}")
    wanted = chosen.workers * (chosen.pool_size + 2)
    words = f"{chosen.workers} workers take up to {wanted} of {most}"
    if wanted > most - 3:
        yield Finding("wrong", "connections", f"{words}: lower DETENTION_POOL_SIZE or raise max_connections")
    else:
        yield Finding("ok", "connections", words)
    if chosen.exports_at_once >= chosen.pool_size:
        words = f"{chosen.exports_at_once} exports at once can take all {chosen.pool_size} connections of the pool"
        yield Finding("wrong", "pool", f"{words}: raise DETENTION_POOL_SIZE")


def _history(engine: "Engine") -> Iterator[Finding]:
    from app.writing.guards import altered_triggers, missing_tables, unrecorded_revisions

    faults = [*missing_tables(engine)] or [*altered_triggers(engine), *unrecorded_revisions(engine)]
    for fault in faults:
        yield Finding("wrong", "history", fault)
    if not faults:
        yield Finding("ok", "history", "every guard is in its place, no revision is missing")


def _clock(engine: "Engine") -> Iterator[Finding]:
    from sqlalchemy import func, select

    from app.database.clock import now
    from app.history.tables import REVISIONS

    with engine.connect() as connection:
        newest = connection.scalar(select(func.max(REVISIONS.c.recorded_at)))
    if newest is not None and newest > now():
        yield Finding("wrong", "clock", f"the newest revision was recorded at {newest}, which is yet to come")
    else:
        yield Finding("ok", "clock", f"{now()}, later than the newest revision")


def _keys(engine: "Engine") -> Iterator[Finding]:
    from datetime import UTC, datetime, timedelta

    from sqlalchemy import select

    from app.database.clock import now
    from app.database.server_tables import KEYS

    with engine.connect() as connection:
        rows = connection.execute(select(KEYS.c.label, KEYS.c.expires_at).where(KEYS.c.revoked_at.is_(None))).all()
    soon = (datetime.now(UTC) + timedelta(days=SOON)).isoformat()
    working = [row for row in rows if row.expires_at is None or row.expires_at > now()]
    if not working:
        yield Finding("mind", "keys", "none works: nobody can write over HTTP; detention keys create")
    else:
        yield Finding("ok", "keys", f"{len(working)} work")
    for row in working:
        if row.expires_at is not None and row.expires_at < soon:
            yield Finding("mind", "keys", f"that of {row.label!r} expires at {row.expires_at}")
