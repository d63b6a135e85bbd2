"""Values that a mapping once changed without a word, each named after its row in the list of faults."""

from typing import Any

import pytest

from app.imports.mapped.loading import parse_mapping
from app.imports.mapped.rows import Mapped, RowMapper
from app.imports.mapped.values import Rejected
from app.imports.readers import Row, Value
from app.imports.readers.rows import Number

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


def test_a6_the_files_own_column_comes_before_the_line_of_the_row() -> None:
    assert figures("{column: line}", {"line": "412"}) == [exactly(412)]


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
