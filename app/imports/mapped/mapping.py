"""Mappings: short YAML files that say which column feeds which field.

A mapping is checked whole before the first row is read; every fault is named by its key and its line. What a mapping
may say is described in docs/reference/mappings.md; what it does to a row is in `app.imports.mapped.rows`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.catalogue.collections import COLLECTIONS, CollectionName
from app.errors import unlisted
from app.imports.mapped.expressions import Expression, Named, Strict
from app.imports.readers import Format
from app.records.collection import Collection

FIGURE = "figure"
"""The field that takes a number as published, and becomes its bounds."""
COLUMN = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
KEYED = [name for name, one in COLLECTIONS.items() if "identifiers" in one.body.model_fields]
"""The collections whose records are known by keys in lists."""
COUNTED = [name for name, one in COLLECTIONS.items() if "as_written" in one.body.model_fields]
"""Those whose records hold a number."""
PLACE = re.compile(r"\{(\w+)\}")


def _encoding(text: str) -> str:
    try:
        "".encode(text)
    except LookupError:
        raise PydanticCustomError("encoding", "{one} is no encoding known here", {"one": text[:80]}) from None
    return text


Decimal = Literal[".", ","]
Conditions = dict[str, str | list[str | None] | None]
"""Columns, and the texts they may hold; null for none."""


class Identity(Strict):
    """What identifies a facility or an incident: a scheme, for example a list of prisons, and the key in it."""

    scheme: Annotated[str, StringConstraints(pattern=r"^[^\s:]+$", max_length=60)] = Field(
        description="A word of your own for the list that the key comes from. Use the same in every import of that "
        "list."
    )
    value: str = Field(description="The key, with columns in braces. If one of them is missing, there is no key.")
    within: list[str] | None = Field(
        None,
        description="Columns. If a key occurs again in rows that agree in these columns, it is taken for another "
        "record, and a number is added to the key.",
    )


class EachColumns(Strict):
    """One record for each column whose name follows a pattern."""

    columns: str = Field(
        description="The pattern of the column names, with a word in braces for each part that differs: "
        "`{status}_{sex}`."
    )
    parts: dict[str, dict[str, dict[str, Expression]]] = Field(
        description="For each word in braces: the texts that occur there, and for each text the fields it fills."
    )

    def column(self, codes: Sequence[str]) -> str:
        """The column in whose name these texts stand."""
        name = self.columns
        for part, code in zip(self.parts, codes, strict=True):
            name = name.replace(f"{{{part}}}", code)
        return name

    @model_validator(mode="after")
    def _all_parts(self) -> Self:
        if set(PLACE.findall(self.columns)) != self.parts.keys() or not self.parts:
            raise PydanticCustomError("each", "`parts` describes what stands in the braces of `columns`, all of it")
        return self


class RecordMapping(Strict):
    """One record that is made from a row."""

    collection: CollectionName = Field(description="The collection of the record.")
    where: Conditions = Field(
        default_factory=dict,
        description="Make the record only from rows in which each of these columns contains one of these texts; `*` "
        "is any text.",
    )
    unless: Conditions = Field(
        default_factory=dict,
        description="Make no record from rows in which all these columns contain one of these texts.",
    )
    identity: list[Identity] = Field(
        default_factory=list,
        description="What identifies a facility or an incident. If there are several, the first that the register "
        "knows decides.",
    )
    slug: str | None = Field(
        None,
        description="The text that the slug of a new record is made from. Without `identity`, the slug also "
        "identifies the record.",
    )
    existing: Literal["update", "leave", "only"] | None = Field(
        None,
        description=f"What to do if the register has the record already. `update` writes what the rows state (the "
        f"default for {' and '.join(KEYED)}). `leave` does not change it (the default for the others). `only` does "
        "not change it either, and rejects rows of records that the register does not have.",
    )
    fields: dict[str, Expression] = Field(
        default_factory=dict,
        description="The fields of the record, and the value of each. A population or a figure has the additional "
        "field `figure`: the number as published.",
    )
    each: EachColumns | list[dict[str, Expression]] | None = Field(
        None,
        description="To make several populations or figures from one row, one for each entry. The number is in "
        "`column`, or is the `sum` of columns; all other keys are fields of this one record.",
    )

    @model_validator(mode="before")
    @classmethod
    def _identities(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("identity"), dict):
            return given | {"identity": [given["identity"]]}
        return given

    @property
    def of(self) -> Collection:
        """The collection."""
        return COLLECTIONS[self.collection]

    def _items(self) -> list[dict[str, Any]]:
        """What `each` lists."""
        if isinstance(self.each, EachColumns):
            return [one for part in self.each.parts.values() for one in part.values()]
        return self.each or []

    @model_validator(mode="after")
    def _known(self) -> Self:
        fields = _fields(self.of)
        of_items = {name for item in self._items() for name in item} - {"column", "sum"}
        for name in (*self.fields, *sorted(of_items)):
            if name not in fields:
                message = unlisted(f"a field of {self.collection}", name, fields)
                raise PydanticCustomError("field", "{message}", {"message": message, "key": name})
        if self.identity and "identifiers" not in fields:
            raise PydanticCustomError("identity", f"only {' and '.join(KEYED)} have identifiers; give `slug`")
        if self.of.named and not self.identity and self.slug is None:
            message = "`identity` or `slug`" if "identifiers" in fields else "`slug`"
            raise PydanticCustomError("identity", "{message} says which record it is", {"message": message})
        if not self.of.named and (self.slug is not None or self.existing is not None):
            raise PydanticCustomError("identity", "a {one} has no slug", {"one": self.of.noun})
        if self.each is not None and self.of.named:
            raise PydanticCustomError("each", f"`each` makes {' or '.join(COUNTED)}")
        if self.each is not None and FIGURE in self.fields:
            raise PydanticCustomError("each", "`each` gives the `figure` from its columns")
        return self


class Rows(Strict):
    """Which rows are used."""

    where: Conditions = Field(
        default_factory=dict,
        description="Use only rows in which each of these columns contains one of these texts; `*` is any text.",
    )
    unless: Conditions = Field(
        default_factory=dict, description="Leave out rows in which all these columns contain one of these texts."
    )


class TableMapping(Strict):
    """What is made from a file, or from several files with the same columns."""

    file: str | None = Field(
        None, description="The names of these files, with `*` for any text, separated by commas. Without it, any file."
    )
    encoding: Annotated[str, AfterValidator(_encoding)] | None = Field(
        None, description="The encoding of the text, for example `latin-1`. Without it, it is detected."
    )
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        None, description="The separator between the cells of a CSV file. Without it, it is detected."
    )
    sheet: str | None = Field(None, description="The sheet of a workbook. Without it, the first.")
    missing: list[str] = Field(
        default_factory=list,
        description="Texts that stand for a missing value, for example `-999` or `N/A`. An empty cell always does.",
    )
    decimal: Decimal | None = Field(
        None,
        description="The decimal sign of numbers in `figure`, `.` or `,`; the other one groups thousands. Without it, "
        "a number that can be read in two ways, for example `1.234`, rejects its row.",
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

    @property
    def format(self) -> Format:
        """How its files are written."""
        return Format(encoding=self.encoding, delimiter=self.delimiter, sheet=self.sheet)

    def takes(self, path: Path) -> bool:
        """Whether it is for a file of that name."""
        return self.file is None or any(fnmatchcase(path.name, one.strip()) for one in self.file.split(","))

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
    def _one_table(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "tables" in given:
            return given
        return {
            **{name: value for name, value in given.items() if name == "about"},
            "tables": [{name: value for name, value in given.items() if name != "about"}],
        }


def _fields(collection: Collection) -> set[str]:
    """The fields a mapping may fill: those a client writes, but for what identity and slug say; and the figure."""
    fields = set(collection.body.model_fields) - {"slug"}
    return fields | {FIGURE} if "as_written" in fields else fields


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
