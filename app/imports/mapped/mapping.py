"""Mappings: short YAML files that say which column feeds which field.

A mapping is checked whole before the first row is read; every fault is named by its key and its line. What a mapping
may say is described in docs/reference/mappings.md; what it does to a row is in `app.imports.mapped.rows`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.catalogue.collections import COLLECTIONS, CollectionName
from app.errors import unlisted
from app.imports.mapped.expressions import Computed, DateFormat, Entry, Expression, Named, Strict, dated, joined
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
    except (LookupError, UnicodeError):
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
        default_factory=dict,
        description="For each word in braces: the texts that occur there, and for each text the fields it fills. "
        'Each text must occur; one that may not is written with a question mark, `"men?"`.',
    )

    dates: dict[str, dict[str, DateFormat]] = Field(
        default_factory=dict,
        description="For each other word in braces, where a date stands: the field it fills, and its format: "
        '`{month: {as_of: "%b %Y"}}`.',
    )

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        """What the names look like, a group for each word in braces."""
        pieces = PLACE.split(self.columns)
        shaped = [re.escape(piece) for piece in pieces]
        for place in range(1, len(pieces), 2):
            word, listed = pieces[place], sorted(self.parts.get(pieces[place], ()), key=len, reverse=True)
            texts = "|".join(re.escape(text.removesuffix("?")) for text in listed) if listed else ".+"
            shaped[place] = f"(?P<{word}>{texts})"
        return re.compile("".join(shaped))

    def read(self, column: str) -> dict[str, Expression] | None:
        """The fields that the name of a column fills; nothing where it is not of this shape."""
        found = self._shape.fullmatch(column)
        if found is None:
            return None
        fields: dict[str, Expression] = {}
        for word, texts in self.parts.items():
            said = texts.get(found[word])
            fields = joined(fields, texts[f"{found[word]}?"] if said is None else said)
        for word, dates in self.dates.items():
            for field, form in dates.items():
                if (day := dated(found[word], form)) is None:
                    return None
                fields[field] = day
        return fields

    def unseen(self, columns: Iterable[str], place: str) -> Iterator[str]:
        """What it lists, and no column has."""
        seen = [found for one in columns if (found := self._shape.fullmatch(one)) and self.read(one) is not None]
        for word, texts in self.parts.items():
            for text in texts:
                if not text.endswith("?") and all(found[word] != text for found in seen):
                    told = f"No column of the file is like {self.columns!r} with {text!r} for {word!r}"
                    yield f"{told}: it is asked for by '{place}.each'. If it may be missing, write '{text}?'."
        if self.dates and not seen:
            yield f"No column of the file is like {self.columns!r}, as '{place}.each' asks for."

    @model_validator(mode="after")
    def _all_parts(self) -> Self:
        words = PLACE.findall(self.columns)
        if sorted(words) != sorted([*self.parts, *self.dates]) or not words:
            told = "`parts` describes what stands in the braces of `columns`, or `dates` does: each word once"
            raise PydanticCustomError("each", told)
        return self


class RecordMapping(Strict):
    """One record that is made from a row."""

    collection: CollectionName = Field(description="The collection of the record.")
    where: Conditions = Field(
        default_factory=dict,
        description="Make the record only from rows in which each of these columns contains one of these texts; `*` "
        "is any text. A name with `*` stands for any one of the columns of that pattern.",
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
    newest: Expression | None = Field(
        None,
        description="A column with a date. Where rows state a field of the record differently, the one with the newest "
        "date counts; without it the later row does, and the report tells of both.",
    )
    fields: dict[str, Expression] = Field(
        default_factory=dict,
        description="The fields of the record, and the value of each. A population or a figure has the additional "
        "field `figure`: the number as published.",
    )
    for_each: dict[Annotated[str, StringConstraints(pattern=r"^\w+$")], Expression] = Field(
        default_factory=dict,
        max_length=1,
        description="To make a record for each part of a cell: a column of your own for the part, and what it is "
        'a part of, `{url: {from: "{links}", split: ";"}}`. A list that names the record names them all; a population '
        "or a figure is made for each.",
    )
    each: EachColumns | list[dict[str, Expression]] | None = Field(
        None,
        description="To make several populations or figures from one row, one for each entry. The number is in "
        "`column`, or is the `sum` of columns; all other keys are fields of this one record.",
    )

    @model_validator(mode="before")
    @classmethod
    def _identities(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if isinstance(given.get("identity"), dict):
            given = given | {"identity": [given["identity"]]}
        newest = given.get("newest")
        column = newest["column"] if isinstance(newest, dict) and "column" in newest else newest
        if isinstance(column, str) and "{" not in column:
            given = given | {"newest": f"{{{column}}}"}
        if isinstance(fields := given.get("fields"), dict) and given.get("collection") in COLLECTIONS:
            body = COLLECTIONS[given["collection"]].body
            named = {name: _with_from(value) for name, value in fields.items() if _has_from(body, name)}
            given = given | {"fields": fields | named}
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
        if self.for_each and not self.of.subject:
            subjects = " or ".join(name for name, one in COLLECTIONS.items() if one.subject)
            raise PydanticCustomError("for_each", f"`for_each` makes {subjects}")
        if self.identity and "identifiers" not in fields:
            raise PydanticCustomError("identity", f"only {' and '.join(KEYED)} have identifiers; give `slug`")
        if self.of.named and not self.identity and self.slug is None:
            message = "`identity` or `slug`" if "identifiers" in fields else "`slug`"
            raise PydanticCustomError("identity", "{message} says which record it is", {"message": message})
        if not self.of.named and (self.slug is not None or self.existing is not None):
            raise PydanticCustomError("identity", "a {one} has no slug", {"one": self.of.noun})
        if self.newest is not None and not self.of.subject:
            raise PydanticCustomError("newest", "`newest` decides between rows about facilities, sources and actors")
        if self.each is not None and self.of.named:
            raise PydanticCustomError("each", f"`each` makes {' or '.join(COUNTED)}")
        if self.each is not None and FIGURE in self.fields:
            raise PydanticCustomError("each", "`each` gives the `figure` from its columns")
        return self


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


class Written(Strict):
    """How a file is written."""

    encoding: Annotated[str, AfterValidator(_encoding)] | None = Field(
        None, description="The encoding of the text, for example `latin-1`. Without it, it is detected."
    )
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        None, description="The separator between the cells of a CSV file. Without it, it is detected."
    )
    sheet: str | None = Field(None, description="The sheet of a workbook. Without it, the first that is not hidden.")
    header: Annotated[int, Field(ge=1, le=1000)] = Field(
        1,
        description="The line of a CSV file, or the row of a sheet, with the column names. What stands above it is not "
        "read. Without it, the first that is not empty.",
    )

    @property
    def format(self) -> Format:
        """How its files are written."""
        return Format(encoding=self.encoding, delimiter=self.delimiter, sheet=self.sheet, header=self.header)


class Lookup(Written):
    """A row of another file of the import, that a row is completed with."""

    file: str = Field(description="The name of the other file. It is given beside those that are imported.")
    by: dict[str, str] = Field(
        min_length=1,
        description='Columns of the other file, and what stands there: `{code: "{prison}"}` looks for the row whose '
        "`code` is this row's `prison`.",
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


def entry_of(body: type[BaseModel], name: str) -> type[BaseModel] | None:
    """What the objects of a list are that a field holds."""
    info = body.model_fields.get(name)
    inner = get_args(info.annotation) if info is not None and get_origin(info.annotation) is list else ()
    return inner[0] if inner and isinstance(inner[0], type) and issubclass(inner[0], BaseModel) else None


def _has_from(body: type[BaseModel], name: str) -> bool:
    entry = entry_of(body, name)
    return entry is not None and any(info.alias == "from" for info in entry.model_fields.values())


def _with_from(value: Any) -> Any:
    """Objects, the field `from` of which is one of theirs unless a step of a computed value stands beside it."""
    if isinstance(value, list):
        return [_with_from(one) for one in value]
    steps = {info.alias or name for name, info in Computed.model_fields.items()} - {"from"}
    return Entry(value) if isinstance(value, dict) and not steps & value.keys() else value


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
