"""The writer of a process: requests that share a commit, and rivals in other processes."""

import asyncio
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.database.settings import Settings
from app.errors import Busy, Problem, Stale
from app.http.application import create_app
from app.writing.changing import change
from app.writing.creating import New
from app.writing.group_commit import GroupCommit
from app.writing.revise import Done
from app.writing.revisions import Why
from app.writing.unfolding import new_entries
from tests.support.worlds import CAMP, SOURCE, put, revisions, shown, table

FACILITIES = COLLECTIONS["facilities"]


def edit(connection: Connection, name: str, match: int | None) -> int:
    """Rename the camp, as a PATCH with that If-Match would; gives the revision."""
    return change(
        connection, FACILITIES, "camp", {"name": name}, frozenset({match}) if match else None, Why("test")
    ).revision


@pytest.fixture
def writers(engine: Engine, url: str) -> Iterator[list[GroupCommit]]:
    """The writers of four processes over a register with one record."""
    put(engine, CAMP)
    made = [GroupCommit(write_engine(url)) for _ in range(4)]
    yield made
    for one in made:
        one.close()


def together(writers: list[GroupCommit], *jobs: Any) -> list[Any]:
    """What comes of jobs asked at once, the writers taking turns: a result or an exception each."""

    async def ask() -> list[Any]:
        query = [writers[place % len(writers)].submit(job) for place, job in enumerate(jobs)]
        return await asyncio.gather(*query, return_exceptions=True)

    return asyncio.run(ask())


def test_of_rivals_with_one_if_match_exactly_one_wins(engine: Engine, writers: list[GroupCommit]) -> None:
    for match in range(1, 6):
        jobs = [lambda c, name=f"name {match} {rival}", match=match: edit(c, name, match) for rival in range(10)]
        answers = together(writers, *jobs)
        (winner,) = [place for place, answer in enumerate(answers) if answer == match + 1]
        assert [type(answer) for answer in answers if answer != match + 1] == [Stale] * 9
        assert shown(engine, "facilities", "camp")["name"] == f"name {match} {winner}"
    assert table(engine, "register", "revision", "open") == [(6, False)]
    assert [row for (row,) in table(engine, "facility_history", "revision")] == [1, 2, 3, 4, 5]


def test_changes_of_different_fields_at_once_are_all_kept(engine: Engine, writers: list[GroupCommit]) -> None:
    fields = ["name", "kind_as_written", "description", "admin1", "admin2", "place"]

    def job(field: str) -> Any:
        return lambda c: change(c, FACILITIES, "camp", {field: "new"}, None, Why("test"))

    together(writers, *map(job, fields))
    camp = shown(engine, "facilities", "camp")
    assert [camp[field] for field in fields] == ["new"] * len(fields)
    assert revisions(engine, "facilities") == {"camp": 1 + len(fields)}


def test_a_request_that_fails_takes_no_other_with_it(engine: Engine, writers: list[GroupCommit]) -> None:
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


def test_what_breaks_at_the_commit_breaks_for_all_and_leaves_nothing(
    engine: Engine, writers: list[GroupCommit]
) -> None:
    def dangling(connection: Connection) -> None:
        edit(connection, "never", None)
        connection.execute(text("UPDATE register SET open = true, revision = revision + 1"))
        connection.execute(text("UPDATE facility SET operator = 'nobody', revision = (SELECT revision FROM register)"))
        connection.execute(text("UPDATE register SET open = false"))

    answers = together(writers[:1], dangling)
    assert isinstance(answers[0], Exception)
    assert table(engine, "register", "revision", "open") == [(1, False)]
    assert together(writers[:1], lambda c: edit(c, "after", 1)) == [2]


UNWELL = {
    "sqlite": ["SELECT * FROM elsewhere"],
    "postgresql": ["SET LOCAL statement_timeout = 1", "SELECT pg_sleep(1)"],
}
"""Statements at which the driver itself, not SQLAlchemy, says that the database cannot do its work."""


def test_what_the_driver_says_of_its_database_is_told_as_busy_and_leaves_nothing(
    engine: Engine, writers: list[GroupCommit]
) -> None:
    def breaks(connection: Connection) -> None:
        edit(connection, "never", None)
        for statement in UNWELL[engine.dialect.name]:
            connection.connection.cursor().execute(statement)

    stored, broken = together(writers[:1], lambda c: edit(c, "never either", None), breaks)
    assert (type(stored), type(broken)) == (Busy, Busy)
    assert shown(engine, "facilities", "camp")["name"] == CAMP["name"]
    assert together(writers[:1], lambda c: edit(c, "later", None)) == [2]


def new(to: str, **body: Any) -> New[Done]:
    """A job that makes a record, as a POST would."""
    collection = COLLECTIONS[to]
    return New(collection, lambda: new_entries(collection, [body], lambda _: ""), Why("test"), lambda done: done)


def escape(title: str, **body: Any) -> New[Done]:
    """A job that makes an incident with a figure."""
    figure = {"measure": "escaped", "as_of": "2022-01-20", "as_written": "at least 25"}
    whole = {"title": title, "kinds": ["escape"], "started": "2022-01-20", "sources": ["report"], "figures": [figure]}
    return new("incidents", **whole | body)


@pytest.fixture
def held(engine: Engine, writers: list[GroupCommit]) -> GroupCommit:
    """The first writer, over a register with a camp and a source."""
    put(engine, SOURCE)
    return writers[0]


def test_new_records_asked_together_have_revisions_and_places_of_their_own(engine: Engine, held: GroupCommit) -> None:
    first, second, third = together([held], escape("One"), escape("Two"), new("facilities", level="facility", name="C"))
    assert [done.revision for done in (first, second, third)] == [3, 4, 5]
    assert [done.rows[0]["slug"] for done in (first, second, third)] == ["one", "two", "c"]
    for done, name in ((first, "incidents"), (second, "incidents"), (third, "facilities")):
        assert shown(engine, name, done.rows[0]["slug"])["revision"] == done.revision
    assert [len(shown(engine, "incidents", slug)["figures"]) for slug in ("one", "two")] == [1, 1]
    answer = table(engine, "change", "revision", "place", "collection")
    assert answer[2:] == [
        (3, 1, "incidents"),
        (3, 2, "figures"),
        (4, 1, "incidents"),
        (4, 2, "figures"),
        (5, 1, "facilities"),
    ]
    moments = [moment for (moment,) in table(engine, "revision", "recorded_at")]
    assert moments == sorted(set(moments))
    assert table(engine, "register", "revision", "open") == [(5, False)]


def test_of_those_asked_together_each_is_refused_for_its_own_faults_alone(engine: Engine, held: GroupCommit) -> None:
    jobs = escape("One"), escape("Two", sources=["nowhere"]), escape("Three"), escape("Four", slug="three")
    first, astray, third, taken = together([held], *jobs)
    assert [first.revision, third.revision] == [3, 4]
    assert isinstance(astray, Problem)
    assert "/sources/0" in {fault.pointer for fault in astray.faults}
    assert isinstance(taken, Problem)
    assert revisions(engine, "incidents") == {"one": 3, "three": 4}


def test_records_of_one_name_asked_together_have_slugs_of_their_own(engine: Engine, held: GroupCommit) -> None:
    made = together([held], *(escape("One") for _ in range(4)))
    assert [done.rows[0]["slug"] for done in made] == ["one", "one-2", "one-3", "one-4"]
    assert revisions(engine, "incidents") == {"one": 3, "one-2": 4, "one-3": 5, "one-4": 6}
    assert all(shown(engine, "incidents", done.rows[0]["slug"])["figures"] for done in made)


def test_what_others_show_or_name_is_written_by_itself(engine: Engine, held: GroupCommit) -> None:
    together([held], escape("One"))
    claim = {
        "incident": "one",
        "source": "report",
        "author": "A. Writer",
        "statement": "So it was.",
        "modality": "asserted",
    }
    jobs = escape("Two"), new("claims", **claim), escape("Three", parent="two"), escape("Four", parent="one")
    done = together([held], *jobs)
    numbers = [one.revision for one in done]
    assert sorted(numbers) == [4, 5, 6, 7]
    assert revisions(engine, "incidents") == {
        "one": numbers[1], "two": numbers[0], "three": numbers[2], "four": numbers[3],
    }  # fmt: skip
    assert shown(engine, "incidents", "one")["claims"] == ["so-it-was"]


ROUNDS = 6


@pytest.fixture
def committed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many writes each transaction held so far."""
    sizes: list[int] = []
    whole = GroupCommit._commit

    def counted(writer: GroupCommit, connection: Connection, writes: Sequence[Any]) -> Any:
        sizes.append(len(writes))
        return whole(writer, connection, writes)

    monkeypatch.setattr(GroupCommit, "_commit", counted)
    return sizes


@pytest.mark.parametrize(
    ("largest", "groups"), [(64, [1] + [16] * ROUNDS), (1, [1] * (1 + 16 * ROUNDS))], ids=["together", "switched off"]
)
def test_those_who_waited_and_those_answered_share_transactions(
    engine: Engine, url: str, committed: list[int], largest: int, groups: list[int]
) -> None:
    put(engine, CAMP)
    writer = GroupCommit(write_engine(url), largest=largest)
    begun, waiting = Event(), Event()

    def first(_: Connection) -> bool:
        begun.set()
        return waiting.wait(10)  # In vain, if the loop were held up meanwhile.

    async def client() -> None:
        for _ in range(ROUNDS):
            await writer.submit(lambda c: c.scalar(text("SELECT revision FROM register")))

    async def sixteen() -> None:
        alone = asyncio.create_task(writer.submit(first))
        await asyncio.to_thread(begun.wait)
        others = [asyncio.create_task(client()) for _ in range(15)]
        await asyncio.sleep(0.01)
        waiting.set()
        assert await alone
        await asyncio.gather(client(), *others)

    asyncio.run(sixteen())
    writer.close()
    assert committed == groups


@pytest.mark.parametrize(("group_commit", "groups"), [(True, [5]), (False, [1] * 5)])
def test_a_setting_gives_each_write_a_transaction_of_its_own(
    engine: Engine, url: str, committed: list[int], group_commit: bool, groups: list[int]
) -> None:
    put(engine, CAMP)
    app = create_app(Settings(database_url=url, group_commit=group_commit))

    async def five() -> list[int]:
        async with app.router.lifespan_context(app):
            writes = [lambda c, name=f"name {place}": edit(c, name, None) for place in range(5)]
            return list(await asyncio.gather(*map(app.state.writer.submit, writes)))

    assert asyncio.run(five()) == [2, 3, 4, 5, 6]
    assert committed == groups


def test_a_writer_whose_connection_broke_says_so_once(engine: Engine, writers: list[GroupCommit]) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite is no server that could go away")

    def backend(connection: Connection) -> int:
        return int(connection.scalar(text("SELECT pg_backend_pid()")) or 0)

    (before,) = together(writers[:1], backend)
    assert together(writers[:1], backend) == [before]
    end(engine, before)
    assert [type(answer) for answer in together(writers[:1], backend)] == [Busy]
    (after,) = together(writers[:1], backend)
    assert after != before


def pid(writing: Engine) -> int:
    """The server's process for the connection that is given out next."""
    with writing.connect() as connection:
        return int(connection.scalar(text("SELECT pg_backend_pid()")))


def end(engine: Engine, backend: int) -> None:
    """End a connection as a server that restarts does."""
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})


def test_a_connection_that_broke_is_given_out_no_more(
    engine: Engine, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite is no server that could go away")
    writing = write_engine(url)
    monkeypatch.setattr("app.database.engines.RESTED", 0)
    first = pid(writing)
    assert pid(writing) == first
    end(engine, first)
    second = pid(writing)
    assert second != first
    monkeypatch.setattr("app.database.engines.RESTED", 60)
    end(engine, second)
    with pytest.raises(OperationalError):
        pid(writing)  # It rested for a moment only, so nobody asked.
    assert pid(writing) not in {first, second}
    writing.dispose()
