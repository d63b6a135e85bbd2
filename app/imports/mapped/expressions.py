"""The values of a mapping: constants, templates, values made from columns, references, lists and mappings of these."""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise PydanticCustomError("pattern", "this is no regular expression: {why}", {"why": str(error)}) from None
    return text


def _date_format(text: str) -> str:
    if text in EXCEL:
        return text
    directives = re.findall(r"%(.)", text)
    if unknown := sorted(set(directives) - set("YymdbBjHIMSfpz%")):
        raise PydanticCustomError("date", "%{one} is not a part of a date here", {"one": unknown[0]})
    if not {"Y", "y"} & set(directives):
        raise PydanticCustomError("date", "a date format names the year: %Y")
    return text


COLUMN = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
"""A column in a text, or a brace that stands for itself."""
Pattern = Annotated[str, AfterValidator(_pattern)]
DateFormat = Annotated[str, AfterValidator(_date_format)]


@lru_cache(maxsize=8192)
def dated(text: str, form: str) -> str | None:
    """A date in ISO 8601, as precise as its format; nothing where the text is none of that format."""
    if form in EXCEL:
        return _counted_day(text, EXCEL[form])
    try:
        read = datetime.strptime(text, form)  # noqa: DTZ007  (a day as published, not a moment)
    except ValueError:
        return None
    # Without signs between them, it is by their number of digits alone that the parts are told apart.
    if re.search(r"%[YymdjHIMS]%[YymdjHIMS]", form) and len(text) != len(read.strftime(form)):
        return None
    day = read.date().isoformat()
    if {"%d", "%j"} & set(re.findall(r"%.", form)):
        return day
    return day[:7] if re.search("%[mbB]", form) else day[:4]


EXCEL = {"excel": date(1899, 12, 30), "excel-1904": date(1904, 1, 1)}
"""Formats of dates that are numbers of days, as spreadsheets keep them, and the day that they begin with."""


def _counted_day(text: str, first: date) -> str | None:
    """The day of a number of days; hours are a fraction of it. The first 60 days are another calendar's."""
    found = re.fullmatch(r"([0-9]{1,7})(?:[.,][0-9]+)?", text)
    days = int(found[1]) if found is not None else 0
    return (first + timedelta(days)).isoformat() if 60 < days < 2_958_466 else None


def joined(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A body with what an item of `each` says; objects are joined."""
    body = base | own
    for name, value in own.items():
        if isinstance(value, dict) and isinstance(base.get(name), dict):
            body[name] = base[name] | value
    return body


def as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Computed(Strict):
    """A value made from columns. The steps are done in the order of this table; it can be used wherever a text can."""

    from_: str | None = Field(None, alias="from", description="The text to start from, with columns in braces.")
    first: list[str] | None = Field(
        None, description="Instead of `from`: several such texts. The value is the first of them that is not missing."
    )
    sum_: list[str] | None = Field(
        None,
        alias="sum",
        description="Instead of `from`: columns whose whole numbers are added up, as names or as patterns with `*`, "
        "each column once. If all of them are missing, there is no value; if some are, it is at least the sum.",
    )
    split: str | None = Field(
        None,
        description="The separator between the parts, if the text is a list. The following steps are done for each "
        "part.",
    )
    missing: list[str] | None = Field(
        None,
        description="Texts that stand for a missing value here, in addition to those under `missing` of the table.",
    )
    extract: Pattern | None = Field(
        None,
        description="A regular expression. Its first group becomes the value, or the whole match if it has no group. "
        "Without a match there is no value.",
    )
    keep: list[Pattern] | None = Field(
        None, description="Regular expressions. A text that matches none of them is replaced by `instead`."
    )
    instead: str | None = Field(
        None, description="The text to put there. The replaced text appears nowhere, not in the report either."
    )
    date: list[DateFormat] | None = Field(
        None,
        description="The format of the date, for example `%d.%m.%Y`, or several to try in order. A date in ISO 8601 "
        "needs none.",
    )
    table: dict[str, str | None] | None = Field(
        None, description="A text, and the value it becomes; null for no value."
    )
    patterns: dict[Pattern, str | None] | None = Field(
        None,
        description="A regular expression, and the value of a text that contains a match. Tried in order, after "
        "`table`.",
    )
    otherwise: str | None = Field(
        None,
        description="The value of all other texts. Without it, a text that is neither in `table` nor in `patterns` "
        "rejects the row.",
    )
    country: bool = Field(
        default=False,
        description="`true` makes the ISO 3166-1 alpha-3 code of a country of its name or of a code of two or three "
        "letters. Names are known in English, Arabic, French, German, Italian, Portuguese, Russian, Spanish, Turkish "
        "and Ukrainian. Any other text rejects the row.",
    )
    unique: bool = Field(default=False, description="`true` removes parts of a list that occur again.")
    join: str | None = Field(None, description="A separator, to join the parts to one text again.")
    default: str | None = Field(None, description="The value to use if there is none.")
    invalid: Literal["reject", "drop"] = Field(
        "reject", description="Whether a wrong value rejects the row, or is left out and reported."
    )

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, data: Any) -> Any:
        return data | {"date": as_list(data["date"])} if isinstance(data, dict) and "date" in data else data

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if [self.from_, self.first, self.sum_].count(None) != 2:
            message = "a value is made `from` a text, is the `first` of several or a `sum` of columns"
            raise PydanticCustomError("computed", message)
        if self.sum_ is not None and (wrong := sorted(self.model_fields_set - {"sum_", "default", "invalid"})):
            raise PydanticCustomError("computed", "`{one}` belongs to a value made `from` a text", {"one": wrong[0]})
        if self.date is not None and (self.table is not None or self.patterns is not None):
            raise PydanticCustomError("computed", "a value is a `date` or looked up in a `table`, not both")
        if self.country and (self.date is not None or self.table is not None or self.patterns is not None):
            raise PydanticCustomError("computed", "a `country` is neither a `date` nor looked up in a `table`")
        if (self.keep is None) != (self.instead is None):
            raise PydanticCustomError("computed", "`keep` and `instead` come together")
        if "otherwise" in self.model_fields_set and self.table is None and self.patterns is None:
            raise PydanticCustomError("computed", "`otherwise` belongs to a `table` or to `patterns`")
        return self


class Named(Strict):
    """A reference to a record of the same row, by its name in the mapping."""

    record: str = Field(
        description="The name that this mapping gives to the record. It must be of a collection that has slugs."
    )


class Entry(dict[str, Any]):
    """An object with a field `from` of its own, which is no computed value."""


def _kind(data: Any) -> str:
    if isinstance(data, dict):
        made = {"from", "first", "sum"} & data.keys() and not isinstance(data, Entry)
        return "named" if "record" in data else "computed" if made else "fields"
    if isinstance(data, Computed | Named):
        return "computed" if isinstance(data, Computed) else "named"
    return "nothing" if data is None else "list" if isinstance(data, list) else "text"


if TYPE_CHECKING:
    # The type checker does not follow an alias that names itself.
    Expression: TypeAlias = Any
else:
    Expression = TypeAliasType(
        "Expression",
        Annotated[
            Annotated[str, Tag("text")]
            | Annotated[None, Tag("nothing")]
            | Annotated[Computed, Tag("computed")]
            | Annotated[Named, Tag("named")]
            | Annotated[list["Expression"], Tag("list")]
            | Annotated[dict[str, "Expression"], Tag("fields")],
            Discriminator(_kind),
        ],
    )
"""A constant or a template, a value made from columns, a reference, or a list or mapping of these."""
