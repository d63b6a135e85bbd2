"""What a long file costs: memory that does not grow with it, and time that grows no faster than it does."""

import contextlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from sqlalchemy import Engine
from xlsxwriter import Workbook

from app.imports.mapped.loading import parse_mapping
from app.imports.mapped.rows import RowMapper
from app.imports.readers import UnreadableFile, read_rows
from app.imports.readers.rows import column_names
from app.imports.run import run_import

MEASURED = """
import sys
from pathlib import Path
from app.imports.readers import UnreadableFile, read_rows
try:
    rows = sum(1 for _ in read_rows(Path(sys.argv[1])))
except UnreadableFile as unreadable:
    rows = str(unreadable)[-60:]
# What `getrusage` tells begins with the memory of the process that started this one.
print(rows, next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
MOST = 300
"""How many MiB a process may take that reads a file, whatever is in it."""


def _csv(path: Path) -> None:
    with path.open("w") as file:
        file.write("code,name,held\n")
        for number in range(2_000_000):
            file.write(f"A{number},{'Prison ' * 12}{number},{number}\n")


def _one_line(path: Path) -> None:
    path.write_text(json.dumps([{"code": number, "name": "x" * 80} for number in range(500_000)]))


def _long_line(path: Path) -> None:
    path.write_text("code,name\n1," + "x" * 50_000_000 + "\n")


def _workbook(path: Path) -> None:
    with Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["code", "name", "held"])
        for number in range(1, 200_000):
            sheet.write_row(number, 0, [number, f"Prison {number}", number])
        sheet.write(1_000_000, 16_383, "stray")


def _bomb(path: Path) -> None:
    with Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["code"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/more.xml", b" " * (1 << 29))


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("long.csv", _csv),
        ("one-line.json", _one_line),
        ("long-line.csv", _long_line),
        ("stray.xlsx", _workbook),
        ("bomb.xlsx", _bomb),
    ],
)
def test_b5_no_file_fills_the_memory(tmp_path: Path, name: str, write: Callable[[Path], None]) -> None:
    write(tmp_path / name)
    command = [sys.executable, "-c", MEASURED, str(tmp_path / name)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(output[-1]) < MOST


def test_b5_one_line_of_five_megabytes_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_text("code,name\n1," + "x" * 5_000_000 + "\n")
    command = [sys.executable, "-c", MEASURED, str(path)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(output[-1]) < MOST // 2


def _rows_of(many: int, folder: Path) -> None:
    path = folder / "rows.csv"
    path.write_text("code,name\n" + 'A,"Prison, old"\n' * many)
    assert sum(1 for _ in read_rows(path)) == many


def _columns_of(many: int, folder: Path) -> None:
    path = folder / "columns.csv"
    path.write_text("\n".join(",".join(["held"] * many) for _ in range(5)))
    assert len(column_names(["held"] * many)) == many
    assert sum(1 for _ in read_rows(path)) == 4


def _long_cells(many: int, folder: Path) -> None:
    path = folder / "cells.csv"
    path.write_text('code,name\n1,"' + 'a ""b"" c ' * many + '"\n')
    assert sum(1 for _ in read_rows(path)) == 1


def _unclosed(many: int, folder: Path) -> None:
    path = folder / "quotes.csv"
    path.write_text("code,name\n" + '1,"a\n' * many)
    with contextlib.suppress(UnreadableFile):
        assert sum(1 for _ in read_rows(path)) > 0


def _wide(many: int, _folder: Path) -> None:
    columns = [f"held_{number}" for number in range(many)]
    each = f"columns: 'held_{{n}}', parts: {{n: {{{', '.join(f'{n}: {{group: g{n}}}' for n in range(many))}}}}}"
    mapping = f"about: t\nrecords:\n  p:\n    collection: populations\n    each: {{{each}}}\n"
    (table,) = parse_mapping(mapping).tables
    RowMapper(table, columns)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("read", "first"),
    [(_rows_of, 4000), (_columns_of, 500), (_long_cells, 4000), (_unclosed, 300), (_wide, 40)],
)
def test_b5_time_grows_no_faster_than_the_file(tmp_path: Path, read: Callable[[int, Path], None], first: int) -> None:
    read(first, tmp_path)  # what is done once is done before the clock runs

    def taken(many: int) -> float:
        begun = process_time()
        read(many, tmp_path)
        return process_time() - begun

    # Sixteen times as much: what is quadratic takes 256 times as long.
    assert taken(16 * first) < 16 * 4 * max(min(taken(first) for _ in range(3)), 0.002)


PLACES = """
about: t
records:
  fac:
    collection: facilities
    identity: {scheme: s, value: "{code}"}
    slug: "{name}"
    fields: {level: facility, name: "{name}", country: "{country}"}
"""


@pytest.mark.nightly
def test_b21_a_few_new_places_cost_no_more_where_there_are_many_elsewhere(engine: Engine, tmp_path: Path) -> None:
    def load(first: int, many: int, country: str) -> float:
        path = tmp_path / "places.csv"
        rows = (f"{number},Place {number} of {country},{country}\n" for number in range(first, first + many))
        path.write_text("code,name,country\n" + "".join(rows))
        begun = process_time()
        assert run_import(engine, [path], parse_mapping(PLACES), author="import").rows == {"created": many}
        return process_time() - begun

    load(0, 3, "FRA")  # what is done once is done before the clock runs
    load(100, 500, "DEU")
    few = min(load(1000 + 3 * number, 3, "FRA") for number in range(3))
    load(10_000, 8000, "DEU")
    assert min(load(2000 + 3 * number, 3, "FRA") for number in range(3)) < 3 * max(few, 0.01)
