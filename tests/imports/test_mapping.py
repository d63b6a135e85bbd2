"""A wrong mapping is refused before the first row, with key and line; a right one makes of a row what it says."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from xlsxwriter import Workbook

from app.errors import Fault
from app.imports.faults import Unreadable
from app.imports.mapped import mapping
from app.imports.mapped.columns import unknown_columns
from app.imports.mapped.draft import drafted
from app.imports.mapped.figures import figure
from app.imports.mapped.loading import load_mapping, parse_mapping, shipped
from app.imports.mapped.mapping import Decimal
from app.imports.mapped.plan import planned
from app.imports.mapped.rows import RowMapper
from app.imports.mapped.values import Rejected
from app.imports.readers import Flaw, Row, UnreadableFile, read_rows
from app.imports.rules import ImportRule
from app.records.countries import country_of
from app.records.slugs import slug_from
from tools.docs.mapping_examples import EXAMPLES, Example

HEAD = "about: A test\n"
PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS
SOURCE = "records:\n  source: {collection: sources, slug: s, fields: {kind: dataset, title: T}}\n"


def faults(text: str) -> list[str]:
    with pytest.raises(Unreadable) as raised:
        parse_mapping(text, "m.yaml")
    return raised.value.faults


def exactly(number: int) -> dict[str, Any]:
    """What a whole number states."""
    return {"low": number, "best": number, "high": number, "qualifier": "exact"}


def rounded(count: int, words: str) -> dict[str, Any]:
    """A number published with a fraction: near a whole one, never exactly it."""
    bounds = {"low": None, "best": count, "high": None, "qualifier": "approximately"}
    return bounds | {"as_written": words, "flags": ["rounded"]}


def mapped(text: str, *rows: dict[str, Any], columns: list[str] | None = None) -> list[Any]:
    """What rows become: bodies, or the flaw of a rejected row."""
    (table,) = parse_mapping(HEAD + text).tables
    mapper = RowMapper(table, columns or list(rows[0]))
    made: list[Any] = []
    for line, row in enumerate(rows, 2):
        try:
            result = mapper.map(Row(line, row))
        except Rejected as rejected:
            made.append(rejected.flaw)
            continue
        made.append(None if result is None else [draft.body for draft in result.drafts])
    return made


def value(expression: str, flaws: list[Flaw] | None = None, **cells: str) -> Any:
    """What one expression makes of a row."""
    text = f"columns: {{x: {expression}}}\nrecords:\n  f:\n    collection: facilities\n    slug: f\n"
    (table,) = parse_mapping(HEAD + text + '    fields: {description: "{x}"}\n').tables
    result = RowMapper(table, list(cells)).map(Row(2, cells))
    assert result is not None
    if flaws is not None:
        flaws += result.flaws
    return result.drafts[0].body.get("description")


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about: x\nrecords:\n  f:\n    collection: prisons\n", "m.yaml:4: records.f.collection: "),
        ("about: x\nrecord: {}\n", "m.yaml:2: record: 'record' is not a key here; did you mean 'records'?"),
        (
            "about: x\nrecords:\n  f:\n    collection: facilities\n    slug: f\n    fields:\n      nmae: x\n",
            "m.yaml:7: records.f.fields.nmae: 'nmae' is not a field of facilities; did you mean",
        ),
        (
            HEAD + "records:\n  p:\n    collection: populations\n    fields:\n      as_of: {from: x, dat: '%Y'}\n",
            "m.yaml:6: records.p.fields.as_of.dat: 'dat' is not a key here; did you mean 'date'",
        ),
        (
            HEAD + "records:\n  p:\n    collection: populations\n    fields:\n      as_of: {from: x, date: '%Q %Y'}\n",
            "m.yaml:6: records.p.fields.as_of.date: %Q is not a part of a date here",
        ),
        (
            HEAD + "records:\n  p:\n    collection: populations\n    fields:\n      as_of:\n        from: x\n"
            "        extract: '('\n",
            "m.yaml:8: records.p.fields.as_of.extract: this is no regular expression",
        ),
        (HEAD + "records:\n  f:\n    collection: facilities\n", "m.yaml:3: records.f: `identity` or `slug` says which"),
        (HEAD + "records:\n  s:\n    collection: sources\n", "m.yaml:3: records.s: `slug` says which record it is"),
        (
            HEAD + "records:\n  p:\n    collection: populations\n    fields:\n      facility: {record: f}\n",
            "'f' is no record with a slug in this mapping",
        ),
        (
            HEAD + "missing: []\nmissing: []\n" + SOURCE,
            "m.yaml:3: the mapping is not YAML: the key 'missing' is given twice",
        ),
        (HEAD + "records: &a {}\nrows: *a\n", "m.yaml:3: the mapping is not YAML: aliases are not read"),
        ("about: [\n", "the mapping is not YAML"),
        ("- a\n", "m.yaml:1: mapping: "),
        (HEAD + "records: {}\n", "m.yaml:2: records: "),
        (
            HEAD
            + "records:\n  p:\n    collection: populations\n    each:\n      columns: 'n_{sex}'\n      parts: {}\n",
            "`parts` describes what stands in the braces",
        ),
        (
            HEAD + "columns:\n  x: {from: a, keep: [b]}\n" + SOURCE,
            "m.yaml:3: columns.x: `keep` and `instead` come together",
        ),
        (HEAD + "columns:\n  x: {from: a, sum: [b]}\n" + SOURCE, "m.yaml:3: columns.x: a value is made `from` a text"),
        (HEAD + "columns:\n  x: {sum: [b], split: ';'}\n" + SOURCE, "m.yaml:3: columns.x: `split` belongs to a value"),
        (
            HEAD + "columns:\n  x: {from: a, date: '%Y', table: {}}\n" + SOURCE,
            "m.yaml:3: columns.x: a value is a `date`",
        ),
        (HEAD + "encoding: utf-88\n" + SOURCE, "m.yaml:2: encoding: utf-88 is no encoding known here"),
        (HEAD + "encoding: base64\n" + SOURCE, "m.yaml:2: encoding: base64 is no encoding known here"),
        (
            HEAD + SOURCE.replace("title: T", "title: TO DO, its title"),
            "m.yaml:3: records.source.fields.title: this is still to be filled in",
        ),
    ],
)
def test_a_wrong_mapping_is_refused_with_key_and_line(text: str, message: str) -> None:
    found = faults(text)
    assert any(message in fault for fault in found), found


def test_every_fault_is_named_at_once_in_the_order_of_lines() -> None:
    found = faults("about: x\nextra: 1\nrecords:\n  f:\n    collection: x\n  g:\n    collection: y\n")
    assert [fault.split(":")[1] for fault in found] == ["2", "5", "7"]


def test_columns_that_a_file_does_not_have_are_told_with_near_ones() -> None:
    text = """
columns: {year: "{datum}"}
rows: {where: {open: "yes"}}
records:
  f:
    collection: facilities
    identity: {scheme: s, value: "{id}", within: [round]}
    fields: {name: "{nmae}", place: "{town?}", kind: {from: "{kind}", table: {a: "{other}"}}}
  p:
    collection: populations
    each: [{column: helt}, {sum: [a_*, b_*, b]}]
  q:
    collection: populations
    each: {columns: "n_{sex}", parts: {sex: {m: {sex: male}, f: {sex: female}}}}
"""
    (table,) = parse_mapping(HEAD + text).tables
    answer = unknown_columns(table, ["date", "name", "held", "a_1"])
    named = [fault.detail.split(" ")[0].strip("'") for fault in answer]
    assert named == [
        "datum", "open", "id", "nmae", "kind", "other", "round", "helt", "b_*", "b", "No", "No",
    ]  # fmt: skip
    assert isinstance(answer[0], Fault)
    assert "did you mean 'name'" in answer[3].detail
    assert "like 'n_{sex}' with 'm' for 'sex': it is asked for by 'records.q.each'" in answer[-2].detail


def test_a_key_that_is_the_name_of_a_column_lacks_its_braces() -> None:
    text = "records:\n  f:\n    collection: facilities\n    identity: {scheme: s, value: code}\n    slug: name\n"
    (table,) = parse_mapping(HEAD + text).tables
    answer = [fault.detail for fault in unknown_columns(table, ["code", "name"])]
    assert [one.rpartition("write ")[2] for one in answer] == ["'{code}'.", "'{name}'."]
    assert unknown_columns(table, ["id"]) == []


# --- what is made ------------------------------------------------------------------------------------------------


def test_columns_constants_and_templates_fill_fields() -> None:
    text = """
missing: [NA, -999]
records:
  f:
    collection: facilities
    slug: "{state}-{name}"
    fields:
      level: facility
      name: "{name}"
      country: BRA
      admin1: "{state}"
      place: "{state?}, {town?} {{x}}"
      description: "{town} in {state}"
      names: [{name: "{old}", kind: former}, {name: "{name}", lang: pt}]
"""
    assert mapped(
        text, {"state": "SP", "name": " A ", "town": "-999", "old": ""}, {"state": "NA", "name": "B", "town": "T"}
    ) == [
        [
            {
                "level": "facility",
                "name": "A",
                "country": "BRA",
                "admin1": "SP",
                "place": "SP,  {x}",
                "names": [{"name": "A", "lang": "pt"}],
            }
        ],
        Flaw("no_identity", "nothing says which record 'f' is", hint="fill its columns"),
    ]


@pytest.mark.parametrize(
    ("expression", "cells", "expected"),
    [
        ('{from: "{m}", table: {junho: "06-30", unico: ""}}', {"m": "junho"}, "06-30"),
        ('{from: "{m}", table: {junho: "06-30", unico: ""}}', {"m": "unico"}, ""),
        ('{from: "{m}", table: {"a  b": x}, otherwise: "{m}!"}', {"m": "a\u00a0b"}, "x"),
        ('{from: "{m}", table: {a: x}, otherwise: "{m}!"}', {"m": "c"}, "c!"),
        ('{from: "{m}", table: {a: x}, otherwise: null}', {"m": "c"}, None),
        ('{from: "{m}", patterns: {"^a": x, "b": y}, otherwise: z}', {"m": "cab"}, "y"),
        ('{from: "{m}", table: {a: null}, default: none}', {"m": "a"}, "none"),
        ('{from: "{m}", date: "%d.%m.%Y"}', {"m": "3.2.2019"}, "2019-02-03"),
        ('{from: "{m}", date: ["%d/%m/%Y", "%m/%Y", "%Y"]}', {"m": "02/2019"}, "2019-02"),
        ('{from: "{m}", date: ["%d/%m/%Y", "%m/%Y", "%Y"]}', {"m": "2019"}, "2019"),
        ('{from: "{m}", extract: ", ([A-Z]{2})$"}', {"m": "Eloy, AZ"}, "AZ"),
        ('{from: "{m}", extract: ", ([A-Z]{2})$"}', {"m": "Eloy"}, None),
        ('{from: "{m}", missing: [unknown]}', {"m": "unknown"}, None),
        ('{from: "{m}", split: ";", unique: true, join: ", "}', {"m": "a; b;a;"}, "a, b"),
        ('{from: "{m}", split: ";", table: {a: "1", b: null}}', {"m": "a;b;a"}, ["1", "1"]),
        ('{sum: ["n_*", k]}', {"n_a": "1", "n_b": "2", "k": "4", "other": "9"}, "7"),
        ('{sum: ["n_*", k]}', {"n_a": "", "n_b": "", "k": ""}, None),
        ('{sum: ["n_*"]}', {"n_a": "0", "n_b": "0"}, "0"),
    ],
)
def test_values_are_made_step_by_step(expression: str, cells: dict[str, str], expected: Any) -> None:
    assert value(expression, None, **cells) == expected


@pytest.mark.parametrize(
    ("expression", "cell", "rule"),
    [
        ('{from: "{m}", table: {a: x}}', "b", "not_in_table"),
        ('{from: "{m}", date: "%d.%m.%Y"}', "31.2.2019", "not_a_date"),
        ("{sum: [m]}", "-1", "not_a_count"),
        ("{sum: [m]}", "1.5", "not_a_count"),
    ],
)
def test_a_wrong_value_rejects_its_row_or_is_left_out_and_told(expression: str, cell: str, rule: str) -> None:
    with pytest.raises(Rejected) as raised:
        value(expression, m=cell)
    assert raised.value.flaw.rule == rule
    flaws: list[Flaw] = []
    assert value(expression.replace("}", ", invalid: drop}") if "sum" in expression else
                 expression[:-1] + ", invalid: drop}", flaws, m=cell) is None  # fmt: skip
    assert [(flaw.rule, flaw.column, flaw.message.endswith("left out")) for flaw in flaws] == [(rule, "m", True)]


def test_a_text_that_may_name_a_person_is_replaced_and_never_shown() -> None:
    flaws: list[Flaw] = []
    expression = '{from: "{m}", keep: ["/report-[0-9]+$"], instead: "https://x.example/"}'
    assert value(expression, flaws, m="https://x.example/report-1") == "https://x.example/report-1"
    assert flaws == []
    assert value(expression, flaws, m="https://x.example/JaneDoe") == "https://x.example/"
    assert [(flaw.rule, flaw.column, flaw.value) for flaw in flaws] == [("replaced", "m", "(withheld)")]
    assert "Doe" not in repr(flaws)


WIDE = """
records:
  p:
    collection: populations
    fields: {facility: f, as_of: "{day}", source: s, measure: held, dimensions: {kind: count}}
    each:
      columns: n_{status}_{sex}
      parts:
        status:
          on: {legal_status: sentenced, dimensions: {regime: closed}}
          off: {legal_status: unsentenced}
        sex: {m: {sex: male}, f: {sex: female}}
"""


def test_a_wide_row_is_one_population_for_each_column() -> None:
    (bodies,) = mapped(WIDE, {"day": "2020", "n_on_m": "5", "n_on_f": "0", "n_off_m": "", "n_other_m": "1"})
    assert [(body["sex"], body["legal_status"], body["dimensions"], body["best"]) for body in bodies] == [
        ("male", "sentenced", {"kind": "count", "regime": "closed"}, 5),
        ("female", "sentenced", {"kind": "count", "regime": "closed"}, 0),
    ]


def test_a_cell_of_several_brings_each_of_them_to_a_list() -> None:
    text = """
records:
  f:
    collection: facilities
    slug: "{name}"
    fields:
      names:
        - {name: "{official}", lang: en, kind: official}
        - {name: {from: "{others}", split: ";"}, lang: en, kind: alias}
  i:
    collection: incidents
    slug: "{name}"
    fields:
      kinds: [riot, {from: "{kinds}", split: ";", table: {blaze: fire, flood: other}}]
"""
    row = {"name": "a", "official": "A", "others": "B; C", "kinds": "blaze; flood"}
    ((facility, incident),) = mapped(text, row)
    assert [(one["name"], one["kind"]) for one in facility["names"]] == [
        ("A", "official"), ("B", "alias"), ("C", "alias"),
    ]  # fmt: skip
    assert incident["kinds"] == ["riot", "fire", "other"]
    ((facility, incident),) = mapped(text, row | {"official": "", "others": "", "kinds": ""})
    assert (facility["names"], incident["kinds"]) == ([], ["riot"])


def test_a_number_that_is_missing_is_no_record_or_one_with_a_reason() -> None:
    text = """
records:
  p:
    collection: populations
    fields: {facility: f, as_of: "2020", source: s, measure: held, missing_reason: not_published}
    each: [{column: a}, {sum: [a, b], basis: derived}]
"""
    first, second = mapped(text, {"a": "", "b": ""}, {"a": "", "b": "3"})
    assert [body.get("missing_reason") for body in first] == ["not_published", "not_published"]
    assert [(body.get("missing_reason"), body.get("low")) for body in second] == [("not_published", None), (None, 3)]
    assert mapped(text.replace(", missing_reason: not_published", ""), {"a": "", "b": ""}) == [[]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", {"low": 12, "best": 12, "high": 12, "qualifier": "exact"}),
        ("0", {"low": 0, "best": 0, "high": 0, "qualifier": "exact"}),
        ("12.0", {"low": 12, "best": 12, "high": 12, "qualifier": "exact"}),
        ("12.5", rounded(13, "12.5")),
        ("1234.567", rounded(1235, "1234.567")),
        ("0.250", rounded(0, "0.250")),
        (">30", {"as_written": ">30"}),
        ("1,234", {"as_written": "1,234"}),
    ],
)
def test_figures_are_read_as_published(text: str, expected: dict[str, Any]) -> None:
    assert figure(text) == expected


@pytest.mark.parametrize("text", ["1.234", "12.000", "123.456"])
def test_a_number_with_two_readings_is_rejected(text: str) -> None:
    with pytest.raises(Rejected) as raised:
        figure(text)
    assert raised.value.flaw.message == f"'{text}' has two readings: as thousands, or as a decimal fraction."
    assert raised.value.flaw.hint is not None
    assert "`decimal: ','`" in raised.value.flaw.hint


@pytest.mark.parametrize(
    ("decimal", "text", "expected"),
    [
        (".", "1234", exactly(1234)),
        (".", "1.234", rounded(1, "1.234")),
        (".", "1,234", {**exactly(1234), "as_written": "1,234"}),
        (".", "1,234,567.5", rounded(1234568, "1,234,567.5")),
        (",", "1.234", {**exactly(1234), "as_written": "1.234"}),
        (",", "1.234,0", {**exactly(1234), "as_written": "1.234,0"}),
        (",", "12,5", rounded(13, "12,5")),
        (",", "12,0", exactly(12)),
        (",", "~40", {"as_written": "~40"}),
    ],
)
def test_the_sign_before_a_fraction_can_be_said(decimal: Decimal, text: str, expected: dict[str, Any]) -> None:
    assert figure(text, decimal=decimal) == expected


@pytest.mark.parametrize("text", ["1234.5", "1.23", "1.2345"])
def test_a_number_written_otherwise_than_said_is_rejected(text: str) -> None:
    with pytest.raises(Rejected):
        figure(text, decimal=",")


def test_a_table_says_how_its_numbers_are_written() -> None:
    text = """
decimal: ","
records:
  p:
    collection: populations
    fields: {facility: f, as_of: "2020", source: s, measure: held, figure: "{held}"}
"""
    (first,), (second,) = mapped(text, {"held": "1.234"}, {"held": "980"})
    assert (first["best"], first["as_written"], second["best"]) == (1234, "1.234", 980)


def test_a_negative_count_is_rejected() -> None:
    with pytest.raises(Rejected) as raised:
        figure("-3")
    assert (raised.value.flaw.rule, raised.value.flaw.value) == ("negative", "-3")


def test_words_that_are_no_figure_are_told_with_their_column() -> None:
    text = """
records:
  p:
    collection: populations
    fields: {facility: f, as_of: "2020", source: s, measure: held}
    each: [{column: men, sex: male}, {column: women, sex: female, low: "3"}]
"""
    flaw, bounded = mapped(text, {"men": "full", "women": ""}, {"men": "~40", "women": "full"})
    assert (flaw.rule, flaw.column, flaw.value) == ("not_a_figure", "men", "full")
    assert [body["as_written"] for body in bounded] == ["~40", "full"]
    alone = text.replace("measure: held}", 'measure: held, figure: "{men}"}').replace("each: [", "# [")
    (flaw,) = mapped(alone, {"men": "-1"})
    assert (flaw.rule, flaw.column) == ("negative", "men")


def test_every_rule_of_a_report_has_a_definition() -> None:
    folder = Path(mapping.__file__).parents[1]
    text = "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    assert {rule for call in re.findall(r"Flaw\(([^)]*)", text) for rule in re.findall(r'^\s*"(\w+)"', call)} | {
        "refused",  # the other side of `invalid`
        "withheld",  # of a native record
        "not_stated",  # of no row
    } == set(ImportRule)


def test_rows_and_records_are_chosen_by_their_cells() -> None:
    text = """
rows: {where: {kind: [prison, null]}, unless: {open: "no"}}
records:
  f:
    collection: facilities
    slug: "{name}"
    unless: {name: "*"}
  g:
    collection: facilities
    where: {name: "*"}
    slug: "{name}"
    fields: {name: "{name}"}
"""
    rows = [
        {"kind": "prison", "open": "yes", "name": "a"},
        {"kind": "", "open": "", "name": "b"},
        {"kind": "camp", "open": "yes", "name": "c"},
        {"kind": "prison", "open": "no", "name": "d"},
    ]
    assert mapped(text, *rows) == [[{"name": "a"}], [{"name": "b"}], None, None]


def test_a_key_that_comes_again_within_a_round_is_another_facility() -> None:
    text = """
records:
  f:
    collection: facilities
    identity: {scheme: list, value: "{state}/{name?}", within: [round]}
"""
    (table,) = parse_mapping(HEAD + text).tables
    mapper = RowMapper(table)
    rows = [("SP", "A", "1"), ("SP", "A", "1"), ("SP", "A", "2"), ("SP", "", "2"), ("SP", "", "2")]
    for _ in range(2):
        found = [mapper.map(Row(1, dict(zip(("state", "name", "round"), row, strict=True)))) for row in rows]
        keys = [result.drafts[0].keys[0][1] for result in found if result]
        assert keys == ["SP/A", "SP/A #2", "SP/A", "SP/", "SP/ #2"]
        assert [len(result.flaws) for result in found if result] == [0, 1, 0, 0, 1]
        mapper.restart()


def test_slugs_made_of_texts_keep_apart_when_they_are_cut() -> None:
    assert slug_from("São Paulo, SP", "facility") == "sao-paulo-sp"
    assert slug_from("12", "facility") == "facility-12"
    long, other = (slug_from("a " * 99 + last, "facility") for last in "bc")
    assert long != other
    assert len(long) <= 100


# --- what is shipped and drafted ---------------------------------------------------------------------------------


def test_the_shipped_mappings_are_known_by_name() -> None:
    assert shipped() == [
        "cbp-deaths",
        "guantanamo",
        "ice-deaths",
        "lk-prisons",
        "sisdepen-establishments",
        "sisdepen-population",
        "sisdepen-profile",
        "ucdp-ged",
        "uk-prison-register",
    ]
    for name in shipped():
        assert load_mapping(name).about
    with pytest.raises(Unreadable, match="did you mean 'guantanamo'"):
        load_mapping("guantanama")
    with pytest.raises(Unreadable, match="there is no such mapping file"):
        load_mapping("there-is-none.yaml")


@pytest.mark.parametrize("name", ["ice-deaths", "cbp-deaths"])
def test_what_describes_single_persons_is_not_even_read(name: str) -> None:
    text = (Path(__file__).parents[2] / "app/imports/mappings" / f"{name}.yaml").read_text("utf-8")
    for column in ("Age", "Country", "Nationality", "Name", "Minor", "US_Citizen_LPR"):
        assert f"{{{column}" not in text


def filled(draft: str) -> str:
    """A draft with what it leaves to its editor filled in."""
    return re.sub("TO DO, the day.*", '"2024"', draft).replace("TO DO", "x")


def test_a_draft_is_a_mapping_that_reads_its_file(tmp_path: Path) -> None:
    path = tmp_path / "my_prisons.csv"
    path.write_text(
        "code,prison name,state,day,men held,women held,lat\n"
        "A1,First,SP,3/2/2019,12,NA,1.5\nA2,Other,RJ,30/2/2019,3,4,2.5\n"
    )
    text = drafted(path)
    (table,) = parse_mapping(text.replace("TO DO", "x")).tables
    assert unknown_columns(table, ["code", "prison name", "state", "day", "men held", "women held", "lat"]) == []
    assert table.missing == ["NA"]
    facility, held = table.records["facility"], table.records["counted"]
    assert (facility.identity[0].value, facility.fields["name"], facility.fields["admin1"]) == (
        "{code}",
        "{prison name}",
        "{state}",
    )
    assert held.each == [
        {"column": "men held", "measure": "held", "sex": "male"},
        {"column": "women held", "measure": "held", "sex": "female"},
    ]
    assert held.fields["as_of"].date == ["%d/%m/%Y"]


@pytest.mark.parametrize(
    ("days", "written", "query"),
    [
        ("3/2/2019 4/12/2019", "%d/%m/%Y", True),
        ("3/2/2019 14/2/2019", "%d/%m/%Y", False),
        ("3/2/2019 2/14/2019", "%m/%d/%Y", False),
        ("2019-02-03 2019-04-12", "{day}", False),
    ],
)
def test_a_draft_asks_where_day_and_month_could_be_the_other_way_round(
    tmp_path: Path, days: str, written: str, query: bool
) -> None:
    path = tmp_path / "d.csv"
    path.write_text("name,day,held\n" + "".join(f"A,{day},1\n" for day in days.split()))
    (line,) = [line for line in drafted(path).splitlines() if "as_of" in line]
    assert written in line
    assert ("month first?" in line) is query


def test_a_draft_sees_figures_in_words_and_what_columns_count(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("name;date;remand;places;women;phone\nA;2020;>30;~900;1,204;040 33\nB;2021;n/a;800;20-30;+1 2\n")
    (table,) = parse_mapping(drafted(path).replace("TO DO", "x")).tables
    assert table.records["counted"].each == [
        {"column": "remand", "measure": "held", "legal_status": "unsentenced"},
        {"column": "places", "measure": "capacity"},
        {"column": "women", "measure": "held", "sex": "female"},
    ]


def test_a_draft_of_a_workbook_is_of_the_sheet_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with Workbook(path) as book:
        for name, cells in {"Notes": ["Read me"], "Counts": ["prison", "men"]}.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, cells)
            sheet.write_row(1, 0, ["A", 3])
    assert "prison" not in drafted(path)
    (table,) = parse_mapping(filled(drafted(path, "Counts"))).tables
    assert table.sheet == "Counts"
    assert table.records["counted"].each == [{"column": "men", "measure": "held", "sex": "male"}]
    with pytest.raises(UnreadableFile, match="there is no sheet 'Count': Notes, Counts"):
        drafted(path, "Count")


def test_a_column_may_be_called_anything(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text('"name?",a{b},"men ""held"""\nA,1,2\n')
    text = filled(drafted(path))
    (table,) = parse_mapping(text).tables
    assert unknown_columns(table, ["name?", "a{b}", 'men "held"']) == []
    rows = list(read_rows(path))
    result = RowMapper(table, list(rows[0].cells)).map(rows[0])
    assert result is not None
    assert [draft.body.get("best") for draft in result.drafts] == [None, None, 2]
    assert result.drafts[1].body["name"] == "A"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.about[:40])
def test_the_examples_of_the_documentation_are_run(tmp_path: Path, example: Example) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(example.file, "utf-8")
    files = [path]
    if example.other is not None:
        files.append(tmp_path / example.other[0])
        files[1].write_text(example.other[1], "utf-8")
    (source,) = planned(files, parse_mapping(f"about: x\n{example.mapping}"))
    made = []
    for row in read_rows(path, source.table.format):
        found = source.mapper.map(row)
        assert found is not None
        assert found.flaws == []
        made += [draft.body for draft in found.drafts if draft.name == example.record]
    shown = [orjson.dumps(body, default=lambda named: named.name, option=PLAIN).decode() for body in made]
    assert shown == list(example.made)


def test_a_lookup_names_what_it_does_not_find(tmp_path: Path) -> None:
    (example,) = [one for one in EXAMPLES if one.other is not None]
    mapping = parse_mapping(f"about: x\n{example.mapping}")
    rows, other = tmp_path / "rows.csv", tmp_path / "prisons.csv"
    rows.write_text("prison,held\nN3,1\n")
    with pytest.raises(Unreadable, match=r"asks for the file prisons.csv: give it beside the others"):
        planned([rows], mapping)
    other.write_text("kode,name\nN1,A\n")
    with pytest.raises(Unreadable, match="it has no column 'code'"):
        planned([rows, other], mapping)
    other.write_text("code,name\nN1,A\nN1,B\n")
    with pytest.raises(Unreadable, match=r"prisons.csv:3: line 2 has code = N1 too"):
        planned([rows, other], mapping)
    other.write_text("code,name\nN1,A\nN1,A\n")
    (source,) = planned([rows, other], mapping)
    found = source.mapper.map(next(read_rows(rows)))
    assert found is not None
    assert [(flaw.rule, flaw.message) for flaw in found.flaws] == [("not_found", "no row of prisons.csv has code = N3")]
    with pytest.raises(Unreadable, match=r"'list.nmae' is not a column of the file; did you mean 'list.name'"):
        planned([rows, other], parse_mapping(f"about: x\n{example.mapping.replace('list.name', 'list.nmae')}"))


def test_a_record_for_each_part_is_named_by_all_that_name_it() -> None:
    text = """
records:
  report:
    collection: sources
    for_each: {link: {from: "{links}", split: ";"}}
    slug: "{link}"
    fields: {kind: article, url: "{link}"}
  group:
    collection: actors
    for_each: {who: {from: "{groups}", split: ","}}
    slug: "{who}"
    fields: {kind: armed_group, name: "{who}"}
  event:
    collection: incidents
    slug: "{id}"
    fields:
      title: x
      parties: [{role: belligerent, actor: {record: group}, standing: reported, source: {record: report}}]
  dead:
    collection: figures
    fields: {incident: {record: event}, measure: killed, source: {record: report}, figure: "{n}"}
"""
    (table,) = parse_mapping(HEAD + text).tables
    found = RowMapper(table).map(Row(2, {"id": "1", "n": "5", "links": "a; b; a", "groups": "x,y"}))
    assert found is not None
    assert [draft.name for draft in found.drafts] == ["report", "report 2", "group", "group 2", "event", "dead", "dead"]
    named = [(one["actor"].name, one["source"].name) for one in found.drafts[4].body["parties"]]
    assert named == [(group, report) for group in ("group", "group 2") for report in ("report", "report 2")]
    assert [draft.body["source"].name for draft in found.drafts[5:]] == ["report", "report 2"]
    found = RowMapper(table).map(Row(2, {"id": "1", "n": "5", "links": "", "groups": "x"}))
    assert found is not None
    assert [draft.name for draft in found.drafts] == ["group", "event", "dead"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("level: facilty", "m.yaml:8: records.f.fields.level: 'facilty' is not a facility-level; did you mean"),
        ("country: UK", "m.yaml:8: records.f.fields.country: 'UK' is not a country"),
        ("kind: {from: '{a}', table: {a: prisn}}", "m.yaml:8: records.f.fields.kind.table.a: 'prisn' is not a"),
        ("kind: {from: '{a}', table: {a: prison}, otherwise: x}", "m.yaml:8: records.f.fields.kind.otherwise: 'x' is"),
        ("names: [{name: x, kind: nick}]", "m.yaml:8: records.f.fields.names: 'nick' is not a name-kind"),
        ("latitude: '100'", "m.yaml:8: records.f.fields.latitude: "),
    ],
)
def test_c_a_constant_is_checked_before_the_first_row(fields: str, message: str) -> None:
    text = (
        f"{HEAD}records:\n  f:\n    collection: facilities\n    slug: f\n    fields:\n      name: x\n      {fields}\n"
    )
    (fault,) = faults(text)
    assert fault.startswith(message)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Brésil", "BRA"), ("ESTADOS UNIDOS", "USA"), ("Deutschland", "DEU"), ("سوريا", "SYR"), ("UK", "GBR"),
        ("NA", "NAM"), ("irán", "IRN"), ("KSV", "XKX"), ("Côte d'Ivoire", "CIV"), ("Atlantis", None), ("", None),
    ],
)  # fmt: skip
def test_d_a_country_is_known_by_its_names(text: str, code: str | None) -> None:
    assert country_of(text) == code


def test_c_what_looks_like_a_footnote_is_hinted_at() -> None:
    for text, mark in (("412*", "*"), ("412 (p)", "(p)"), ("412²", "²"), ("412 †", "†")):
        with pytest.raises(Rejected) as rejected:
            figure(text)
        assert f"if {mark!r} marks a footnote" in str(rejected.value.flaw.hint)
        assert figure(text, marks=[mark])["as_written"] == text
    assert figure("1,204*", marks=["*"], decimal=".") == exactly(1204) | {"as_written": "1,204*"}
