"""The shapes of imports over HTTP: what is asked, how a job stands, and what its report says."""

from typing import Annotated, Any

from fastapi import File, UploadFile
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from app.database.server_tables import ImportState
from app.imports.reports import RowFate
from app.imports.rules import ImportRule


class ImportQuery(BaseModel):
    """How files are imported."""

    model_config = ConfigDict(extra="forbid")

    mapping: Annotated[
        str | None,
        Field(
            description="The mapping of their columns: the name of a shipped one. Native files need none.",
            examples=["guantanamo"],
        ),
    ] = None
    dry_run: Annotated[bool, Field(description="Check everything, write nothing.", examples=[True])] = False
    overwrite: Annotated[
        bool,
        Field(
            description="Write what the files state also where somebody changed it in the register since they last "
            "did. Without it that stays, and the report says so.",
            examples=[True],
        ),
    ] = False
    withdraw: Annotated[
        bool,
        Field(
            description="Retract what earlier imports stated of the sources of these files and the files no longer "
            "state; needs `reason`. Without it the report lists it.",
            examples=[True],
        ),
    ] = False
    every_row: Annotated[
        bool,
        Field(description="Keep what became of every row, for `/v1/imports/{id}/rows`.", examples=[True]),
    ] = False
    filename: Annotated[
        str | None,
        Field(
            description="What the file in the body is called; without it, its media type says what it is.",
            pattern=r"^[\w() .-]{1,200}$",
            examples=["gitmo_camp.csv"],
        ),
    ] = None
    reason: Annotated[
        str | None,
        Field(description="Why; shown with the revisions.", max_length=2000, examples=["The counts of 2025."]),
    ] = None


class ReportedChange(BaseModel):
    """One field of a record that a row changed."""

    record: Annotated[str, Field(description="The record.", examples=["populations/12"])]
    field: Annotated[str, Field(description="The field.", examples=["best"])]
    before: Annotated[Any, Field(description="What stood there.", examples=[412])]
    after: Annotated[Any, Field(description="What stands there now.", examples=[421])]


class ReportLine(BaseModel):
    """What became of a row: where it stands, which rule it met, and what may be done about it."""

    file: Annotated[str, Field(description="The file.", examples=["gitmo_camp.csv"])]
    line: Annotated[
        int,
        Field(
            description="The line of the file on which the row begins; of a JSON file the number of the row.",
            examples=[12],
        ),
    ]
    fate: Annotated[RowFate, Field(description="What was done with the row.", examples=["flagged"])]
    rule: Annotated[
        ImportRule | None,
        Field(description="The rule that applied; null where there is nothing to check.", examples=["unescaped_quote"]),
    ]
    told: Annotated[
        str,
        Field(description="What is wrong, or was changed, in words.", examples=["a quote inside a quoted cell"]),
    ]
    column: Annotated[str | None, Field(description="The column.", examples=["quote"])]
    value: Annotated[str | None, Field(description="The text in that column.", examples=['they were "assessed"'])]
    hint: Annotated[
        str | None, Field(description="What can be done about it.", examples=['write "" for a quote inside quotes'])
    ]
    changes: Annotated[
        list[ReportedChange],
        Field(description="The fields it changed, in a report of every row.", examples=[[]]),
    ]


class ReportedRows(BaseModel):
    """What became of the rows of an import, in the order of its files."""

    data: Annotated[list[ReportLine], Field(description="A line for each row, or several for one.", examples=[[]])]
    next: Annotated[
        str | None,
        Field(description="Where the following lines are.", examples=["/v1/imports/0c55b2f0a1d94e7c/rows?after=1000"]),
    ]


class RowsQuery(BaseModel):
    """Which lines of a report."""

    model_config = ConfigDict(extra="forbid")

    fate: Annotated[RowFate | None, Field(description="Only rows with this outcome.", examples=["updated"])] = None
    after: Annotated[int, Field(description="Only lines after this one.", ge=0, le=2**53, examples=[1000])] = 0
    limit: Annotated[int, Field(description="How many lines at most.", ge=1, le=1000, examples=[100])] = 1000


class ImportReport(BaseModel):
    """What an import did."""

    dry_run: Annotated[bool, Field(description="Whether it was a trial that writes nothing.", examples=[False])]
    rows: Annotated[
        dict[RowFate, int],
        Field(description="The number of rows for each outcome.", examples=[{"created": 16, "flagged": 2}]),
    ]
    skipped: Annotated[int, Field(description="The number of rows that the mapping leaves out.", examples=[0])]
    records: Annotated[
        dict[str, dict[str, int]],
        Field(
            description="For each collection, the number of records that were created, updated, unchanged or "
            "withdrawn.",
            examples=[{"populations": {"created": 18}}],
        ),
    ]
    rules: Annotated[
        dict[ImportRule, int],
        Field(description="The number of lines for each rule.", examples=[{"unescaped_quote": 1}]),
    ]
    revisions: Annotated[
        list[int], Field(description="The numbers of the revisions that were made.", examples=[[2, 3]])
    ]
    seconds: Annotated[float, Field(description="How long it took, in seconds.", examples=[0.4])]
    lines: Annotated[
        list[ReportLine], Field(description="A line for each row to check, in the order of the files.", examples=[[]])
    ]
    omitted: Annotated[
        int, Field(description="The number of lines that were left out because there were too many.", examples=[0])
    ]


class Import(BaseModel):
    """An import that the server was asked for."""

    id: Annotated[str, Field(description="Its name, as in `/v1/imports/{id}`.", examples=["0c55b2f0a1d94e7c"])]
    state: Annotated[ImportState, Field(description="How it stands.", examples=["done"])]
    author: Annotated[str, Field(description="The label of the key that asked for it.", examples=["Desk A"])]
    reason: Annotated[str | None, Field(description="Why.", examples=["The counts of 2025."])]
    mapping: Annotated[str | None, Field(description="The mapping's name.", examples=["guantanamo"])]
    files: Annotated[list[str], Field(description="The files.", examples=[["gitmo_camp.csv"]])]
    dry_run: Annotated[bool, Field(description="Whether nothing is to be written.", examples=[False])]
    overwrite: Annotated[
        bool, Field(description="Whether to write over what somebody changed in the register.", examples=[False])
    ]
    withdraw: Annotated[bool, Field(description="Whether to retract what the files no longer state.", examples=[False])]
    every_row: Annotated[bool, Field(description="Whether what became of every row is kept.", examples=[False])]
    created_at: Annotated[
        str, Field(description="When it was asked for, UTC.", examples=["2026-11-22T12:00:00.000000Z"])
    ]
    updated_at: Annotated[
        str, Field(description="When it last gave a sign of life.", examples=["2026-11-22T12:00:01.000000Z"])
    ]
    bytes: Annotated[int, Field(description="How large its files are.", examples=[6120])]
    bytes_read: Annotated[int, Field(description="How much of them is done.", examples=[6120])]
    rows: Annotated[int, Field(description="How many rows are done.", examples=[18])]
    report: Annotated[
        ImportReport | None, Field(description="What became of the rows, when it has ended.", examples=[None])
    ]
    faults: Annotated[
        list[str],
        Field(description="Why it failed.", examples=[["counts.csv:1: 'facility' is not a column of the file"]]),
    ]


class Sent(BaseModel):
    """Files to import, and what maps them."""

    file: Annotated[
        list[UploadFile], File(description="The files, several under this one name.", examples=[["counts.csv"]])
    ]
    mapping: Annotated[
        UploadFile | SkipJsonSchema[None],
        File(description="A mapping of their columns, as YAML.", examples=["counts.yaml"]),
    ] = None
