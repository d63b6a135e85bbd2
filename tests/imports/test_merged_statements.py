"""Statements that a merge brought together: a file that speaks of the two as before changes each of its own alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from app.facilities.models import FACILITIES
from app.imports.faults import Unreadable
from app.imports.reports import Report
from app.imports.run import run_import
from app.writing.merging import merge, split
from app.writing.removing import remove
from app.writing.revisions import Why
from app.writing.verification import differing
from tests.support.counts import MAPPING, ask, load

DATED = MAPPING.replace('"2024"', '"{year}"')
KINDS = {"by keys": DATED, "by slugs": DATED.replace('    identity: {scheme: s, value: "{code}"}\n', "")}
HEAD = "code,name,status,year,held\n"
ALPHA, BETA = "1,Alpha,open,2024,412\n", "2,Beta,closed,2024,7\n"
HELD = "SELECT as_of, nth, best FROM population ORDER BY as_of, best"
WHY = Why("an editor", text="one place")


def one_of(engine: Engine, gone: str, stored: str) -> None:
    with engine.begin() as connection:
        merge(connection, FACILITIES, gone, stored, None, WHY)


@pytest.mark.parametrize("how", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(("gone", "stored"), [("alpha", "beta"), ("beta", "alpha")])
def test_each_row_is_the_statement_that_its_place_made(
    engine: Engine, tmp_path: Path, how: str, gone: str, stored: str
) -> None:
    load(engine, tmp_path, HEAD + ALPHA + BETA, how)
    one_of(engine, gone, stored)
    place = ask(engine, "SELECT name, status FROM facility")
    (number,) = ask(engine, "SELECT nth FROM population WHERE best = 412")
    both = [("2024", 3 - number, 7), ("2024", number, 412)]
    for table in (ALPHA + BETA, BETA + ALPHA, ALPHA, BETA):
        report = load(engine, tmp_path, HEAD + table, how)
        assert (report.rows, report.revisions) == ({"unchanged": table.count("\n")}, [])
        assert (ask(engine, HELD), ask(engine, "SELECT name, status FROM facility")) == (both, place)
    # A row that was corrected corrects its own.
    assert load(engine, tmp_path, HEAD + ALPHA + BETA.replace(",7", ",8"), how).rows == {"unchanged": 1, "updated": 1}
    assert ask(engine, HELD) == [("2024", 3 - number, 8), ("2024", number, 412)]
    # A day that the one had no count of is one count, whichever row states it; another count of it is told.
    rows = {"alpha": "1,Alpha,open,2025,50\n", "beta": "2,Beta,closed,2025,60\n"}
    assert load(engine, tmp_path, HEAD + rows[stored], how).rows == {"created": 1}
    for _ in range(2):
        report = load(engine, tmp_path, HEAD + rows[gone], how)
        assert report.rows == {"contradicts": 1}
        assert report.lines[0].told.startswith("what it names was merged, and populations/3 states another best")
    assert len(ask(engine, HELD)) == 3
    assert load(engine, tmp_path, HEAD + rows[gone], how, overwrite=True).rows == {"updated": 1}
    assert list(differing(engine)) == []


@pytest.mark.parametrize("how", KINDS.values(), ids=KINDS)
def test_a_place_states_its_first_count_beside_one_that_came_from_another(
    engine: Engine, tmp_path: Path, how: str
) -> None:
    load(engine, tmp_path, HEAD + ALPHA.replace("412", "n/a") + BETA, how)
    one_of(engine, "beta", "alpha")
    for table, fates in ((ALPHA, {"created": 1}), (ALPHA + BETA, {"unchanged": 2}), (BETA, {"unchanged": 1})):
        assert load(engine, tmp_path, HEAD + table, how).rows == fates
        assert ask(engine, HELD) == [("2024", 1, 7), ("2024", 2, 412)]
    with engine.begin() as connection:
        split(connection, FACILITIES, "beta", WHY)
    assert load(engine, tmp_path, HEAD + ALPHA + BETA, how).rows == {"unchanged": 2}
    assert ask(engine, "SELECT facility, best FROM population ORDER BY id") == [("beta", 7), ("alpha", 412)]
    assert list(differing(engine)) == []


def test_what_a_key_that_was_given_up_says_anew_is_news(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, HEAD + ALPHA + BETA, DATED)
    one_of(engine, "beta", "alpha")
    report = load(engine, tmp_path, HEAD + BETA.replace("closed", "planned"), DATED)
    assert (report.rows, ask(engine, "SELECT name, status FROM facility")) == ({"updated": 1}, [("Alpha", "planned")])


def native(folder: Path, name: str, *records: dict[str, Any]) -> list[Path]:
    path = folder / name
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records))
    return [path]


def test_native_records_and_exported_tables_state_their_own_too(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, HEAD + ALPHA + BETA, DATED)
    one_of(engine, "beta", "alpha")
    held = {"collection": "populations", "source": "src", "measure": "held", "as_of": "2024"}

    def taken(*records: dict[str, Any], name: str = "counts.ndjson") -> Report:
        return run_import(engine, native(tmp_path, name, *records), author="import")

    alpha, beta = held | {"facility": "alpha", "as_written": "412"}, held | {"facility": "beta", "as_written": "7"}
    stated = alpha | {"low": 412, "best": 412}, beta | {"low": 7, "best": 7}
    assert taken(*stated).records["populations"] == {"updated": 2}
    assert taken(beta | {"as_written": "9"}).records["populations"] == {"updated": 1}
    assert ask(engine, HELD) == [("2024", 2, 9), ("2024", 1, 412)]
    taken(alpha | {"as_of": "2025"})
    with pytest.raises(Unreadable, match=r"counts.ndjson:1 /best: what it names was merged, and populations/3 states"):
        taken(beta | {"as_of": "2025"})
    # A table that was exported since counts as the register does.
    exported = alpha | {"nth": 2, "as_written": "10"}
    assert taken(exported, name="populations.ndjson").records["populations"] == {"updated": 1}
    assert ask(engine, HELD + " LIMIT 2") == [("2024", 2, 10), ("2024", 1, 412)]
    assert taken(beta | {"as_written": "10"}).rows == {"unchanged": 1}
    assert list(differing(engine)) == []


def test_a_record_that_was_removed_after_its_merge_leaves_imports_running(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, HEAD + ALPHA + BETA.replace(",7", ",n/a"), DATED)
    one_of(engine, "beta", "alpha")
    with engine.begin() as connection:
        remove(connection, FACILITIES, "beta", Why("an editor", text="a mistake"))
    assert load(engine, tmp_path, HEAD + ALPHA, DATED).rows == {"unchanged": 1}
    assert load(engine, tmp_path, HEAD + BETA.replace(",7", ",n/a"), DATED).rejected == 0
    assert list(differing(engine)) == []
