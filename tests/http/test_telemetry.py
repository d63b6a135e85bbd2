"""What an operator sees of a server: ids of requests, one line of the log for each, metrics."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Databases, Served
from tests.support.desk import desk_at

LINE = {"event", "time", "id", "method", "route", "status", "ms", "rows", "revision", "key"}


@contextmanager
def serving(url: str, log: Path, *arguments: str, **environment: str) -> Iterator[httpx2.Client]:
    """A client of a server process whose log goes to a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(port), *arguments],
            env=os.environ | {"DETENTION_DATABASE_URL": url, "DETENTION_LOG_REQUESTS": "true"} | environment,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
        with process:
            assert process.stdout is not None
            assert b"Serving on" in process.stdout.readline()
            try:
                with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                    yield client
            finally:
                process.send_signal(signal.SIGTERM)


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def test_each_request_is_one_line_without_query_body_or_secret(databases: Databases, tmp_path: Path) -> None:
    log = tmp_path / "log"
    wrong = f"dfk_abcdefgh_{'S' * 43}"
    with serving(databases.with_reference(), log) as client:
        chosen = client.get("/v1/facilities?q=SECRET-QUERY&x=1", headers={"X-Request-Id": "proxy-7.a_B"})
        client.get("/v1/facilities/al-hol-camp")
        client.head("/v1/incidents?limit=1")
        client.post("/v1/figures", json={"note": "SECRET-BODY"}, headers={"Authorization": f"Bearer {wrong}"})
        made_up = client.request("PUT", "/SECRET-PATH", headers={"X-Request-Id": "no such, id"})
    lines = lines_of(log)
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/v1/facilities", 422),
        ("GET", "/v1/facilities/{key}", 200),
        ("HEAD", "/v1/incidents", 200),
        ("POST", "/v1/figures", 401),
        ("other", "other", made_up.status_code),
    ]
    assert all(line.keys() <= LINE and line["event"] == "request" and line["ms"] > 0 for line in lines)
    assert [line.get("revision") for line in lines] == [None, 1, 1, None, None]
    assert chosen.headers["x-request-id"] == lines[0]["id"] == "proxy-7.a_B"
    assert re.fullmatch("[0-9a-f]{16}", made_up.headers["x-request-id"])
    assert made_up.headers["x-request-id"] == lines[4]["id"]
    assert not re.search("SECRET|SSSS|al-hol", log.read_text("utf-8"))


def test_what_the_server_says_besides_is_a_line_too(databases: Databases, tmp_path: Path) -> None:
    log = tmp_path / "log"
    if databases.engine != "sqlite":
        pytest.skip("no database has a part in it")
    with serving(databases.with_reference(), log, DETENTION_LOG_REQUESTS="false") as client:
        connection = socket.create_connection(("127.0.0.1", client.base_url.port or 80))
        with connection:
            connection.sendall(b"GET / HTTP/9.9\r\n\r\n")
            assert b"400" in connection.recv(99)
    assert all({"event", "level", "time"} <= line.keys() for line in lines_of(log))
    assert [line["event"] for line in lines_of(log)] == ["Invalid HTTP request received."]


def test_metrics_are_what_a_collector_reads(reference: Served) -> None:
    reference.client.get("/v1/facilities?limit=2")
    reference.client.get("/v1/facilities/nobody")
    answer = reference.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    counts = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for sample in families["detention_request_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert counts[("GET", "/v1/facilities", "200")] >= 1
    assert counts[("GET", "/v1/facilities/{key}", "404")] >= 1
    assert families["detention_ready"].samples[0].value == 1
    assert families["detention_revision"].samples[0].value == reference.get("/v1")["revision"]
    newest = {s.labels["source"]: s.value for s in families["detention_source_newest_timestamp_seconds"].samples}
    listed = reference.get("/v1/figures?source=lister-mei-2022-01-24&sort=-as_of&limit=1")["data"][0]["as_of"]
    assert (newest["lister-mei-2022-01-24"], listed) == (1643328000.0 - 4 * 86_400, "2022-01-24")


def test_metrics_name_no_hidden_source(databases: Databases) -> None:
    with desk_at(databases.with_reference()) as desk:
        assert 'source="rudaw-2022-01-26"' in desk.client.get("/metrics").text
        desk.hide("/v1/sources/rudaw-2022-01-26")
        assert "rudaw-2022-01-26" not in desk.client.get("/metrics").text


@pytest.mark.slow
def test_the_processes_of_a_server_count_together(databases: Databases, tmp_path: Path) -> None:
    with serving(databases.with_reference(), tmp_path / "log", "--workers", "2") as client:
        for _ in range(12):
            client.get("/v1/facilities")
        text = client.get("/metrics").text
    query = 'detention_request_seconds_count{method="GET",route="/v1/facilities",status="200"} 12.0'
    assert query in text
