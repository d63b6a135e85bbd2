"""A server killed while it writes: what it confirmed is there, nothing is there twice, and the database is sound."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key
from app.writing.verification import differing
from tests.conftest import Databases, Server, start_server
from tests.support.desk import FIGURE, FIRE

ROUNDS, CLERKS = 20, 4
PATCH = {"Content-Type": "application/merge-patch+json"}


@dataclass(frozen=True)
class Sent:
    """A write: a POST goes under an Idempotency-Key, a PATCH with the ETag of what it changes."""

    method: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    async def to(self, client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.request(self.method, self.path, json=self.body, headers=self.headers)


class Clerk:
    """One of those who write at once: incidents, figures of them, and a facility of its own that it counts up."""

    def __init__(self, number: int) -> None:
        self.number, self.random, self.numbers = number, Random(number), count(1)  # noqa: S311
        self.facility, self.etag, self.counted = f"site-{number}", "", 0
        self.incident: str | None = None
        self.confirmed: list[tuple[Sent, dict[str, Any]]] = []
        """What was written since the last look at it, and the records that came back."""
        self.doubtful: Sent | None = None
        """What was sent when the server died; it may have been written."""

    async def work(self, client: httpx2.AsyncClient, begun: asyncio.Event) -> None:
        """Write until the server dies."""
        while True:
            sent = self.next()
            try:
                answer = await sent.to(client)
            except httpx2.TransportError:
                self.doubtful = sent
                return
            assert answer.status_code in {200, 201}, answer.text
            self.note(sent, answer)
            begun.set()

    def next(self) -> Sent:
        number = next(self.numbers)
        name = {"Idempotency-Key": f"clerk-{self.number}-{number}"}
        if not self.etag:
            body = {"slug": self.facility, "level": "facility", "name": f"Site {self.number}", "description": "0"}
            return Sent("POST", "/v1/facilities", body, name)
        if self.incident is None:
            return Sent("POST", "/v1/incidents", FIRE | {"slug": f"fire-{self.number}-{number}"}, name)
        if self.random.random() < 0.5:
            body = {"description": str(self.counted + 1)}
            return Sent("PATCH", f"/v1/facilities/{self.facility}", body, PATCH | {"If-Match": self.etag})
        figure = FIGURE | {"incident": self.incident, "as_written": f"{number}", "locator": f"line {number}"}
        return Sent("POST", "/v1/figures", figure, name)

    def note(self, sent: Sent, answer: httpx2.Response) -> None:
        """Keep what came back for a write that is done, or was read after it: how that is cited is left out."""
        record = {name: value for name, value in answer.json().items() if name != "cite"}
        self.confirmed.append((sent, record))
        if sent.path == "/v1/incidents":
            self.incident = record["slug"]
        elif sent.path.startswith("/v1/facilities"):
            self.etag, self.counted = answer.headers["etag"], int(record["description"])

    async def settle(self, client: httpx2.AsyncClient) -> None:
        """Send again what was in doubt; it is written once, now or before."""
        sent, self.doubtful = self.doubtful, None
        if sent is None:
            return
        answer = await sent.to(client)
        if answer.status_code == 412:
            answer = await client.get(sent.path)
            assert answer.json()["description"] == sent.body["description"], "the ETag was that of no change of ours"
        assert answer.status_code in {200, 201}, answer.text
        self.note(sent, answer)


class Book:
    """What the register must hold, and a look at whether it does."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = write_engine(url)
        self.file = make_url(url).database if url.startswith("sqlite") else None
        key = create_key(self.engine, "a desk of ours", [KeyScope.write], "Desk A", None)
        self.headers = {"Authorization": f"Bearer {key}"}
        self.clerks = [Clerk(number) for number in range(CLERKS)]
        self.looked, self.written, self.random = 1, 0, Random(0)  # noqa: S311
        """The revision up to which all was found right; and how many writes were confirmed."""

    def client(self, server: Server) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=server.url, headers=self.headers, timeout=60)

    async def until_killed(self, server: Server) -> None:
        """Everybody writes; at a moment nobody chose the server is gone, with every process of it."""
        async with self.client(server) as client:
            begun = asyncio.Event()
            working = [asyncio.create_task(clerk.work(client, begun)) for clerk in self.clerks]
            await begun.wait()
            await asyncio.sleep(self.random.uniform(0.0, 0.3))
            kill(server)
            await asyncio.gather(*working)

    def look_at_file(self) -> None:
        """The embedded engine's own checks, before a server opens the file again."""
        if self.file is not None:
            with closing(sqlite3.connect(self.file)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                assert connection.execute("PRAGMA foreign_key_check").fetchall() == []

    async def look(self, server: Server) -> None:
        """Each write was made once, and is told as it was confirmed: in the feed, in the past and at present."""
        async with self.client(server) as client:
            for clerk in self.clerks:
                await clerk.settle(client)
            done = [one for clerk in self.clerks for one in clerk.confirmed]
            for sent, record in self.random.sample([one for one in done if one[0].method == "POST"], 2):
                again = await sent.to(client)
                assert (again.status_code, again.json()) == (201, record)
                assert again.headers["idempotency-replayed"] == "true"
            page = f"after={self.looked}&limit=1000"
            revisions = (await client.get(f"/v1/revisions?{page}")).json()["data"]
            assert [one["revision"] for one in revisions] == sorted(record["revision"] for _, record in done)
            head = self.looked + len(done)
            assert [one["revision"] for one in revisions] == list(range(self.looked + 1, head + 1))
            changes = (await client.get(f"/v1/changes?{page}")).json()["data"]
            answer = {(one["collection"], one["id"], one["revision"]): one["record"] for one in changes}
            for sent, record in done:
                assert answer[sent.path.split("/")[2], record["id"], record["revision"]] == record
            for sent, record in self.random.sample(done, 3):
                key = f"/v1/{sent.path.split('/')[2]}/{record['id']}"
                then = (await client.get(f"{key}?revision={record['revision']}")).json()
                assert then.pop("cite")["permalink"].endswith(f"?revision={record['revision']}")
                assert then == record
                history = (await client.get(f"{key}/history?after={self.looked}&limit=1000")).json()["data"]
                assert record["revision"] in {one["revision"] for one in history}
            for clerk in self.clerks:
                shown = (await client.get(f"/v1/facilities/{clerk.facility}")).json()
                assert shown["description"] == str(clerk.counted)
                clerk.confirmed.clear()
                # Each round has incidents of its own, so that none holds more figures than it shows.
                clerk.incident = None
            self.looked, self.written = head, self.written + len(done)


def kill(server: Server) -> None:
    """End a server without a word to it."""
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


@pytest.fixture
def url(databases: Databases) -> str:
    """The reference event, of the test's own."""
    return databases.with_reference()


@pytest.fixture
def book(url: str) -> Iterator[Book]:
    """What is written to it."""
    made = Book(url)
    yield made
    made.engine.dispose()


@pytest.mark.slow
def test_a_server_killed_again_and_again_loses_nothing_it_confirmed(url: str, book: Book) -> None:
    server = start_server(url, forked=True)
    try:
        for _ in range(ROUNDS):
            asyncio.run(book.until_killed(server))
            book.look_at_file()
            server = start_server(url, forked=True)
            asyncio.run(book.look(server))
    finally:
        kill(server)
    assert book.written > ROUNDS * CLERKS
    assert list(differing(book.engine)) == []
