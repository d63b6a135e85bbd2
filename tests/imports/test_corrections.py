"""Imports that correct, repeat or contradict: what they change is told, and what a person changed stays."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from app.cli.commands import main
from app.database.settings import settings
from app.facilities.models import FACILITIES
from app.imports.mapped.loading import parse_mapping
from app.imports.mapped.repeats import FEWEST, Repeats, Stated
from app.imports.reports import EveryLine, Report, RowFate
from app.imports.run import run_import
from app.sources.models import SOURCES
from app.writing.merging import merge
from app.writing.revisions import Why
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.counts import MAPPING, ask, load
from tests.support.desk import WHY, Desk, desk_at

PLACES = MAPPING.partition("  held:")[0]


def lines(report: Report) -> list[tuple[int, str, str | None, str | None, str | None]]:
    return [(line.line, line.fate, line.rule, line.column, line.value) for line in report.lines]


@pytest.fixture
def desk(databases: Databases) -> Iterator[Desk]:
    with desk_at(databases.empty()) as made:
        yield made


# --- keys --------------------------------------------------------------------------------------------------------


def test_a13_keys_are_kept_as_published(engine: Engine, tmp_path: Path) -> None:
    keys = ["A2", "A²", "Nº 1", "No 1", "X" * 199 + "a", "X" * 199 + "b"]
    table = "code,name,held\n" + "".join(f"{key},Prison {number},{number}\n" for number, key in enumerate(keys))
    report = load(engine, tmp_path, table + f" {keys[0]} ,Prison 0,0\n{'X' * 201},Prison 9,1\n")
    assert (report.rows, lines(report)) == (
        {"created": 6, "copy": 1, "rejected": 1},
        [(9, "rejected", "too_long", "s", "X" * 200)],
    )
    assert ask(engine, "SELECT value FROM facility_identifier ORDER BY owner_id") == keys
    # Letters in two parts, or in one: the same key.
    load(engine, tmp_path, "code,name,held\ne\u0301,Prison E,1\n")
    assert load(engine, tmp_path, "code,name,held\n\u00e9,Prison E,1\n").rows == {"unchanged": 1}
    assert list(differing(engine)) == []


def test_a13_incidents_whose_keys_make_one_slug_are_two(engine: Engine, tmp_path: Path) -> None:
    how = """
about: t
records:
  raid:
    collection: incidents
    identity: {scheme: s, value: "{code}"}
    fields: {title: "{title}", started: "2024", kinds: [riot]}
"""
    load(engine, tmp_path, "code,title\nA2,One\nA²,Two\n", how)
    assert load(engine, tmp_path, "code,title\nA2,One\nA²,Two\n", how).rows == {"unchanged": 2}
    assert ask(engine, "SELECT slug, title FROM incident ORDER BY id") == [("s-a2", "One"), ("s-a2-2", "Two")]


# --- rows on one line --------------------------------------------------------------------------------------------


def test_c_the_rows_of_a_json_file_on_one_line_have_numbers(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "one-line.json"
    counts = [(1, 5), (2, -1), (3, 7), (3, 7), (4, "x"), (3, 8)]
    path.write_text(json.dumps([{"code": code, "name": f"P{code}", "held": held} for code, held in counts]))
    report = run_import(engine, [path], parse_mapping(MAPPING), author="import")
    assert report.rows == {"created": 2, "copy": 1, "rejected": 2, "contradicts": 1}
    assert [(line.line, line.rule) for line in report.lines] == [
        (2, "negative"),
        (5, "not_a_figure"),
        (6, "contradicts"),
    ]
    assert report.lines[-1].told.startswith("line 3 states another best of the same population: 7; this row: 8")


# --- events in several rows --------------------------------------------------------------------------------------

EVENTS = """
about: One row a group of people.
records:
  source: {collection: sources, slug: src, fields: {kind: dataset, publisher: P, title: T}}
  event:
    collection: incidents
    identity: {scheme: e, value: "{id}"}
    fields: {title: "Riot {id}", started: "{day}", kinds: [riot], sources: [{record: source}]}
  hurt:
    collection: figures
    fields:
      incident: {record: event}
      source: {record: source}
      measure: injured
      of: ["{who}"]
      as_of: "{day}"
      figure: "{n}"
"""


def test_b10_an_event_in_several_rows_is_one_incident_with_a_figure_of_each(engine: Engine, tmp_path: Path) -> None:
    table = "id,day,who,n\n1,2024-01-02,guard,2\n1,2024-01-02,detainee,5\n2,2024-01-03,guard,1\n"
    for fate in ("created", "unchanged"):
        report = load(engine, tmp_path, table, EVENTS)
        assert (report.rows, report.lines) == ({fate: 3}, [])
        assert (report.records["incidents"], report.records["figures"]) == ({fate: 2}, {fate: 3})
    assert ask(engine, "SELECT incident, of, best FROM figure ORDER BY id") == [
        ("e-1", '["guard"]', 2),
        ("e-1", '["detainee"]', 5),
        ("e-2", '["guard"]', 1),
    ]
    # What is the event's own is stated once: another day is another statement.
    (line,) = load(engine, tmp_path, table.replace("2,detainee", "3,detainee"), EVENTS, withdraw=False).lines[:1]
    assert (line.line, line.fate, line.told) == (
        3,
        "contradicts",
        "line 2 states another started of the same incident: 2024-01-02; this row: 2024-01-03",
    )
    assert list(differing(engine)) == []


# --- what a person merged ---------------------------------------------------------------------------------------


def test_a_slug_that_was_merged_away_leads_to_the_survivor(desk: Desk, tmp_path: Path) -> None:
    how = (
        MAPPING.replace("slug: src", 'slug: "{src}"')
        .replace('"2024"', '"{day}"')
        .replace('    identity: {scheme: s, value: "{code}"}\n', "")
    )
    table = "src,name,status,day,held\nold,Alpha,open,2023,412\nkept,Beta,closed,2024,7\n"
    load(desk.engine, tmp_path, table, how)
    with desk.engine.begin() as connection:
        for collection, gone, stored in ((SOURCES, "old", "kept"), (FACILITIES, "alpha", "beta")):
            merge(connection, collection, gone, stored, None, Why("an editor", text="one of them"))
    for _ in range(2):
        report = load(desk.engine, tmp_path, table, how)
        assert (report.revisions, report.rows, report.lines) == ([], {"unchanged": 2}, [])
    assert ask(desk.engine, "SELECT facility, source, best FROM population ORDER BY id") == [
        ("beta", "kept", 412),
        ("beta", "kept", 7),
    ]
    assert ask(desk.engine, "SELECT name, status FROM facility") == [("Beta", "closed")]
    # A native file as well: in what names it, and as a record.
    path = tmp_path / "records.ndjson"
    held = {"facility": "alpha", "source": "old", "measure": "held", "as_of": "2025", "as_written": "9"}
    source = {"collection": "sources", "slug": "old", "kind": "dataset", "publisher": "P", "title": "T"}
    path.write_text("".join(f"{json.dumps(one)}\n" for one in (source, {"collection": "populations"} | held)))
    report = run_import(desk.engine, [path], author="import")
    assert report.records == {"sources": {"unchanged": 1}, "populations": {"created": 1}}
    assert lines(report) == [(1, "unchanged", "edited", "slug", "old")]
    assert report.lines[0].told == "somebody merged 'old' into 'kept': left as it is"
    assert ask(desk.engine, "SELECT facility, source FROM population WHERE as_of = '2025'") == [("beta", "kept")]
    assert list(differing(desk.engine)) == []


# --- what a person changed ---------------------------------------------------------------------------------------


def test_a20_an_unchanged_file_leaves_what_a_person_changed(desk: Desk, tmp_path: Path) -> None:
    table = "code,name,status,held\n1,Alpha,open,412\n2,Beta,open,7\n3,Gamma,open,9\n"
    load(desk.engine, tmp_path, table)
    desk.patch("/v1/populations/1", {"low": 421, "best": 421, "high": 421, "as_written": None})
    desk.patch("/v1/facilities/beta", {"name": "Beta Camp", "names": [{"name": "B"}], "status": "closed"})
    desk.delete("/v1/populations/3")
    report = Report()
    for _ in range(2):
        report = load(desk.engine, tmp_path, table)
        assert (report.revisions, report.rows) == ([], {"unchanged": 3})
        assert lines(report) == [
            (2, "unchanged", "edited", "best", "412"),
            (3, "unchanged", "edited", "name", "Beta"),
            (3, "unchanged", "edited", "status", "open"),
            (4, "unchanged", "edited", None, None),
        ]
    assert report.lines[0].told == "left as somebody made it in revision 4: 421; the file states 412 as before"
    # What the file states anew is written, and nothing else.
    report = load(desk.engine, tmp_path, table.replace("412", "430").replace("Beta,open", "Beta,planned"))
    assert (report.rows.total() - report.rows[RowFate.unchanged], report.rows[RowFate.unchanged]) == (2, 1)
    assert ask(desk.engine, "SELECT best FROM population ORDER BY id") == [430, 7]
    assert ask(desk.engine, "SELECT name, status FROM facility WHERE slug = 'beta'") == [("Beta Camp", "planned")]
    assert ask(desk.engine, "SELECT name FROM facility_name") == ["B"]
    report = load(desk.engine, tmp_path, table, overwrite=True)
    assert ask(desk.engine, "SELECT best FROM population ORDER BY id") == [412, 7, 9]
    assert ask(desk.engine, "SELECT name FROM facility WHERE slug = 'beta'") == ["Beta"]
    assert list(differing(desk.engine)) == []


def test_a20_a_corrected_file_may_go_back_to_what_it_said(engine: Engine, tmp_path: Path) -> None:
    for count in ("412", "421", "412"):
        report = load(engine, tmp_path, f"code,name,held\n1,Alpha,{count}\n")
        assert (ask(engine, "SELECT best FROM population"), report.lines) == ([int(count)], [])


def test_a20_what_a_person_retracted_or_rekeyed_is_not_made_anew(desk: Desk, tmp_path: Path) -> None:
    load(desk.engine, tmp_path, "code,name\n1,Alpha\n2,Beta\n", PLACES)
    desk.delete("/v1/facilities/alpha")
    desk.patch("/v1/facilities/beta", {"identifiers": [{"scheme": "s", "value": "2b"}]})
    report = load(desk.engine, tmp_path, "code,name\n1,Alpha\n2,Beta\n", PLACES)
    assert (report.rows, report.revisions) == ({"rejected": 2}, [])
    assert ["'alpha' bore the key '1'" in line.told for line in report.lines] == [True, False]
    assert ask(desk.engine, "SELECT slug FROM facility") == ["beta"]
    load(desk.engine, tmp_path, "code,name\n1,Alpha\n", PLACES, overwrite=True)
    assert ask(desk.engine, "SELECT slug FROM facility ORDER BY id") == ["beta", "alpha-2"]


def test_a20_a_native_file_leaves_what_a_person_changed(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "records.yaml"
    path.write_text(
        "- {collection: sources, slug: s, kind: report, title: T, publisher: P, note: one}\n"
        "- {collection: facilities, slug: f, name: F, level: facility, sources: [s]}\n"
        "- {collection: populations, facility: f, source: s, as_of: 2024, measure: held, as_written: '412'}\n"
    )
    run_import(desk.engine, [path], author="import")
    desk.patch("/v1/populations/1", {"as_written": "421"})
    desk.patch("/v1/sources/s", {"note": "two"})
    desk.patch("/v1/facilities/f", {"sources": []})
    report = run_import(desk.engine, [path], author="import")
    assert (report.revisions, report.rows) == ([], {"unchanged": 3})
    assert sorted((line.line, line.rule, line.column) for line in report.lines) == [
        (1, "edited", "note"),
        (2, "edited", "sources"),
        (3, "edited", "best"),
    ]
    assert len(run_import(desk.engine, [path], author="import", overwrite=True).revisions) == 1
    assert ask(desk.engine, "SELECT best FROM population") == [412]


# --- what two rows state differently -----------------------------------------------------------------------------


def test_a24_two_rows_that_state_a_field_differently_are_both_named(engine: Engine, tmp_path: Path) -> None:
    table = "code,name,status\n1,Alpha Prison,\n1,Beta  Camp,unknown\n1,Beta Camp,open\n"
    answer = "line 2 states another name of the same facility: Alpha Prison; this row: Beta  Camp"
    for fates in ({"created": 2, "flagged": 1}, {"unchanged": 3}):
        report = load(engine, tmp_path, table, PLACES)
        assert [(line.line, line.rule, line.column, line.told) for line in report.lines] == [
            (3, "contradicts", "name", answer)
        ]
        assert report.rows == fates
    assert ask(engine, "SELECT name, status FROM facility") == [("Beta  Camp", "open")]
    assert ask(engine, "SELECT name, kind FROM facility_name") == [("Alpha Prison", "alias")]
    # A later file with another name: the one before is a former one.
    assert load(engine, tmp_path, "code,name\n1,Gamma\n", PLACES).rows == {"updated": 1}
    assert ask(engine, "SELECT name, kind FROM facility_name ORDER BY position")[1:] == [("Beta  Camp", "former")]


@pytest.mark.parametrize("newest", ['"{day}"', "day", "{column: day}", '{from: "{day}", date: "%d.%m.%Y"}'])
def test_a24_the_newest_row_counts_where_a_column_has_its_date(engine: Engine, tmp_path: Path, newest: str) -> None:
    days = ["31.12.2024", "01.02.2023"] if "%" in newest else ["2024", "2023-02"]
    how = PLACES.replace('    slug: "{name}"', f'    slug: "{{name}}"\n    newest: {newest}')
    report = load(engine, tmp_path, f"code,name,status,day\n1,New,open,{days[0]}\n1,Old,closed,{days[1]}\n", how)
    assert (report.lines, report.rows) == ([], {"created": 2})
    assert ask(engine, "SELECT name, status FROM facility") == [("New", "open")]
    assert ask(engine, "SELECT name, kind FROM facility_name") == [("Old", "former")]
    wrong = load(engine, tmp_path, "code,name,status,day\n2,X,open,31/12\n", how)
    assert lines(wrong) == [(2, "rejected", "not_a_date", "day", "31/12")]


def test_a24_two_keys_of_one_scheme_are_two_places(engine: Engine, tmp_path: Path) -> None:
    how = PLACES.replace(
        'identity: {scheme: s, value: "{code}"}',
        'identity: [{scheme: s, value: "{code}"}, {scheme: names, value: "{name}"}]',
    )
    report = load(engine, tmp_path, "code,name\nEN,Enna\nCE,Enna\n", how)
    assert lines(report) == [(3, "rejected", "another_key", "s", "CE")]
    assert "line 2" in report.lines[0].told
    # The same where the first of them stands in the register.
    report = load(engine, tmp_path, "code,name\nCE,Enna\n", how)
    assert lines(report) == [(2, "rejected", "unwritable_subject", None, None)]
    assert ask(engine, "SELECT scheme, value FROM facility_identifier ORDER BY position") == [
        ("s", "EN"),
        ("names", "Enna"),
    ]


def test_rows_of_two_places_that_a_person_merged_are_rows_of_one(engine: Engine, tmp_path: Path) -> None:
    table, how = "code,name,held\n1,Alpha,1\n2,Beta,2\n", MAPPING.replace("as_of:", 'locator: "{code}", as_of:')
    load(engine, tmp_path, table, how)
    with engine.begin() as connection:
        merge(connection, FACILITIES, "beta", "alpha", None, Why("an editor", text="one place"))
    assert load(engine, tmp_path, table, how).rejected == 0
    assert ask(engine, "SELECT facility, best FROM population ORDER BY id") == [("alpha", 1), ("alpha", 2)]
    assert list(differing(engine)) == []


# --- the report --------------------------------------------------------------------------------------------------


def test_the_report_tells_what_became_of_every_row(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, "code,name,held\n1,Alpha,412\n2,Beta,5\n")
    table = "code,name,held\n1,Alpha,421\n2,Beta,5\n2,Beta,5\n2,Beta,6\n3,Gamma,8\n4,Delta,-1\n5,Zulu,n/a\n"
    with EveryLine() as every:
        report = load(engine, tmp_path, table, every=every, at_once=2)
        answer = list(every)
        for name in ("report.json", "report.csv"):
            report.write(tmp_path / name)
    assert [(line["line"], line["fate"], line["rule"]) for line in answer] == [
        (2, "updated", None),
        (3, "unchanged", None),
        (4, "copy", None),
        (5, "contradicts", "contradicts"),
        (6, "created", None),
        (7, "rejected", "negative"),
        (8, "created", None),
    ]
    changed = {name: [421, 412] for name in ("low", "best", "high")}
    assert {one["field"]: [one["after"], one["before"]] for one in answer[0]["changes"]} == changed
    assert answer[0]["changes"][0]["record"] == "populations/1"
    assert answer[3]["told"] == "line 3 states another best of the same population: 5; this row: 6"
    assert [line.line for line in report.lines] == [5, 7]
    assert report.rows[RowFate.copy] == 1
    written = json.loads((tmp_path / "report.json").read_bytes())
    assert written["lines"] == answer
    with (tmp_path / "report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["fate"] for row in rows] == [line["fate"] for line in answer]
    assert json.loads(rows[0]["changes"]) == answer[0]["changes"]


def test_two_columns_that_nothing_tells_apart_are_a_fault_of_the_mapping(engine: Engine, tmp_path: Path) -> None:
    report = load(
        engine,
        tmp_path,
        "code,name,men,women\n1,A,1,2\n",
        MAPPING.replace("{column: held}", "{column: men}, {column: women}"),
    )
    assert lines(report) == [(2, "rejected", "repeated", None, None)]
    assert "`sex`" in (report.lines[0].hint or "")


@pytest.mark.parametrize("cell", ["", "n/a"])
def test_a_figure_of_an_empty_cell_is_no_record(engine: Engine, tmp_path: Path, cell: str) -> None:
    how = MAPPING.replace("measure: held}\n    each: [{column: held}]", 'measure: held, figure: "{held}"}')
    report = load(engine, tmp_path, f"code,name,held\n1,A,{cell}\n2,B,7\n", how)
    assert (report.rejected, ask(engine, "SELECT facility, best FROM population")) == (0, [("b", 7)])


def test_exact_copies_and_edits_are_no_failure_of_the_command(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DETENTION_DATABASE_URL", desk.url)
    settings.cache_clear()
    mapping, table = tmp_path / "m.yaml", tmp_path / "t.csv"
    mapping.write_text(MAPPING)
    table.write_text("code,name,held\n1,Alpha,412\n1,Alpha,412\n")

    def command(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["import", str(table), "--mapping", str(mapping), *arguments])
        return done.exit_code, done.stdout.splitlines()[-1]

    assert command() == (0, "1 created, 1 copy: revisions 1 to 3.")
    desk.patch(f"/v1/populations/1?{WHY}", {"as_written": "421"})
    assert command() == (0, "1 unchanged, 1 copy: no revision made.")
    assert command("--overwrite") == (0, "1 updated, 1 copy: revision 5.")
    table.write_text("code,name,held\n1,Alpha,412\n1,Alpha,413\n")
    assert command() == (3, "1 unchanged, 1 contradicts: no revision made.")
    settings.cache_clear()


def test_what_was_stated_is_found_however_much_there_is() -> None:
    repeats = Repeats()
    many = 3 * FEWEST
    for number in range(many):
        assert repeats.add(number * FEWEST, Stated(number + 1, -number)) is None
    assert all(repeats.add(number * FEWEST, Stated(1, 1)) == (number + 1, -number) for number in range(many))
    repeats.remove(FEWEST)
    assert repeats.add(FEWEST, Stated(7, 7)) is None
    assert repeats.add(FEWEST, Stated(8, 8)) == (7, 7)
