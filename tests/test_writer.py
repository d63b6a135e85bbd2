"""The writer of a process: requests that share a commit, and rivals in other processes."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from app.codes import Access
from app.db import write_engine
from app.edits import Why, change
from app.errors import Stale
from app.register import COLLECTIONS
from app.writer import Writer
from tests.worlds import CAMP, put, revisions, shown, table

FACILITIES = COLLECTIONS["facilities"]


def edit(connection: Connection, name: str, match: int | None) -> int:
    """Rename the camp, as a PATCH with that If-Match would; gives the revision."""
    return change(connection, FACILITIES, "camp", {"name": name}, match, Access.restricted, Why("test")).revision


@pytest.fixture
def writers(engine: Engine, url: str) -> Iterator[list[Writer]]:
    """The writers of four processes over a register with one record."""
    put(engine, CAMP)
    made = [Writer(write_engine(url)) for _ in range(4)]
    yield made
    for one in made:
        one.close()


def together(writers: list[Writer], *jobs: Any) -> list[Any]:
    """What comes of jobs asked at once, the writers taking turns: a result or an exception each."""

    async def ask() -> list[Any]:
        asked = [writers[place % len(writers)].submit(job) for place, job in enumerate(jobs)]
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


def test_of_rivals_with_one_if_match_exactly_one_wins(engine: Engine, writers: list[Writer]) -> None:
    for match in range(1, 6):
        jobs = [lambda c, name=f"name {match} {rival}", match=match: edit(c, name, match) for rival in range(10)]
        answers = together(writers, *jobs)
        (winner,) = [place for place, answer in enumerate(answers) if answer == match + 1]
        assert [type(answer) for answer in answers if answer != match + 1] == [Stale] * 9
        assert shown(engine, "facilities", "camp")["name"] == f"name {match} {winner}"
    assert table(engine, "register", "revision", "open") == [(6, False)]
    assert [row for (row,) in table(engine, "facility_history", "revision")] == [1, 2, 3, 4, 5]


def test_changes_of_different_fields_at_once_are_all_kept(engine: Engine, writers: list[Writer]) -> None:
    fields = ["name", "kind_as_written", "description", "admin1", "admin2", "place"]

    def job(field: str) -> Any:
        return lambda c: change(c, FACILITIES, "camp", {field: "new"}, None, Access.restricted, Why("test"))

    together(writers, *map(job, fields))
    camp = shown(engine, "facilities", "camp")
    assert [camp[field] for field in fields] == ["new"] * len(fields)
    assert revisions(engine, "facilities") == {"camp": 1 + len(fields)}


def test_a_request_that_fails_takes_no_other_with_it(engine: Engine, writers: list[Writer]) -> None:
    def breaks(connection: Connection) -> None:
        edit(connection, "never", None)
        raise ZeroDivisionError

    jobs = [lambda c, name=f"name {place}": edit(c, name, None) for place in range(3)]
    first, broken, second, stale, third = together(
        writers[:1], jobs[0], breaks, jobs[1], lambda c: edit(c, "late", 1), jobs[2]
    )
    assert (first, second, third) == (2, 3, 4)
    assert isinstance(broken, ZeroDivisionError)
    assert isinstance(stale, Stale)
    assert table(engine, "revision", "id") == [(1,), (2,), (3,), (4,)]
    assert shown(engine, "facilities", "camp")["name"] == "name 2"


def test_what_breaks_at_the_commit_breaks_for_all_and_leaves_nothing(engine: Engine, writers: list[Writer]) -> None:
    def dangling(connection: Connection) -> None:
        edit(connection, "never", None)
        connection.execute(text("UPDATE register SET open = true"))
        connection.execute(text("UPDATE facility SET operator = 'nobody'"))
        connection.execute(text("UPDATE register SET open = false"))

    answers = together(writers[:1], dangling)
    assert isinstance(answers[0], Exception)
    assert table(engine, "register", "revision", "open") == [(1, False)]
    assert together(writers[:1], lambda c: edit(c, "after", 1)) == [2]
