"""Values that a mapping once changed without a word, each named after its row in the list of faults."""

import json
from pathlib import Path
from time import process_time
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, text

from app.imports.faults import Unreadable
from app.imports.mapped.checks import check_subject
from app.imports.mapped.columns import columns_of, unknown_columns
from app.imports.mapped.loading import load_mapping, parse_mapping
from app.imports.mapped.rows import Mapped, RowMapper
from app.imports.mapped.values import Rejected
from app.imports.readers import Row, Value
from app.imports.readers.json import json_rows
from app.imports.readers.rows import Number, column_names
from app.imports.reports import Report
from app.imports.run import run_import

MAPPING = """
about: t
missing: ["n/a"]
%s
records:
  source: {collection: sources, slug: src, fields: {kind: dataset, publisher: P, title: T}}
  fac:
    collection: facilities
    identity: {scheme: s, value: "{code}"}
    slug: "{name}"
    fields: {level: facility, name: "{name}"}
  held:
    collection: populations
    fields: {facility: {record: fac}, source: {record: source}, as_of: "2024", measure: held}
    each: [%s]
"""


def mapped(each: str, cells: dict[str, Value], keys: str = "") -> Mapped:
    table = parse_mapping(MAPPING % (keys, each)).tables[0]
    row = Row(7, {"code": "A1", "name": "Alpha"} | cells)
    found = RowMapper(table, [*row.cells]).map(row)
    assert found is not None
    return found


def figures(each: str, cells: dict[str, Value], keys: str = "") -> list[dict[str, Any]]:
    """The bounds of the populations of a row."""
    names = ("low", "best", "high", "qualifier", "as_written", "flags")
    bodies = [draft.body for draft in mapped(each, cells, keys).drafts if draft.name == "held"]
    return [{name: body[name] for name in names if name in body} for body in bodies]


def exactly(number: int) -> dict[str, Any]:
    return {"low": number, "best": number, "high": number, "qualifier": "exact"}


def test_a6_what_is_known_of_the_row_has_a_name_that_no_column_has() -> None:
    assert figures("{column: line}", {"line": "412"}) == [exactly(412)]
    assert figures('{column: ":line"}', {"line": "412"}) == [exactly(7)]
    (table,) = parse_mapping(MAPPING % ("", "{column: line}")).tables
    (fault,) = unknown_columns(table, ["code", "name", "held"])
    assert "The row's own is called ':line'" in fault.detail
    assert column_names([":line", "line", ":file"]) == [":line (2)", "line", ":file (2)"]
    (row,) = json_rows(['{":line": 3, "a": {":line": 4}}'])
    assert row.cells == {":line (2)": "3", "a.:line": "4"}


def test_a6_a_column_is_added_once_however_often_it_is_named() -> None:
    assert figures('{sum: [men, "m*", women]}', {"men": "10", "women": "5"}) == [exactly(15)]


@pytest.mark.parametrize("cell", ["", "n/a"])
def test_a7_a_sum_without_one_of_its_columns_is_at_least_the_rest(cell: str) -> None:
    cells: dict[str, Value] = {"men": "10", "women": cell}
    assert figures("{sum: [men, women]}", cells) == [{"low": 10, "qualifier": "at_least"}]
    (flaw,) = mapped("{sum: [men, women]}", cells).flaws
    assert (flaw.rule, flaw.column) == ("partial_sum", "women")
    assert figures("{sum: [men, women]}", {"men": "0", "women": cell}) == []
    assert figures("{sum: [men, women]}", {"men": "", "women": cell}) == []


@pytest.mark.parametrize("word", ["None", "nil", "NO"])
def test_a8_a_bare_word_is_no_zero_unless_the_mapping_says_so(word: str) -> None:
    with pytest.raises(Rejected) as rejected:
        mapped("{column: held}", {"held": word})
    assert (rejected.value.flaw.rule, rejected.value.flaw.column) == ("not_a_figure", "held")
    columns = f'columns: {{n: {{from: "{{held}}", table: {{"{word}": "0"}}}}}}'
    assert figures("{column: n}", {"held": word}, columns) == [exactly(0)]
    assert figures("{column: held, as_written: no deaths}", {"held": "0"}) == [exactly(0) | {"as_written": "no deaths"}]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", " #DIV/0! "])
def test_a17_an_error_of_a_spreadsheet_is_missing_and_told(error: str) -> None:
    found = mapped("{column: held}", {"held": error, "note": "#1"})
    assert [draft.name for draft in found.drafts] == ["source", "fac"]
    assert [(flaw.rule, flaw.column, flaw.value) for flaw in found.flaws] == [("cell_error", "held", error.strip())]
    assert mapped("{column: held}", {"held": error}, 'rows: {where: {code: "*"}}').drafts[2:] == []


@pytest.mark.parametrize("keys", ['decimal: ","', 'decimal: "."', ""])
def test_a9_the_decimal_sign_of_a_mapping_is_for_text_not_for_numbers(keys: str) -> None:
    near = {"low": None, "best": 12, "high": None, "qualifier": "approximately"}
    rounded = near | {"as_written": "12.345", "flags": ["rounded"]}
    assert figures("{column: held}", {"held": Number("12.345")}, keys) == [rounded]


@pytest.mark.parametrize(("text", "read"), [("01112023", "2023-11-01"), ("1112023", None), ("3112023", None)])
def test_a10_a_date_without_signs_has_all_its_digits(text: str, read: str | None) -> None:
    each = '{column: held, as_of: {from: "{day}", date: "%d%m%Y"}}'
    cells: dict[str, Value] = {"held": "1", "day": text}
    if read is None:
        with pytest.raises(Rejected) as rejected:
            mapped(each, cells)
        assert rejected.value.flaw.rule == "not_a_date"
    else:
        (draft,) = [draft for draft in mapped(each, cells).drafts if draft.name == "held"]
        assert draft.body["as_of"] == read


# --- through the register ----------------------------------------------------------------------------------------


def loaded(engine: Engine, tmp_path: Path, mapping: str, name: str, content: str) -> Report:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    return run_import(engine, [path], parse_mapping(mapping), author="a")


def rows(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


@pytest.mark.parametrize(
    ("each", "header", "message"),
    [
        ("[{column: heid}]", "code,name,held", "'heid' is not a column of the file; did you mean 'held'?"),
        ('{columns: "held_{s}", parts: {s: {men: {sex: male}}}}', "code,name,held_male", "with 'men' for 's'"),
        (
            '{columns: "held_{s}", parts: {s: {men: {sex: male}, women: {sex: female}}}}',
            "code,name,held_male,held_women",
            "No column of the file is like 'held_{s}' with 'men' for 's'",
        ),
        ('{columns: "n {m}", dates: {m: {as_of: "%b %Y"}}}', "code,name,n Mai 2024", "is like 'n {m}'"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "header.csv", "broken.csv", "a.json", "a.ndjson"])
def test_a18_a_column_that_no_row_has_is_refused(
    engine: Engine, tmp_path: Path, each: str, header: str, message: str, name: str
) -> None:
    mapping = MAPPING.replace("[%s]", "%s") % ("", each)
    names = header.split(",")
    row = ",".join(["1"] * len(names))
    match name:
        case "a.csv":
            content = f"{header}\n{row}\n"
        case "header.csv":
            content = f"{header}\n"
        case "broken.csv":
            content = f'{header}\n1,"open,{row}\n{row}\n'
        case _:
            content = (json.dumps(dict.fromkeys(names, "1")) + "\n") * 2
    with pytest.raises(Unreadable) as unreadable:
        loaded(engine, tmp_path, mapping, name, content)
    (fault,) = unreadable.value.faults
    assert message in fault
    assert "records.held.each" in fault
    assert rows(engine, "SELECT slug FROM facility") == []


def test_a18_a_part_of_a_name_that_may_not_occur_is_written_with_a_question_mark() -> None:
    each = '{columns: "held_{s}", parts: {s: {"men?": {sex: male}, women: {sex: female}}}}'
    mapping = MAPPING.replace("[%s]", "%s") % ("", each)
    (table,) = parse_mapping(mapping).tables
    assert unknown_columns(table, ["code", "name", "held_women"]) == []
    assert len(unknown_columns(table, ["code", "name", "held_men"])) == 1


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_a18_a_condition_that_never_holds_is_told(engine: Engine, tmp_path: Path, name: str) -> None:
    mapping = MAPPING % ("", "{column: held}")
    content = "code,name,held,kind\n1,A,5,x\n" if name == "a.csv" else '[{"code":1,"name":"A","held":5,"kind":"x"}]'
    never = mapping.replace("    fields: {facility:", "    where: {kind: [y, Y]}\n    fields: {facility:")
    report = loaded(engine, tmp_path, never, name, content)
    (line,) = report.lines
    assert (line.rule, line.line, "'held' was made of none of 1 rows" in line.told) == ("never_made", 1, True)
    report = loaded(engine, tmp_path, mapping.replace("records:", "rows: {where: {kind: y}}\nrecords:"), name, content)
    assert [line.rule for line in report.lines] == ["never_made"]
    assert report.skipped == 1
    assert loaded(engine, tmp_path, mapping, name, content).lines == []


EVENTS = """
about: t
records:
  source: {collection: sources, slug: src, fields: {kind: dataset, publisher: P, title: T}}
  side_b: {collection: actors, unless: {b: Civilians}, slug: "{b}", fields: {name: "{b}", kind: armed_group}}
  event:
    collection: incidents
    identity: {scheme: s, value: "{id}"}
    fields:
      title: "Event {id}"
      kinds: [armed_clash]
      started: "2024"
      parties: [{standing: reported, role: belligerent, actor: {record: side_b}}]
  dead:
    collection: figures
    fields: {incident: {record: event}, source: {record: source}, as_of: "2024", measure: killed}
    each: [{column: db, actor: {record: side_b}}]
"""


def test_a28_a_figure_stands_without_an_actor_that_is_not_there(engine: Engine, tmp_path: Path) -> None:
    report = loaded(engine, tmp_path, EVENTS, "e.csv", "id,b,db\n1,Civilians,5\n2,Group,7\n")
    assert report.rows == {"created": 2}
    assert rows(engine, "SELECT actor, best FROM figure ORDER BY best") == [(None, 5), ("group", 7)]
    assert rows(engine, "SELECT count(*) FROM incident_party") == [(1,)]


def test_a28_the_shipped_mapping_keeps_the_deaths_of_a_side_of_civilians() -> None:
    (table,) = load_mapping("ucdp-ged").tables
    query = columns_of([table.columns, *([one.fields, one.slug] for one in table.records.values())])
    cells = dict.fromkeys([*(name for name, _ in query), "deaths_a", "deaths_civilians"], "1")
    made = {}
    for side, deaths in (("Civilians", "5"), ("Civilians", "0"), ("Group", "0")):
        of_row = {"side_b": side, "deaths_b": deaths, "country": "Syria", "date_start": "2019-01-01"}
        row = Row(2, cells | of_row)
        found = RowMapper(table, list(row.cells)).map(row)
        assert found is not None
        bodies = [draft.body for draft in found.drafts if draft.name == "by_group" and "of" not in draft.body]
        made[side, deaths] = [body["best"] for body in bodies]
    assert made == {("Civilians", "5"): [1, 5], ("Civilians", "0"): [1], ("Group", "0"): [1, 0]}


def phases_of(engine: Engine) -> list[dict[str, Any]]:
    (doc, *_) = (row[0] for row in rows(engine, "SELECT doc FROM facility ORDER BY name"))
    phases = orjson.loads(doc)["phases"]
    return [{name: one[name] for name in ("from", "to")} for one in phases]


PHASES = """
about: t
records:
  fac:
    collection: facilities
    identity: {scheme: s, value: "{code}"}
    fields:
      level: facility
      name: "{name}"
      phases: [{from: "{start}", to: "{end?}", status: open, kind: %s}]
"""


@pytest.mark.parametrize("kind", ["prison", '"{kind}"'])
def test_a30_the_phases_of_a_place_are_collected_from_its_rows(engine: Engine, tmp_path: Path, kind: str) -> None:
    content = "code,name,start,end,kind\n1,A,2017,2018,prison\n1,A,2020,,prison\n2,B,,,\n"
    assert loaded(engine, tmp_path, PHASES % kind, "a.csv", content).rejected == 0
    first = [{"from": "2017", "to": "2018"}, {"from": "2020", "to": None}]
    assert phases_of(engine) == first
    # The same again changes nothing; a phase that has ended since is the one that was open.
    assert loaded(engine, tmp_path, PHASES % kind, "a.csv", content).revisions == []
    loaded(engine, tmp_path, PHASES % kind, "a.csv", content.replace("2020,", "2020,2022"))
    assert phases_of(engine) == [first[0], {"from": "2020", "to": "2022"}]


@pytest.mark.parametrize(
    ("made", "cells", "expected"),
    [
        ('"{a?}{b?}"', {"a": "", "b": ""}, None),
        ('"{a?}, {b?}"', {"a": "", "b": "n/a"}, None),
        ('"No. {a?}"', {"a": ""}, "No. "),
        ('"{a?}{b?}"', {"a": "x", "b": "y"}, "xy"),
        ('{first: ["{a?}", "{b?}"]}', {"a": "x", "b": "y"}, "x"),
        ('{first: ["{a}", "{b}"], table: {y: z}}', {"a": "", "b": "y"}, "z"),
        ('{first: ["{a}", "{b}"], default: d}', {"a": "", "b": ""}, "d"),
    ],
)
def test_a31_the_first_that_is_there_and_nothing_where_nothing_is(
    made: str, cells: dict[str, Value], expected: str | None
) -> None:
    drafts = mapped(f"{{column: n, as_written: {made}}}", cells | {"n": "1"}).drafts
    (draft,) = [draft for draft in drafts if draft.name == "held"]
    assert draft.body.get("as_written") == expected


def test_d_the_order_of_the_fields_of_an_entry_says_nothing() -> None:
    names = [{"kind": "alias", "name": "X"}, {"kind": "alias", "name": "Y"}]
    for entry in ('{kind: alias, name: {from: "{o}", split: ";"}}', '{name: {from: "{o}", split: ";"}, kind: alias}'):
        head = MAPPING.replace('name: "{name}"}', f'name: "{{name}}", names: [{entry}]}}')
        (table,) = parse_mapping(head % ("", "{column: held}")).tables
        for cell, expected in (("X;Y", names), ("", [])):
            found = RowMapper(table).map(Row(2, {"code": "1", "name": "A", "held": "", "o": cell}))
            assert found is not None
            assert found.drafts[1].body["names"] == expected


@pytest.mark.parametrize("sex", ["Prisa\u0303o  fem", "P\u200brisão fem", " Prisão\u00a0fem\u200f"])
def test_a15_the_texts_of_a_mapping_are_compared_as_they_look(sex: str) -> None:
    fields = "column: held, sex: {from: '{sex}', table: {Prisão fem: female}}"
    for keys in ("rows: {where: {sex: [Prisão fem]}}", "rows: {unless: {sex: other}}"):
        (draft,) = mapped(f"{{{fields}}}", {"held": "3", "sex": sex}, keys).drafts[2:]
        assert draft.body["sex"] == "female"
    assert mapped("{column: held}", {"held": "\u200bn/a\u00a0", "sex": sex}).drafts[2:] == []
    # The names of columns too, in whichever form the mapping is written.
    spelled = "{column: held, sex: {from: '{s\u0065\u0301xe}', table: {x: female}}}"
    (draft,) = mapped(spelled, dict(zip(column_names(["held", "se\u0301\u200bxe"]), ["3", "x"], strict=True))).drafts[
        2:
    ]
    assert draft.body["sex"] == "female"
    (row,) = json_rows(['[{"a \u00a0b": 1, "a b": 2, "a": {"c": 3}, "a.c": 4}]'])
    assert row.cells == {"a b": "1", "a b (2)": "2", "a.c": "3", "a.c (2)": "4"}


def test_c_degrees_with_a_comma_are_read_or_told_how() -> None:
    table = (MAPPING % ("%s", "{column: held}")).replace('"{name}"}\n  held', '"{name}", latitude: "{lat}"}\n  held')
    cells: dict[str, Value] = {"code": "A1", "name": "Alpha", "lat": "36,475"}
    for keys, read, hint in (('decimal: ","', "36.475", None), ("", "36,475", "`decimal: ','`")):
        found = RowMapper(parse_mapping(table % keys).tables[0], [*cells]).map(Row(7, cells))
        assert found is not None
        assert found.drafts[1].body["latitude"] == read
        if hint is not None:
            with pytest.raises(Rejected) as rejected:
                check_subject(found.drafts[1], [])
            assert hint in str(rejected.value.flaw.hint)


def test_b5_names_of_one_look_are_numbered_in_linear_time() -> None:
    def taken(many: int) -> float:
        names = (
            "".join(" " if number & bit else "\u00a0" for bit in (1 << n for n in range(14))) for number in range(many)
        )
        text = json.dumps([{f"a{name}b": 1 for name in names}])
        begun = process_time()
        (row,) = json_rows([text])
        assert [*row.cells] == ["a b", *(f"a b ({number})" for number in range(2, many + 1))]
        return process_time() - begun

    assert taken(8000) < 8 * 4 * max(min(taken(1000) for _ in range(3)), 0.01)
