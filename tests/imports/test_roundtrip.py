"""What goes out comes in again: native exports to the same bytes, exported tables without a change."""

import csv
import re
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from app.catalogue.collections import COLLECTIONS
from app.database.engines import write_engine
from app.history.codes import Access
from app.imports.faults import Unreadable
from app.imports.reports import RowFate
from app.imports.run import run_import
from tests.conftest import ENGINES, Databases
from tests.support.hidden import HIDDEN, POINTING
from tests.support.sample import SAMPLE, put
from tests.support.worlds import HELD, KILLED, SOURCE, entry, export
from tests.support.writing import write

HARD = [
    "=1+1",
    "'=1",
    "-3",
    "@x",
    "\tTab",
    'a "b", c',
    "two\r\nlines",
    "one\nmore",
    "سجن ; a",
    " blank ",
    "[x]",
    "'",
    "a;b",
]
"""Texts that spreadsheets and tables of text trip over."""
PLACED: list[dict[str, Any]] = [
    {
        "collection": "facilities",
        "slug": "placed",
        "level": "facility",
        "name": "Placed",
        "latitude": 36.50123,
        "longitude": -0.04,
        "location_precision": "exact",
        "phases": [{"from": "2019", "latitude": 36.123, "longitude": 40.987}, {"to": "2018"}],
        "identifiers": [{"scheme": "x", "value": "y;z"}],
    },
    {
        "collection": "incidents",
        "slug": "placed-fire",
        "title": "=Fire",
        "kinds": ["fire", "riot"],
        "started": "2021",
        "latitude": 1.23456,
        "longitude": 2.5,
        "location_precision": "near",
    },
]


def one_line(text: str) -> str:
    """A text as a title takes it."""
    return re.sub(r"[\r\n\t]+", " ", text)


@pytest.fixture(scope="module")
def full(databases: Databases) -> str:
    """A register with everything that is hard to take out and bring back."""
    url = databases.with_reference()
    for records in (SAMPLE, HIDDEN, POINTING, PLACED):
        put(url, *records)
    engine = write_engine(url)
    sources = [
        {**SOURCE, "slug": f"hard-{number}", "title": one_line(text), "note": text, "authors": [one_line(text), "B"]}
        for number, text in enumerate(HARD)
    ]
    write(engine, [entry(source) for source in sources], author="test")
    odd: list[dict[str, Any]] = [
        {"low": 9, "best": 5, "high": 7, "as_written": "5"},
        {"as_written": "nobody knows", "missing_reason": "pending", "nth": 6},
        {"as_written": "nobody knows", "missing_reason": "pending", "qualifier": "unknown", "nth": 2},
        {"as_written": "several", "nth": 3},
        {"best": 12, "as_written": "twelve or so", "qualifier": "approximately", "nth": 4},
        {"low": 0, "best": 0, "high": 0, "nth": 5},
    ]
    common = {"facility": "placed", "source": "hard-0", "attributed_to": None, "affiliation": None}
    written = [entry({**HELD, **common, "as_of": "2020", **one}, published=True) for one in odd]
    figure = {"incident": "placed-fire", "source": "hard-1", "actor": None, "attributed_to": None, "as_of": "2021"}
    written += [entry({**KILLED, **figure, **one}, published=True) for one in odd]
    write(engine, written, author="test")
    engine.dispose()
    return url


@pytest.mark.parametrize("other", ENGINES)
def test_a_native_export_comes_in_anywhere_and_goes_out_the_same(
    full: str, other: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = export(full, tmp_path / "all.ndjson", "all")
    elsewhere = Databases(other, tmp_path_factory.mktemp("elsewhere"))
    try:
        url = elsewhere.empty()
        engine = write_engine(url)
        done = run_import(engine, [first], author="test")
        assert (done.revisions, set(done.rows)) == ([1], {RowFate.created})
        assert export(url, tmp_path / "again.ndjson", "all").read_bytes() == first.read_bytes()
        assert run_import(engine, [first], author="test").revisions == []
        engine.dispose()
    finally:
        elsewhere.drop()


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_exported_tables_come_in_as_unchanged(full: str, form: str, tmp_path: Path) -> None:
    files = [export(full, tmp_path / f"{name}.{form}", name) for name in COLLECTIONS]
    engine = write_engine(full)
    done = run_import(engine, files, author="test")
    assert (done.revisions, set(done.rows)) == ([], {RowFate.unchanged})
    for name in COLLECTIONS:
        assert done.records[name][RowFate.unchanged] > 0
    engine.dispose()


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_exported_tables_make_the_register_again(
    full: str, form: str, engine: Engine, url: str, tmp_path: Path
) -> None:
    files = [export(full, tmp_path / f"{name}.{form}", name, "--where", "sort=id") for name in COLLECTIONS]
    done = run_import(engine, files, author="test")
    assert (done.revisions, set(done.rows)) == ([1], {RowFate.created})
    first = export(full, tmp_path / "all.ndjson", "all")
    assert export(url, tmp_path / "again.ndjson", "all").read_bytes() == first.read_bytes()


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_what_was_generalised_for_the_public_does_not_take_the_place_of_what_is_exact(
    full: str, form: str, tmp_path: Path
) -> None:
    engine = write_engine(full)
    for name, slug in {"facilities": "placed", "incidents": "placed-fire"}.items():
        where = (
            ("--where", "within=placed") if name == "facilities" else ("--where", "kind=fire", "--where", "to=2021-01")
        )
        file = export(full, tmp_path / f"{name}.{form}", name, *where, tier=Access.public)
        text = file.read_text()
        assert slug in text
        assert "36.50123" not in text
        assert "1.23456" not in text
        done = run_import(engine, [file], author="test")
        assert (done.revisions, set(done.rows)) == ([], {RowFate.unchanged}), name
    engine.dispose()


@pytest.mark.parametrize("said", ["true", "TRUE", "WAHR", "1"])
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a2_a_record_of_which_something_was_withheld_is_left_out_alone(
    full: str, form: str, said: str, tmp_path: Path
) -> None:
    engine = write_engine(full)
    before = export(full, tmp_path / "before.ndjson", "all").read_bytes()
    file = export(full, tmp_path / f"claims.{form}", "claims", tier=Access.public)
    mark = ",true" if form == "csv" else '"withheld":true'
    assert mark in file.read_text()
    file.write_text(file.read_text().replace(mark, mark.replace("true", said if form == "csv" else f'"{said}"')))
    done = run_import(engine, [file], author="test")
    assert (done.revisions, set(done.rows)) == ([], {RowFate.unchanged, RowFate.rejected})
    assert {line.rule for line in done.lines} == {"withheld"}
    assert all(line.value in file.read_text() for line in done.lines if line.value is not None)
    assert export(full, tmp_path / "after.ndjson", "all").read_bytes() == before
    engine.dispose()


NEEDED = {
    "facilities": ["slug", "level", "name"],
    "incidents": ["slug", "title", "kinds", "started"],
    "sources": ["slug", "kind", "publisher", "title"],
    "actors": ["slug", "name", "kind"],
    "claims": ["slug", "statement", "modality", "source", "made_by", "author", "facility", "incident", "about"],
    "populations": ["facility", "measure", "as_of", "source", "low", "best", "high", "as_written", "missing_reason"],
    "figures": ["incident", "measure", "as_of", "source", "low", "best", "high", "as_written", "missing_reason"],
}
"""The fields without which a row is no record."""


@pytest.mark.parametrize("seed", [*range(2), *(pytest.param(n, marks=pytest.mark.nightly) for n in range(2, 60))])
def test_a1_an_export_trimmed_and_saved_again_wipes_and_coarsens_nothing(full: str, seed: int, tmp_path: Path) -> None:
    """Whatever columns are left, whoever exported them: what comes in again changes nothing, or is refused."""
    chance = Random(seed)  # noqa: S311  (the same each time)
    engine = write_engine(full)
    before = export(full, tmp_path / "before.ndjson", "all").read_bytes()
    taken = 0
    for name, collection in COLLECTIONS.items():
        form, tier = chance.choice(["csv", "ndjson"]), chance.choice(list(Access))
        others = [field for field in collection.fields if field not in NEEDED[name]]
        fields = ",".join(NEEDED[name] + chance.sample(others, chance.randrange(len(others) + 1)))
        file = export(full, tmp_path / f"{name}.{form}", name, "--where", f"fields={fields}", tier=tier)
        if form == "csv" and chance.random() < 0.7:
            saved_again(file)
        with suppress(Unreadable):
            done = run_import(engine, [file], author="test")
            taken += 1
            assert done.revisions == [], (name, tier, fields, done.rows)
    assert taken >= 2
    assert export(full, tmp_path / "after.ndjson", "all").read_bytes() == before
    engine.dispose()


def saved_again(file: Path) -> None:
    """A table as a spreadsheet saves it: with a mark, semicolons, and its own words for true and false."""
    with file.open(newline="", encoding="utf-8") as old:
        rows = list(csv.reader(old))
    words = {"true": "TRUE", "false": "FALSE"}
    with file.open("w", newline="", encoding="utf-8-sig") as new:
        csv.writer(new, delimiter=";").writerows([words.get(cell, cell) for cell in row] for row in rows)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("facilities.csv", "name,held\nA,5\n", "facilities.csv:1: 'held' is not a column of an exported table of"),
        ("figures.csv", "incident,low\nraid,many\n", "figures.csv:2 /low: 'many' is not integer"),
        ("figures.csv", 'incident,low\n"ra"id",1\n', "figures.csv:2: a quote inside a quoted cell is not doubled"),
        ("figures.csv", "incident,flags\nraid,[x\n", "figures.csv:2 /flags: '[x' is not texts"),
        ("figures.csv", "", "figures.csv:1: the file has no line of column names"),
        (
            "sources.ndjson",
            '{"slug":"a","kind":"report","title":"T","held":5}',
            "/held: 'held' is not a field of sources",
        ),
        ("mine.csv", "name\nA\n", "mine.csv:1: a native file ends in one of"),
        ("sourcesx.ndjson", '{"slug":"a"}', "/collection: collection is required"),
    ],
)
def test_what_is_no_exported_table_is_told(engine: Engine, tmp_path: Path, name: str, text: str, message: str) -> None:
    file = tmp_path / name
    file.write_text(text, newline="")
    with pytest.raises(Unreadable) as refused:
        run_import(engine, [file], author="test")
    assert message in str(refused.value).replace(f"{tmp_path}/", "")


def test_a_table_may_be_written_by_hand(engine: Engine, tmp_path: Path) -> None:
    """Columns in any order, as many as are known; the register makes the rest."""
    (tmp_path / "sources.csv").write_text("title,slug,kind,authors\nA report,a,report,X;Y\n")
    (tmp_path / "facilities-of-mine.csv").write_text(
        "name,level,slug,sources,latitude,longitude\nP,facility,p,a,1.5,-2\n"
    )
    done = run_import(engine, sorted(tmp_path.iterdir()), author="test")
    assert done.rows == {RowFate.created: 2}
