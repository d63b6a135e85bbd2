"""A mirror that follows the feed of changes ends with what the collections show, wherever it was stopped meanwhile."""

import json
import re
import runpy
import sqlite3
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.errors import BadInput, Conflict
from app.history.codes import Access, ReasonCode
from app.writing.changing import change, retract
from app.writing.creating import create
from app.writing.keys import KeyScope, create_key
from app.writing.revise import Done
from app.writing.revisions import Why
from app.writing.unfolding import new_entries
from tests.conftest import Databases, Served

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "mirror.md"
SCRIPT = PAGE.with_suffix(".py")
SCOPES = {Access.partner: [KeyScope.read_partner], Access.restricted: [KeyScope.read_restricted]}
Ask = Callable[[str], Any]


@pytest.fixture(scope="module")
def follow() -> Callable[[Ask, sqlite3.Connection], None]:
    """The function of the script that the documentation gives out."""
    spec = spec_from_file_location("mirror", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    found: Callable[[Ask, sqlite3.Connection], None] = made.follow
    return found


def test_the_page_shows_the_script_and_it_is_short() -> None:
    written = SCRIPT.read_text("utf-8")
    assert f"```python mirror.py\n{written}```" in PAGE.read_text("utf-8")
    assert len(written.splitlines()) <= 40


class Scribe:
    """Writes to a register at random: each write one revision of every sort, so that all of it stands or falls."""

    def __init__(self, connection: Connection, random: Random) -> None:
        self.connection, self.random, self.refused = connection, random, 0
        self.standing: dict[str, list[str]] = {name: [] for name in COLLECTIONS}
        self.made = 0

    def write(self) -> None:
        """One write; some are refused, as those of people are."""
        kind = self.random.choices((self.add, self.edit, self.remove), (5, 4, 2))[0]
        savepoint = self.connection.begin_nested()
        try:
            kind()
        except (BadInput, Conflict):
            savepoint.rollback()
            self.refused += 1
        else:
            savepoint.commit()

    def add(self) -> None:
        name = self.random.choice(list(COLLECTIONS))
        self.made += 1
        entries = new_entries(COLLECTIONS[name], [{"access": self.access()} | getattr(self, name)()], lambda _: "")
        done = create(self.connection, COLLECTIONS[name], entries, Why("t"))
        self.note(done)
        if name == "incidents":
            (incident,) = map(json.loads, done.docs(Access.restricted))
            self.standing["figures"] += [str(figure["id"]) for figure in incident["figures"]]

    def note(self, done: Done) -> None:
        for row in done.rows:
            self.standing[done.collection.name].append(row.get("slug", str(row["id"])))

    def edit(self) -> None:
        name, key = self.some()
        answer = {"sources": "title", "actors": "name", "facilities": "name", "incidents": "summary", "claims": "topic"}
        patch: dict[str, Any] = {answer.get(name, "note"): f"text {self.random.randrange(5)}"}
        if self.random.random() < 0.3:
            patch = {"access": self.access()}
        why = Why("t", ReasonCode.our_error, "at random")
        change(self.connection, COLLECTIONS[name], key, patch, None, why)

    def remove(self) -> None:
        name, key = self.some()
        why = Why("t", ReasonCode.our_error, "at random")
        retract(self.connection, COLLECTIONS[name], key, None, why)
        self.standing[name].remove(key)
        if name == "incidents":
            figures = COLLECTIONS["figures"].rows
            left = self.connection.execute(select(figures.c.id)).scalars()
            self.standing["figures"] = [str(number) for number in left]

    def some(self) -> tuple[str, str]:
        name = self.random.choice(list(COLLECTIONS))
        if not self.standing[name]:
            raise BadInput("none stands yet")
        return name, self.random.choice(self.standing[name])

    def access(self) -> str:
        return self.random.choices(list(Access), (6, 1, 1))[0].value

    def any(self, name: str) -> Any:
        """A record of a collection, or one that is not there."""
        return self.random.choice(self.standing[name] or ["none-there"])

    def sources(self) -> Any:
        return {"kind": "report", "title": f"Report {self.made}"}

    def actors(self) -> Any:
        return {"kind": "ngo", "name": f"Actor {self.made}", "part_of": self.random.choice([None, self.any("actors")])}

    def facilities(self) -> Any:
        return {"level": "facility", "name": f"Prison {self.made}", "operator": self.any("actors")}

    def incidents(self) -> Any:
        figures = [{"measure": "killed", "as_written": "3", "as_of": "2020"}] * self.random.randrange(2)
        sites = [{"facility": self.any("facilities")}]
        return {"title": f"Fire {self.made}", "kinds": ["fire"], "started": "2020", "facilities": sites,
                "sources": [self.any("sources")], "figures": figures}  # fmt: skip

    def statement(self) -> dict[str, Any]:
        return {"as_written": "about 40", "as_of": "2021", "source": self.any("sources"), "nth": self.made}

    def populations(self) -> Any:
        return self.statement() | {"facility": self.any("facilities"), "measure": "held"}

    def figures(self) -> Any:
        return self.statement() | {"incident": self.any("incidents"), "measure": "injured"}

    def claims(self) -> Any:
        return {"statement": f"Claim {self.made}", "author": "A", "source": self.any("sources"),
                "incident": self.any("incidents")}  # fmt: skip


class Stopped(Exception):
    """The mirror was switched off."""


def shown(register: Served, tier: dict[str, str]) -> dict[tuple[str, int], Any]:
    """Every record of every collection."""
    records: dict[tuple[str, int], Any] = {}
    for name in COLLECTIONS:
        address: str | None = f"/v1/{name}?limit=1000"
        while address is not None:
            answer = register.client.get(address, headers=tier).json()
            records |= {(name, record["id"]): record for record in answer["data"]}
            address = answer["next"]
    return records


def held(copy: sqlite3.Connection) -> dict[tuple[str, int], Any]:
    """Every record of a mirror."""
    return {(name, number): json.loads(body) for name, number, body in copy.execute("SELECT * FROM record")}


def keys(url: str) -> Iterator[dict[str, str]]:
    """The headers of a reader of each tier."""
    engine = write_engine(url)
    yield {}
    for access, scopes in SCOPES.items():
        yield {"Authorization": f"Bearer {create_key(engine, access, scopes, None, None)}"}
    engine.dispose()


def run(url: str, register: Served, follow: Any, folder: Path, writes: int, seed: int) -> None:
    """Write at random; after every fiftieth write mirrors of all tiers catch up, or are stopped while they do."""
    random, tiers = Random(seed), list(keys(url))  # noqa: S311
    copies = [folder / f"{number}.db" for number in range(len(tiers))]
    engine = write_engine(url)

    def catch_up(tier: dict[str, str], file: Path, odds: float) -> bool:
        def ask(address: str) -> Any:
            if random.random() < odds:
                raise Stopped
            return register.client.get(address, headers=tier).raise_for_status().json()

        copy = sqlite3.connect(file)
        # Pages of any length: the address kept from the last stop names the limit it was asked with.
        copy.execute("CREATE TABLE IF NOT EXISTS ahead (address TEXT)")
        (address,) = copy.execute("SELECT address FROM ahead").fetchone() or ("/v1/changes?after=0&limit=1",)
        copy.execute("DELETE FROM ahead")
        length = random.choice((1, 7, 40, 1000))
        copy.execute("INSERT INTO ahead VALUES (?)", (re.sub(r"limit=\d+", f"limit={length}", address),))
        copy.commit()
        try:
            follow(ask, copy)
        except Stopped:
            return False
        finally:
            copy.close()
        return True

    with engine.connect() as connection:
        scribe = Scribe(connection, random)
        for number in range(1, writes + 1):
            scribe.write()
            if number % 50 == 0:
                connection.commit()
                for tier, file in zip(tiers, copies, strict=True):
                    catch_up(tier, file, 0.4)
    engine.dispose()
    assert scribe.refused < writes / 2
    for tier, file in zip(tiers, copies, strict=True):
        while not catch_up(tier, file, 0.05):
            pass
        copy = sqlite3.connect(file)
        mirrored, there = held(copy), shown(register, tier)
        copy.close()
        assert mirrored.keys() == there.keys()
        assert mirrored == there


@pytest.mark.parametrize("seed", range(3))
def test_a_mirror_ends_equal(url: str, serve: Any, follow: Any, tmp_path: Path, seed: int) -> None:
    run(url, serve(url), follow, tmp_path, 200, seed)


@pytest.mark.nightly
@pytest.mark.slow
def test_a_mirror_ends_equal_after_two_thousand_writes(url: str, serve: Any, follow: Any, tmp_path: Path) -> None:
    run(url, serve(url), follow, tmp_path, 2000, 17)


def test_the_script_runs_by_itself(databases: Databases, serve: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """As its page says to call it, against a server of its own over the wire."""
    register = serve(databases.with_reference())

    class Answer:
        def __init__(self, address: str) -> None:
            self.content = register.ask(address.removeprefix("http://register")).content

        def read(self) -> bytes:
            return bytes(self.content)

    monkeypatch.setattr("urllib.request.urlopen", Answer)
    monkeypatch.setattr(sys, "argv", ["mirror.py", "http://register", str(tmp_path / "copy.db")])
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert held(sqlite3.connect(tmp_path / "copy.db")) == shown(register, {})
