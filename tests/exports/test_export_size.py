"""A long set takes no more memory than a short one, however slowly it is read; nor does one that nobody reads on."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import httpx2
import pytest

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from tests.conftest import Databases, start_server, stop_server
from tests.support.worlds import WORLD, put
from tests.support.writing import revision

pytestmark = [pytest.mark.slow, pytest.mark.nightly]
INCIDENTS, FEWER = 200_000, 20_000
MOST = 30
"""How many MB a long export may take beyond what the process holds at rest."""
COPIES = """INSERT INTO incident ({own}) SELECT {made} FROM incident,
(WITH RECURSIVE m(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM m WHERE n < {many}) SELECT n FROM m) AS copy
WHERE id = 1"""
CHANGED = {
    "id": "n",
    "slug": "'raid-' || n",
    "revision": "2",
    "doc": "replace(replace(doc, '\"id\":1,', '\"id\":' || n || ','), '\"raid\"', '\"raid-' || n || '\"')",
}


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A register of very many incidents."""
    return filled(databases.empty(), INCIDENTS)


@pytest.fixture(scope="module")
def smaller(databases: Databases) -> str:
    """One of fewer, for formats that take longer to make."""
    return filled(databases.empty(), FEWER)


def filled(url: str, many: int) -> str:
    """A register with the same incident many times over, each under its own id and slug."""
    engine = write_engine(url)
    put(engine, *WORLD)
    with engine.begin() as connection, revision(connection, "test"):
        names = COLLECTIONS["incidents"].names
        own = ", ".join(f'"{name}"' for name in names)
        made = ", ".join(CHANGED.get(name, f'"{name}"') for name in names)
        connection.exec_driver_sql(COPIES.format(own=own, made=made, many=many))
    engine.dispose()
    return url


def held(process: int) -> float:
    """The memory of a process in MB, without the pages of files that all processes share."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]) / 1024


def most_held(process: int, work: Callable[[], int]) -> tuple[float, int]:
    """The most a process held while some work was done, and what came of the work."""
    over, most = Event(), [held(process)]

    def watch() -> None:
        while not over.wait(0.01):
            most.append(held(process))

    watcher = Thread(target=watch)
    watcher.start()
    try:
        done = work()
    finally:
        over.set()
        watcher.join()
    return max(most), done


def lines(address: str) -> int:
    """How many lines an answer has, read as it comes."""
    with httpx2.stream("GET", address, timeout=120) as answer:
        assert answer.status_code == 200
        return sum(piece.count(b"\n") for piece in answer.iter_raw())


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_server_holds_a_batch_at_a_time(url: str, form: str) -> None:
    assert counted_in_bounds(url, form) == INCIDENTS + (form == "csv")


@pytest.mark.parametrize("form", ["geojson", "native", "xlsx", "parquet"])
def test_so_it_does_in_formats_that_take_longer(smaller: str, form: str) -> None:
    assert counted_in_bounds(smaller, form) == FEWER or form != "native"


def counted_in_bounds(url: str, form: str) -> int:
    """The lines of a whole export, during which the server must not grow."""
    server = start_server(url)
    try:
        address = f"{server.url}/v1/incidents?format={form}"
        lines(f"{address}&limit=1000")
        base = held(server.process.pid)
        most, counted = most_held(server.process.pid, lambda: lines(address))
        assert most < base + MOST, f"{base:.0f} MB at rest, {most:.0f} MB at most"
        return counted
    finally:
        stop_server(server)


def test_a_reader_who_stops_reading_keeps_neither_memory_nor_turn(url: str) -> None:
    server = start_server(url, DETENTION_EXPORTS_AT_ONCE="2")
    try:
        address = f"{server.url}/v1/incidents?format=ndjson"
        lines(f"{address}&limit=1000")
        base = held(server.process.pid)
        for _ in range(4):
            with httpx2.stream("GET", address, timeout=30) as answer:
                next(answer.iter_raw())
                time.sleep(0.5)
                assert held(server.process.pid) < base + MOST
        last = time.monotonic() + 10
        while httpx2.get(f"{address}&limit=1").status_code != 200:
            assert time.monotonic() < last, "those that left keep their turns"
            time.sleep(0.1)
    finally:
        stop_server(server)


def test_an_export_that_takes_too_long_breaks_off(url: str) -> None:
    server = start_server(url, DETENTION_EXPORT_SECONDS="1")
    try:
        with (
            pytest.raises(httpx2.RemoteProtocolError),
            httpx2.stream("GET", f"{server.url}/v1/incidents?format=ndjson", timeout=30) as answer,
        ):
            for _ in slowly(answer.iter_raw(1 << 20)):
                pass
        assert httpx2.get(f"{server.url}/v1/incidents?limit=1").status_code == 200
    finally:
        stop_server(server)


def slowly(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces):
        if number < 3:
            time.sleep(0.7)
        yield piece


def test_the_command_line_holds_a_batch_at_a_time(url: str, tmp_path: Path) -> None:
    def ran(*more: str) -> float:
        arguments = [sys.executable, "-m", "app.cli", "export", "incidents", "--out", str(tmp_path / "out.csv"), *more]
        process = subprocess.Popen(arguments, env={"DETENTION_DATABASE_URL": url, "DETENTION_EXPORT_SECONDS": "600"})
        most = 0.0
        while process.poll() is None:
            try:
                most = max(most, held(process.pid))
            except (StopIteration, FileNotFoundError):
                break
            time.sleep(0.01)
        assert process.wait() == 0
        return most

    base = ran("--where", "limit=1000")
    assert ran() < base + MOST
    with (tmp_path / "out.csv").open("rb") as file:
        assert sum(1 for _ in file) == INCIDENTS + 1
