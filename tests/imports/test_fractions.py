"""Averages keep their fraction, counts have none: in and out in every format, on both engines (FAULTS A27 and E)."""

import csv
import json
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from xlsxwriter import Workbook

from app.imports.mapped.loading import parse_mapping
from app.imports.run import run_import
from app.writing.verification import differing
from tests.conftest import Databases
from tests.support.desk import Desk, desk_at, faults
from tests.support.formats import read

MAPPING = """
about: Averages of a year.
decimal: "{decimal}"
records:
  source: {collection: sources, slug: src, fields: {kind: dataset, publisher: P, title: T}}
  fac:
    collection: facilities
    identity: {scheme: s, value: "{code}"}
    slug: "{name}"
    fields: {level: facility, name: "{name}", country: FRA}
  held:
    collection: populations
    fields:
      facility: {record: fac}
      source: {record: source}
      as_of: "2024"
      period_start: "2024"
      measure: held
      statistic: daily_average
    each: [{column: held}]
"""
ROWS = [("1", "Alpha", 12.6), ("2", "Beta", 0.3), ("3", "Gamma", 25), ("4", "Delta", 1234.5)]
BEST = [12.6, 0.3, 25, 1234.5]
LIST = "/v1/populations?sort=id&fields=low,best,high,qualifier,as_written,flags"


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A register with four averages, of a workbook that holds them as numbers."""
    path = tmp_path_factory.mktemp("averages") / "averages.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([("code", "name", "held"), *ROWS]):
            sheet.write_row(number, 0, row)
    with desk_at(databases.empty()) as made:
        report = run_import(made.engine, [path], mapping("."), author="import")
        assert (report.rows, report.lines) == ({"created": 4}, [])
        yield made


def mapping(decimal: str) -> Any:
    return parse_mapping(MAPPING.replace("{decimal}", decimal))


def bests(desk: Desk, path: str = LIST) -> list[Any]:
    return [one["best"] for one in desk.get(path)["data"]]


def test_e_an_average_is_what_was_published(desk: Desk) -> None:
    exact: dict[str, Any] = {"qualifier": "exact", "as_written": None, "flags": []}
    assert desk.get(LIST)["data"] == [dict.fromkeys(("low", "best", "high"), one) | exact for one in BEST]
    # Whole ones are written whole, byte for byte, on either engine.
    assert b'"low":25,"best":25,"high":25' in desk.send("GET", LIST).content
    shown = desk.get("/v1/populations/1")["reads_as"]
    assert shown == "Alpha, in 2024: 12.6 on average (daily average of people held), according to P."


def test_e_the_same_averages_in_other_files_change_nothing(desk: Desk, tmp_path: Path) -> None:
    quoted = "code;name;held\n" + "".join(f"{code};{name};{str(held).replace('.', ',')}\n" for code, name, held in ROWS)
    listed = [dict(zip(("code", "name", "held"), row, strict=True)) for row in ROWS]
    for name, content, decimal in (
        ("a.csv", quoted.replace(",", ".").replace(";", ","), "."),
        ("a.json", json.dumps(listed), "."),
        ("a.ndjson", "".join(f"{json.dumps(one)}\n" for one in listed), ","),
    ):
        path = tmp_path / name
        path.write_text(content)
        assert run_import(desk.engine, [path], mapping(decimal), author="import").revisions == [], name
    # A decimal comma is kept as written.
    path = tmp_path / "b.csv"
    path.write_text(quoted)
    run_import(desk.engine, [path], mapping(","), author="import")
    words = desk.get(LIST)["data"]
    assert [one["as_written"] for one in words] == ["12,6", "0,3", None, "1234,5"]
    assert [(one["best"], one["flags"]) for one in words] == [(best, []) for best in BEST]
    path = tmp_path / "a.ndjson"
    run_import(desk.engine, [path], mapping("."), author="import")
    assert [one["as_written"] for one in desk.get(LIST)["data"]] == [None] * 4


def test_e_every_format_has_the_fraction_and_comes_in_again(desk: Desk, tmp_path: Path) -> None:
    def sent(form: str) -> bytes:
        return desk.send("GET", f"/v1/populations?sort=id&format={form}").content

    assert [row["best"] for row in csv.DictReader(StringIO(sent("csv").decode()))] == ["12.6", "0.3", "25", "1234.5"]
    assert [json.loads(line)["best"] for line in sent("ndjson").splitlines()] == BEST
    assert parquet.read_table(BytesIO(sent("parquet"))).column("best").to_pylist() == BEST
    assert [row["best"] for row in read("xlsx", sent("xlsx"))] == BEST
    before = desk.head()
    for name, form in (("populations.csv", "csv"), ("populations.ndjson", "ndjson"), ("whole.ndjson", "native")):
        path = tmp_path / name
        path.write_bytes(sent(form))
        assert run_import(desk.engine, [path], author="import").revisions == [], name
    assert desk.head() == before
    assert list(differing(desk.engine)) == []


def test_e_sums_of_averages_are_exact(desk: Desk) -> None:
    path = "/v1/populations/summary?as_of=2024-12-31&statistic=daily_average&country=FRA"
    (row,) = desk.get(path)["rows"]
    assert (row["low"], row["best"], row["high"]) == (1272.4, 1272.4, 1272.4)
    assert "1,272.4" in row["reads_as"]
    assert bests(desk, f"{LIST}&value_max=12") == [0.3]
    assert bests(desk, f"{LIST}&value_min=13") == [25, 1234.5]


def test_e_a_fraction_of_anything_else_is_refused(desk: Desk) -> None:
    count = {"facility": "alpha", "source": "src", "as_of": "2023", "measure": "held", "low": 0.5}
    answer = "a count is a whole number; only a daily average has a fraction"
    assert faults(desk.send("POST", "/v1/populations", count)) == {"/low": answer}
    average = count | {"statistic": "daily_average", "period_start": "2023"}
    made = desk.post("/v1/populations", average)
    assert (made["low"], made["best"], made["qualifier"]) == (0.5, None, "at_least")
    assert faults(desk.send("PATCH", f"/v1/populations/{made['id']}", {"statistic": "point"}, If_Match="*")) == {
        "/low": answer
    }
    assert desk.patch(f"/v1/populations/{made['id']}", {"as_written": "about 0.75"})["best"] == 0.75
    desk.delete(f"/v1/populations/{made['id']}")
