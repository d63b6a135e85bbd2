"""Native files: every fault is named where it stands, all of it is one revision or nothing is written."""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given as generated
from hypothesis import settings, strategies
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from app.catalogue.collections import COLLECTIONS
from app.cli.commands import main
from app.database.engines import write_engine
from app.database.settings import settings as register_settings
from app.database.store import Store
from app.database.types import metadata
from app.errors import Fault
from app.history.access import DOCS
from app.imports.faults import Unreadable
from app.imports.native.files import records, reference_files
from app.imports.reports import RowFate
from app.imports.run import run_import
from app.writing.rendering import load_lists, load_rows
from app.writing.verification import differing
from app.writing.withheld import body_of
from tests.conftest import Databases
from tests.support.worlds import (
    CAMP,
    CLAIM,
    GUARDS,
    HELD,
    KILLED,
    PRISON,
    RAID,
    RAIDERS,
    SOURCE,
    WORLD,
    ids,
    put,
    revisions,
    shown,
    table,
)
from tests.support.writing import revision

Write = Callable[..., Path]


@pytest.fixture
def file(tmp_path: Path) -> Write:
    """Write a file of records, or of text as it is."""

    def made(name: str, *content: Any) -> Path:
        path = tmp_path / name
        if content and isinstance(content[0], bytes):
            path.write_bytes(content[0])
        elif content and isinstance(content[0], str):
            path.write_text(content[0], "utf-8")
        elif path.suffix in {".ndjson", ".jsonl"}:
            path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in content), "utf-8")
        else:
            plain = json.loads(json.dumps(content))
            path.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), "utf-8")
        return path

    return made


def faults(engine: Engine, *files: Path) -> list[str]:
    """What is told of files that cannot be imported, by the name of each file; nothing may be written."""
    before = table(engine, "register", "revision", "open"), {name: revisions(engine, name) for name in COLLECTIONS}
    with pytest.raises(Unreadable) as raised:
        run_import(engine, files, author="test")
    assert (table(engine, "register", "revision", "open"), {n: revisions(engine, n) for n in COLLECTIONS}) == before
    assert str(raised.value) == "\n".join(raised.value.faults)
    return [fault.replace(f"{file.parent}/", "") for fault in raised.value.faults for file in files[:1]]


# --- what is read ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["yaml", "yml", "ndjson", "jsonl"])
def test_a_file_says_what_a_request_would(engine: Engine, file: Write, ending: str) -> None:
    written = run_import(engine, [file(f"world.{ending}", *WORLD)], author="somebody", reason="first")
    assert (written.revisions, written.rows) == ([1], {RowFate.created: len(WORLD)})
    assert table(engine, "revision", "author", "reason_code", "reason") == [("somebody", None, "first")]
    assert put(engine, *WORLD).revision is None


def test_records_come_in_any_order_within_and_across_files(engine: Engine, file: Write) -> None:
    files = [
        file("a.ndjson", KILLED, CLAIM),
        file("b.yaml", *reversed([one for one in WORLD if one not in (KILLED, CLAIM, SOURCE)])),
        file("c.yml", SOURCE),
    ]
    assert run_import(engine, files, author="test").rows == {RowFate.created: len(WORLD)}
    assert shown(engine, "incidents", "raid")["claims"] == ["raiders-claim"]
    assert shown(engine, "figures", 1)["reads_as"].startswith(
        "Raid on the prison, as of 24 January 2022: at least 25 of TG's guards killed"
    )


def test_a_long_series_comes_in_as_its_records_would_one_by_one(
    engine: Engine, databases: Databases, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.native.run.AT_ONCE", 700)
    held: list[Any] = [{**HELD, "affiliation": None, "locator": f"row {number}"} for number in range(1234)]
    held[700] |= {"note": "The only one that has a note.", "min_age": 18}
    fields, other = [SOURCE, GUARDS, RAIDERS, CAMP, PRISON, *held], write_engine(databases.empty())
    run_import(engine, [file("a.ndjson", *fields)], author="test")
    put(other, *fields)
    assert contents(engine) | {"imported_revision": []} == contents(other)
    assert run_import(engine, [file("b.ndjson", *fields)], author="test").revisions == []
    corrected = [*fields[:-1], {**fields[-1], "as_written": "at least 7"}]
    assert run_import(engine, [file("c.ndjson", *corrected)], author="test").rows == {
        RowFate.updated: 1,
        RowFate.unchanged: len(fields) - 1,
    }
    assert list(differing(engine)) == []
    other.dispose()


def test_the_same_files_again_change_nothing(engine: Engine, file: Write) -> None:
    files = [file("a.ndjson", *WORLD[:4]), file("b.yaml", *WORLD[4:])]
    run_import(engine, files, author="test")
    before = {name: table(engine, name, "id", "revision", "doc") for name in ("facility", "incident", "figure")}
    written = run_import(engine, reversed(files), author="test")
    assert (written.revisions, written.rows) == ([], {RowFate.unchanged: len(WORLD)})
    assert {name: table(engine, name, "id", "revision", "doc") for name in before} == before
    assert table(engine, "revision", "id") == [(1,)]


def test_a_changed_file_is_one_more_revision(engine: Engine, file: Write) -> None:
    run_import(engine, [file("a.yaml", *WORLD)], author="test")
    written = run_import(engine, [file("a.yaml", *WORLD, {**CAMP, "slug": "old"})], author="test")
    assert (written.revisions, written.rows) == ([2], {RowFate.unchanged: len(WORLD), RowFate.created: 1})


def test_dates_stay_the_text_they_are(engine: Engine, file: Write) -> None:
    content = """
- {collection: sources, slug: s, kind: report, title: T, published_on: 2022-01-20, accessed_on: 2022}
- collection: facilities
  slug: f
  level: facility
  name: F
  opened: 2019-03
  closed: 2019-03-03/2019-03-09
  phases:
    - {from: 2017-01-01, to: 2018-05}
  description: 2022-01-20
"""
    run_import(engine, [file("dates.yaml", content)], author="test")
    source, facility = shown(engine, "sources", "s"), shown(engine, "facilities", "f")
    assert (source["published_on"], source["accessed_on"]) == ("2022-01-20", "2022")
    assert (source["accessed_on_earliest"], source["accessed_on_latest"]) == ("2022-01-01", "2022-12-31")
    assert (facility["opened"], facility["closed"]) == ("2019-03", "2019-03-03/2019-03-09")
    assert (facility["phases"][0]["from"], facility["phases"][0]["to"]) == ("2017-01-01", "2018-05")
    assert facility["description"] == "2022-01-20"


def test_comments_blank_lines_marks_and_line_ends_do_not_matter(engine: Engine, file: Write) -> None:
    camp = json.dumps(dict(CAMP))
    files = [
        file("bom.ndjson", f"\ufeff{camp}".encode()),
        file("blank.ndjson", f"\n  \n{camp.replace('camp', 'second')}\r\n\r\n".encode()),
        file("comments.yaml", "# nothing\n---\n# here\n- {collection: actors, name: A, kind: other} # but this\n"),
        file("empty.yaml", "# nothing at all\n"),
        file("empty.ndjson", ""),
    ]
    assert run_import(engine, files, author="test").rows == {RowFate.created: 3}


def test_files_without_records_make_no_revision(engine: Engine, file: Write) -> None:
    assert run_import(engine, [file("empty.yaml", "")], author="test").revisions == []
    assert run_import(engine, [], author="test").revisions == []


def test_the_reference_event_is_one_revision(engine: Engine) -> None:
    files = reference_files()
    assert [path.stem for path in files] == sorted(COLLECTIONS)
    written = run_import(engine, files, author="reference")
    lines = sum(path.read_text("utf-8").count("\n- collection: ") for path in files)
    assert (written.revisions, written.rows) == ([1], {RowFate.created: lines})
    assert run_import(engine, files, author="reference").rows == {RowFate.unchanged: lines}


def contents(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that a write reaches, but for when it was recorded and the chance that is in seals."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with engine.connect() as connection:
        for name, own in metadata.tables.items():
            rows = [dict(row) for row in connection.execute(select(own)).mappings()]
            for row in rows:
                for chance in ("recorded_at", "seal", "node", "frontier"):
                    row.pop(chance, None)
                for doc in DOCS:
                    if row.get(doc):
                        row[doc] = re.sub('"recorded_at":"[^"]+"', "", row[doc])
            found[name] = sorted((tuple(row.values()) for row in rows), key=repr)
    return found


LATER: Sequence[Any] = (
    {**SOURCE, "publisher": "Monitoring Group", "access": "partner"},
    {**RAIDERS, "short_name": "RD", "part_of": "others"},
    {"collection": "actors", "slug": "others", "name": "Others", "kind": "coalition", "part_of": "last"},
    {"collection": "actors", "slug": "last", "name": "Last", "kind": "coalition", "access": "restricted"},
    {**CAMP, "parent": "network", "access": "partner"},
    {**CAMP, "slug": "network", "level": "network", "parent": "wider", "latitude": 36.5, "longitude": 40.75},
    {**CAMP, "slug": "wider", "level": "network", "access": "restricted"},
    {**CAMP, "slug": None, "name": "Camp"},
    {**CAMP, "slug": None, "name": "Network", "operator": "last"},
    {**RAID, "title": "The raid", "parent": "war"},
    {**RAID, "slug": "war", "facilities": [{"facility": "wider"}, {"facility": "camp"}], "access": "partner"},
    {**KILLED, "as_written": "more than 30"},
    {**KILLED, "nth": 2, "as_written": "dozens", "access": "restricted"},
    {**KILLED, "incident": "war", "actor": "last", "attributed_to": "others"},
    {**HELD, "facility": "network", "as_written": "hundreds", "affiliation": "last"},
    HELD,
    {**CLAIM, "slug": "another", "incident": "war", "made_by": "last"},
    {**CLAIM, "access": "restricted"},
)
"""What changes the world in every way that an import can, with references ahead, some of them to what is hidden."""


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [1, 3, 5000])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_written_some_at_a_time_is_as_if_at_once(
    engine: Engine, databases: Databases, file: Write, monkeypatch: pytest.MonkeyPatch, at_once: int, seed: int
) -> None:
    monkeypatch.setattr("app.imports.native.run.AT_ONCE", at_once)
    other = write_engine(databases.empty())
    for number, world in enumerate((WORLD, LATER, LATER[:6])):
        # Of records without a slug the first of a name is given it, so they stay in their order.
        named = [one for one in world if one.get("slug", "") is not None]
        Random(seed).shuffle(named)  # noqa: S311
        fields = [*named, *(one for one in world if one not in named)]
        many = run_import(engine, [file(f"{number}.ndjson", *fields)], author="test", reason="Why")
        once = put(other, *fields, reason="Why")
        assert many.revisions == ([once.revision] if once.revision else [])
        assert many.rows == {RowFate(str(fate)): number for fate, number in once.counts().items()}
        assert contents(engine) | {"imported_revision": []} == contents(other)
        assert list(differing(engine)) == []
    other.dispose()


def test_packed_lines_are_read_too(engine: Engine, file: Write) -> None:
    lines = "".join(f"{json.dumps(dict(record))}\n" for record in WORLD).encode()
    packed = [file("a.ndjson.gz", gzip.compress(lines)), file("b.jsonl.gz", gzip.compress(b""))]
    assert run_import(engine, packed, author="test").rows == {RowFate.created: len(WORLD)}
    assert run_import(engine, [file("plain.ndjson.gz", lines)], author="test").rows == {RowFate.unchanged: len(WORLD)}
    answer = faults(engine, file("a.ndjson.gz", gzip.compress(lines)[:-20]))
    assert [fault.partition(": ")[2] for fault in answer] == ["the file is damaged: it cannot be unpacked to its end"]


def test_progress_is_told_to_the_end(engine: Engine, file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.imports.native.run.AT_ONCE", 2)
    answer: list[tuple[int, int, int]] = []
    files = [file("a.ndjson", *WORLD[:4]), file("b.yaml", *WORLD[4:])]
    run_import(engine, files, author="test", on_progress=lambda *far: answer.append(far))
    size = sum(path.stat().st_size for path in files)
    assert answer[:2] == [(files[0].stat().st_size, 2 * size, 0), (size, 2 * size, 0)]
    assert answer[-1] == (2 * size, 2 * size, len(WORLD))
    assert answer == sorted(answer)


SAID_OTHERWISE: Sequence[Any] = (
    {"missing_reason": "not_published"},
    {"missing_reason": "unreadable", "as_written": "a shrug"},
    {"missing_reason": "unreadable", "as_written": "a shrug", "qualifier": "unknown"},
    {"missing_reason": "pending", "as_written": "several"},
    {"as_written": "an undetermined number"},
    {"as_written": "a shrug", "qualifier": "unknown"},
    {"as_written": "a shrug", "best": 30},
    {"as_written": "at least 25", "low": 20},
    {"as_written": "another 300", "flags": ["rounded"]},
    {"as_written": "between 20 and 30", "tally": "additional"},
    {"low": 30, "high": 20, "flags": ["bounds_out_of_order"]},
    {"as_written": "at most 20", "best": 30, "high": 20, "flags": ["rounded", "bounds_out_of_order"]},
    {"low": 0, "best": 0, "high": 0},
    {"best": 7},
    {"high": 7, "as_of": "2019-03-03/2019-03-09", "period_start": "2019"},
)
"""Numbers in every way they can stand in a register."""


@pytest.fixture
def varied(engine: Engine, file: Write) -> Engine:
    """A register that holds numbers in every way, the world and all that changed it, and the reference event."""
    numbers = [{**HELD, "as_written": None, **said, "nth": nth} for nth, said in enumerate(SAID_OTHERWISE, 2)]
    numbers += [{**KILLED, "as_written": None, **said, "nth": nth} for nth, said in enumerate(SAID_OTHERWISE, 3)]
    groups: list[dict[str, Any]] = [
        {"dimensions": {"regime": "closed", "jurisdiction": "state"}, "statistic": "flow", "period_start": "2021-12"},
        {"sex": "female", "min_age": 12, "max_age": 17, "legal_status": "without_charge", "nationality": "foreign"},
        {"measure": "capacity", "group": "boys", "attribution_note": "reportedly", "note": "A floor."},
    ]
    files = [
        *reference_files(),
        file("world.ndjson", *WORLD, *numbers, *({**HELD, **group} for group in groups)),
    ]
    run_import(engine, files, author="test")
    assert list(differing(engine)) == []
    run_import(engine, [file("later.ndjson", *LATER)], author="test", reason="Why")
    return engine


def written_out(engine: Engine) -> list[dict[str, Any]]:
    """Every record of a register as a client would write it."""
    found: list[dict[str, Any]] = []
    numbers = {name: ids(engine, name) for name in COLLECTIONS}
    with engine.connect() as connection:
        store = Store(connection)
        for name, collection in COLLECTIONS.items():
            rows = sorted(load_rows(store, collection, "id", numbers[name]), key=lambda row: int(row["id"]))
            lists = {
                part: load_lists(store, own, [row["id"] for row in rows])
                for part, own in collection.part_tables.items()
            }
            for row in rows:
                parts = {part: listed.get(row["id"], []) for part, listed in lists.items()}
                found.append({"collection": name, **body_of(collection, row, parts)})
    return found


def test_what_a_register_holds_comes_in_again_as_it_stands(
    varied: Engine, databases: Databases, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.native.run.AT_ONCE", 50)
    assert list(differing(varied)) == []
    records = written_out(varied)
    assert run_import(varied, [file("again.ndjson", *records)], author="test").rows == {RowFate.unchanged: len(records)}
    other = write_engine(databases.empty())
    run_import(other, [file("again.ndjson", *records)], author="test")
    assert written_out(other) == records
    assert list(differing(other)) == []
    other.dispose()


MEASURED = """
import sys
from pathlib import Path
from app.database.engines import write_engine
from app.imports.run import run_import
engine = write_engine(sys.argv[1])
assert run_import(engine, [Path(sys.argv[2])], author="test").revisions == [1]
# Not ru_maxrss: a process begins with that of the one it was started by.
status = Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell")
def test_memory_does_not_grow_with_the_file(databases: Databases, tmp_path: Path) -> None:
    def megabytes(many: int) -> int:
        path = tmp_path / f"{many}.ndjson"
        with path.open("w", encoding="utf-8") as lines:
            for record in (SOURCE, GUARDS, RAIDERS, CAMP, PRISON):
                lines.write(json.dumps(dict(record)) + "\n")
            for number in range(many):
                held = {**HELD, "locator": f"row {number}", "as_written": f"at least {number:,}"} if number else HELD
                lines.write(json.dumps(held) + "\n")
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, databases.empty(), path],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout)

    few, many = megabytes(15_000), megabytes(60_000)
    # The caches of words and dates are full by then; of each further record eight bytes are kept.
    assert many - few < 40
    assert many < 250


# --- what is refused ---------------------------------------------------------------------------------------------


def test_every_fault_of_every_file_is_named_at_once(engine: Engine, file: Write) -> None:
    first = file(
        "first.yaml",
        """# Two records, both at fault.
- collection: facilities
  level: facility
  name: ''
  latitude: 91
  phases:
    - from: 2017
      status: ajar
- collection: figures
  incident: raid
  measure: killd
  as_of: 2022-02-30
  as_written: a shrug
  source: report
""",
    )
    good, bad = json.dumps(dict(CAMP)), json.dumps({**CAMP, "slug": "Camp", "colour": "red", "names": [{}]})
    second = file("second.ndjson", f"{good}\n\n{bad}\n")
    statuses = "closed, damaged, destroyed, open, planned, unknown"
    answer = faults(engine, first, second)
    assert [fault.split(": ")[0] for fault in answer] == [
        "first.yaml:4 /name",
        "first.yaml:5 /latitude",
        "first.yaml:6 /phases/0/from",
        "first.yaml:6 /phases/0/status",
        "first.yaml:11 /measure",
        "first.yaml:12 /as_of",
        "first.yaml:13 /as_written",
        "second.ndjson:3 /slug",
        "second.ndjson:3 /names/0/name",
        "second.ndjson:3 /colour",
    ]
    assert answer[3] == f"first.yaml:6 /phases/0/status: 'ajar' is not a facility-status. Allowed: {statuses}."
    assert answer[4].startswith("first.yaml:11 /measure: 'killd' is not a figure-measure; did you mean 'killed'")
    assert answer[8] == "second.ndjson:3 /names/0/name: name is required"
    assert answer[9].startswith("second.ndjson:3 /colour: 'colour' is not a field of facilities. Allowed: access, ")


def test_what_only_the_register_knows_is_named_the_same_way(engine: Engine, file: Write) -> None:
    put(engine, *WORLD)
    prison = {**PRISON, "operator": "gards", "supported_by": ["raiders", "raidrs"]}
    answer = faults(engine, file("a.yaml", CAMP, prison), file("b.ndjson", GUARDS, {**KILLED, "incident": "none"}))
    lines = (file("a.yaml", CAMP, prison).read_text("utf-8")).split("\n")
    operator, supported = lines.index("  operator: gards") + 1, lines.index("  supported_by:") + 1
    actors = "POST /v1/actors makes one"
    assert set(answer) == {
        f"a.yaml:{operator} /operator: no actor has the slug 'gards'; near ones: guards; {actors}",
        f"a.yaml:{supported} /supported_by/1: no actor has the slug 'raidrs'; near ones: raiders; {actors}",
        "b.ndjson:2 /incident: no incident has the slug 'none'; POST /v1/incidents makes one",
    }


def test_a_record_given_twice_is_named_where_it_stands_again(engine: Engine, file: Write) -> None:
    answer = faults(engine, file("a.ndjson", CAMP), file("b.ndjson", SOURCE, {**CAMP, "name": "Another"}))
    assert answer == ["b.ndjson:2 /slug: the slug 'camp' is given twice"]


def test_what_stands_twice_is_named_each_time_and_faults_have_an_end(
    engine: Engine, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = faults(engine, file("a.ndjson", *WORLD, KILLED, CAMP, KILLED, {**KILLED, "nth": 2}))
    equal = "an equal figure is given twice; a second equal one of its source takes nth: 2"
    assert answer == [
        "a.ndjson:11 /slug: the slug 'camp' is given twice",
        f"a.ndjson:10 /nth: {equal}",
        f"a.ndjson:12 /nth: {equal}",
    ]
    monkeypatch.setattr("app.imports.faults.MOST_FAULTS", 2)
    answer = faults(engine, file("a.ndjson", *range(1200)))
    assert answer == [
        *(f"a.ndjson:{line}: a record is a mapping of fields" for line in (1, 2)),
        "and 1,198 faults more",
    ]


def test_references_that_lead_nowhere_are_named_in_every_piece(
    engine: Engine, file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.native.run.AT_ONCE", 1)
    monkeypatch.setattr("app.imports.readers.json.LONGEST_LINE", 2000)
    astray = [{**HELD, "facility": "nowhere"}, {**KILLED, "incident": "never"}, {**CAMP, "slug": "b", "parent": "c"}]
    answer = faults(engine, file("a.ndjson", *astray, *WORLD))
    assert [fault.split("; ")[0] for fault in answer] == [
        "a.ndjson:3 /parent: no facility has the slug 'c'",
        "a.ndjson:1 /facility: no facility has the slug 'nowhere'",
        "a.ndjson:2 /incident: no incident has the slug 'never'",
    ]
    answer = faults(engine, file("a.ndjson", CAMP, {**CAMP, "slug": "long", "description": "x" * 2000}))
    assert answer == ["a.ndjson:2: the line is longer than 2,000 characters"]


def test_a_slug_that_was_given_up_is_named_where_it_stands(engine: Engine, file: Write) -> None:
    put(engine, CAMP)
    with engine.begin() as connection, revision(connection, "test"):
        connection.execute(text("DELETE FROM facility"))
    (answer,) = faults(engine, file("a.ndjson", SOURCE, CAMP))
    assert answer == "a.ndjson:2 /slug: The slug 'camp' is taken."


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", "- {collection: [facilities]}", ["a.yaml:1 /collection: \"['facilities']\" is not a collection"]),
        ("a.yaml", "- {collection: facility}", ["a.yaml:1 /collection: 'facility' is not a collection; did you mean"]),
        (
            "a.yaml",
            "\n- {name: x}\n-\n  name: y",
            [f"a.yaml:{at} /collection: collection is required" for at in (2, 4)],
        ),
        ("a.yaml", "- facilities\n- 3\n- ~", [f"a.yaml:{at}: a record is a mapping of fields" for at in (1, 2, 3)]),
        ("a.yaml", "collection: facilities", ["a.yaml:1: a native YAML file is a sequence of records"]),
        ("a.yaml", "- a\n- [b", ["a.yaml:2: the file is not YAML: expected ',' or ']'"]),
        ("a.yaml", "- a\n---\n- b", ["a.yaml:2: the file is not YAML: but found another document"]),
        ("a.yaml", "- a\n- '\a'", ["a.yaml:2: the file is not YAML: special characters are not allowed"]),
        ("a.yaml", "[" * 5000, ["a.yaml:1: the file is not YAML: it is nested too deeply"]),
        ("a.yaml", "- &a x\n- *a", ["a.yaml:2: the file is not YAML: aliases are not read; write the value out"]),
        ("a.yaml", "- &a {b: *a}", ["a.yaml:1: the file is not YAML: aliases are not read; write the value out"]),
        (
            "a.yaml",
            "- {low: !!int abc}\n- !!python/name:os.system ''\n- {? [a] : b}",
            [f"a.yaml:{at}: the record is not YAML: " for at in (1, 2, 3)],
        ),
        ("a.ndjson", '{"collection": "sou', ["a.ndjson:1: the line is not JSON"]),
        ("a.ndjson", f"\n{'[' * 5000}\n[]", ["a.ndjson:2: the line is not JSON", "a.ndjson:3: a record is a mapping"]),
        ("a.ndjson", '{"collection": {}}', ["a.ndjson:1 /collection: '{}' is not a collection."]),
        (
            "a.ndjson",
            '{"collection": "actors", "kind": "other", "name": "a\\u0000b"}',
            ["a.ndjson:1 /name: text must be Unicode that can be stored, without NUL"],
        ),
        ("a.csv", "a,b", ["a.csv:1: a native file ends in one of .jsonl, .jsonl.gz, .ndjson, .ndjson.gz, .yaml, .yml"]),
        ("a.yaml", b"- {collection: actors, name: \xe9}", ["a.yaml:1: the file is not UTF-8 text"]),
        ("a.ndjson", "{}".encode("utf-16"), ["a.ndjson:1: the file is not UTF-8 text"]),
    ],
)
def test_what_cannot_be_read_is_told(file: Write, name: str, content: str | bytes, message: list[str]) -> None:
    path = file(name, content)
    with pytest.raises(Unreadable) as unreadable:
        run_import(None, [path], author="test")  # type: ignore[arg-type]  # The database is not asked.
    found = [fault.replace(f"{path.parent}/", "") for fault in unreadable.value.faults]
    assert [fault[: len(start)] for fault, start in zip(found, message, strict=True)] == message


def test_a_file_that_is_not_there_is_told_with_all_else(engine: Engine, file: Write, tmp_path: Path) -> None:
    answer = faults(engine, tmp_path / "none.yaml", tmp_path, file("a.ndjson", "x"), file("good.yaml", CAMP))
    assert answer == [
        "none.yaml:1: the file cannot be read",
        f"{tmp_path}:1: the file cannot be read",
        "a.ndjson:1: the line is not JSON",
    ]


@settings(max_examples=200, deadline=None)
@generated(
    strategies.text("- {}[]:,&*!|>'\"#%@`\n\t ax1~?<=.0", max_size=60) | strategies.binary(max_size=60),
    strategies.sampled_from([".yaml", ".ndjson"]),
)
def test_whatever_a_file_holds_is_a_record_or_a_fault(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes, ending: str
) -> None:
    path = tmp_path_factory.getbasetemp() / f"anything{ending}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for place, record in records([path]):
        assert place.file == str(path)
        assert 1 <= place.line <= len(path.read_bytes().splitlines()) + 1
        assert not isinstance(record, Fault) or record.detail


# --- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def command(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Run `detention` on the test's database: its exit code, its output, its errors."""
    monkeypatch.setenv("DETENTION_DATABASE_URL", url)
    register_settings.cache_clear()

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        return result.exit_code, result.stdout, result.stderr

    yield run
    register_settings.cache_clear()


Command = Callable[..., tuple[int, str, str]]


def test_the_command_counts_what_it_did(command: Command, file: Write, engine: Engine) -> None:
    path = file("world.yaml", *WORLD)
    assert command("import", path) == (0, "9 created: revision 1.\n", "")
    assert command("import", path) == (0, "9 unchanged: no revision made.\n", "")
    more = file("more.ndjson", {**CAMP, "name": "The camp"}, {**CAMP, "slug": "other"}, SOURCE)
    answer = "1 created, 1 updated, 1 unchanged: revision 2.\n"
    assert command("import", more, "--author", "me", "--reason", "a better name") == (0, answer, "")
    assert table(engine, "revision", "id", "author", "reason") == [(1, "import", None), (2, "me", "a better name")]


def test_the_command_names_faults_and_writes_nothing(command: Command, file: Write, engine: Engine) -> None:
    good, bad = file("good.yaml", *WORLD), file("bad.ndjson", {**CAMP, "kind": "tower"}, {"collection": "actors"})
    code, output, errors = command("import", good, bad)
    assert (code, output) == (1, "")
    lines = errors.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        f"{bad}:1 /kind",
        f"{bad}:2 /name",
        f"{bad}:2 /kind",
        "3 faults; nothing was written.",
    ]
    assert table(engine, "register", "revision", "open") == [(0, False)]
    assert revisions(engine, "facilities") == {}


def test_the_command_imports_the_reference_event_once(command: Command) -> None:
    code, output, errors = command("import", "reference")
    assert (code, errors) == (0, "")
    created = int(output.split()[0])
    assert output == f"{created} created: revision 1.\n"
    assert command("import", "reference") == (0, f"{created} unchanged: no revision made.\n", "")


def test_the_command_is_misused_without_a_file(command: Command) -> None:
    code, _, errors = command("import")
    assert code == 2
    assert "files" in errors.lower()


@pytest.mark.slow
def test_the_process_ends_with_the_code(url: str, file: Write) -> None:
    def run(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", "import", path],
            env=os.environ | {"DETENTION_DATABASE_URL": url},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=False,
        )

    good, bad = run(file("good.yaml", CAMP)), run(file("bad.yaml", RAID))
    assert (good.returncode, good.stdout, good.stderr) == (0, "1 created: revision 1.\n", "")
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "no source has the slug 'report'" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_nothing_of_a_refused_import_is_left(engine: Engine, file: Write) -> None:
    put(engine, *WORLD)
    counted = (
        "SELECT (SELECT max(last_id) FROM counter) + (SELECT count(*) FROM slug) + (SELECT count(*) FROM revision)"
    )

    def count() -> int:
        with engine.connect() as connection:
            return int(connection.execute(text(counted)).scalar_one())

    before = count()
    faults(engine, file("a.yaml", {**CAMP, "slug": "one"}, {**CAMP, "slug": "two", "operator": "nobody"}))
    assert count() == before
