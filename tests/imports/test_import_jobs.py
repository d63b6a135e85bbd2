"""`POST /v1/imports`: files in, a job out, which tells its progress and its report; over a real server process."""

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import text

from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key
from tests.conftest import Databases, Server, start_server, stop_server
from tests.http.test_contract import Document
from tests.imports.test_importing import HEAD, MAPPING

# Each job is a process, and there are dozens.
pytestmark = pytest.mark.slow
ROWS = HEAD + "A1,First,3.2.2019,1,1,,\nA2,Second,3.2.2019,-1,1,,\nA3,Third,3.2.2019,>30,0,,\n"
REVISIONS = "SELECT id, author, reason FROM revision"
SOURCE = {"collection": "sources", "slug": "a-list", "kind": "dataset", "publisher": "A", "title": "A list"}


class Desk:
    """A client of a server, with a key that may write."""

    def __init__(self, url: str, server: Server) -> None:
        self.database, self.server = url, server
        engine = write_engine(url)
        self.key = create_key(engine, "a desk of ours", [KeyScope.write], "Desk A", None)
        self.reader = create_key(engine, "a reader", [KeyScope.read_partner], None, None)
        engine.dispose()
        self.client = httpx2.Client(
            base_url=server.url, timeout=60, headers={"Authorization": f"Bearer {self.key}", "Connection": "close"}
        )

    def send(self, query: str = "", **options: Any) -> httpx2.Response:
        return self.client.post(f"/v1/imports{query}", **options)

    def done(self, answer: httpx2.Response) -> dict[str, Any]:
        """The job at its end."""
        assert answer.status_code == 202, answer.text
        last = time.monotonic() + 60
        while time.monotonic() < last:
            job: dict[str, Any] = self.client.get(answer.headers["location"]).json()
            if job["state"] not in {"queued", "running"}:
                return job
            time.sleep(0.05)
        raise AssertionError("the import did not end")

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        engine = write_engine(self.database)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(statement))]
        engine.dispose()
        return found


@pytest.fixture(scope="module")
def desk(databases: Databases) -> Iterator[Desk]:
    """Two processes serve it: whichever is asked knows of the job."""
    url = databases.with_reference()
    server = start_server(url, "--workers", "2", DETENTION_MAX_BODY_BYTES="2048", DETENTION_MAX_IMPORT_BYTES="500000")
    yield Desk(url, server)
    stop_server(server)


def test_a_file_and_a_mapping_of_ones_own(desk: Desk) -> None:
    sent = {"file": ("counts.csv", ROWS), "mapping": ("district.yaml", MAPPING)}
    dry = desk.done(desk.send("?dry_run=true", files=sent))
    assert (dry["state"], dry["dry_run"], dry["report"]["revisions"]) == ("done", True, [])
    assert desk.rows("SELECT count(*) FROM facility WHERE slug IN ('first', 'second', 'third')") == [(0,)]
    job = desk.done(desk.send("?reason=The+counts", files=sent))
    assert (job["mapping"], job["files"], job["author"]) == ("district.yaml", ["counts.csv"], "Desk A")
    assert job["bytes_read"] == job["bytes"] == len(ROWS)
    report = job["report"]
    assert {fate: count for fate, count in report["rows"].items() if count} == {"created": 2, "rejected": 1}
    assert report["rows"] == dry["report"]["rows"]
    (line,) = report["lines"]
    assert (line["file"], line["line"], line["rule"], line["value"]) == ("counts.csv", 3, "negative", "-1")
    made = [(author, reason) for number, author, reason in desk.rows(REVISIONS) if number in report["revisions"]]
    assert set(made) == {("Desk A", "The counts")}
    shown = desk.client.get("/v1/populations?facility=third&sex=male").json()["data"]
    assert [(one["low"], one["high"]) for one in shown] == [(31, None)]
    fewer = {**sent, "file": ("counts.csv", HEAD + ROWS.splitlines(keepends=True)[-1])}
    listed = desk.done(desk.send(files=fewer))["report"]["lines"]
    assert [(line["fate"], line["rule"]) for line in listed] == [("flagged", "not_stated")] * 2
    went = desk.done(desk.send("?withdraw=true&reason=A1+was+no+prison", files=fewer))
    assert (went["withdraw"], went["report"]["rows"]["withdrawn"]) == (True, 2)
    assert desk.done(desk.send(files=sent))["report"]["records"]["populations"]["created"] == 2
    again = desk.done(desk.send("?every_row=true&overwrite=true", files=sent))
    assert (again["report"]["rows"]["unchanged"], again["report"]["revisions"]) == (2, [])
    assert desk.client.get(f"/v1/imports/{job['id']}/rows").status_code == 404
    path = f"/v1/imports/{again['id']}/rows?limit=2"
    first = desk.client.get(path).json()
    assert [(line["file"], line["line"], line["fate"]) for line in first["data"]] == [
        ("counts.csv", 2, "unchanged"),
        ("counts.csv", 3, "rejected"),
    ]
    (last,) = desk.client.get(first["next"]).json()["data"]
    assert (last["line"], last["fate"], last["changes"]) == (4, "unchanged", [])
    only = desk.client.get(f"{path}&fate=rejected").json()
    assert ([line["line"] for line in only["data"]], only["next"]) == ([3], None)
    _, schema = Document(desk.client.get("/openapi.json").json()).answer("/v1/imports/{id}/rows", 200)
    assert Document(desk.client.get("/openapi.json").json()).wrong(schema, first) == []


def test_a_body_with_a_shipped_mapping(desk: Desk) -> None:
    body = "date,expression,quote,source\n2025-02-05,>30,Words.,https://news.example/a\n"
    answer = desk.client.post("/v1/imports?mapping=guantanamo", content=body, headers={"Content-Type": "text/csv"})
    job = desk.done(answer)
    assert (job["state"], job["files"], job["faults"]) == ("done", ["body.csv"], [])
    assert job["report"]["records"]["populations"] == {"created": 1}
    packed = gzip.compress(body.encode())
    job = desk.done(desk.send("?mapping=guantanamo&filename=camp.csv.gz", content=packed))
    assert (job["files"], job["report"]["rows"]["unchanged"]) == (["camp.csv.gz"], 1)


def test_native_files_are_one_revision_or_none(desk: Desk) -> None:
    kind = {"Content-Type": "application/x-ndjson"}
    job = desk.done(desk.send(content=json.dumps(SOURCE), headers=kind))
    assert job["report"]["records"] == {"sources": {"created": 1}}
    assert len(job["report"]["revisions"]) == 1
    wrong = json.dumps(SOURCE | {"slug": "b"}) + "\n" + json.dumps(SOURCE | {"slug": "c", "kind": "boat"})
    job = desk.done(desk.send(content=wrong, headers=kind))
    assert (job["state"], job["report"]) == ("failed", None)
    assert job["faults"][0].startswith("body.ndjson:2 /kind: ")
    assert desk.rows("SELECT count(*) FROM source WHERE slug = 'b'") == [(0,)]


@pytest.mark.parametrize(
    ("query", "options", "status", "message"),
    [
        ("?mapping=guantanama", {"content": "a", "headers": {"Content-Type": "text/csv"}}, 422, "did you mean"),
        ("?mapping=/etc/passwd.yaml", {"content": "a", "headers": {"Content-Type": "text/csv"}}, 422, "not a shipped"),
        ("", {"content": "a,b\n", "headers": {"Content-Type": "text/csv"}}, 422, "say which mapping reads it"),
        ("?mapping=guantanamo", {"content": "", "headers": {"Content-Type": "text/csv"}}, 422, "the body is empty"),
        ("?mapping=guantanamo", {"content": "x", "headers": {"Content-Type": "image/png"}}, 415, "text/csv"),
        ("?withdraw=true", {"content": "x", "headers": {"Content-Type": "text/csv"}}, 422, "say why"),
        ("?map=guantanamo", {"content": "x", "headers": {"Content-Type": "text/csv"}}, 422, "did you mean 'mapping'"),
        ("?mapping=ucdp-ged", {"files": {"file": ("a.csv", "a"), "mapping": ("m.yaml", "a: b")}}, 422, "not both"),
        ("", {"files": {"file": ("a.csv", "a"), "mapping": ("m.yaml", "about: x\nto: y\n")}}, 422, "yaml:2: to: "),
        ("", {"files": {"data": ("a.csv", "a")}}, 422, "'data' is no file named"),
        ("", {"files": {"mapping": ("m.yaml", MAPPING)}}, 422, "no file was sent"),
        ("?mapping=ucdp-ged", {"content": "x" * 500_001, "headers": {"Content-Type": "text/csv"}}, 413, "500000"),
    ],
)
def test_what_cannot_be_taken_is_refused_at_once(
    desk: Desk, query: str, options: dict[str, Any], status: int, message: str
) -> None:
    answer = desk.send(query, **options)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert message in answer.text
    assert "detention-import-" not in answer.text


PART = b'--x\r\nContent-Disposition: form-data; name="file"%s\r\n\r\na\r\n'
BOUNDED = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("multipart/form-data", PART % b'; filename="a.csv"' + b"--x--\r\n", "the `boundary`"),
        ("multipart/form-data; boundary=", b"--x--", "the `boundary`"),
        (f"{BOUNDED}; charset=no-such", PART % b"" + b"--x--\r\n", "is no file named `file`"),
        (BOUNDED, b"", "no file was sent"),
        (BOUNDED, b"no part at all", "the `boundary`"),
        (BOUNDED, b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", "`Content-Disposition`"),
        (BOUNDED, b"--x\r\n\r\na\r\n--x--\r\n", "`Content-Disposition`"),
        (BOUNDED, PART % b"" + b"--x--\r\n", "'file' is no file named `file`"),
        (BOUNDED, PART % b"" + PART % b"" + b"--x--\r\n", "the `boundary`"),
        (BOUNDED, PART % b'; filename=""' + b"--x--\r\n", "'unnamed' is no native file"),
        (BOUNDED, PART % b'; filename="\xff\x00\n/..\\..%"' + b"--x--\r\n", ""),
        (BOUNDED, PART % b'; filename="..."' + b"--x--\r\n", "'unnamed' is no native file"),
        (BOUNDED, (PART % b'; filename="a.csv"') * 60 + b"--x--\r\n", "50 files"),
        (BOUNDED, PART % b'; filename="%s.csv"' % ("\u6f22" * 300).encode() + b"--x--\r\n", ".csv' is no native file"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused_in_a_sentence(desk: Desk, kind: str, body: bytes, message: str) -> None:
    answer = desk.send(content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert message in answer.json()["detail"]


def test_a_file_is_called_whatever_its_name_is_in_the_address(desk: Desk) -> None:
    long = "\u6f22" * 196 + ".csv"
    job = desk.done(desk.send(f"?mapping=guantanamo&filename={quote(long)}", content=b"date,expression,quote,source\n"))
    assert job["files"][0].endswith(".csv")


def test_a_file_whose_columns_do_not_fit_fails_and_says_why(desk: Desk) -> None:
    job = desk.done(desk.send("?mapping=guantanamo", content="a,b\n1,2\n", headers={"Content-Type": "text/csv"}))
    assert job["state"] == "failed"
    assert any(fault.startswith("body.csv:1: 'source' is not a column") for fault in job["faults"]), job["faults"]


def test_a_name_that_leads_elsewhere_stays_in_its_folder(desk: Desk) -> None:
    sent = {"file": ("../../evil.csv", ROWS), "mapping": ("m.yaml", MAPPING)}
    assert desk.done(desk.send("?dry_run=true", files=sent))["files"] == ["evil.csv"]
    assert not list(Path(gettempdir()).glob("*evil*"))


def test_a_job_is_of_its_documented_shape(desk: Desk) -> None:
    document = Document(desk.client.get("/openapi.json").json())
    for lines in (ROWS, "code\n"):
        sent = {"file": ("counts.csv", lines), "mapping": ("m.yaml", MAPPING)}
        answer = desk.send("?dry_run=true", files=sent)
        _, schema = document.answer("/v1/imports/{id}", 200)
        for job in (answer.json(), desk.done(answer)):
            assert document.wrong(schema, job) == []


def test_only_a_key_that_may_write_imports_and_asks(desk: Desk) -> None:
    answer = desk.send("?mapping=guantanamo", content="a", headers={"Content-Type": "text/csv", "Authorization": ""})
    assert answer.status_code == 401
    reader = {"Authorization": f"Bearer {desk.reader}"}
    assert desk.send("?mapping=guantanamo", content="a", headers=reader).status_code == 403
    assert desk.client.get("/v1/imports/0c55b2f0a1d94e7c").status_code == 404
    assert desk.client.get("/v1/imports/0c55b2f0a1d94e7c", headers=reader).status_code == 403


def test_other_bodies_stay_small(desk: Desk) -> None:
    answer = desk.client.post("/v1/sources", json=SOURCE | {"note": "x" * 3000})
    assert answer.status_code == 413


def test_a_server_that_stops_interrupts_its_import_and_the_same_again_ends_it(databases: Databases) -> None:
    url = databases.empty()
    lines = "".join(f"A{number},Prison {number},3.2.2019,{number},{number},,\n" for number in range(8_000))
    server = start_server(url)
    desk = Desk(url, server)
    sent = {"file": ("counts.csv", HEAD + lines), "mapping": ("district.yaml", MAPPING)}
    answer = desk.send(files=sent)
    waiting = desk.send(files=sent)
    place = answer.headers["location"]
    seen = []
    last = time.monotonic() + 60
    while time.monotonic() < last:
        job = desk.client.get(place).json()
        seen.append(job["bytes_read"])
        if 0 < job["rows"] < 8_000:
            break
        time.sleep(0.05)
    assert seen == sorted(seen)
    assert desk.client.get(waiting.headers["location"]).json()["state"] == "queued"
    stop_server(server)
    server = start_server(url)
    desk = Desk(url, server)
    assert desk.client.get(place).json()["state"] == "interrupted"
    assert desk.client.get(waiting.headers["location"]).json()["state"] == "interrupted"
    held = desk.rows("SELECT count(*) FROM population")[0][0]
    assert 0 < held < 16_000
    job = desk.done(desk.send(files=sent))
    assert (job["state"], job["rows"]) == ("done", 8_000)
    assert desk.rows("SELECT count(*) FROM population") == [(16_000,)]
    stop_server(server)
