"""Every format gives the same rows, with the line each begins on; what cannot be read is told in its place."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.imports.readers import Flaw, Format, Row, UnreadableFile, encoding_of, kind_of, read_rows
from app.imports.readers.rows import column_names

File = Callable[[str, bytes | str], Path]

EXPECTED = [{"name": "Al Dar", "held": "12"}, {"name": "Prison, old", "held": "0"}]
SHEET = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="2"><c r="A2" t="inlineStr"><is><t>name</t></is></c><c r="B2" t="inlineStr"><is><t>held</t></is></c></row>
<row r="3"><c r="A3" t="inlineStr"><is><t>Al Dar</t></is></c><c r="B3"><v>12</v></c></row>
<row r="4"/><row r="5"><c r="A5" t="inlineStr"><is><t>Prison, old</t></is></c><c r="B5"><v>0</v></c></row>
</sheetData></worksheet>"""
BOOK = """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Counts" sheetId="1" r:id="rId1"/></sheets></workbook>"""
TIES = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>
</Relationships>"""
KINDS = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"""
ROOT = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>
</Relationships>"""


@pytest.fixture
def file(tmp_path: Path) -> File:
    """Write a file."""

    def made(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return made


def cells(path: Path, how: Format | None = None) -> list[dict[str, object]]:
    return [dict(row.cells) for row in read_rows(path, how)]


def lines(path: Path) -> list[int]:
    return [row.line for row in read_rows(path)]


def workbook(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("[Content_Types].xml", KINDS)
        packed.writestr("_rels/.rels", ROOT)
        packed.writestr("xl/workbook.xml", BOOK)
        packed.writestr("xl/_rels/workbook.xml.rels", TIES)
        packed.writestr("xl/worksheets/sheet1.xml", SHEET)
    return path


TEXTS = {
    "a.csv": 'name,held\r\nAl Dar,12\r\n"Prison, old",0\r\n',
    "semicolons.csv": "name;held\nAl Dar;12\nPrison, old;0\n",
    "bars.txt": "name|held\nAl Dar|12\nPrison, old|0",
    "a.tsv": "name\theld\nAl Dar\t12\nPrison, old\t0\n",
    "a.ndjson": '{"name": "Al Dar", "held": 12}\n\n{"name": "Prison, old", "held": 0.0}\n',
    "a.jsonl": '{"name": "Al Dar", "held": "12"}\n{"name": "Prison, old", "held": "0"}',
    "list.json": '[{"name": "Al Dar", "held": 12},\n {"name": "Prison, old", "held": 0}]',
    "object.json": '{"count": 2, "data": [{"name": "Al Dar", "held": 12}, {"name": "Prison, old", "held": 0}], "n": 1}',
    "a.geojson": '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null, "properties": '
    '{"name": "Al Dar", "held": 12}}, {"type": "Feature", "properties": {"name": "Prison, old", "held": 0}}]}',
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("name", TEXTS)
def test_every_format_gives_the_same_rows(file: File, name: str, packed: bool) -> None:
    text = TEXTS[name].encode()
    path = file(f"{name}.gz", gzip.compress(text)) if packed else file(name, text)
    assert cells(path) == EXPECTED


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_is_known_by_its_content_where_its_name_does_not_tell(file: File, name: str) -> None:
    assert cells(file("unnamed", TEXTS[name])) == EXPECTED


def test_a_workbook_tells_the_rows_of_its_sheet(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx")
    assert (cells(path), lines(path)) == (EXPECTED, [3, 5])
    assert cells(path, Format(sheet="Counts")) == EXPECTED
    with pytest.raises(UnreadableFile, match="no sheet 'Other': Counts"):
        cells(path, Format(sheet="Other"))


def test_a_workbook_that_is_none_or_unpacks_too_far_is_refused(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableFile, match="not an XLSX workbook"):
        cells(file("a.xlsx", "name,held\n"))
    path = workbook(file("b.xlsx", ""))
    monkeypatch.setattr("app.imports.readers.workbook.MOST_UNPACKED", 100)
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        cells(path)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (b"\xef\xbb\xbfname,held\nS\xc3\xa3o,1\n", "utf-8-sig"),
        (b"name,held\nS\xc3\xa3o,1\n", "utf-8-sig"),
        (b"name,held\nS\xe3o,1\n", "cp1252"),
        ("name,held\nSão,1\n".encode("utf-16"), "utf-16"),
    ],
)
def test_text_is_read_as_what_it_is(file: File, text: bytes, encoding: str) -> None:
    path = file("a.csv", text)
    assert encoding_of(path).name == encoding
    assert cells(path) == [{"name": "São", "held": "1"}]


def test_every_byte_is_some_letter_but_a_named_encoding_is_kept_to(file: File) -> None:
    path = file("a.csv", b"name\n\x80\x81\xe3\n")
    assert cells(path) == [{"name": "€\x81ã"}]
    with pytest.raises(UnreadableFile, match="the text is not utf-8: byte 0x80"):
        cells(path, Format(encoding="utf-8"))


def test_cells_hold_line_ends_and_rows_keep_their_line(file: File) -> None:
    path = file("a.csv", 'name,held\n"one\ntwo\r\nthree",1\n\nlast,2\n')
    assert cells(path) == [{"name": "one\ntwo\r\nthree", "held": "1"}, {"name": "last", "held": "2"}]
    assert lines(path) == [2, 6]
    assert lines(file("a.json", '[\n{"a": "x\\n"},\n{"a":\n1}]')) == [1, 2]


def test_a_quote_inside_quotes_is_told_and_the_row_is_whole(file: File) -> None:
    path = file("a.csv", 'date,quote,held\n1,"all were "high threat" men, they said",17\n2,"a ""good"" one",3\n')
    first, second = read_rows(path)
    assert first.cells == {"date": "1", "quote": 'all were "high threat" men, they said', "held": "17"}
    assert [(flaw.rule, flaw.column) for flaw in first.flaws] == [("unescaped_quote", "quote")]
    assert (second.line, second.cells["quote"], second.flaws) == (3, 'a "good" one', ())


def test_a_quote_that_is_never_closed_takes_one_line_with_it(file: File) -> None:
    content = 'name,held\n"open,1\n' + "".join(f"row {number},{number}\n" for number in range(300))
    rows = list(read_rows(file("a.csv", content)))
    assert [(row.line, row.fatal.rule) for row in rows if row.fatal] == [(2, "unclosed_quote")]
    assert [row.line for row in rows if not row.fatal] == list(range(3, 303))


def test_rows_of_another_width_are_told(file: File) -> None:
    few, many = read_rows(file("a.csv", "a,b,c\n1,2\n1,2,3,4\n"))
    assert (few.cells, [flaw.rule for flaw in few.flaws]) == ({"a": "1", "b": "2", "c": None}, ["too_few_cells"])
    assert many.fatal is not None
    assert (many.line, many.fatal.rule) == (3, "too_many_cells")


def test_columns_have_names_of_their_own() -> None:
    assert column_names([" name ", "", "name", "two\nlines"]) == ["name", "column 2", "name (2)", "two lines"]


def test_lines_that_are_not_json_are_told(file: File) -> None:
    rows = list(read_rows(file("a.ndjson", '{"a": 1}\n{"a": \n[1]\n{"a": 2}\n')))
    assert [(row.line, row.fatal.rule if row.fatal else row.cells["a"]) for row in rows] == [
        (1, "1"),
        (2, "not_json"),
        (3, "not_an_object"),
        (4, "2"),
    ]
    rows = list(read_rows(file("a.json", '[{"a": 1}, {"a": 2} {"a": 3}]')))
    assert [row.fatal.rule if row.fatal else row.cells["a"] for row in rows] == ["1", "2", "not_json"]


def test_objects_lists_and_points_become_cells(file: File) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [40.5, 36.25]},
        "properties": {"id": {"code": "X"}, "names": ["a", None, 2], "open": True, "none": None, "share": 0.5},
    }
    assert cells(file("a.geojson", json.dumps({"type": "FeatureCollection", "features": [feature]}))) == [
        {
            "longitude": "40.5",
            "latitude": "36.25",
            "id.code": "X",
            "names": ["a", "2"],
            "open": "true",
            "none": None,
            "share": "0.5",
        }
    ]


def test_long_json_is_read_in_pieces(file: File) -> None:
    records = [{"number": number, "text": "é" * (number % 50)} for number in range(20_000)]
    found = cells(file("a.json", json.dumps({"total": 1, "data": records}, ensure_ascii=False, indent=1)))
    assert [row["number"] for row in found] == [str(number) for number in range(20_000)]


@pytest.mark.parametrize("name", ["a.csv", "a.json", "unnamed"])
def test_what_is_no_file_of_rows_is_refused(tmp_path: Path, file: File, name: str) -> None:
    with pytest.raises(UnreadableFile, match="there is no such file"):
        cells(tmp_path / name)
    with pytest.raises(UnreadableFile):
        cells(file("empty.csv", ""))
    with pytest.raises(UnreadableFile, match="neither a JSON list nor a JSON object"):
        cells(file("number.json", "12"))


def test_a_gzipped_file_cut_short_is_refused(file: File) -> None:
    packed = gzip.compress(b"name,held\n" + b"".join(b"row,%d\n" % number for number in range(100_000)))
    with pytest.raises(UnreadableFile, match="cannot be read to its end"):
        cells(file("a.csv.gz", packed[: len(packed) // 2]))


def test_kinds_follow_the_name_before_the_content(file: File) -> None:
    assert kind_of(file("a.JSONL", "a,b\n")) == "ndjson"
    assert kind_of(file("b", '{\n "a": 1\n}')) == "json"
    assert Row(1, {}).fatal is None
    assert Flaw("rule", "told").hint is None
