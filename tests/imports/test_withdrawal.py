"""What a corrected file no longer states: listed, and retracted with `--withdraw` and a reason (FAULTS A29)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from app.cli.commands import main
from app.database.settings import settings
from app.imports.reports import Report, RowFate
from app.imports.run import run_import
from app.imports.withdrawal import FEW
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.counts import MAPPING, ask, load
from tests.support.desk import Desk, desk_at

DEATHS = """
about: t
records:
  source: {collection: sources, slug: src, fields: {kind: dataset, publisher: P, title: T}}
  death:
    collection: incidents
    identity: {scheme: d, value: "{no}"}
    fields: {title: "Death {no}", started: "{day}", kinds: [death_in_custody], sources: [{record: source}]}
  died:
    collection: figures
    fields: {incident: {record: death}, source: {record: source}, measure: died, as_of: "{day}", figure: "{died}"}
"""
WHOLE = "code,name,held\n1,Alpha,412\n2,Beta,7\n3,Gamma,9\n"
CORRECTED = "code,name,held\n1,Alpha,413\n2,Beta,\n"
WHY: dict[str, Any] = {"withdraw": True, "reason": "corrected by the publisher"}


@pytest.fixture
def desk(databases: Databases) -> Iterator[Desk]:
    with desk_at(databases.empty()) as made:
        yield made


def lines(report: Report) -> list[tuple[str, str | None, str | None]]:
    return [(line.fate, line.rule, line.value) for line in report.lines]


def test_a29_a_corrected_file_lists_and_withdraws(desk: Desk, tmp_path: Path) -> None:
    engine = desk.engine
    load(engine, tmp_path, WHOLE)
    # Another source, and what a person wrote of this one: no import's to take back.
    load(engine, tmp_path, "code,name,held\n3,Gamma,11\n", MAPPING.replace("slug: src", "slug: other"))
    own = {"facility": "gamma", "source": "src", "as_of": "2023", "measure": "held", "as_written": "8"}
    desk.post("/v1/populations", own)
    report = load(engine, tmp_path, CORRECTED)
    assert lines(report) == [("flagged", "not_stated", "populations/2"), ("flagged", "not_stated", "populations/3")]
    assert (report.lines[0].told, report.lines[0].line, "--withdraw" in (report.lines[0].hint or "")) == (
        "the files no longer state it: Beta, as of 2024: 7 people held, according to P.",
        1,
        True,
    )
    assert (report.rows, report.records["populations"]) == ({"updated": 1, "unchanged": 1}, {"updated": 1})
    # A dry run tells what would go, and takes nothing.
    dry = load(engine, tmp_path, CORRECTED, dry_run=True, **WHY)
    assert lines(dry) == [("withdrawn", "not_stated", "populations/2"), ("withdrawn", "not_stated", "populations/3")]
    assert ask(engine, "SELECT count(*) FROM population") == [5]
    # While a row is rejected, nothing goes: it may be the one that states it.
    held = load(engine, tmp_path, CORRECTED + "3,Gamma,-9\n", **WHY)
    assert [line.hint for line in held.lines if line.rule == "not_stated"] == [
        "put the rejected rows right first: one of them may state it; nothing was withdrawn"
    ] * 2
    assert ask(engine, "SELECT count(*) FROM population") == [5]
    report = load(engine, tmp_path, CORRECTED, **WHY)
    assert (lines(report), report.rows[RowFate.withdrawn]) == (lines(dry), 2)
    assert report.records["populations"] == {"unchanged": 1, "withdrawn": 2}
    assert ask(engine, "SELECT facility, source, as_of, best FROM population ORDER BY id") == [
        ("alpha", "src", "2024", 413),
        ("gamma", "other", "2024", 11),
        ("gamma", "src", "2023", 8),
    ]
    # It is on the record, why too; and what the file states again later is made anew.
    *_, gone = desk.get("/v1/populations/2/history")["data"]
    assert (gone["action"], gone["reason_code"], gone["reason"]) == ("retract", "source_corrected", WHY["reason"])
    assert load(engine, tmp_path, CORRECTED, **WHY).revisions == []
    report = load(engine, tmp_path, WHOLE)
    assert (report.records["populations"], report.lines) == ({"created": 2, "updated": 1}, [])
    assert list(differing(engine)) == []


def test_a29_what_a_person_changed_stays(desk: Desk, tmp_path: Path) -> None:
    load(desk.engine, tmp_path, WHOLE)
    desk.patch("/v1/populations/3", {"note": "checked by telephone"})
    report = load(desk.engine, tmp_path, CORRECTED, **WHY)
    assert lines(report) == [("withdrawn", "not_stated", "populations/2"), ("unchanged", "edited", "populations/3")]
    assert report.lines[1].told.startswith("the files no longer state it; left, as somebody changed it in revision 4: ")
    assert ask(desk.engine, "SELECT id FROM population ORDER BY id") == [1, 3]


def test_a29_an_incident_goes_with_its_figures_unless_another_source_speaks_of_it(desk: Desk, tmp_path: Path) -> None:
    table = "no,day,died\n1,2024-01-01,1\n2,2024-01-02,1\n3,2024-01-03,2\n"
    load(desk.engine, tmp_path, table, DEATHS)
    slug = ask(desk.engine, "SELECT slug FROM incident WHERE id = 3")[0]
    other = {"kind": "article", "publisher": "Q", "title": "U"}
    figure = {"incident": slug, "measure": "died", "as_of": "2024-01-03", "as_written": "two", "source": other}
    desk.post("/v1/figures", figure)
    report = load(desk.engine, tmp_path, "no,day,died\n1,2024-01-01,1\n", DEATHS, **WHY)
    assert report.records["figures"]["withdrawn"] == 2
    assert ask(desk.engine, "SELECT id FROM incident ORDER BY id") == [1, 3]
    assert ask(desk.engine, "SELECT source FROM figure ORDER BY id") == ["src", "u"]
    assert list(differing(desk.engine)) == []


def test_a29_a_native_file_lists_and_withdraws(desk: Desk, tmp_path: Path) -> None:
    source = {"collection": "sources", "slug": "src", "kind": "dataset", "publisher": "P", "title": "T"}
    place = {"collection": "facilities", "slug": "alpha", "level": "facility", "name": "Alpha"}
    held = {"collection": "populations", "facility": "alpha", "source": "src", "measure": "held", "as_written": "7"}
    whole = [source, place, held | {"as_of": "2023"}, held | {"as_of": "2024"}]

    def take(records: list[dict[str, Any]], **options: Any) -> Report:
        path = tmp_path / "records.ndjson"
        path.write_text("".join(f"{json.dumps(one)}\n" for one in records))
        return run_import(desk.engine, [path], author="import", **options)

    take(whole)
    # A file that only adds is no correction of what was there.
    assert take([held | {"as_of": "2022"}]).lines == []
    assert lines(take(whole[:3])) == [("flagged", "not_stated", f"populations/{number}") for number in (2, 3)]
    # Nor is one without any population a statement that there are none.
    assert take(whole[:2], **WHY).lines == []
    report = take(whole[:3], **WHY)
    assert (lines(report), report.rows[RowFate.withdrawn]) == (
        [("withdrawn", "not_stated", f"populations/{number}") for number in (2, 3)],
        2,
    )
    assert ask(desk.engine, "SELECT as_of FROM population") == ["2023"]
    assert list(differing(desk.engine)) == []


def test_a29_one_row_with_its_one_count_blanked(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, "code,name,held\n1,Alpha,412\n")
    assert lines(load(engine, tmp_path, "code,name,held\n1,Alpha,n/a\n")) == [
        ("flagged", "not_stated", "populations/1")
    ]


def test_a29_a_part_of_what_was_imported_is_one_line(engine: Engine, tmp_path: Path) -> None:
    rows = [f"{number},Prison {number},{number}\n" for number in range(1, FEW + 20)]
    load(engine, tmp_path, "code,name,held\n" + "".join(rows))
    (line,) = load(engine, tmp_path, "code,name,held\n" + rows[0]).lines
    assert line.told == "the register holds more than 100 other populations of the sources of these files"


def test_a29_the_command_needs_a_reason(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DETENTION_DATABASE_URL", desk.url)
    settings.cache_clear()
    mapping, table = tmp_path / "m.yaml", tmp_path / "t.csv"
    mapping.write_text(MAPPING)

    def command(rows: str, *arguments: str) -> tuple[int, list[str]]:
        table.write_text(rows)
        done = CliRunner().invoke(main, ["import", str(table), "--mapping", str(mapping), *arguments])
        return done.exit_code, done.output.splitlines()

    command(WHOLE)
    assert command(CORRECTED, "--withdraw") == (2, ["--withdraw retracts records: say why with --reason."])
    code, answer = command(CORRECTED, "--withdraw", "--reason", "corrected")
    assert (code, answer[-1]) == (0, "1 updated, 1 unchanged, 2 withdrawn: revisions 4 to 5.")
    assert "populations: 1 updated, 2 withdrawn" in answer
    settings.cache_clear()
