"""The benchmarks run, on both engines, and would notice a wrong answer. What they measure is nothing a test decides."""

import re
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import Engine, text

from app.database.engines import write_engine
from bench.data import CHANGES, Size, fill
from bench.imports import import_ratio
from bench.load import NUMBER, Ask, Unexpected, load
from bench.ratios import RATE, TIMES, Ratio
from bench.reads import limit
from bench.run import ADDRESS, BENCHMARKS, SERVER, run
from bench.serving import Server
from bench.stand import Effort
from tests.conftest import Databases
from tests.support.clusters import postgres_url
from tests.support.worlds import table

SMALL = Size(countries=1, kinds=2, facilities=2, incidents=1, series=1, points=2, sources=2, actors=1)
BRIEF = Effort(rounds=1, seconds=0.1)


@pytest.mark.nightly
@pytest.mark.slow
def test_a_run_prints_a_ratio_for_each_engine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, postgres_url())
    assert run(["facility"], size=SMALL, effort=BRIEF) == 0
    printed = capsys.readouterr().out
    engines = re.findall(r"^one facility, by its slug, ([a-z, ]+?) +\d+\.\d\d ", printed, re.MULTILINE)
    assert engines == ["sqlite", "sqlite, kept", "postgresql", "postgresql, kept"]


@pytest.mark.nightly
@pytest.mark.slow
def test_the_past_is_measured_at_four_revisions_and_writing_on_each_engine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, postgres_url())
    assert run(["post", "past-deep", "past-count"], size=Size(1, 2, 5, 30, 1, 2, 2, 1), effort=BRIEF) == 0
    printed = capsys.readouterr().out
    moments = ["first", "middle", "one behind", "head"]
    deep = re.findall(r"^50 incidents far down the list, (.+?) +\d+\.\d\d +<=2\.5 ", printed, re.MULTILINE)
    assert deep == [f"{engine}, {moment}" for engine in ("sqlite", "postgresql") for moment in moments]
    assert (
        len(re.findall(r"^50 facilities of a country and kind, counted, .+? +\d+\.\d\d +- ", printed, re.MULTILINE))
        == 8
    )
    posted = re.findall(r"^an incident with three figures, (.+?) +\d+\.\d\d +>=0\.3 ", printed, re.MULTILINE)
    # The server of the tests forgets what it is told when the power fails, and is fast for it.
    assert posted == ["sqlite", "postgresql, not durable"]


def test_a_fifth_of_the_register_was_changed_in_many_revisions(engine: Engine, url: str) -> None:
    fill(url, Size(countries=1, kinds=2, facilities=50, incidents=100, series=2, points=50, sources=3, actors=1))
    with engine.connect() as connection:
        ((revisions, newest),) = connection.execute(text("SELECT count(*), max(id) FROM revision"))
        assert revisions == newest
        assert CHANGES - 5 <= newest <= CHANGES + 1
        for table in ("facility", "incident", "figure", "population"):
            count = text(f"SELECT (SELECT count(*) FROM {table}_history), (SELECT count(*) FROM {table})")  # noqa: S608
            ((changed, there),) = connection.execute(count)
            assert 0.1 < changed / there < 0.3, table


@pytest.mark.parametrize(("ratio", "number", "missed"), [(RATE, 0.39, True), (RATE, 0.4, False), (TIMES, 2.51, True)])
def test_a_goal_is_the_least_share_or_the_most_times(ratio: Ratio, number: float, missed: bool) -> None:
    assert ratio.missed(number, 0.4 if ratio is RATE else 2.5) is missed
    assert not ratio.missed(number, None)


@pytest.mark.slow
def test_an_answer_that_is_not_what_it_must_be_ends_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    monkeypatch.delenv(SERVER, raising=False)
    assert run(["facilities"], size=SMALL, effort=BRIEF) == 1
    assert "or not with 50 records" in capsys.readouterr().err


def test_a_name_of_no_benchmark_is_told_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facilty"]) == 2
    answer = capsys.readouterr().err
    assert "did you mean 'facility'" in answer
    assert all(name in answer for name in BENCHMARKS)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(partial(limit, {"/v1/facilities/a": b"{}"}), None) as made:
        yield made


def test_the_load_counts_right_answers(server: Server) -> None:
    before = server.cpu()
    answered, seconds = load(server.port, [Ask("/v1/facilities/a", 200, 2)], 0.05)
    assert answered > 0
    assert seconds >= 0.05
    assert server.cpu() > before


@pytest.mark.parametrize(("status", "length", "message"), [(200, 5, "another length"), (304, 0, "answered 200")])
def test_the_load_accepts_no_other_answer(server: Server, status: int, length: int, message: str) -> None:
    with pytest.raises(Unexpected, match=message):
        load(server.port, [Ask("/v1/facilities/a", status, length)], 0.05)


def test_an_import_is_measured_beside_the_rows_it_wrote(databases: Databases) -> None:
    url, limit_url = databases.empty(), databases.empty()
    found = import_ratio(url, limit_url, 20)
    assert 0 < found.ratio == found.ours / found.limit
    engines = [write_engine(one) for one in (url, limit_url)]
    imported, raw = (
        [table(engine, name, "*") for name in ("revision", "slug", "population", "facility_name", "change")]
        for engine in engines
    )
    assert imported == raw
    assert len(imported[2]) == 20
    for engine in engines:
        engine.dispose()


def test_the_load_posts_a_body_with_another_number_each_time(server: Server) -> None:
    query = Ask("/v1/facilities", 405, None, body=b"no. " + NUMBER, key="k")
    assert b"Authorization: Bearer k" in query.sent
    assert query.sent.endswith(b"Content-Length: 12\r\n\r\nno. 00000000")
    answered, _ = load(server.port, [query], 0.05)
    assert answered > 0
