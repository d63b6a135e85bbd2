"""What a sum of populations takes and shows: its parameters and the shape of its rows."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.answers.declaration import DatedHead, DatedQuery
from app.answers.place_filters import InCountries, InDivisions, OfKinds, RunBy, Under
from app.answers.statements import Number
from app.errors import unlisted
from app.populations.codes import PopulationLegalStatus, PopulationMeasure, PopulationStatistic
from app.records.codes import Sex
from app.records.filters import Day

PLACE = ("country", "admin1", "operator", "kind", "within", "facility")
"""What a sum is broken down by of a place."""
GROUP = ("sex", "legal_status", "nationality")
"""What of a group, beside its further dimensions."""
MONTH, DIMENSION = "month", "dimension:"


def _grouping(name: str) -> str:
    if name in {*PLACE, *GROUP, MONTH} or (name.startswith(DIMENSION) and len(name) > len(DIMENSION)):
        return name
    raise ValueError(unlisted("a grouping", name, [*PLACE, *GROUP, MONTH, "dimension:NAME"]))


class SummaryQuery(DatedQuery):
    """What a sum of populations takes."""

    by: Annotated[
        list[Annotated[str, AfterValidator(_grouping)]] | None,
        Field(
            description="A row for each of these: `country`, `admin1`, `operator`, `kind`, `within` (the network), "
            "`facility`, `sex`, `legal_status`, `nationality`, `month`, `dimension:NAME`; several may be combined. "
            "Without it one row.",
            examples=[["admin1", "sex"]],
        ),
    ] = None
    measure: Annotated[PopulationMeasure, Field(description="What is counted.", examples=["held"])] = (
        PopulationMeasure.held
    )
    statistic: Annotated[
        PopulationStatistic | None,
        Field(
            description="How it is counted. Without it stocks of a day are added to each other; definitions of "
            "capacity never are: where there are several, one has to be named.",
            examples=["official"],
        ),
    ] = None
    country: InCountries = None
    admin1: InDivisions = None
    kind: OfKinds = None
    operator: RunBy = None
    within: Under = None
    sex: Annotated[Sex | None, Field(description="Only people of this.", examples=["female"])] = None
    legal_status: Annotated[
        PopulationLegalStatus | None, Field(description="Only people of this.", examples=["unsentenced"])
    ] = None
    from_: Annotated[
        Day | None,
        Field(
            alias="from",
            description="With `by=month` the first month; a year before the day spoken of without it.",
            examples=["2022-01"],
        ),
    ] = None
    compare: Annotated[
        Day | None,
        Field(
            description="An earlier day: each row also says what it came to then, and what has changed at the places "
            "that have a figure of both days.",
            examples=["2021-12-31"],
        ),
    ] = None


class AsReported(Number):
    """The figure of a network as it was reported."""

    model_config = ConfigDict(title="AsReported")

    facility: Annotated[str, Field(description="The network.", examples=["sdf-isis-prisons"])]
    agrees: Annotated[
        bool | None,
        Field(description="Whether it can be true beside the sum; null where nothing is known.", examples=[True]),
    ]


class Excluded(BaseModel):
    """Places whose figures are not added, and why."""

    why: Annotated[str, Field(description="The reason.", examples=["a daily average is not added to counts of a day"])]
    facilities: Annotated[int, Field(description="How many places.", examples=[3])]


class Compared(Number):
    """A row as of an earlier day."""

    as_of: Annotated[str, Field(description="That day.", examples=["2019-12-31"])]
    facilities: Annotated[int, Field(description="Places that counted then.", examples=[1435])]
    both: Annotated[int, Field(description="Places that count on both days: the change is theirs.", examples=[1430])]
    change: Annotated[Number | None, Field(description="What has changed at those; null where it is not comparable.")]
    why: Annotated[str | None, Field(description="Why it is not, or what it leaves out.", examples=[None])]


class SummaryRow(Number):
    """One row of a sum: the sum of what its places state, and what is missing of it."""

    model_config = ConfigDict(title="PopulationSummaryRow", extra="forbid")

    month: Annotated[str | None, Field(description="The month at whose end it stands.", examples=["2020-06"])]
    country: Annotated[str | None, Field(description="The country of its places.", examples=["BRA"])]
    admin1: Annotated[str | None, Field(description="Their first-level division.", examples=["Acre"])]
    operator: Annotated[str | None, Field(description="Who runs them.", examples=["sdf"])]
    kind: Annotated[str | None, Field(description="Their kind.", examples=["prison"])]
    within: Annotated[str | None, Field(description="The network they belong to.", examples=["sdf-isis-prisons"])]
    facility: Annotated[str | None, Field(description="The one place.", examples=["al-hol-camp"])]
    sex: Annotated[str | None, Field(description="Of which sex; null for what is not broken down.", examples=["male"])]
    legal_status: Annotated[str | None, Field(description="Of which legal status.", examples=["unsentenced"])]
    nationality: Annotated[str | None, Field(description="Of which nationality.", examples=["IRQ"])]
    dimensions: Annotated[dict[str, str], Field(description="Of which further codes.", examples=[{"regime": "open"}])]
    reads_as: Annotated[str, Field(description="It as a sentence to quote.", examples=["Brazil, as of ..."])]
    facilities: Annotated[int, Field(description="How many places count.", examples=[1444])]
    networks: Annotated[int, Field(description="How many of these are networks counted as wholes.", examples=[0])]
    partial: Annotated[int, Field(description="Places of which only parts of the group are known.", examples=[1131])]
    without_figure: Annotated[int, Field(description="Places that never gave a figure for it.", examples=[12])]
    stale: Annotated[int, Field(description="Places whose last figure is too old (`stale/1`).", examples=[40])]
    reasons: Annotated[
        dict[str, int],
        Field(description="Why places give no number, where they say so.", examples=[{"not_published": 1448}]),
    ]
    excluded: Annotated[list[Excluded], Field(description="Places whose figures cannot be added to these.")]
    as_reported: Annotated[list[AsReported], Field(description="Networks' own figures, beside the sum of their parts.")]
    oldest: Annotated[str | None, Field(description="The earliest day that a figure speaks of.", examples=[None])]
    newest: Annotated[str | None, Field(description="The latest.", examples=["2020-06-30"])]
    sources: Annotated[list[str], Field(description="Where the figures stand.", examples=[["sisdepen-2014-2020"]])]
    summed_from: Annotated[int, Field(description="How many statements were added up.", examples=[12])]
    statements: Annotated[
        list[int], Field(description="Their numbers among the populations, up to 100 of them.", examples=[[1]])
    ]
    compared: Annotated[Compared | None, Field(description="The same row on the day that `compare` names.")] = None


class Summary(DatedHead):
    """Sums of what places state of one measure, with what is missing."""

    model_config = ConfigDict(title="PopulationSummary")

    measure: Annotated[str, Field(description="What is counted.", examples=["held"])]
    statistics: Annotated[
        list[str], Field(description="The statistics that were added to each other.", examples=[["point", "midnight"]])
    ]
    rows: Annotated[list[SummaryRow], Field(description="The rows; what is not said of a group comes last.")]
