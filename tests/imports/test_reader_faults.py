"""Files that went wrong somewhere, each read as it should be: named after its row in the list of faults."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from app.imports.mapped.draft import drafted
from app.imports.native.files import records
from app.imports.readers import Format, Row, UnreadableFile, encoding_of, read_rows
from app.imports.readers.rows import column_names, text_of

File = Callable[[str, bytes | str], Path]

SHEETS = """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Notes" sheetId="1" state="hidden" r:id="rId1"/><sheet name="Counts" sheetId="2" r:id="rId2"/>
</sheets></workbook>"""
TIES = "".join(
    f'<Relationship Id="rId{n}" Target="worksheets/sheet{n}.xml"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    for n in (1, 2)
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""


@pytest.fixture
def file(tmp_path: Path) -> File:
    """Write a file."""

    def made(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return made


def workbook(path: Path, *sheets: dict[str, str]) -> Path:
    """A workbook whose first sheet is hidden; each sheet by its cells."""
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("[Content_Types].xml", KINDS)
        packed.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Target="xl/workbook.xml" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/>'
            "</Relationships>",
        )
        packed.writestr("xl/workbook.xml", SHEETS)
        packed.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{RELATIONS}">{TIES}</Relationships>')
        for number, cells in enumerate(sheets, 1):
            rows = "".join(
                f'<row r="{cell.lstrip("ABCDFX")}"><c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c></row>'
                for cell, text in cells.items()
            )
            packed.writestr(
                f"xl/worksheets/sheet{number}.xml",
                '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
                f"<sheetData>{rows}</sheetData></worksheet>",
            )
    return path


def replaced(path: Path, part: str, old: bytes, new: bytes) -> None:
    """Change a part of a workbook."""
    with zipfile.ZipFile(path) as packed:
        parts = {member: packed.read(member) for member in packed.namelist()}
    assert old in parts[part]
    parts[part] = parts[part].replace(old, new)
    with zipfile.ZipFile(path, "w") as packed:
        for member, content in parts.items():
            packed.writestr(member, content)


def cells(path: Path, how: Format | None = None) -> list[dict[str, object]]:
    return [dict(row.cells) for row in read_rows(path, how)]


def outcome(row: Row) -> tuple[int, object]:
    """The line of a row, and its first cell or the rule that it breaks."""
    return row.line, row.fatal.rule if row.fatal else next(iter(row.cells.values()))


def outcomes(path: Path) -> list[tuple[int, object]]:
    return [outcome(row) for row in read_rows(path)]


FEATURE = '{"type": "Feature", "geometry": null, "properties": {"a": %d}}'


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("nd.json", '{"a": 1}\n{"a": 2}\n{"a": 3}\n', [(1, "1"), (2, "2"), (3, "3")]),
        ("f.geojson", "\n".join(FEATURE % n for n in (1, 2, 3)), [(1, "1"), (2, "2"), (3, "3")]),
        ("two.json", '[{"a": 1}]\n[{"a": 2}]', [(1, "1"), (2, "2")]),
        ("after.json", '[{"a": 1}]\nthe end', [(1, "1"), (2, "not_json")]),
        ("bare.json", '[{"a": 1},\n{"a": 2}\n{"a": 3}]', [(1, "1"), (2, "2"), (3, "not_json")]),
        ("cut.json", '[{"a": 1},\n{"a": ', [(1, "1"), (2, "not_json")]),
        (
            "both.json",
            '{"items":\n[{"a": 1}],\n"records": [{"a": 2}, {"a": 3}]}',
            [(1, "1"), (2, "2"), (3, "3")],
        ),
        ("numbers.json", '{"items":[1],"records":[2,3]}', [(number, "not_an_object") for number in (1, 2, 3)]),
    ],
)
def test_a3_every_value_of_a_json_file_is_read_or_told(
    file: File, name: str, text: str, expected: list[tuple[int, object]], packed: bool
) -> None:
    path = file(f"{name}.gz", gzip.compress(text.encode())) if packed else file(name, text)
    assert outcomes(path) == expected


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16"])
def test_a4_an_encoding_is_taken_as_a_whole_or_as_damaged(file: File, encoding: str) -> None:
    path = file("a.csv", "code,name\nA1,São José\nA2,Béziers\n".encode(encoding))
    assert cells(path) == [{"code": "A1", "name": "São José"}, {"code": "A2", "name": "Béziers"}]
    assert encoding_of(path).guessed == (encoding == "cp1252")


@pytest.mark.parametrize("name", ["a.csv", "a.ndjson", "a.json"])
def test_a4_a_file_with_a_few_wrong_bytes_loses_their_rows_alone(file: File, name: str) -> None:
    good, bad = "Prisão Évora é".encode(), b"B\xe9ziers"
    if name == "a.csv":
        text, first = b"name\n" + good + b"\n" + bad + b"\nlast\n", 2
    else:
        text, first = b"".join(b'{"name": "' + one + b'"}\n' for one in (good, bad, b"last")), 1
    rule = "not_json" if name == "a.json" else "not_text"
    assert outcomes(file(name, text)) == [(first, "Prisão Évora é"), (first + 1, rule), (first + 2, "last")]


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_a11_nan_is_no_value_and_costs_its_row_alone(file: File, name: str) -> None:
    path = file(name, '{"a": 1}\n{"a": NaN}\n{"a": "NaN, in a text"}\n{"b": [1, -Infinity]}\n{"a": 2}\n')
    assert outcomes(path) == [(1, "1"), (2, "not_json"), (3, "NaN, in a text"), (4, "not_json"), (5, "2")]


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_a12_long_integers_are_kept_digit_for_digit(file: File, name: str) -> None:
    codes = ["18446744073709551617", "18446744073709551618", "-9223372036854775809", "1" * 400, "1" * 5000]
    path = file(name, "".join(f'{{"code": {code}, "n": [{code}]}}\n' for code in codes))
    assert cells(path) == [{"code": code, "n": [code]} for code in codes]


def test_a17_an_error_or_a_formula_without_its_value_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["code", "held", "note"])
        sheet.write_row("A2", ["A1", 12])
        sheet.write_formula("B3", "=NA()", None, "#N/A")
        sheet.write_formula("C3", "=B2&B3", None, "#REF!")
        sheet.write("A3", "A2")
        sheet.write_formula("B4", "=B2*2", None, 24)
        sheet.write("A4", "A3")
    replaced(path, "xl/worksheets/sheet1.xml", b"<v>24</v>", b"")
    first, second, third = read_rows(path)
    assert (first.cells, first.flaws) == ({"code": "A1", "held": "12", "note": None}, ())
    # What the mapping names as missing is; else it is told when the row is mapped.
    assert second.cells == {"code": "A2", "held": "#N/A", "note": "#REF!"}
    assert third.cells == {"code": "A3", "held": None, "note": None}
    assert [(flaw.rule, flaw.column, flaw.value) for flaw in third.flaws] == [("cell_error", "held", "B4")]


def test_a17_merged_cells_are_filled_down_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range("A1:C1", "Prisons of the district")
        sheet.write_row("A2", ["state", "code", "held"])
        sheet.merge_range("A3:A5", "North")
        for line, (code, held) in enumerate([("A1", 1), ("A2", 2), ("A3", 3), ("B1", 4)], 3):
            sheet.write_row(f"B{line}", [code, held])
        sheet.merge_range("A7:A9", "South")
    rows = list(read_rows(path, Format(header=2)))
    assert [(row.line, row.cells["state"], row.cells["code"]) for row in rows] == [
        (3, "North", "A1"), (4, "North", "A2"), (5, "North", "A3"), (6, None, "B1"), (7, "South", None),
    ]  # fmt: skip
    answer = [(row.line, flaw.rule, flaw.column, flaw.value) for row in rows for flaw in row.flaws]
    assert answer == [(line, "merged_cells", "state", "North") for line in (4, 5)]
    assert "A3:A5" in rows[1].flaws[0].message


def test_a_workbook_is_read_as_another_library_reads_it(tmp_path: Path) -> None:
    """Dates, times, shared and rich texts, escapes, booleans and numbers, beside an independent reader."""
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        sheet = book.add_worksheet()
        day, moment = (book.add_format({"num_format": form}) for form in ("dd.mm.yyyy", 'yyyy"y"-mm-dd hh:mm'))
        money = book.add_format({"num_format": '#,##0.00 "days"'})
        sheet.write_row("A1", ["day", "moment", "number", "text", "flag"])
        for row, number in enumerate((61, 59, 2, 45382, 45382.75, 0.5)):
            sheet.write_number(row + 1, 0, number, day)
            sheet.write_number(row + 1, 1, number, moment)
            sheet.write_number(row + 1, 2, number / 3, money)
            sheet.write(row + 1, 3, ["a", " b ", "_x0041_", "é\n", "=1", "07"][row])
            sheet.write_boolean(row + 1, 4, row % 2)
        sheet.write_rich_string("D2", "plain ", book.add_format({"bold": True}), "bold")
    names, *known = CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows()
    expected = [[None if cell == "" else text_of(cell) for cell in row] for row in known]
    read = list(read_rows(path))
    assert [list(row.cells) for row in read] == [names] * 6
    assert [[str(cell).strip() for cell in row.cells.values()] for row in read] == [
        [str(cell).strip() for cell in row] for row in expected
    ]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_c_titles_above_the_column_names_are_passed_over(tmp_path: Path, file: File, name: str) -> None:
    lines = [["Prisons of the district"], [], ["as of: 2024", "revised"], ["code", "held"], ["A1", "12"]]
    if name == "a.xlsx":
        with Workbook(tmp_path / name) as book:
            sheet = book.add_worksheet()
            for place, line in enumerate(lines):
                sheet.write_row(place, 0, line)
    else:
        file(name, "".join(",".join(line) + "\n" for line in lines))
    (row,) = read_rows(tmp_path / name, Format(header=4))
    assert (row.line, row.cells) == (5, {"code": "A1", "held": "12"})
    with pytest.raises(UnreadableFile, match=r"no (line of )?column names"):
        cells(tmp_path / name, Format(header=9))


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "\ufeffSEP=;"])
def test_c_a_line_that_names_the_delimiter_is_no_header(file: File, first: str) -> None:
    path = file("a.csv", f"{first}\r\ncode;held\r\nA1,5;12\r\n;\r\n;;;\r\nA2;3\r\n")
    assert [(row.line, dict(row.cells)) for row in read_rows(path)] == [
        (3, {"code": "A1,5", "held": "12"}), (6, {"code": "A2", "held": "3"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .xlsx or CSV"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "has a password"),
        ("a.csv", b"PK\x03\x04" + bytes(60), "the file is packed"),
        ("a.xls", b"\r\n<HTML><table><tr><td>1</td></tr></table>", "a page of HTML"),
        ("a.pdf", b"%PDF-1.7\n", "is a PDF"),
        ("a.csv", b'code,"held\n1,2\n', "line 1 cannot be read, which has the column names"),
    ],
)
def test_c_what_is_no_table_is_refused_with_a_sentence(file: File, name: str, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        cells(file(name, content))


def test_a16_a_hidden_sheet_is_read_only_when_it_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"A1": "note", "A2": "old"}, {"A1": "held", "A2": "12"})
    assert cells(path) == [{"held": "12"}]
    assert cells(path, Format(sheet="Notes")) == [{"note": "old"}]


@pytest.mark.parametrize("name", ["a.json", "a.ndjson"])
def test_b3_half_a_letter_costs_its_row_alone(file: File, name: str) -> None:
    path = file(name, '{"a": "\\ud83d\\ude00"}\n{"a": "X\\ud800"}\n{"\\udc00": 1}\n{"a": 2}\n')
    assert outcomes(path) == [(1, "😀"), (2, "not_json"), (3, "not_json"), (4, "2")]


def test_b3_what_is_nested_too_deeply_or_says_a_key_twice_costs_its_row_alone(file: File) -> None:
    deep = '{"a": ' + "[" * 3000 + "]" * 3000 + "}"
    path = file("a.json", f'[{deep},\n{{"a": 1, "a": 2}},\n{{"a": 3}}]')
    assert outcomes(path) == [(1, "not_json"), (2, "not_json"), (3, "3")]


def test_b4_a_stray_cell_is_named_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"A1": "note"}, {"A1": "held", "A2": "12", "XFD20000": "x"})
    assert outcomes(path) == [(2, "12"), (20000, "too_many_cells")]
    *_, stray = read_rows(path)
    assert stray.fatal is not None
    assert "nothing but the cell XFD20000" in stray.fatal.message


def test_b5_what_is_absurd_takes_no_longer_than_its_size(file: File) -> None:
    begun = process_time()
    assert column_names(["held"] * 5000)[-1] == "held (5000)"
    (row,) = read_rows(file("cell.csv", "name\n" + "x" * (8 << 20) + "\n"))
    assert row.fatal is not None
    assert row.fatal.rule == "too_long"
    with pytest.raises(UnreadableFile, match="line 1 cannot be read, which has the column names"):
        cells(file("line.csv", '"' + 'a"",' * 250_000))
    rows = list(read_rows(file("long.json", json.dumps([{"name": "x" * (1 << 19)}] * 4))))
    assert [len(str(row.cells["name"])) for row in rows] == [1 << 19] * 4
    # Each was quadratic or worse, and took minutes.
    assert process_time() - begun < 30


def test_b11_a_lone_carriage_return_makes_no_row(file: File) -> None:
    first, second = read_rows(file("a.csv", "code,name,held\nA1,Hill\rPrison,10\nA2,Camp,20\n"))
    assert dict(first.cells) == {"code": "A1", "name": "Hill Prison", "held": "10"}
    assert [(flaw.rule, flaw.column) for flaw in first.flaws] == [("line_end_in_cell", "name")]
    assert (second.line, second.cells["code"]) == (3, "A2")
    assert cells(file("mac.csv", "code,held\rA1,10\rA2,20\r"))[1] == {"code": "A2", "held": "20"}


def test_c_what_a_feature_has_itself_is_read_beside_its_properties(file: File) -> None:
    point = {"type": "Point", "coordinates": [40.7, 36.5]}
    features = [
        {"type": "Feature", "id": 7, "geometry": point, "properties": {"name": "A", "latitude": 1}},
        {"type": "Feature", "id": "n/8", "geometry": None, "properties": {"id": "B", "latitude": 2}},
    ]
    path = file("a.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    assert cells(path) == [
        {"name": "A", "properties.latitude": "1", "longitude": "40.7", "latitude": "36.5", "id": "7"},
        {"id": "B", "latitude": "2", "feature.id": "n/8"},
    ]


def test_a4_a_file_that_says_in_its_first_bytes_how_it_is_encoded_is_read_so(file: File) -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        (row,) = read_rows(file("t.csv", "code,name\n1,Лагерь\n".encode(encoding)))
        assert row.cells["name"] == "Лагерь"
    unsaid = file("t.csv", "code,name\n1,Лагерь\n".encode("utf-16-le"))
    with pytest.raises(UnreadableFile, match="name its encoding, as `utf-16-le`"):
        list(read_rows(unsaid))
    assert next(read_rows(unsaid, Format(encoding="utf-16-le"))).cells["name"] == "Лагерь"


def test_c_rows_of_separators_alone_are_no_rows(file: File) -> None:
    for separator in ",;\t":
        lines = ("code,name,held", "1,A,5", ",,", ",,,,", " , , ", "", "2,B,6", ",")
        rows = list(read_rows(file("t.csv", "".join(f"{line}\n" for line in lines).replace(",", separator))))
        assert [(row.line, row.cells["code"]) for row in rows] == [(2, "1"), (7, "2")]


@pytest.mark.parametrize(
    ("scalar", "value"), [("010", "010"), ("1:30", "1:30"), ("0x1F", "0x1F"), ("no", "no"), ("10", 10)]
)
def test_a22_what_yaml_once_took_for_a_number_is_a_text(file: File, scalar: str, value: object) -> None:
    ((_, record),) = records([file("t.yaml", f"- low: {scalar}\n")])
    assert record == {"low": value}


def test_c_a_file_that_is_damaged_is_told_by_every_command(file: File, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"code,name\n1,A\n" * 1000))
    packed[20:40] = b"x" * 20
    for content in (bytes(packed), b"\x1f\x8b123"):
        for read in (read_rows, drafted):
            with pytest.raises(UnreadableFile, match="cannot be read to its end"):
                list(read(file("t.csv.gz", content)))
    with pytest.raises(UnreadableFile, match="it is a folder"):
        list(read_rows(tmp_path))
