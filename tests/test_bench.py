"""The benchmarks run, on both engines, and would notice a wrong answer. What they measure is nothing a test decides."""

import re
from collections.abc import Iterator
from functools import partial

import pytest

from app.bench import ADDRESS, BENCHMARKS, SERVER, run
from app.bench.data import Size
from app.bench.imports import import_ratio
from app.bench.load import Ask, Unexpected, load
from app.bench.reads import limit
from app.bench.serving import Server
from app.bench.stand import Effort
from app.db import write_engine
from tests.clusters import postgres_url
from tests.conftest import Databases
from tests.worlds import table

SMALL = Size(countries=1, kinds=2, facilities=2, incidents=1, series=1, points=2, sources=2, actors=1)
BRIEF = Effort(rounds=1, seconds=0.1)


@pytest.mark.slow
def test_a_run_prints_a_ratio_for_each_engine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS, postgres_url())
    assert run(["facility"], size=SMALL, effort=BRIEF) == 0
    printed = capsys.readouterr().out
    engines = re.findall(r"^one facility, by its slug, ([a-z, ]+?) +\d+\.\d\d ", printed, re.MULTILINE)
    assert engines == ["sqlite", "sqlite, kept", "postgresql", "postgresql, kept"]


def test_an_answer_that_is_not_what_it_must_be_ends_the_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ADDRESS, raising=False)
    monkeypatch.delenv(SERVER, raising=False)
    assert run(["facilities"], size=SMALL, effort=BRIEF) == 1
    assert "or not with 50 records" in capsys.readouterr().err


def test_a_name_of_no_benchmark_is_told_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facilty"]) == 2
    told = capsys.readouterr().err
    assert "did you mean 'facility'" in told
    assert all(name in told for name in BENCHMARKS)


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


@pytest.mark.parametrize(("status", "length", "told"), [(200, 5, "another length"), (304, 0, "answered 200")])
def test_the_load_accepts_no_other_answer(server: Server, status: int, length: int, told: str) -> None:
    with pytest.raises(Unexpected, match=told):
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
