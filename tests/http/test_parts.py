"""Exports of a pinned revision in parts, over sockets: length, HEAD, ranges; and where links of a server lead."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.errors import RangeNotSatisfiable
from app.http.kept_files import KeptFile, KeptFiles, part_of
from tests.conftest import Databases, Server, start_server, stop_server

ROOT = Path(__file__).parents[2]
PINNED = "/v1/figures?format={}&revision=1"
NOT_INSTALLED = 69


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The reference event, served by a process."""
    started = start_server(Databases("sqlite", tmp_path_factory.mktemp("parts")).with_reference())
    yield started
    stop_server(started)


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    """What the server sends; names of headers have underscores."""
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    try:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("form", ["csv", "ndjson", "xlsx", "parquet"])
def test_a_pinned_export_has_a_length_and_comes_in_parts(server: Server, form: str) -> None:
    path = PINNED.format(form)
    streamed, whole = ask(server, path)
    assert (streamed.status, streamed.headers["accept-ranges"]) == (200, "bytes")
    head, body = ask(server, path, "HEAD", range="bytes=0-3")
    size = len(whole)
    assert (head.status, body, head.headers["content-length"]) == (200, b"", str(size))
    assert head.headers["etag"] == streamed.headers["etag"]
    for query, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=10-109", 10, 109),
        (f"bytes={size - 5}-", size - 5, size - 1),
        ("bytes=-7", size - 7, size - 1),
        (f"bytes=3-{size * 2}", 3, size - 1),
        (f"Bytes=-{size * 2}", 0, size - 1),
    ):
        part, body = ask(server, path, range=query)
        assert (part.status, body) == (206, whole[first : last + 1]), query
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert part.headers["content-length"] == str(len(body))
    again, body = ask(server, path)
    assert (again.status, body, again.headers["content-length"]) == (200, whole, str(size))


def test_a_range_behind_the_end_is_a_416(server: Server) -> None:
    size = len(ask(server, PINNED.format("csv"))[1])
    answer, body = ask(server, PINNED.format("csv"), range=f"bytes={size}-")
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{size}")
    assert b"/errors#range-not-satisfiable" in body


def test_the_whole_comes_where_no_part_can(server: Server) -> None:
    path = PINNED.format("csv")
    first, whole = ask(server, path)
    tag = first.headers["etag"]
    for query in ("bytes=9-1", "bytes=-", "lines=0-1", "bytes=0-1,4-5", "nonsense"):
        answer, body = ask(server, path, range=query)
        assert (answer.status, body) == (200, whole), query
    assert ask(server, path, range="bytes=0-1", if_range=tag)[1] == whole[:2]
    for other in (f"W/{tag}", '"other"', "Sat, 28 Nov 2026 12:00:00 GMT"):
        answer, body = ask(server, path, range="bytes=0-1", if_range=other)
        assert (answer.status, body) == (200, whole), other
    # What is not pinned is another set tomorrow: it has no parts.
    answer, body = ask(server, "/v1/figures?format=csv", range="bytes=0-1")
    assert (answer.status, body, answer.headers["accept-ranges"]) == (200, whole, None)
    assert ask(server, path, range="bytes=0-1", if_none_match=tag)[0].status == 304


def test_what_is_kept_is_bounded_and_forgotten(tmp_path: Path) -> None:
    stored = KeptFiles(100)
    for name in "abc":
        (tmp_path / name).write_bytes(b"x" * 40)
        stored.keep(name, KeptFile(tmp_path / name, 1))
    assert [stored.find(name) is not None for name in "abc"] == [False, True, True]
    (tmp_path / "large").write_bytes(b"x" * 101)
    stored.keep("large", KeptFile(tmp_path / "large", 1))
    assert stored.find("large") is None
    assert list(tmp_path.iterdir()) == []
    stored.clear()
    assert stored.find("c") is None
    with pytest.raises(RangeNotSatisfiable):
        part_of(b"bytes=-0", 40)


def test_links_are_whole_addresses(server: Server) -> None:
    answer, _ = ask(server, "/v1/figures?limit=2")
    links = dict(re.findall(r'<([^>]*)>; rel="([a-z-]+)"', answer.headers["link"]))
    named = {relation: address for address, relation in links.items()}
    assert {urlsplit(address).netloc for address in links} == {urlsplit(server.url).netloc}
    assert set(named) == {"first", "next", "describedby", "service-desc"}, "self and permalink are that of the first"
    for address in links:
        parts = urlsplit(address)
        assert ask(server, f"{parts.path}?{parts.query}")[0].status == 200, address
    response = ask(server, "/v1/figures?limit=2", host="register.example:81")[0].headers["link"]
    assert response.startswith('<http://register.example:81/v1/figures?limit=2&revision=1>; rel="permalink"')
    response = ask(server, "/v1/figures?limit=2", host='"><evil>')[0].headers["link"]
    assert response.startswith('</v1/figures?limit=2&revision=1>; rel="permalink"')


@pytest.mark.nightly
@pytest.mark.slow
def test_tools_read_the_register(server: Server, tmp_path: Path) -> None:
    """What `docs/reference/tools.md` says, done by the tools themselves."""
    ran = subprocess.run(
        [str(ROOT / ".ci" / "try-tools"), str(tmp_path), server.url],
        env=os.environ | {"PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == NOT_INSTALLED:
        pytest.skip(f"the tools cannot be installed here: {ran.stderr[-400:]}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    tried = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    listed = (ROOT / "docs" / "reference" / "tools.md").read_text("utf-8")
    assert {name: result for name, result in tried.items() if result != "as documented"} == {}
    assert {name for name in tried if f"| {name} |" not in listed} == set()
