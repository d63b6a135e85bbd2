"""What an import does with rows: found or made, checked one by one, written in batches, told in a report."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from rapidfuzz import process
from sqlalchemy import Engine, select, text

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.facilities.models import FACILITIES
from app.imports.faults import Unreadable
from app.imports.mapped import likeness
from app.imports.mapped.loading import load_mapping, parse_mapping
from app.imports.reports import Report
from app.imports.run import run_import
from app.records.slugs import LONGEST
from app.writing.merging import merge
from app.writing.revisions import Why
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.desk import desk_at
from tests.support.worlds import export

MAPPING = """
about: Counts of a district's prisons, one row a prison and day.
missing: [NA]
records:
  list:
    collection: sources
    slug: district-list
    fields: {kind: dataset, publisher: The District, title: Prison counts}
  prison:
    collection: facilities
    identity: {scheme: district, value: "{code}"}
    slug: "{name}"
    fields:
      name: "{name}"
      level: facility
      country: SYR
      kind: prison
      opened: {from: "{opened?}", invalid: drop}
      sources: [{record: list}]
  held:
    collection: populations
    fields:
      facility: {record: prison}
      source: {record: list}
      as_of: {from: "{day}", date: "%d.%m.%Y"}
      measure: held
      statistic: point
      note: "{note?}"
    each: [{column: men, sex: male}, {column: women, sex: female}]
"""
HEAD = "code,name,day,men,women,note,opened\n"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "district.yaml"
    path.write_text(MAPPING, "utf-8")
    return path


def sheet(folder: Path, lines: str, name: str = "counts.csv") -> Path:
    path = folder / name
    path.write_text(HEAD + lines, "utf-8")
    return path


def load(engine: Engine, path: Path, how: str = MAPPING, **options: Any) -> Report:
    return run_import(engine, [path], parse_mapping(how), author="import", **options)


def contents(engine: Engine) -> dict[str, list[Any]]:
    """Every record as it is shown, but for what tells when and in which order it came: by collection."""
    shown: dict[str, list[Any]] = {}
    with engine.connect() as connection:
        for name, collection in COLLECTIONS.items():
            docs = [orjson.loads(doc) for (doc,) in connection.execute(select(collection.rows.c.doc))]
            shown[name] = sorted(json.dumps(_timeless(doc), sort_keys=True) for doc in docs)
    return shown


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _timeless(inner)
            for name, inner in value.items()
            if name not in {"id", "revision", "recorded_at", "permalink", "links"}
        }
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value


def counts(engine: Engine) -> list[tuple[Any, ...]]:
    answer = "SELECT facility, as_of, sex, low, best, high FROM population ORDER BY facility, as_of, sex DESC"
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(answer))]


# --- what becomes of a row ---------------------------------------------------------------------------------------


def test_rows_become_records_and_a_report(engine: Engine, tmp_path: Path) -> None:
    path = sheet(tmp_path, "A1,First,3.2.2019,12,0,,\nA2,Second,3.2.2019,NA,>30,,1999\n")
    report = load(engine, path)
    assert report.rows == {"created": 2}
    assert report.records == {"facilities": {"created": 2}, "populations": {"created": 3}, "sources": {"created": 1}}
    # Missing is no record, zero is zero, a bound stays one.
    assert counts(engine) == [
        ("first", "2019-02-03", "male", 12, 12, 12),
        ("first", "2019-02-03", "female", 0, 0, 0),
        ("second", "2019-02-03", "female", 31, None, None),
    ]
    assert list(differing(engine)) == []


@pytest.mark.parametrize("name", ["A " + "very " * 30 + "long name of a prison", "12", "監獄第" * 40, "!!"])
@pytest.mark.parametrize("way", ["named", "keyed", "native", "table"])
def test_a_name_makes_the_same_slug_whichever_way_it_comes(
    databases: Databases, engine: Engine, tmp_path: Path, name: str, way: str
) -> None:
    with desk_at(databases.empty()) as desk:
        posted = desk.post("/v1/facilities", {"name": name, "level": "facility", "country": "SYR"})["slug"]
    match way:
        case "native":
            path = tmp_path / "prisons.ndjson"
            prison = {"collection": "facilities", "name": name, "level": "facility", "country": "SYR"}
            path.write_bytes(orjson.dumps(prison) + b"\n")
            run_import(engine, [path], author="import")
        case "table":
            path = tmp_path / "facilities.csv"
            path.write_text(f"name,level,country\n{name},facility,SYR\n", "utf-8")
            run_import(engine, [path], author="import")
        case _:
            how = MAPPING if way == "named" else MAPPING.replace('    slug: "{name}"\n', "")
            load(engine, sheet(tmp_path, f"A1,{name},3.2.2019,12,0,,\n"), how)
    with engine.connect() as connection:
        assert connection.scalars(select(COLLECTIONS["facilities"].rows.c.slug)).all() == [posted]
    assert len(posted) <= LONGEST


def test_the_same_file_twice_changes_nothing_and_ten_corrected_rows_update_ten(engine: Engine, tmp_path: Path) -> None:
    lines = [f"A{number},Prison {number},3.2.2019,{number},{number},,\n" for number in range(40)]
    load(engine, sheet(tmp_path, "".join(lines)))
    again = load(engine, sheet(tmp_path, "".join(lines)))
    assert (again.rows, again.revisions) == ({"unchanged": 40}, [])
    for number in range(5, 15):
        lines[number] = lines[number].replace(f",{number},{number},", f",{number},{number + 100},")
    corrected = load(engine, sheet(tmp_path, "".join(lines)))
    assert corrected.rows == {"unchanged": 30, "updated": 10}
    assert corrected.records["populations"] == {"unchanged": 70, "updated": 10}
    assert len(corrected.revisions) == 1


def test_a_wrong_row_is_rejected_with_its_place_and_the_others_stand(engine: Engine, tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "A1,First,31.2.2019,1,1,,\n"
        "A2,Second,3.2.2019,-4,1,,\n"
        '"A3","Third","3.2.2019",5,6,"two\nlines",\n'
        ",Fourth,3.2.2019,1,1,,\n"
        "A1,First,3.2.2019,7,8,,1500-13-40\n"
        "A1,First,3.2.2019,7,9,,\n",
    )
    report = load(engine, path)
    assert [(line.line, line.fate, line.rule, line.column) for line in report.lines] == [
        (2, "rejected", "not_a_date", "day"),
        (3, "rejected", "negative", "men"),
        (6, "rejected", "no_identity", None),
        (7, "flagged", "invalid", "opened"),
        (8, "contradicts", "contradicts", "best"),
    ]
    assert report.rows == {"rejected": 3, "contradicts": 1, "created": 1, "flagged": 1}
    assert report.lines[0].value == "31.2.2019"
    assert report.lines[4].told == "line 7 states another best of the same population: 8; this row: 9"
    assert [row[0] for row in counts(engine)] == ["first", "first", "third", "third"]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM facility WHERE slug = 'first'")).scalar() == 1


def test_bounds_that_fall_are_kept_as_published_and_flagged(engine: Engine, tmp_path: Path) -> None:
    how = MAPPING.replace(
        "    each: [{column: men, sex: male}, {column: women, sex: female}]\n",
        '      low: "{men}"\n      best: "{women}"\n      high: "{women}"\n',
    )
    report = load(engine, sheet(tmp_path, "A1,First,3.2.2019,9,5,,\n"), how)
    assert [(line.fate, line.rule, line.value) for line in report.lines] == [
        ("flagged", "bounds_out_of_order", "9/5/5")
    ]
    assert [row[3:] for row in counts(engine)] == [(9, 5, 5)]


def test_text_is_kept_as_published(engine: Engine, tmp_path: Path) -> None:
    note = "a\u00a0b \u200bc"
    load(engine, sheet(tmp_path, f'A1,"First\u00a0Prison",3.2.2019,1,1,"{note}",\n'))
    with engine.connect() as connection:
        (name,) = connection.execute(text("SELECT name FROM facility")).one()
        (stored,) = connection.execute(text("SELECT DISTINCT note FROM population")).one()
    assert (name, stored) == ("First\u00a0Prison", note)


# --- who is who --------------------------------------------------------------------------------------------------


def test_a_name_alone_never_makes_two_places_one(engine: Engine, tmp_path: Path) -> None:
    load(engine, sheet(tmp_path, "A1,Hill Prison,3.2.2019,1,1,,\n"))
    report = load(engine, sheet(tmp_path, "B7,Hill Prison,3.2.2019,2,2,,\n"))
    (line,) = report.lines
    assert (line.fate, line.rule, line.column, line.value) == ("flagged", "looks_like", "name", "Hill Prison")
    assert "hill-prison (1.0" in line.told
    assert {row[0] for row in counts(engine)} == {"hill-prison", "hill-prison-2"}


def test_c_places_with_keys_of_one_list_are_not_asked_about_unless_they_are_called_the_same(
    engine: Engine, tmp_path: Path
) -> None:
    first, second = "A1,WAYNE COUNTY,3.2.2019,1,1,,\n", "A2,WAYNES COUNTY,3.2.2019,2,2,,\n"
    assert load(engine, sheet(tmp_path, first + second)).lines == []
    assert load(engine, sheet(tmp_path, second.replace("A2", "A3").replace("WAYNES", "WAYNEX"))).lines == []
    # A key made of the name tells no more than the name.
    by_name = MAPPING.replace('scheme: district, value: "{code}"', 'scheme: names, value: "{name}"')
    report = load(engine, sheet(tmp_path, first.replace("WAYNE", "WAYNEY")), by_name)
    assert [line.rule for line in report.lines] == ["looks_like"]


@pytest.mark.parametrize("names", [("山西省监狱管理局", "陕西省监狱管理局"), ("C+", "C-"), ("***", "🏰")])
def test_a5_two_texts_that_make_one_slug_are_two_records(engine: Engine, tmp_path: Path, names: list[str]) -> None:
    path = tmp_path / "operators.csv"
    path.write_text("op\n" + "".join(f"{name}\n" for name in names), "utf-8")
    how = """
about: t
records:
  op: {collection: actors, slug: "{op}", fields: {name: "{op}", kind: other}}
"""
    report = load(engine, path, how)
    assert report.records["actors"] == {"created": 2}
    assert [(line.line, line.fate, line.rule) for line in report.lines] == [(3, "flagged", "shared_slug")]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM actor ORDER BY id")).scalars().all() == list(names)
    again = load(engine, path, how)
    assert (again.records["actors"], again.revisions) == ({"unchanged": 2}, [])
    # In other files each is found by what it is called, and one more is another one.
    for further, fates in (
        (names[1], {"unchanged": 1}),
        (f"{names[0]}!", {"created": 1}),
        (names[0], {"unchanged": 1}),
    ):
        path.write_text(f"op\n{further}\n", "utf-8")
        report = load(engine, path, how)
        assert (report.records["actors"], len(report.lines)) == (fates, fates.get("created", 0))
    with engine.connect() as connection:
        called = connection.execute(text("SELECT name FROM actor ORDER BY id")).scalars().all()
    assert called == [*names, f"{names[0]}!"]


def test_a4_a_guess_at_the_encoding_is_told(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_bytes((HEAD + "A1,Лагерь,3.2.2019,1,1,,\nA2,Тюрьма,3.2.2019,1,1,,\n").encode("cp1251"))
    report = load(engine, path, dry_run=True)
    assert [(line.line, line.fate, line.rule) for line in report.lines] == [(2, "flagged", "encoding_guessed")]
    assert load(engine, path, MAPPING.replace("missing:", "encoding: cp1251\nmissing:")).lines == []
    # The guess is told of a first row that is rejected too.
    other = tmp_path / "other.csv"
    other.write_bytes((HEAD + "A1,刑務所,3.2.2019,1,1,,\n").encode("shift-jis"))
    answer = [(line.fate, line.rule) for line in load(engine, other, dry_run=True).lines]
    assert answer == [("rejected", "invalid"), ("rejected", "encoding_guessed")]
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM facility ORDER BY id")).scalars().all() == ["Лагерь", "Тюрьма"]


def test_b5_a_new_facility_is_compared_with_few_names_however_many_there_are(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    extract = process.extract

    def counted(name: str, names: list[str], **options: Any) -> Any:
        compared.append(len(names))
        return extract(name, names, **options)

    monkeypatch.setattr(process, "extract", counted)
    path = sheet(tmp_path, "".join(f"A{n},Detention centre of place {n:x}g,3.2.2019,1,1,,\n" for n in range(2000)))
    load(engine, path, MAPPING.replace("      country: SYR\n", ""), dry_run=True)
    assert len(compared) == 2000
    assert max(compared) <= likeness.RAREST * likeness.MOST_COMPARED


def test_a_place_is_found_by_its_identifier_whatever_it_is_called(engine: Engine, tmp_path: Path) -> None:
    load(engine, sheet(tmp_path, "A1,Hill Prison,3.2.2019,1,1,,\n"))
    report = load(engine, sheet(tmp_path, "A1,The Hill,4.2.2019,2,2,,\n"))
    assert report.records["facilities"] == {"updated": 1}
    assert {row[0] for row in counts(engine)} == {"hill-prison"}


def test_what_a_person_merged_stays_merged(engine: Engine, tmp_path: Path) -> None:
    first, second = (
        sheet(tmp_path, "A1,Hill Prison,3.2.2019,1,1,,\n", "a.csv"),
        sheet(tmp_path, "B7,Hill Prison,4.2.2019,2,2,,\n", "b.csv"),
    )
    load(engine, first)
    load(engine, second)
    with engine.begin() as connection:
        merge(connection, FACILITIES, "hill-prison-2", "hill-prison", None, Why("an editor", text="one place"))
    again = load(engine, second)
    assert again.rows == {"unchanged": 1}
    assert {row[0] for row in counts(engine)} == {"hill-prison"}
    assert list(differing(engine)) == []


# --- as a command ------------------------------------------------------------------------------------------------


def command(url: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "import", *map(str, arguments)],
        env=os.environ | {"DETENTION_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_the_command_tells_what_it_did_and_its_exit_code_says_whether_all_went_in(
    url: str, mapping: Path, tmp_path: Path
) -> None:
    path = sheet(tmp_path, "A1,First,3.2.2019,1,1,,\nA2,Second,3.2.2019,-1,1,,\n")
    report = tmp_path / "report.json"
    done = command(url, path, "--mapping", mapping, "--report", report)
    assert (done.returncode, done.stderr) == (3, "")
    assert done.stdout.splitlines() == [
        "counts.csv:3: rejected: negative: men: -1: a count is never negative (leave it empty if it is unknown)",
        "facilities: 2 created",
        "populations: 2 created",
        "sources: 1 created",
        "1 created, 1 rejected: revisions 1 to 3.",
    ]
    answer = json.loads(report.read_text())
    assert {fate: count for fate, count in answer["rows"].items() if count} == {"created": 1, "rejected": 1}
    made, line = answer["lines"]
    assert (made["line"], made["fate"], made["rule"]) == (2, "created", None)
    assert (line["line"], line["column"], line["value"], line["rule"]) == (3, "men", "-1", "negative")
    listed = tmp_path / "report.csv"
    assert command(url, path, "--mapping", mapping, "--report", listed).returncode == 3
    with listed.open(newline="") as file:
        _, row = csv.DictReader(file)
    assert (row["line"], row["value"]) == ("3", "'-1")
    assert command(url, sheet(tmp_path, "A1,First,3.2.2019,1,1,,\n"), "--mapping", mapping).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["there-is-none.csv", "counts.csv", "--mapping", "MAPPING"], 1, "there-is-none.csv"),
        (["counts.csv", "--mapping", "guantanamo"], 1, "'source' is not a column"),
        (["counts.csv", "--mapping", "MAPPING", "--report", "report.txt"], 2, "a .json or a .csv file"),
    ],
)
def test_what_cannot_be_imported_is_said_before_the_first_row(
    databases: Databases, mapping: Path, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    if databases.engine == "postgresql":
        pytest.skip("no database is asked")
    sheet(tmp_path, "A1,First,3.2.2019,1,1,,\n")
    named = [str(mapping) if one == "MAPPING" else one.replace("counts", f"{tmp_path}/counts") for one in arguments]
    url = databases.empty()
    done = command(url, *named)
    assert (done.returncode, message in done.stderr) == (status, True), done.stderr
    assert "Traceback" not in done.stderr
    engine = write_engine(url)
    assert counts(engine) == []
    engine.dispose()


def test_a_database_that_was_never_migrated_is_told(databases: Databases, mapping: Path, tmp_path: Path) -> None:
    done = command(databases.bare(), sheet(tmp_path, "A1,First,3.2.2019,1,1,,\n"), "--mapping", mapping)
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        ["The database holds no register of this version: run `detention migrate`."],
    )


@pytest.mark.slow
def test_a_dry_run_tells_the_same_and_leaves_the_file_alone(
    databases: Databases, mapping: Path, tmp_path: Path
) -> None:
    url = databases.with_reference()
    engine = write_engine(url)
    before = contents(engine)
    engine.dispose()
    path = sheet(tmp_path, "".join(f"A{n},Prison {n},3.2.2019,{n - 1},1,,\n" for n in range(500)))

    def digest() -> str:
        return "" if databases.engine == "postgresql" else sha256(Path(url[10:]).read_bytes()).hexdigest()

    first = digest()
    dry = command(url, path, "--mapping", mapping, "--dry-run")
    assert digest() == first
    assert dry.stdout.splitlines()[-1].endswith(": nothing is written in a dry run.")
    engine = write_engine(url)
    assert contents(engine) == before
    engine.dispose()
    wet = command(url, path, "--mapping", mapping)
    assert (dry.returncode, wet.returncode) == (3, 3)
    assert dry.stdout.splitlines()[:-1] == wet.stdout.splitlines()[:-1]


def rounds(size: int) -> Iterator[str]:
    for number in range(size):
        yield f"A{number},Prison {number},3.2.2019,{number},{number},,\n"


@pytest.mark.slow
def test_an_import_that_was_killed_and_is_run_again_ends_as_one_that_was_not(
    databases: Databases, mapping: Path, tmp_path: Path
) -> None:
    path = sheet(tmp_path, "".join(rounds(3000)))
    clean = databases.empty()
    assert command(clean, path, "--mapping", mapping).returncode == 0
    url = databases.empty()
    for least in (1, 2001):
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "import", str(path), "--mapping", str(mapping)],
            env=os.environ | {"DETENTION_DATABASE_URL": url},
            stdout=subprocess.DEVNULL,
        )
        engine = write_engine(url)
        last = time.monotonic() + 60
        while len(counts(engine)) < least and process.poll() is None and time.monotonic() < last:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert 0 < len(counts(engine)) < 6000, "it was killed too late"
        engine.dispose()
    assert command(url, path, "--mapping", mapping).returncode == 0
    engines = [write_engine(clean), write_engine(url)]
    assert contents(engines[1]) == contents(engines[0])
    assert list(differing(engines[1])) == []
    first, other = (export(one, tmp_path / f"{number}.ndjson", "all") for number, one in enumerate((clean, url)))
    assert other.read_bytes() == first.read_bytes()
    for engine in engines:
        engine.dispose()


def test_a_mapping_for_other_files_is_refused(engine: Engine) -> None:
    with pytest.raises(Unreadable, match="only for"):
        run_import(engine, [Path(__file__)], load_mapping("uk-prison-register"), author="import")
