"""The reference pages on imports that are made from the code: keys of mappings, what an import reads and tells."""

from collections import defaultdict
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from app.database.server_tables import ImportState
from app.http.import_shapes import ImportReport, ReportLine
from app.imports.mapped.each import EachColumns
from app.imports.mapped.expressions import Computed, Named
from app.imports.mapped.loading import load_mapping, shipped
from app.imports.mapped.mapping import ImportMapping, Rows, TableMapping
from app.imports.mapped.record import Conditions, Identity, RecordMapping
from app.imports.mapped.written import Lookup
from app.imports.readers import ENDINGS
from app.imports.reports import RowFate
from app.imports.rules import ImportRule
from tools.docs.mapping_examples import EXAMPLES, Example
from tools.docs.markdown import codes, members, page, table

PARTS_OF_MAPPINGS: Final[dict[type[BaseModel], str]] = {
    ImportMapping: "A mapping",
    TableMapping: "A table",
    Rows: "Rows",
    RecordMapping: "A record",
    Identity: "An identity",
    EachColumns: "Columns of one shape",
    Lookup: "A lookup",
    Computed: "A computed value",
    Named: "A reference",
}
"""The parts that a mapping is made of, and what the sections about them are called."""
VALUES: Final = {
    "prison": "a constant: this text",
    '"{name}"': "a column: the text of its cell. If the cell is missing, the field is not filled",
    '"{town}, {state}"': "a template: text with columns. If one of them is missing, there is no value",
    '"{town}, {state?}"': "a template in which the column `state` may be missing; it then counts as empty text. If all "
    "columns are missing and there are no words between them, there is no value",
    '{first: ["{name_en?}", "{name_ar?}"]}': "the first of several such texts that is not missing",
    '{from: "{day}", date: "%d.%m.%Y"}': "[a computed value](#a-computed-value)",
    "{record: source}": "[a reference](#a-reference) to another record that is made from the row",
    "[riot, fire]": "a list of values. If one of them is itself a list, its parts are added one by one",
    '{name: "{alias}", kind: alias}': "an object with several fields, in any order. If what it is about, here the "
    "name, has no value, there is no object; if it is a list, there is one object for each of its parts",
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
        """A mapping is a YAML file that says how the rows of a table become records. This page lists all its keys;
        [Mappings](mappings.md) explains a whole example. `detention mapping draft FILE` writes a first version for your
        table.""",
        """All values are read as text, exactly as written: `01` stays `01`, and `no` is the text "no". The only
        exception is `null`, which means that there is no value. A mapping is checked before the first row is read. A
        key, field or column that does not exist is reported with its line and the names that do exist.""",
        "## A value",
        "The value of a field is written in one of these ways:",
        table(("written", "meaning"), [(f"`{written}`", about) for written, about in VALUES.items()]),
        """In addition to the columns of the file there are the columns `:file`, the name of the file, and `:line`, the
        number of the line on which the row begins. To write a brace as text, double it: `{{`.""",
        *parts,
        "## Figures",
        """The number of a population or a figure is in the field `figure`, or in a column of `each`. It is read like
        this:""",
        table(("the cell", "becomes"), FIGURES),
        "## Date formats",
        """A date format is written with these parts:""",
        table(("part", "stands for"), DATE_PARTS),
        """A date is as precise as its format: with `%m/%Y`, 03/2024 becomes the month `2024-03`. Dates in ISO 8601
        (`2024`, `2024-03`, `2024-03-31`) need no format.""",
        "## Examples",
        """Each is a file, the part of a mapping that matters here, and the fields of the records that it makes of the
        rows, before the register completes them.""",
        *(part for example in EXAMPLES for part in _shown(example)),
        "## Shipped mappings",
        """These come with the software. Use one with `--mapping NAME` on the command line, or `mapping=NAME` over HTTP.
        `detention mapping show NAME` prints it.""",
        table(("name", "what it maps"), [(f"`{name}`", load_mapping(name).about) for name in shipped()]),
    )


def _shown(example: Example) -> list[str]:
    """An example as the page has it."""
    files = [example.file] if example.other is None else [example.file, f"{example.other[0]}:\n{example.other[1]}"]
    blocks = [("csv", text) for text in files]
    blocks += [("yaml", example.mapping), ("json", "\n".join(example.made))]
    return [example.about, *(f"```{kind}\n{text.strip()}\n```" for kind, text in blocks)]


def _takes(annotation: Any) -> str:
    """What a key of a mapping takes."""
    if annotation == Conditions:
        return "names of columns, each with a text or a list of texts"
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
            taken = "list of texts" if inner[0] is str else f"list, each entry {_takes(inner[0])}"
        case origin if origin is dict:
            taken = f"names, each with {_takes(inner[1])}"
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
        """This page is about imports with a [mapping](mappings.md), by `detention import --mapping` or
        `POST /v1/imports`: which files they read, how they recognise records, and what they report.
        [Native files](native-files.md) need no mapping and are described on a page of their own.""",
        "## Files",
        table(
            ("file name ends in", "a row is"),
            [(codes(endings), ROWS_OF[kind]) for kind, endings in kinds.items()],
        ),
        """Any of these may be gzipped. A file with another ending is recognised by its first bytes. Files are read row
        by row, so memory does not grow with their length. Old Excel workbooks (`.xls`), PDF, HTML and packed folders
        are refused.""",
        """How text files are read, unless the mapping says otherwise:""",
        table(("", "rule"), TEXT_FILES),
        "## How records are recognised",
        """An import first finds out whether the register already has the record that a row is about.""",
        table(("record", "is recognised by"), RECOGNISED),
        """A record that the register does not have is made. If another record has the same slug, a number is added to
        the slug. A facility or incident that the register has is updated; a source or actor stays as it is. A
        mapping can change that with [`existing`](mapping-keys.md#a-record).""",
        """*Texts* of a mapping (column names, `missing`, `where`, tables, lookups) are compared with those of a file as
        they look: in one Unicode form, a run of blanks as one blank, without invisible characters.""",
        """*Keys.* A key is compared as published, letter for letter: `A2` and `A²` are two keys. Only blanks around it
        are removed, and letters that Unicode can write in two ways are written in one. A key longer than 200
        characters rejects its row.""",
        """*Facilities in several rows.* All rows about a facility are put together; names, identifiers and sources are
        collected. Where two rows state a field differently, the later row counts, and a line of the report
        (`contradicts`) names both lines and both values. With [`newest`](mapping-keys.md#a-record) the row with the
        newest date counts, and there is nothing to report. The code `unknown` never takes the place of another. A
        name that gives way is kept in `names`: as a `former` one, or as an `alias` where no date tells which was
        first. If one key of a row leads to a facility that has another key of the same scheme, the two are different
        places: the row is rejected (`another_key`). If a new facility has a name similar to that of another one in
        the same country, it is made nevertheless, and its row is flagged.""",
        """*Importing again.* You can import the same files again at any time, for example after an interruption.
        Records that are there already and do not differ are not written again.""",
        """*What a person changed.* If somebody changed a field, retracted a record or took a key off one since the
        files stated the same, that stays as it is: a file that says nothing new does not undo it, and a line
        of the report (`edited`) says so. A value that did not stand there before is written. `--overwrite`, over HTTP
        `overwrite=true`, writes whatever the files state. The same holds for native files and exported tables.""",
        """*What a file no longer states.* Between two versions of a file a cell may have been blanked or a row
        deleted. The register keeps the earlier statement, and a line of the report (`not_stated`) names it.
        `--withdraw` with a `--reason`, over HTTP `withdraw=true` with `reason`, retracts it. It is about the
        sources that the files cite or describe, and about the kinds of records that they state: populations,
        figures, claims, and incidents to which nothing is left. So give all files of a source in one import. What
        was written or changed by hand stays (`edited`), and so does all of every other source. While a row is
        rejected nothing is retracted, for it may be the row that states it. A dry run tells what would go. Files of
        nothing but new statements are taken as an addition: nothing is listed without `--withdraw`. Nor are more
        than 100 statements, if they are more than the files state; one line says so then. What the files state
        again later is made anew.""",
        """*Batches.* Rows are written in batches, and each batch is one revision. The populations, figures or incident
        of one row are written together or not at all. If a row is rejected, a facility, source or actor that it refers
        to may have been written nevertheless.""",
        "## What becomes of a row",
        """Each row has one of these outcomes. In the report they are called `fate`.""",
        table(("fate", "what it means"), [(f"`{fate}`", fate.definition) for fate in RowFate]),
        """Rows that the mapping leaves out have no fate. They are counted as `skipped`.""",
        "## Rules",
        """The report has a line for each flagged or rejected row, and each line names the rule that applied.
        `GET /v1/vocabularies/import-rule` serves the same list.""",
        table(("rule", "what it means"), [(f"`{rule}`", rule.definition) for rule in ImportRule]),
        "## The report",
        """`detention import` prints a summary. On a terminal it is a table. Elsewhere, for example in a log, it is one
        line for each row to check (the first 40) and one for each collection. `--report FILE.json` writes the whole
        report, with a line for every row: of an updated row it names each field, from what to what. `--report FILE.csv`
        writes those lines as a table. The report of a job over HTTP is the same JSON, with lines for the rows to check.
        An import sent with `every_row=true` has a line for every row at `GET /v1/imports/{id}/rows`, a page at a time.
        The report has these members:""",
        members(ImportReport),
        "### A line of the report",
        members(ReportLine),
        "## Exit codes",
        f"`detention import` ends with one of these: {exit_codes}",
        """A file that does not fit its mapping ends the import with 1. A rejected row, or one that contradicts another,
        does not: the other rows are written, and the import ends with 3. Exact copies are no fault.""",
        "## Jobs",
        """An [import over HTTP](../how-to/import-over-http.md) is a job. It is in one of these states:""",
        table(("state", "what it means"), [(f"`{state}`", state.definition) for state in ImportState]),
    )


ROWS_OF: Final = {
    "csv": "a record of the CSV; inside quotes it may contain line breaks",
    "ndjson": "the JSON object on one line",
    "json": "an object by itself, or of a list; several may follow each other. A list may also be a member of an "
    "object, under "
    "`features`, `data`, `records`, `rows`, `results`, `items` or `value`. A member of an inner object is the column "
    "`outer.inner`, and a list is a cell with several texts. A GeoJSON feature has its properties, `id`, and "
    "of a point `longitude` and `latitude`; a property of such a name is `properties.latitude`, an `id` beside that of "
    "the properties `feature.id`. In the report a row is known by its number, wherever it begins",
    "xlsx": "a row of the first sheet that is not hidden, or of the sheet that the mapping names. Dates become ISO "
    "8601. A cell merged over several rows stands for each of them, and a cell with an error such as `#N/A`, or with a "
    "formula that was never calculated, is missing; both are flagged",
}
"""What a row is, by how a file is written."""

TEXT_FILES: Final = (
    (
        "encoding",
        (
            "UTF-8, with or without a byte order mark. UTF-16, if the file begins with its mark. A file that is UTF-8 "
            "but for some bytes has those rows rejected. Any other is read as Windows 1252, which is a guess, and its "
            "first row is flagged. A mapping may name the encoding."
        ),
    ),
    (
        "delimiter",
        (
            "A tab in `.tsv`. Else comma, semicolon, tab or bar: the one that gives most of the first 50 lines the "
            "same number of cells."
        ),
    ),
    (
        "header",
        "The first line that is not empty, or the one that the mapping names. A line `sep=;` is no header.",
    ),
    ("rows", "Rows without any text are passed over."),
    (
        "column names",
        (
            "A column without a name is called by its position: `column 3`. A name that occurs again gets a number: "
            "`held (2)`."
        ),
    ),
    ("spaces", "Spaces around names and cells are removed."),
)
"""How a text file is read where nothing says otherwise."""

RECOGNISED: Final = (
    (
        "a facility or an incident",
        "its `identity`: a scheme, and a key in it. Never its name. Without `identity` in the mapping, its slug",
    ),
    (
        "a source, an actor or a claim",
        "its slug; two texts that make one slug, in one import or in two, are two records, the second with a number",
    ),
    (
        "a population or a figure",
        (
            "what it is a statement about: subject, measure, statistic, group, dates, source, place in the source and "
            "attribution. If all of them are equal, it is the same statement, and its numbers are updated. A second "
            "one in the same import is a copy if it says the same, and is not written if it contradicts the first"
        ),
    ),
)
"""How records are recognised."""

FIGURES: Final = (
    ("`410`, a whole number", "an exact figure"),
    (
        "`410.5`, a fraction",
        "of a `daily_average` an exact figure; else about the rounded number, the words kept, and flagged",
    ),
    (
        "`>30`, `~40`, `=10`, `20-30`, `1,234`, `at least ten` and the like",
        "the bounds that [these words](figures-in-words.md) state, with the words in `as_written`",
    ),
    (
        "`1.234`, which is one thousand and more in some countries, and one and a fraction in others",
        "a rejected row, unless `decimal` says which sign is the decimal sign",
    ),
    ("a `sum` of columns of which some are empty", "at least the sum of the others; the row is flagged"),
    ("`412*`, a number with the mark of a footnote", "a rejected row, unless `marks` names the mark"),
    ("`none`, `no`, `nil`", "a rejected row, unless a `table` says whether it means zero or nothing"),
    ("nothing", "no record; if the mapping fills `missing_reason`, a record without a number"),
)
"""How the number of a population or figure is read."""

DATE_PARTS: Final = (
    ("`%Y`, `%y`", "the year, with four or two digits"),
    ("`%m`", "the month as a number"),
    ("`%b`, `%B`", "the month by its English name, short or full"),
    ("`%d`", "the day of the month"),
    ("`%j`", "the day of the year"),
    (
        "`%H`, `%I`, `%M`, `%S`, `%f`, `%p`, `%z`",
        (
            "hour, minute, second, AM or PM, offset from UTC; they are ignored, so that the day is the one that is "
            "written"
        ),
    ),
    ("`excel`, `excel-1904`", "alone: the number of a day as spreadsheets keep it, `45382` for 2024-03-31"),
)
"""What a date format is made of."""
