"""The reference pages on imports that are made from the code: keys of mappings, what an import reads and tells."""

from collections import defaultdict
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from app.database.server_tables import ImportState
from app.http.imports import ImportReport, ReportLine
from app.imports.mapped.loading import load_mapping, shipped
from app.imports.mapped.mapping import (
    Computed,
    Conditions,
    EachColumns,
    Identity,
    ImportMapping,
    Named,
    RecordMapping,
    Rows,
    TableMapping,
)
from app.imports.readers import ENDINGS
from app.imports.reports import RowFate
from app.imports.rules import ImportRule
from tools.docs.markdown import codes, members, page, table

PARTS_OF_MAPPINGS: Final[dict[type[BaseModel], str]] = {
    ImportMapping: "A mapping",
    TableMapping: "A table",
    Rows: "Rows",
    RecordMapping: "A record",
    Identity: "An identity",
    EachColumns: "Columns of one shape",
    Computed: "A computed value",
    Named: "A reference",
}
"""The parts that a mapping is made of, and what the sections about them are called."""


VALUES: Final = {
    "prison": "a constant: this text",
    '"{name}"': "a column: what its cell holds. Where that is missing, the field is left out",
    '"{town}, {state}"': "a template: text with columns. Where one of them is missing, there is no value",
    '"{town}, {state?}"': "the same with a column that may be missing: nothing then stands in its place",
    '{from: "{day}", date: "%d.%m.%Y"}': "[a computed value](#a-computed-value)",
    "{record: source}": "[a reference](#a-reference) to another record of the row",
    "[riot, fire]": "a list of values; one that has several parts brings each of them",
    '{name: "{alias}", kind: alias}': "a mapping of values. Where its first is missing, there is none; where its first "
    "has several parts, a list gets one for each of them",
}
"""What may fill a field, and what that is."""


def mapping_keys_page() -> str:
    """The keys of mappings, and the mappings that are shipped."""
    parts = []
    for part, called in PARTS_OF_MAPPINGS.items():
        rows = [
            (
                f"`{info.alias or name}`",
                "required" if info.is_required() else "optional",
                _takes(info.annotation),
                str(info.description),
            )
            for name, info in part.model_fields.items()
        ]
        parts += [f"## {called}", part.__doc__ or "", table(("key", "written", "takes", "what it does"), rows)]
    return page(
        "Keys of mappings",
        """What a [mapping](mappings.md) may say. It is YAML in which every scalar is the text it is written as: `01`
        stays `01`, `no` stays `no`. Only `null` is nothing. A mapping is checked as a whole before the first row is
        read: a key, a field or a column that does not exist is an error with its line, and names those that do.
        `detention mapping draft FILE` writes a first one.""",
        "## A value",
        "What fills a field is one of these:",
        table(("written", "is"), [(f"`{written}`", about) for written, about in VALUES.items()]),
        """Beside the columns of the file there are `file`, its name, and `line`, where the row begins. A brace that is
        meant as one is written twice.""",
        *parts,
        "## Figures",
        """The number of a population or a figure as published, in `figure` or in a column of `each`. A whole number is
        exact. A `sum` of columns of which some are empty is at least the sum of the others, and flagged. `none`, `no`
        and `nil` are no numbers: they may mean zero or nothing, and a `table` says which.
        A fraction is stored rounded, with the number as published beside it. Anything else, `>30`, `~40`,
        `=10`, `20-30`, `1,234`, `at least ten`, is [read as words](figures-in-words.md), and the words are kept.
        `1.234` may be one and a fraction, or a thousand and more: it rejects its row, unless `decimal` says which sign
        parts a fraction. Where the cell is missing there is no record; with a `missing_reason` there is one without a
        number.""",
        "## Date formats",
        """`%Y` year, `%y` year of two digits, `%m` month, `%b` or `%B` its name in English, `%d` day, `%j` day of the
        year; `%H` `%M` `%S` a time, which is passed over. A date is as precise as its format: `%m/%Y` makes `2024-03`
        of 03/2024, and `%Y` a year. Dates in ISO 8601 (`2024`, `2024-03`, `2024-03-31`) need no format.""",
        "## Shipped mappings",
        """Each is named by `--mapping NAME` or `mapping=NAME`. `detention mapping show NAME` prints it.""",
        table(("name", "what it maps"), [(f"`{name}`", load_mapping(name).about) for name in shipped()]),
    )


def _takes(annotation: Any) -> str:
    """What a key of a mapping takes."""
    if annotation == Conditions:
        return "columns, and for each a text or a list of texts"
    if annotation in PARTS_OF_MAPPINGS:
        called = PARTS_OF_MAPPINGS[annotation]
        return f"[{called[:1].lower()}{called[1:]}](#{called.lower().replace(' ', '-')})"
    inner = [side for side in get_args(annotation) if side is not type(None)]
    match get_origin(annotation):
        case None:
            taken = {str: "text", bool: "`true` or `false`"}.get(annotation, "[a value](#a-value)")
        case origin if origin is Annotated:
            taken = _takes(inner[0])
        case origin if origin is list:
            taken = "list of texts" if inner[0] is str else f"list: {_takes(inner[0])}"
        case origin if origin is dict:
            taken = f"names, and for each {_takes(inner[1])}"
        case origin if origin is Literal:
            taken = codes(inner)
        case _:
            taken = " or ".join(dict.fromkeys(_takes(side) for side in inner))
    return taken


def imports_page(exit_codes: str) -> str:
    """What an import reads, how it tells records apart, what it reports."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for ending, kind in ENDINGS.items():
        kinds[kind].append(ending)
    return page(
        "Imports",
        """What `detention import --mapping` and `POST /v1/imports` read, how they tell records apart, and what their
        report says. How columns become fields is said by a [mapping](mappings.md). [Native files](native-files.md) need
        none.""",
        "## Files",
        table(
            ("ending", "is read as"),
            [(codes(endings), ROWS_OF[kind]) for kind, endings in kinds.items()],
        ),
        """Each may be gzipped, whatever it is called. A file of another ending is known by how it begins. Rows are read
        one at a time: a file of any length takes the same memory, but for a workbook, which is read whole.""",
        """*Encoding*: UTF-8 with or without its mark; UTF-16 where its mark stands first. A file that is UTF-8 but for
        some bytes has the rows of these rejected. Any other is read as Windows 1252, and its first row is flagged,
        for that is a guess. A mapping may name the encoding.
        *Delimiter*: of comma, semicolon, tab and bar the one under which the first lines have the
        same number of cells; a tab in `.tsv`. *Header*: the first line that is not empty. A column without a name is
        called by its place (`column 3`), a name that comes again is numbered (`held (2)`), blanks around names and
        cells are dropped.""",
        "## Which record a row speaks of",
        """A facility or an incident is known by its `identity`, a scheme and a key in it, and never by its name. A
        source, an actor, or what has no `identity` is known by its slug; where two texts of an import make the same
        slug, they are two records, and the second is numbered and flagged. What the register does not have is made;
        where the slug of a new record is taken by another, it is numbered.
        A facility becomes what all rows together state of
        it, and later rows win; names, identifiers and sources are added to. A new facility whose name looks like that
        of a known one in the same country is made all the same, and told.""",
        """A population or a figure is the same statement when all that it states about is the same: subject, measure,
        statistic, group, dates, source, place in the source, attribution. Its numbers are then updated. A second such
        one in the same import is rejected. Import the same files again, after an interruption or not, and what is there
        already stays as it is.""",
        """Rows are written in batches, each of them a revision; what a row states is written as a whole or not at all.
        A facility, source or actor that a rejected row speaks of may be made all the same.""",
        "## What becomes of a row",
        table(("fate", "what it means"), [(f"`{fate}`", fate.definition) for fate in RowFate]),
        """Rows that the mapping does not want are counted as left out.""",
        "## Rules",
        """Each row that was flagged or rejected has a line in the report, and each line names a rule. The same list is
        served by `GET /v1/vocabularies/import-rule`.""",
        table(("rule", "what it means"), [(f"`{rule}`", rule.definition) for rule in ImportRule]),
        "## The report",
        """On a terminal it is a table; elsewhere a line for each row to look at, the first 40 of them, and one for each
        collection. `--report FILE.json` writes all of it, `--report FILE.csv` the lines. The report of a job is the
        same JSON.""",
        members(ImportReport),
        "### A line of it",
        members(ReportLine),
        "## Exit codes",
        f"`detention import` ends with one of them: {exit_codes}",
        "A file that does not fit its mapping is at fault, a rejected row is not: the others stand.",
        "## Jobs",
        """An [import over HTTP](../how-to/import-over-http.md) is a job in one of these states:""",
        table(("state", "what it means"), [(f"`{state}`", state.definition) for state in ImportState]),
    )


ROWS_OF: Final = {
    "csv": "CSV: a row is a record of it, which may go on over several lines inside quotes",
    "ndjson": "a row is the JSON object on a line",
    "json": "a row is an object of a list, or of each list under `features`, `data`, `records`, `rows`, `results`, "
    "`items` or `value` of an object, or an object that stands by itself. Several may follow each other. "
    "What is inside an object is called `outer.inner`, a list is a cell of several "
    "texts, the point of a GeoJSON feature is `longitude` and `latitude`",
    "xlsx": "a row of the first sheet that is not hidden, or of the one the mapping names. Dates are ISO 8601",
}
"""What a row is, by how a file is written."""
