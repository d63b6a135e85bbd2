"""The databases and servers that tests stand on: built by the migrations, on both engines."""

import itertools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.database.engines import write_engine
from app.database.settings import Settings
from app.http.application import create_app
from app.imports.native.files import reference_files
from app.imports.run import run_import
from app.writing.migration import migrate
from tests.support.clusters import (
    PRIVATE,
    create_database,
    drop_database,
    postgres_url,
    pytest_configure,  # noqa: F401  (pytest finds the hook here)
)
from tests.support.forked import ForkedProcess

ENGINES = tuple(os.environ.get("DETENTION_TEST_ENGINES", "sqlite postgresql").split())
"""The engines that tests are run on."""
# Tests ask faster than any client may; those of the limits and of the log set their own.
os.environ |= {
    "DETENTION_REQUESTS_PER_MINUTE": "0",
    "DETENTION_KEY_REQUESTS_PER_MINUTE": "0",
    "DETENTION_WRONG_KEYS_PER_MINUTE": "0",
    "DETENTION_LOG_REQUESTS": "false",
    # On a machine with much else to do a read takes longer than it may take anywhere else.
    "DETENTION_READ_SECONDS": "60",
}


ON_BOTH = ("test_backup.py", "test_crash.py")
"""What is slow and is run on both engines all the same: what is lost or kept is the engine's doing."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """What takes long is run on PostgreSQL by night, so that CI ends in time, but for what its engine decides."""
    if item.get_closest_marker("slow") and "[postgresql" in item.name and item.path.name not in ON_BOTH:
        item.add_marker(pytest.mark.nightly)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each worker begins with its share of the modules that hold slow tests, so that none waits for them at the end."""
    modules = [list(group) for _, group in itertools.groupby(items, lambda item: item.path)]
    modules.sort(key=lambda module: not any(item.get_closest_marker("slow") for item in module))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [item for worker in range(workers) for module in modules[worker::workers] for item in module]


class Databases:
    """Migrated databases of one engine: each is a copy of a template that was migrated once."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine, self._folder, self._made = engine, folder, 0
        self._templates: dict[str, str] = {}
        self._dropped: list[str] = []

    def empty(self) -> str:
        """A database at the newest schema that holds nothing."""
        return self._copy("empty", migrate)

    def with_reference(self) -> str:
        """A database that holds the reference event as revision 1."""
        return self._copy("reference", self._import)

    def bare(self) -> str:
        """A database without any schema."""
        if self.engine == "postgresql":
            self._dropped.append(create_database(postgres_url()))
            return self._dropped[-1]
        self._made += 1
        return f"sqlite:///{self._folder}/{self._made}.db"

    def _import(self, url: str) -> None:
        migrate(url)
        engine = write_engine(url)
        run_import(engine, reference_files(), author="reference")
        engine.dispose()

    def _copy(self, name: str, fill: Callable[[str], object]) -> str:
        if name not in self._templates:
            self._templates[name] = self.bare()
            fill(self._templates[name])
        template = self._templates[name]
        if self.engine == "postgresql":
            self._dropped.append(create_database(postgres_url(), template))
            return self._dropped[-1]
        copy = self.bare()
        shutil.copy(template.removeprefix("sqlite:///"), copy.removeprefix("sqlite:///"))
        return copy

    def drop(self) -> None:
        """Drop what was made on a server that stays."""
        for url in self._dropped if PRIVATE not in os.environ else ():
            drop_database(url)


class Client(Protocol):
    """What tests ask a served register."""

    def get(self, path: str) -> dict[str, Any]: ...
    def ask(self, path: str, **headers: str) -> httpx2.Response: ...


class Served:
    """An application over one database, asked in this process."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def ask(self, path: str, **headers: str) -> httpx2.Response:
        """The response to a GET; header names are given with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=named)

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of an answer that must be a 200."""
        response = self.ask(path)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


@pytest.fixture(scope="session", params=ENGINES)
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Databases of each engine in turn."""
    made = Databases(request.param, tmp_path_factory.mktemp("databases"))
    yield made
    made.drop()


@pytest.fixture
def url(databases: Databases) -> str:
    """An empty migrated database of the test's own."""
    return databases.empty()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Write connections to it."""
    made = write_engine(url)
    yield made
    made.dispose()


@pytest.fixture
def serve() -> Iterator[Callable[[str], Served]]:
    """Serve databases in this process for the time of a test."""
    with ExitStack() as stack:

        def start(url: str, **settings: Any) -> Served:
            app = create_app(Settings(database_url=url, **settings))
            return Served(stack.enter_context(TestClient(app, raise_server_exceptions=False, follow_redirects=False)))

        yield start


@pytest.fixture(scope="session")
def reference(databases: Databases) -> Iterator[Served]:
    """The reference event, served from each engine in turn; tests only read it."""
    # Nothing is kept: what an answer costs and holds is tested as made.
    app = create_app(Settings(database_url=databases.with_reference(), cache_bytes=0))
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield Served(client)


class Server:
    """A real server process."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | ForkedProcess) -> None:
        self.url, self.process = url, process


def start_server(
    database_url: str, *arguments: str, folder: Path | None = None, forked: bool = False, **environment: str
) -> Server:
    """Start `detention serve` on a free port and wait until it is ready.

    Of the code in `folder`, if one is given; `forked` for a server that is started again and again.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["serve", "--port", str(port), *arguments]
    process: subprocess.Popen[bytes] | ForkedProcess
    if forked:
        process = ForkedProcess(command, os.environ | {"DETENTION_DATABASE_URL": database_url} | environment)
    else:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", *command],
            env=os.environ | {"DETENTION_DATABASE_URL": database_url} | environment,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process)
    last = time.monotonic() + 60
    while time.monotonic() < last:
        try:
            if httpx2.get(f"{server.url}/readyz").status_code == 200:
                return server
        except httpx2.TransportError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError("the server did not become ready")


def stop_server(server: Server) -> int | None:
    """Ask a server to stop, as a service manager does; its exit status."""
    server.process.terminate()
    return server.process.wait(30)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server process over the embedded engine, holding the reference event."""
    made = start_server(Databases("sqlite", tmp_path_factory.mktemp("server")).with_reference())
    yield made
    stop_server(made)
