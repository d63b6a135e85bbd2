"""Many writers at once, over the wire, on two server processes: nothing is lost, and no reader sees a gap."""

import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from app.database.engines import write_engine
from app.writing.keys import KeyScope, create_key, revoke_key
from app.writing.verification import differing
from tests.conftest import Databases, Server, start_server, stop_server
from tests.support.desk import FIRE, WHY

WRITERS, WRITES, RIVALS = 8, 2000, 50


@pytest.fixture
def url(databases: Databases) -> str:
    """The reference event, of the test's own."""
    return databases.with_reference()


@pytest.fixture
def server(url: str) -> Iterator[Server]:
    """Two server processes over it."""
    made = start_server(url, "--workers", "2")
    yield made
    stop_server(made)


@pytest.fixture
def client(url: str, server: Server) -> httpx2.AsyncClient:
    """A client with a key that may write."""
    engine = write_engine(url)
    key = create_key(engine, "a desk of ours", [KeyScope.write], "Desk A", None)
    engine.dispose()
    # Each request comes on a connection of its own, and so to either process.
    headers = {"Authorization": f"Bearer {key}", "Connection": "close"}
    return httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=60)


@pytest.mark.slow
def test_of_fifty_rivals_with_one_if_match_exactly_one_wins(client: httpx2.AsyncClient) -> None:
    async def rivals() -> None:
        async with client:
            for number in range(3):
                etag = (await client.get("/v1/facilities/al-hol-camp")).headers["etag"]
                tried = [
                    client.patch(
                        "/v1/facilities/al-hol-camp",
                        json={"description": f"{number}.{rival}"},
                        headers={"If-Match": etag, "Content-Type": "application/merge-patch+json"},
                    )
                    for rival in range(RIVALS)
                ]
                answers = await asyncio.gather(*tried)
                assert sorted(answer.status_code for answer in answers) == [200, *[412] * (RIVALS - 1)]
                (winner,) = [place for place, answer in enumerate(answers) if answer.status_code == 200]
                shown = (await client.get("/v1/facilities/al-hol-camp")).json()
                assert shown["description"] == f"{number}.{winner}"

    asyncio.run(rivals())


class Desk:
    """One of the writers: it adds, retracts what it added, counts up what all share, and notes what was confirmed."""

    def __init__(self, client: httpx2.AsyncClient, number: int, numbers: "itertools.count[int]") -> None:
        self.client, self.number, self.numbers = client, number, numbers
        self.random = Random(number)  # noqa: S311
        self.made: dict[int, str] = {}
        """The revisions that were acknowledged, and what each did."""
        self.standing: list[str] = []
        self.counted = self.stale = 0

    async def work(self) -> None:
        while (number := next(self.numbers)) <= WRITES:
            kind = self.random.random()
            if kind < 0.4 or (kind < 0.5 and not self.standing):
                await self.add(number)
            elif kind < 0.5:
                await self.retract()
            else:
                await self.count()

    async def add(self, number: int) -> None:
        body = FIRE | {"slug": f"fire-{number}", "summary": f"by desk {self.number}"}
        answer = await self.client.post("/v1/incidents", json=body)
        assert answer.status_code == 201, answer.text
        self.note(answer, f"create fire-{number}")
        self.standing.append(f"fire-{number}")

    async def retract(self) -> None:
        slug = self.standing.pop(self.random.randrange(len(self.standing)))
        answer = await self.client.delete(f"/v1/incidents/{slug}?{WHY}", headers={"If-Match": "*"})
        assert answer.status_code == 204, answer.text
        self.note(answer, f"retract {slug}")

    async def count(self) -> None:
        """Add one to the number that stands in a text of a record all desks share; try again when it was stale."""
        path = f"/v1/facilities/{self.random.choice(('al-hol-camp', 'al-sina-prison'))}"
        while True:
            read = await self.client.get(path)
            response = read.json()["description"] or ""
            total = int(response) if response.isdigit() else 0
            headers = {"If-Match": read.headers["etag"], "Content-Type": "application/merge-patch+json"}
            answer = await self.client.patch(path, content=f'{{"description": "{total + 1}"}}', headers=headers)
            if answer.status_code == 200:
                self.note(answer, f"count {path}")
                self.counted += 1
                return
            assert answer.status_code == 412, answer.text
            self.stale += 1

    def note(self, answer: httpx2.Response, what: str) -> None:
        self.made[int(answer.headers["data-revision"])] = what


class Watcher:
    """A reader who never stops: what was shown up to a revision is all there ever is up to it."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client, self.looks, self.going = client, 0, True

    async def watch(self) -> None:
        after, seen = "0", 1
        changes: list[tuple[int, str, int]] = []
        while self.going:
            page = (await self.client.get(f"/v1/changes?after={after}&limit=1000")).json()
            answer = [(change["revision"], change["collection"], change["id"]) for change in page["data"]]
            # What comes later lies later: nothing appears at or below a revision that was answered from before.
            assert all(revision > seen for revision, _, _ in answer) or after == "0", (seen, answer)
            assert all(revision <= page["revision"] for revision, _, _ in answer)
            changes += answer
            if page["data"]:
                after = page["next"].partition("after=")[2].partition("&")[0]
            if len(page["data"]) < 1000:
                seen = page["revision"]
            await self.pinned()
            self.looks += 1
        everything: list[tuple[int, str, int]] = []
        after = "0"
        while True:
            page = (await self.client.get(f"/v1/changes?after={after}&limit=1000")).json()
            everything += [(change["revision"], change["collection"], change["id"]) for change in page["data"]]
            after = page["next"].partition("after=")[2].partition("&")[0]
            if not page["data"]:
                break
        assert everything[: len(changes)] == changes

    async def pinned(self) -> None:
        """A list and the revisions, as of the head: asked again, they are the same."""
        first = await self.client.get("/v1/incidents?limit=20&sort=-revision&count=exact")
        head = first.headers["data-revision"]
        revisions = (await self.client.get(f"/v1/revisions?sort=-revision&limit=5&revision={head}")).json()["data"]
        numbers = [one["revision"] for one in revisions]
        assert numbers == list(range(int(head), int(head) - len(numbers), -1))
        again = await self.client.get(f"/v1/incidents?limit=20&sort=-revision&count=exact&revision={head}")
        assert again.content == first.content


@pytest.mark.nightly
@pytest.mark.slow
def test_eight_writers_lose_nothing(url: str, client: httpx2.AsyncClient) -> None:
    async def run() -> tuple[list[Desk], Watcher, dict[str, Any]]:
        async with client:
            numbers = itertools.count(1)
            desks = [Desk(client, number, numbers) for number in range(WRITERS)]
            watchers = [Watcher(client) for _ in range(2)]
            watching = [asyncio.create_task(watcher.watch()) for watcher in watchers]
            await asyncio.gather(*(desk.work() for desk in desks))
            for watcher in watchers:
                watcher.going = False
            await asyncio.gather(*watching)
            camps = [(await client.get(f"/v1/facilities/{slug}")).json() for slug in ("al-hol-camp", "al-sina-prison")]
            standing, address = set(), "/v1/incidents?limit=1000&fields=slug"
            while address:
                page = (await client.get(address)).json()
                standing |= {record["slug"] for record in page["data"]}
                address = page["next"]
            history = []
            for slug in ("al-hol-camp", "al-sina-prison"):
                address = f"/v1/facilities/{slug}/history?limit=1000"
                while address:
                    page = (await client.get(address)).json()
                    history += [one["revision"] for one in page["data"]]
                    address = page["next"]
            head = int((await client.get("/v1")).json()["revision"])
            return desks, watchers[0], {"camps": camps, "standing": standing, "history": history, "head": head}

    desks, watcher, output = asyncio.run(run())
    made = {revision: what for desk in desks for revision, what in desk.made.items()}
    # Each acknowledged write has a revision of its own, and there are no others.
    assert sum(len(desk.made) for desk in desks) == WRITES
    assert sorted(made) == list(range(2, WRITES + 2))
    assert output["head"] == WRITES + 1
    # No update was lost: the totals are the sum of what each desk added.
    assert sum(int(camp["description"]) for camp in output["camps"]) == sum(desk.counted for desk in desks)
    assert {revision for revision, what in made.items() if what.startswith("count")} <= set(output["history"])
    assert {slug for slug in output["standing"] if slug.startswith("fire-")} == {
        slug for desk in desks for slug in desk.standing
    }
    assert sum(desk.stale for desk in desks) > 0, "nobody ever met a rival"
    assert watcher.looks > 10
    engine = write_engine(url)
    assert list(differing(engine)) == []
    engine.dispose()


def workers_of(server: Server) -> list[int]:
    """The processes that answer."""
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


@contextmanager
def awake(worker: int, workers: Sequence[int]) -> Iterator[None]:
    """Send all workers but one to sleep: it answers what is asked meanwhile."""
    others = [one for one in workers if one != worker]
    for one in others:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in others:
            os.kill(one, signal.SIGCONT)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc")
def test_a_key_revoked_or_expired_stops_on_every_worker_within_a_second(url: str, server: Server) -> None:
    engine, workers = write_engine(url), workers_of(server)
    assert len(workers) == 2

    def statuses(key: str) -> list[int]:
        """What each worker answers to a reader with the key."""
        statuses = []
        for worker in workers:
            with awake(worker, workers):
                headers = {"Authorization": f"Bearer {key}", "Connection": "close"}
                statuses.append(httpx2.get(f"{server.url}/v1", headers=headers, timeout=30).status_code)
        return statuses

    def stops(key: str, ended: float) -> None:
        """Ask all the while, so that every worker knows the key; what is asked a second later is refused."""
        while time.monotonic() < ended + 1:
            statuses(key)
        assert statuses(key) == [401, 401]

    key = create_key(engine, "a desk to close", [KeyScope.write], None, None)
    assert statuses(key) == [200, 200]
    assert revoke_key(engine, "a desk to close")
    stops(key, time.monotonic())

    made = time.monotonic()
    key = create_key(engine, "a desk for a while", [KeyScope.write], None, timedelta(seconds=4))
    assert statuses(key) == [200, 200]
    stops(key, made + 4)
    engine.dispose()
