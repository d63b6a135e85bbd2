"""History: whatever reaches the database is refused or recorded, and every revision can be read again as it was."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from threading import Event
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, Table, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.actors.models import ACTORS
from app.database.engines import write_engine
from app.database.store import Store
from app.history.codes import ReasonCode
from app.history.past import PRESENT, At, tables_with_history
from app.history.tables import FOREVER, REGISTER, REVISIONS
from app.writing.revisions import take_ids
from tests.conftest import Databases
from tests.support.migrations import migrating
from tests.support.writing import revision

ACTOR, NAMES = ACTORS.rows, ACTORS.part_tables["names"]
REFUSED = "no revision is open|the row must be stamped with the open revision"


def taken(connection: Connection, collection: str, many: int) -> range:
    """New ids of a collection."""
    ((_, last),) = take_ids(Store(connection), {collection: many}).rows()
    return range(last - many + 1, last + 1)


def actor(number: int, at: int, name: str = "first", slug: str | None = None) -> dict[str, Any]:
    """A row of an actor."""
    fields = {"slug": slug or f"actor-{number}", "access": "public", "doc": "{}", "kind": "other"}
    return fields | {"id": number, "revision": at, "name": name}


@contextmanager
def writing(engine: Engine) -> Iterator[tuple[Connection, int]]:
    """A transaction with an open revision."""
    with engine.begin() as connection, revision(connection, "test") as number:
        yield connection, number


def run(engine: Engine, statement: Any) -> None:
    """A statement by itself, outside any revision."""
    with engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def held(engine: Engine, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of every row, in order."""
    with engine.connect() as connection:
        return sorted(tuple(row) for row in connection.execute(text(f"SELECT {', '.join(columns)} FROM {table}")))  # noqa: S608


def present(engine: Engine) -> list[tuple[Any, ...]]:
    """Actors as they are: id, revision, name."""
    return held(engine, "actor", "id", "revision", "name")


def history(engine: Engine) -> list[tuple[Any, ...]]:
    """Actors as they were: id, revision, until, name."""
    return held(engine, "actor_history", "id", "revision", "until", "name")


def renamed(number: int, at: int, name: str) -> Any:
    """The statement that renames an actor as of a revision."""
    return update(ACTOR).where(ACTOR.c.id == number).values(name=name, revision=at)


@pytest.fixture
def one(engine: Engine) -> Engine:
    """A register whose first revision made one actor with one name."""
    with writing(engine) as (connection, number):
        connection.execute(insert(ACTOR), actor(1, number))
        name = {"owner_id": 1, "position": 0, "revision": number, "name": "one", "kind": "alias"}
        connection.execute(insert(NAMES), name)
    return engine


# --- what is refused ---------------------------------------------------------------------------------------------


def test_no_row_of_any_table_changes_or_goes_without_an_open_revision(databases: Databases) -> None:
    engine = write_engine(databases.with_reference())

    def state() -> dict[str, Any]:
        return {table.name: held(engine, table.name, "count(*)", "max(revision)") for table in tables_with_history()}

    before = state()
    filled = [name for name, rows in before.items() if rows[0][0]]
    assert {"actor", "facility", "figure", "incident_party", "facility_name", "claim_assessment"} <= set(filled)
    for name in filled:
        for statement in (f"UPDATE {name} SET revision = 2", f"UPDATE {name} SET revision = 1", f"DELETE FROM {name}"):  # noqa: S608
            with pytest.raises(DBAPIError, match=f"{name}: ({REFUSED})"):
                run(engine, statement)
    assert state() == before
    assert [name for name in before if held(engine, f"{name}_history", "*")] == []
    engine.dispose()


@pytest.mark.parametrize("stamp", ["revision", "revision + 2", "0"])
def test_a_change_with_another_stamp_than_the_open_revisions_is_refused(one: Engine, stamp: str) -> None:
    with (
        pytest.raises(DBAPIError, match="actor: the row must be stamped with the open revision"),
        writing(one) as (
            connection,
            _,
        ),
    ):
        connection.execute(text(f"UPDATE actor SET name = 'second', revision = {stamp}"))  # noqa: S608
    assert present(one) == [(1, 1, "first")]
    assert history(one) == []


def test_a_forgotten_stamp_is_refused(one: Engine) -> None:
    with pytest.raises(DBAPIError, match="actor: the row must be stamped"), writing(one) as (connection, _):
        connection.execute(text("UPDATE actor SET name = 'second'"))
    assert present(one) == [(1, 1, "first")]


@pytest.mark.parametrize(("table", "key"), [("actor", "id"), ("actor_name", "owner_id"), ("actor_name", "position")])
def test_a_row_never_moves_to_another_key(one: Engine, table: str, key: str) -> None:
    with (
        pytest.raises(DBAPIError, match=f"{table}: the row must be stamped .* under its own key"),
        writing(one) as (
            connection,
            number,
        ),
    ):
        connection.execute(text(f"UPDATE {table} SET {key} = 7, revision = {number}"))  # noqa: S608
    assert held(one, table, key) == [(1,) if key != "position" else (0,)]


def test_a_new_row_needs_an_open_revision_on_postgresql(one: Engine) -> None:
    if one.dialect.name == "postgresql":
        for table in (ACTOR, NAMES):
            with pytest.raises(DBAPIError, match=f"{table.name}: no revision is open"):
                run(one, insert(table).from_select(list(table.columns), select(table)))
        copied = one.raw_connection()
        cursor = copied.cursor()
        with pytest.raises(psycopg.Error, match="actor: no revision is open"), cursor.copy("COPY actor FROM STDIN"):
            pass
        copied.close()
    assert present(one) == [(1, 1, "first")]


def test_no_table_is_truncated(one: Engine) -> None:
    if one.dialect.name == "sqlite":
        # What SQLite runs as a truncation is a DELETE without a condition; its triggers are run all the same.
        with writing(one) as (connection, _):
            connection.execute(delete(NAMES))
            connection.execute(delete(ACTOR))
        assert history(one) == [(1, 1, 2, "first")]
        return
    for statement in ("TRUNCATE actor_name", "TRUNCATE actor CASCADE", "TRUNCATE register, figure CASCADE"):
        with pytest.raises(DBAPIError, match=": a kept table is never truncated"):
            run(one, statement)
        with pytest.raises(DBAPIError, match=": a kept table is never truncated"), writing(one) as (connection, _):
            connection.execute(text(statement))
    assert present(one) == [(1, 1, "first")]


def test_a_record_does_not_go_before_what_belongs_to_it(one: Engine) -> None:
    with pytest.raises(IntegrityError), writing(one) as (connection, _):
        connection.execute(delete(ACTOR))
    assert (present(one), history(one)) == ([(1, 1, "first")], [])


def test_a_reason_is_one_of_the_codes(one: Engine) -> None:
    with one.begin() as connection, revision(connection, "test", ReasonCode.our_error, "a slip"):
        pass
    assert held(one, "revision", "id", "author", "reason_code", "reason")[1:] == [(2, "test", "our_error", "a slip")]
    with pytest.raises(IntegrityError, match="ck_revision_reason_code"), writing(one) as (connection, _):
        connection.execute(text("INSERT INTO revision VALUES (4, '3000', 'test', 'whim', NULL)"))


# --- what is recorded --------------------------------------------------------------------------------------------


def test_a_change_keeps_the_row_as_it_was(one: Engine) -> None:
    with writing(one) as (connection, number):
        connection.execute(renamed(1, number, "second"))
    assert present(one) == [(1, 2, "second")]
    assert history(one) == [(1, 1, 2, "first")]


def test_a_delete_keeps_the_row_until_its_revision(one: Engine) -> None:
    with writing(one) as (connection, _):
        connection.execute(delete(NAMES))
    with writing(one) as (connection, _):
        connection.execute(delete(ACTOR))
    assert (present(one), history(one)) == ([], [(1, 1, 3, "first")])
    columns = ("owner_id", "position", "revision", "until", "name", "lang", "kind")
    assert held(one, "actor_name_history", *columns) == [(1, 0, 1, 2, "one", None, "alias")]


def test_several_changes_in_one_revision_leave_one_row(one: Engine) -> None:
    with writing(one) as (connection, number):
        for name in ("second", "third", "fourth"):
            connection.execute(renamed(1, number, name))
    assert (present(one), history(one)) == ([(1, 2, "fourth")], [(1, 1, 2, "first")])


def test_a_row_changed_and_deleted_in_one_revision_leaves_what_it_was_before(one: Engine) -> None:
    with writing(one) as (connection, number):
        connection.execute(renamed(1, number, "second"))
        connection.execute(delete(NAMES))
        connection.execute(delete(ACTOR))
    assert (present(one), history(one)) == ([], [(1, 1, 2, "first")])


def test_a_row_created_and_deleted_in_one_revision_leaves_none(one: Engine) -> None:
    with writing(one) as (connection, number):
        connection.execute(insert(ACTOR), actor(2, number))
        connection.execute(renamed(2, number, "second"))
        connection.execute(delete(ACTOR).where(ACTOR.c.id == 2))
    assert (present(one), history(one)) == ([(1, 1, "first")], [])


def test_a_row_deleted_and_made_again_in_one_revision_is_a_change(one: Engine) -> None:
    with writing(one) as (connection, number):
        connection.execute(delete(ACTOR))
        connection.execute(insert(ACTOR), actor(1, number, "again"))
    assert (present(one), history(one)) == ([(1, 2, "again")], [(1, 1, 2, "first")])


def test_an_upsert_keeps_the_row_as_it_was_or_is_refused(one: Engine) -> None:
    upsert = (
        "INSERT INTO actor (id, slug, revision, access, doc, kind, name)"
        " VALUES (1, 'actor-1', {0}, 'public', '[]', 'other', 'second')"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = excluded.revision"
    )
    with pytest.raises(DBAPIError, match=REFUSED):
        run(one, upsert.format(2))
    if one.dialect.name == "sqlite":
        # There it cannot be told from REPLACE, which may delete the row behind its triggers.
        with pytest.raises(DBAPIError, match="never replaced"), writing(one) as (connection, number):
            connection.execute(text(upsert.format(number)))
        return
    with writing(one) as (connection, number):
        connection.execute(text(upsert.format(number)))
    assert (present(one), history(one)) == ([(1, 2, "second")], [(1, 1, 2, "first")])


@pytest.mark.parametrize(("number", "slug"), [(1, "other"), (2, "actor-1")], ids=["by key", "by slug"])
def test_a_row_is_never_replaced_on_sqlite(one: Engine, number: int, slug: str) -> None:
    if one.dialect.name == "postgresql":
        return  # It has no such statement.
    replace = insert(ACTOR).prefix_with("OR REPLACE")
    with pytest.raises(DBAPIError, match="actor: no revision is open"):
        run(one, replace.values(actor(number, 1, "second", slug)))
    with pytest.raises(DBAPIError, match="never replaced"), writing(one) as (connection, second):
        connection.execute(replace, actor(number, second, "second", slug))
    with writing(one) as (connection, second):
        connection.execute(insert(ACTOR), actor(3, second, "third", "third"))
    with pytest.raises(DBAPIError, match="never replaced"), writing(one) as (connection, third):
        connection.execute(text(f"UPDATE OR REPLACE actor SET slug = 'actor-1', revision = {third} WHERE id = 3"))  # noqa: S608
    assert (present(one), history(one)) == ([(1, 1, "first"), (3, 2, "third")], [])


def test_several_revisions_may_share_a_transaction(one: Engine) -> None:
    with one.begin() as connection:
        with revision(connection, "a") as number:
            connection.execute(renamed(1, number, "second"))
        savepoint = connection.begin_nested()
        with revision(connection, "b") as number:
            connection.execute(renamed(1, number, "never"))
        savepoint.rollback()
        with revision(connection, "c") as number:
            connection.execute(renamed(1, number, "third"))
    assert present(one) == [(1, 3, "third")]
    assert history(one) == [(1, 1, 2, "first"), (1, 2, 3, "second")]
    assert held(one, "revision", "id", "author") == [(1, "test"), (2, "a"), (3, "c")]


# --- reading a revision again ------------------------------------------------------------------------------------


Rows = dict[tuple[int, ...], dict[str, Any]]


def shown(connection: Connection, table: Table, at: int | None) -> list[dict[str, Any]]:
    """The rows of a table at a revision, or at present, in the order of their keys."""
    read = PRESENT if at is None else At(past=True)
    rows = read(table)
    statement = select(*(rows.c[column.name] for column in table.columns)).where(*read.holds(rows))
    found = connection.execute(statement, {"revision": at} if at is not None else {})
    keys = [column.name for column in table.primary_key]
    return sorted((dict(row) for row in found.mappings()), key=lambda row: [row[key] for key in keys])


def random_changes(connection: Connection, number: int, random: Random, actors: Rows, names: Rows) -> None:
    """Some inserts, updates and deletes, in the database and in a model of it; now and then none at all."""
    for _ in range(random.randrange(6)):
        kind = random.choice("aaan")
        key: tuple[int, ...] = (random.randrange(5), random.randrange(3))[: 1 if kind == "a" else 2]
        table, rows = (ACTOR, actors) if kind == "a" else (NAMES, names)
        columns = list(table.primary_key)
        where = [column == value for column, value in zip(columns, key, strict=True)]
        new = {"revision": number, "name": random.choice(["x", "y", "z"])}
        if key not in rows:
            if kind == "n" and key[:1] not in actors:
                continue
            fields = (
                actor(key[0], number) if kind == "a" else {"lang": None, "kind": random.choice(["alias", "former"])}
            )
            rows[key] = fields | dict(zip((column.name for column in columns), key, strict=True)) | new
            connection.execute(insert(table), rows[key])
        elif random.random() < 0.6:
            rows[key] = rows[key] | new
            connection.execute(update(table).where(*where).values(new))
        else:
            if kind == "a":
                connection.execute(delete(NAMES).where(NAMES.c.owner_id == key[0]))
                for other in [other for other in names if other[0] == key[0]]:
                    del names[other]
            connection.execute(delete(table).where(*where))
            del rows[key]


@pytest.mark.parametrize("seed", range(6))
def test_every_revision_reads_as_it_was(engine: Engine, seed: int) -> None:
    random = Random(seed)  # noqa: S311
    actors: Rows = {}
    names: Rows = {}
    answer: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = []
    for _ in range(40):
        spoiled = random.random() < 0.15
        before = dict(actors), dict(names)
        with engine.connect() as connection:
            with revision(connection, "test") as number:
                random_changes(connection, number, random, actors, names)
            if spoiled:
                connection.rollback()
                actors, names = before
                continue
            connection.commit()
        assert number == len(answer) + 1
        answer.append(([actors[key] for key in sorted(actors)], [names[key] for key in sorted(names)]))
    absent = {column.name: None for column in ACTOR.columns}
    with engine.connect() as connection:
        for number, (then_actors, then_names) in enumerate(answer, 1):
            assert shown(connection, ACTOR, number) == [absent | row for row in then_actors]
            assert shown(connection, NAMES, number) == then_names
        assert (shown(connection, ACTOR, 0), shown(connection, NAMES, 0)) == ([], [])
        for table in (ACTOR, NAMES):
            assert shown(connection, table, len(answer)) == shown(connection, table, None)
            assert shown(connection, table, FOREVER - 1) == shown(connection, table, None)
    assert len(history(engine)) > 20


def test_rows_of_the_present_last_for_ever_in_the_view(one: Engine) -> None:
    with writing(one) as (connection, number):
        connection.execute(renamed(1, number, "second"))
    assert held(one, "actor_all", "id", "revision", "until", "name") == [(1, 1, 2, "first"), (1, 2, FOREVER, "second")]


# --- numbers and moments -----------------------------------------------------------------------------------------


def test_moments_strictly_increase(engine: Engine) -> None:
    for _ in range(50):
        with writing(engine):
            pass
    moments = [moment for _, moment in held(engine, "revision", "id", "recorded_at")]
    assert moments == sorted(set(moments))
    assert all(len(moment) == len("2022-02-03T09:00:00.000000Z") and moment.endswith("Z") for moment in moments)


def test_a_clock_put_back_does_not_put_the_register_back(one: Engine) -> None:
    later = "2999-12-31T23:59:59.999999Z"
    with one.begin() as connection, migrating(connection):
        connection.execute(update(REVISIONS).values(recorded_at=later))
    with writing(one):
        pass
    assert held(one, "revision", "id", "recorded_at") == [(1, later), (2, "3000-01-01T00:00:00.000000Z")]


def test_a_moment_is_now(engine: Engine) -> None:
    with writing(engine):
        pass
    ((moment,),) = held(engine, "revision", "recorded_at")
    recorded = datetime.fromisoformat(moment)
    assert abs(datetime.now(recorded.tzinfo) - recorded) < timedelta(minutes=1)


def test_a_rollback_leaves_no_gap(one: Engine) -> None:
    for _ in range(3):
        with one.connect() as connection, revision(connection, "test") as number:
            connection.execute(renamed(1, number, "never"))
    with writing(one) as (connection, number):
        connection.execute(renamed(1, number, "second"))
    assert number == 2
    assert held(one, "revision", "id") == [(1,), (2,)]
    assert held(one, "register", "id", "revision", "open") == [(1, 2, False)]
    assert history(one) == [(1, 1, 2, "first")]


def test_an_open_revision_is_seen_by_nobody_else(one: Engine) -> None:
    with writing(one) as (connection, number):
        connection.execute(renamed(1, number, "second"))
        assert connection.execute(select(REGISTER.c.revision, REGISTER.c.open)).one() == (2, True)
        # A plain read: the write engine's transactions would wait for this one.
        other = one.raw_connection()
        cursor = other.cursor()
        cursor.execute("SELECT register.revision, open, name FROM register, actor")
        assert tuple(cursor.fetchone() or ()) == (1, False, "first")
        other.close()


def test_the_register_is_one_row(engine: Engine) -> None:
    assert held(engine, "register", "id", "revision", "open") == [(1, 0, False)]
    for number in (1, 2):
        with pytest.raises(DBAPIError, match="register: it has one row"):
            run(engine, insert(REGISTER).values(id=number, revision=0, open=False))


def test_an_id_is_never_given_twice(engine: Engine) -> None:
    with writing(engine) as (connection, number):
        assert list(taken(connection, "actors", 3)) == [1, 2, 3]
        assert list(taken(connection, "actors", 1)) == [4]
        assert list(taken(connection, "sources", 2)) == [1, 2]
        connection.execute(insert(ACTOR), actor(4, number))
    with writing(engine) as (connection, _):
        connection.execute(delete(ACTOR))
    with engine.connect() as connection, revision(connection, "test"):
        # Rolled back: nobody saw them, so they are given again.
        assert list(taken(connection, "actors", 2)) == [5, 6]
    with writing(engine) as (connection, _):
        assert list(taken(connection, "actors", 1)) == [5]
    assert ("actors", 5) in held(engine, "counter", "collection", "last_id")


# --- many writers ------------------------------------------------------------------------------------------------

WRITERS, EACH = 8, 50


def many(count: int, work: Callable[[int], Any]) -> Sequence[Any]:
    """The results of as many threads."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


@pytest.mark.slow
def test_writers_at_once_lose_no_update_and_leave_no_gap(one: Engine) -> None:
    """Each write adds one to a number that it read; a reader meanwhile never sees a revision before an earlier one."""
    stopped, seen = Event(), list[tuple[int, ...]]()

    def read() -> None:
        while not stopped.is_set():
            connection = one.raw_connection()
            cursor = connection.cursor()
            cursor.execute(
                "SELECT count(*), max(revision.id), max(register.revision), max(actor.revision),"
                " max(CAST(actor.name AS INTEGER)) FROM revision, register, actor WHERE actor.id = 1"
            )
            seen.append(tuple(cursor.fetchone() or ()))
            connection.close()

    def write(_: int) -> list[tuple[int, int]]:
        mine = []
        for _ in range(EACH):
            with writing(one) as (connection, number):
                (new,) = taken(connection, "actors", 1)
                read = int(connection.execute(select(ACTOR.c.name).where(ACTOR.c.id == 1)).scalar_one())
                connection.execute(renamed(1, number, str(read + 1)))
                connection.execute(insert(ACTOR), actor(new + 100, number))
            mine.append((number, new))
        return mine

    with writing(one) as (connection, number):
        connection.execute(renamed(1, number, "0"))
    with ThreadPoolExecutor(1) as reader:
        reading = reader.submit(read)
        written = [each for mine in many(WRITERS, write) for each in mine]
        stopped.set()
        reading.result()
    total = WRITERS * EACH
    assert sorted(written) == [(number + 2, number) for number in range(1, total + 1)]
    assert present(one)[0] == (1, total + 2, str(total))
    versions = [(at, name) for number, at, _, name in history(one) if number == 1]
    assert versions == [(1, "first"), *((at, str(at - 2)) for at in range(2, total + 2))]
    assert seen == sorted(seen)
    assert all(row == (row[0], row[0], row[0], row[0], row[0] - 2) for row in seen)
    assert len(set(seen)) > 2
    moments = [moment for _, moment in held(one, "revision", "id", "recorded_at")]
    assert moments == sorted(set(moments))
