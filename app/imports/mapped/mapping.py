"""Mappings: short YAML files that say which column feeds which field.

A mapping is checked whole before the first row is read; every fault is named by its key and its line. What a mapping
may say is described in docs/reference/mappings.md; what it does to a row is in `app.imports.mapped.rows`.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.imports.mapped.expressions import Expression, Named, Strict
from app.imports.mapped.record import Conditions, RecordMapping
from app.imports.mapped.written import Lookup, Written

Decimal = Literal[".", ","]


class Rows(Strict):
    """Which rows are used."""

    where: Conditions = Field(
        default_factory=dict,
        description="Use only rows in which each of these columns contains one of these texts; `*` is any text. A name "
        "with `*` stands for any one of the columns of that pattern.",
    )
    unless: Conditions = Field(
        default_factory=dict, description="Leave out rows in which all these columns contain one of these texts."
    )


class TableMapping(Written):
    """What is made from a file, or from several files with the same columns."""

    file: str | None = Field(
        None, description="The names of these files, with `*` for any text, separated by commas. Without it, any file."
    )
    missing: list[str] = Field(
        default_factory=list,
        description="Texts that stand for a missing value, for example `-999` or `N/A`. An empty cell always does.",
    )
    decimal: Decimal | None = Field(
        None,
        description="The decimal sign of numbers in `figure`, `.` or `,`; the other one groups thousands. Without it, "
        "a number that can be read in two ways, for example `1.234`, rejects its row.",
    )
    marks: list[Annotated[str, StringConstraints(min_length=1)]] = Field(
        default_factory=list,
        description="Marks of footnotes that may follow a number in `figure`, for example `*`. They are kept in "
        "`as_written`.",
    )
    fill_down: list[str] = Field(
        default_factory=list,
        description="Columns whose missing cells take the value of the row above, as where a name stands only in the "
        "first row of a group.",
    )
    lookups: dict[Annotated[str, StringConstraints(pattern=r"^\w+$")], Lookup] = Field(
        default_factory=dict,
        description="Rows of other files to complete the rows with, under names of your own: the column `name` of the "
        "lookup `prison` is `{prison.name}`. If no row is found, its columns are missing and the row is flagged.",
    )
    columns: dict[str, Expression] = Field(
        default_factory=dict,
        description="Additional columns, made from columns of the file and from those defined above. They are used "
        "like columns of the file.",
    )
    rows: Rows = Field(default_factory=Rows, description="Which rows are used. The others are counted as left out.")
    records: dict[str, RecordMapping] = Field(
        min_length=1, description="The records to make from each row, under names of your own."
    )

    def takes(self, path: Path) -> bool:
        """Whether it is for a file of that name."""
        if self.file is None:
            return path.name not in {lookup.file for lookup in self.lookups.values()}
        return any(fnmatchcase(path.name, one.strip()) for one in self.file.split(","))

    @model_validator(mode="after")
    def _references(self) -> Self:
        for name, record in self.records.items():
            for one in _references(record):
                if one not in self.records or not self.records[one].of.named:
                    message = f"{one!r} is no record with a slug in this mapping"
                    raise PydanticCustomError("record", "{message}", {"message": f"{name}: {message}", "key": one})
        return self


class ImportMapping(Strict):
    """The top level of a mapping."""

    about: str = Field(description="Which data it is for, and who published them.")
    tables: list[TableMapping] = Field(
        min_length=1,
        description="One entry for each kind of file. If there is only one kind, its keys can be written beside "
        "`about` instead.",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_table(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "tables" in data:
            return data
        return {
            **{name: value for name, value in data.items() if name == "about"},
            "tables": [{name: value for name, value in data.items() if name != "about"}],
        }


def _references(value: Any) -> Iterator[str]:
    """The records that a part of a mapping names."""
    if isinstance(value, Named):
        yield value.record
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _references(getattr(value, name))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
