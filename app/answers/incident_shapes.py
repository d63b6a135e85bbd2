"""What a sum over incidents takes and shows: its parameters and the shape of its rows."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.answers.declaration import DatedHead, DatedQuery
from app.answers.statements import Number
from app.errors import unlisted
from app.figures.codes import FigureCause
from app.incidents.codes import IncidentKind
from app.records.bodies import Country
from app.records.codes import FigureMeasure, FigureOf
from app.records.filters import Day, SlugOrId

GROUPINGS = ("country", "year", "month", "kind", "facility", "actor", "cause")
"""What a sum is broken down by, in the order in which its rows have it."""
SEVERAL = {"kind", "facility", "actor"}
"""Those of which one incident can have several."""


def _grouping(name: str) -> str:
    if name in GROUPINGS:
        return name
    raise ValueError(unlisted("a grouping", name, GROUPINGS))


class IncidentSummaryQuery(DatedQuery):
    """What a sum over incidents takes."""

    by: Annotated[
        list[Annotated[str, AfterValidator(_grouping)]] | None,
        Field(
            description="A row for each of these: `country`, `year`, `month` (of the day it began), `kind`, "
            "`facility`, `actor` (a party, whatever its standing), `cause` (of the figures; it needs `measure`); "
            "several may be combined. Without it one row.",
            examples=[["country", "year"]],
        ),
    ] = None
    measure: Annotated[
        FigureMeasure | None,
        Field(description="Add up this of each incident's toll; without it incidents are counted.", examples=["died"]),
    ] = None
    of: Annotated[
        list[FigureOf] | None,
        Field(description="Only these of those counted; without it everyone.", examples=[["detainee"]]),
    ] = None
    country: Annotated[list[Country] | None, Field(description="Only incidents in these.", examples=[["SYR"]])] = None
    kind: Annotated[
        list[IncidentKind] | None, Field(description="Only of these kinds.", examples=[["prison_break"]])
    ] = None
    cause: Annotated[
        FigureCause | None, Field(description="Only what is of this cause; it needs `measure`.", examples=["illness"])
    ] = None
    facility: Annotated[
        list[SlugOrId] | None, Field(description="Only what touched these.", examples=[["al-sina-prison"]])
    ] = None
    within: Annotated[
        list[SlugOrId] | None,
        Field(description="Only what touched these or what lies under them.", examples=[["sdf-isis-prisons"]]),
    ] = None
    actor: Annotated[
        list[SlugOrId] | None, Field(description="Only with one of these as a party.", examples=[["isis"]])
    ] = None
    from_: Annotated[
        Day | None, Field(alias="from", description="Only what began on that day or later.", examples=["2022-01"])
    ] = None
    to: Annotated[Day | None, Field(description="Only what began on that day or earlier.", examples=["2022-12-31"])] = (
        None
    )


class IncidentRow(Number):
    """One row of a sum over incidents."""

    model_config = ConfigDict(title="IncidentSummaryRow", extra="forbid")

    country: Annotated[str | None, Field(description="Where they happened.", examples=["SYR"])]
    year: Annotated[str | None, Field(description="The year; null where no one year is certain.", examples=["2022"])]
    month: Annotated[str | None, Field(description="The month, likewise.", examples=["2022-01"])]
    kind: Annotated[str | None, Field(description="Of which kind, perhaps beside others.", examples=["prison_break"])]
    facility: Annotated[str | None, Field(description="A facility they touched.", examples=["al-sina-prison"])]
    actor: Annotated[str | None, Field(description="A party to them.", examples=["isis"])]
    cause: Annotated[str | None, Field(description="Of which cause.", examples=["illness"])]
    reads_as: Annotated[str, Field(description="It as a sentence to quote.", examples=["Syria, 2022: ..."])]
    incidents: Annotated[int, Field(description="How many incidents; parts of one among them not.", examples=[1])]
    parts: Annotated[int, Field(description="How many further ones are parts of these.", examples=[0])]
    with_figure: Annotated[int, Field(description="How many have a number of it.", examples=[1])]
    without_figure: Annotated[int, Field(description="How many have none: missing, not zero.", examples=[0])]
    partial: Annotated[int, Field(description="Of how many only parts of the group are known.", examples=[0])]
    conflicting: Annotated[int, Field(description="In how many statements conflict.", examples=[1])]
    figures: Annotated[list[int], Field(description="The figures behind it, up to 100 of them.", examples=[[1]])]


class Covered(BaseModel):
    """What the register holds of a country: outside of that nothing is known, which is not none."""

    country: Annotated[str | None, Field(description="The country; null where none is stated.", examples=["USA"])]
    incidents: Annotated[int, Field(description="How many incidents it holds there.", examples=[335])]
    first: Annotated[str | None, Field(description="The first day on which one began.", examples=["2003-10-07"])]
    last: Annotated[str | None, Field(description="The last.", examples=["2026-01-24"])]


class IncidentSummary(DatedHead):
    """How many incidents there were, and what their tolls come to."""

    measure: Annotated[str | None, Field(description="What is added up.", examples=["died"])]
    covered: Annotated[
        list[str],
        Field(description="The countries of which there are any incidents of these kinds at all.", examples=[["USA"]]),
    ]
    coverage: Annotated[list[Covered], Field(description="The same with how many, and from when to when.")]
    not_covered: Annotated[
        list[str], Field(description="Countries asked about of which there are none: not known.", examples=[[]])
    ]
    overlapping: Annotated[
        bool,
        Field(description="Whether an incident can count in several rows: then they are not added.", examples=[False]),
    ]
    rows: Annotated[list[IncidentRow], Field(description="The rows; what is not said comes last.")]
