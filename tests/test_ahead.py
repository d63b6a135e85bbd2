"""Large native files are checked by a process of their own, and written meanwhile where their order allows it."""

import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children
from typing import Any

import pytest
from sqlalchemy import Engine

from app.db import write_engine
from app.imports.native import _write_meanwhile, import_native
from app.validation import Fate
from app.verification import differing
from tests.conftest import Databases
from tests.test_native import Write, contents, faults, file
from tests.worlds import CAMP, GUARDS, HELD, PRISON, RAIDERS, SOURCE, put

__all__ = ["file"]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What became of each attempt to write while another process checks: `done`, or what stood in the way."""
    became: list[str] = []

    def noted(*given: Any) -> Any:
        try:
            fates = _write_meanwhile(*given)
        except Exception as hindrance:
            became.append(type(hindrance).__name__)
            raise
        became.append("done")
        return fates

    monkeypatch.setattr("app.imports.native._write_meanwhile", noted)
    monkeypatch.setattr("app.imports.native.LARGE", 0)
    yield became
    assert not active_children()


def series(many: int) -> list[Any]:
    """Records that come in the order they are written in."""
    held: list[Any] = [{**HELD, "affiliation": None, "locator": f"row {number}"} for number in range(many)]
    if many > 700:
        held[700] |= {"note": "The only one that has a note.", "min_age": 18}
    return [SOURCE, GUARDS, RAIDERS, CAMP, PRISON, *held]


def test_what_comes_in_turn_is_written_while_it_is_checked(
    engine: Engine, databases: Databases, file: Write, meanwhile: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.native.AT_ONCE", 70)
    given, other = series(1234), write_engine(databases.empty())
    told: list[tuple[int, int, int]] = []
    written = import_native(
        engine, [file("a.ndjson", *given)], author="test", on_progress=lambda *far: told.append(far)
    )
    assert (written.revision, written.counts()) == (1, {Fate.created: len(given)})
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    assert told[-1][2] == len(given)
    assert put(other, *given).revision == 1
    assert contents(engine) == contents(other)
    assert import_native(engine, [file("b.ndjson", *given)], author="test").revision is None
    corrected = [*given[:-1], {**given[-1], "as_written": "at least 7"}]
    assert import_native(engine, [file("c.ndjson", *corrected)], author="test", dry_run=True).revision is None
    assert import_native(engine, [file("c.ndjson", *corrected)], author="test").counts() == {
        Fate.updated: 1,
        Fate.unchanged: len(given) - 1,
    }
    assert meanwhile == ["done"] * 4
    assert list(differing(engine)) == []
    other.dispose()


def test_what_does_not_come_in_turn_is_written_when_all_is_checked(
    engine: Engine, file: Write, meanwhile: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.native.AT_ONCE", 1)
    later = [*series(150), {**SOURCE, "slug": "a-later-one"}]
    assert import_native(engine, [file("a.ndjson", *later)], author="test").revision == 1
    parts = [{**CAMP, "slug": "whole", "parent": "all"}, {**CAMP, "slug": "all"}]
    assert import_native(engine, [file("b.ndjson", *parts)], author="test").revision == 2
    nameless = [{**CAMP, "slug": None, "name": "Somewhere"}]
    assert import_native(engine, [file("c.ndjson", *nameless)], author="test").revision == 3
    assert meanwhile[:2] == ["NotAhead", "Refused"]
    assert len(meanwhile) == 3
    assert "done" not in meanwhile
    assert list(differing(engine)) == []


def test_a_fault_anywhere_leaves_nothing_written(engine: Engine, file: Write, meanwhile: list[str]) -> None:
    given = series(300)
    twice = [*given, given[-1]]
    assert faults(engine, file("a.ndjson", *twice)) == [
        f"a.ndjson:{len(twice)} /nth: an equal population is given twice; a second equal one of its source takes nth: 2"
    ]
    named_twice = [*given[:5], *given[:1], *given[5:]]
    assert faults(engine, file("b.ndjson", *named_twice)) == ["b.ndjson:6 /slug: the slug 'report' is given twice"]
    wrong = [*given[:-1], {**given[-1], "measure": "hold"}, *given[-1:]]
    assert [fault.partition(":")[0] for fault in faults(engine, file("c.ndjson", *wrong))] == ["c.ndjson"]
    unknown = [*given[:-1], {**given[-1], "facility": "nowhere"}]
    assert [fault.split(":")[1] for fault in faults(engine, file("d.ndjson", *unknown))] == [
        f"{len(unknown)} /facility"
    ]
    assert "done" not in meanwhile


def test_files_whose_checking_ends_early_are_not_imported(
    engine: Engine, file: Write, meanwhile: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.native.records", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    assert faults(engine, file("a.ndjson", *series(1))) == ["the process that checked the files was ended"]
    assert meanwhile == ["EOFError"]
