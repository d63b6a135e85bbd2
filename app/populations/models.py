"""Populations: how many people of a described group were held, or could be held, at a facility, as of a date."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import SQLModel

from app.database.fields import check, field, index, partial, refers, sparse
from app.database.store import Row
from app.database.types import JSONText
from app.estimates.bounds import (
    EstimateBody,
    EstimateColumns,
    EstimateFields,
    estimate_checks,
    estimate_indexes,
    statement_of,
)
from app.estimates.codes import Tally
from app.estimates.numbers import Whole
from app.estimates.sentences import DERIVED, originator
from app.history.lookup import Lookup
from app.populations.codes import PopulationLegalStatus, PopulationMeasure, PopulationStatistic
from app.populations.sentences import complete
from app.records.bodies import Body, Nationality
from app.records.codes import Sex
from app.records.collection import Collection
from app.records.tables import Record, record_indexes

Dimension = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
GROUP = ("sex", "min_age", "max_age", "legal_status", "nationality", "affiliation", "dimensions")
"""The dimensions of a group; a null one means the total over it."""
STATEMENT = (
    "facility",
    "measure",
    "statistic",
    *GROUP,
    "tally",
    "period_start",
    "as_of",
    "source",
    "locator",
    "attributed_to",
)
"""What makes two populations the same statement."""


class PopulationFields(SQLModel):
    """Who is counted, where, and how."""

    facility: str = refers("facility", "Where.", example="al-sina-prison-northern-wing", default=...)
    measure: PopulationMeasure = field("What is counted.", example="held")
    statistic: PopulationStatistic = field(
        "How it is counted, or which capacity is meant.", example="point", default=PopulationStatistic.unknown
    )
    sex: Sex | None = field("The sex counted; null for all.", example="male", default=None)
    min_age: Whole | None = field(
        "The least age counted, in years; null for no limit.", example=18, default=None, ge=0, le=150
    )
    max_age: Whole | None = field(
        "The greatest age counted, in years; null for no limit.", example=17, default=None, ge=0, le=150
    )
    legal_status: PopulationLegalStatus | None = field(
        "The legal status counted; null for all.", example="without_charge", default=None
    )
    nationality: Nationality | None = field(
        "The nationality counted: ISO 3166-1 alpha-3, or `foreign`; null for all.",
        example="IRQ",
        default=None,
    )
    affiliation: str | None = refers(
        "actor", "The actor they are held as belonging to: the holder's claim, never established.", example="isis"
    )
    dimensions: dict[Dimension, Dimension] = field(
        "Further dimensions of the group, by name and code. Well-known ones: `trial` (`none`: held without trial), "
        "`origin` (`third_country`: neither of the country nor of the others named), `regime` (`open`, `closed`).",
        example={"origin": "third_country"},
        default_factory=dict,
        sa_type=JSONText,
    )
    group: str | None = field(
        "How the source calls the group; for display only.", example="boys", default=None, max_length=200
    )


COUNTS = {
    PopulationStatistic.point,
    PopulationStatistic.midnight,
    PopulationStatistic.daily_average,
    PopulationStatistic.flow,
}
"""The statistics of a count; all others but `unknown` are definitions of a capacity."""
SPANS = {PopulationStatistic.flow, PopulationStatistic.daily_average}
TOTAL = Tally.total.value


class PopulationBody(EstimateBody, PopulationFields, Body):
    """A population as a client writes it."""

    @classmethod
    def takes_fractions(cls, values: Mapping[str, Any]) -> bool:
        return bool(values.get("statistic") == PopulationStatistic.daily_average)

    @field_validator("dimensions")
    @classmethod
    def _as_kept(cls, dimensions: dict[str, str]) -> dict[str, str]:
        # Sorted as the columns have them: the stored JSON is the same, made from the body or from the rows.
        return dict(sorted(dimensions.items()))

    @model_validator(mode="after")
    def _counted(self) -> "PopulationBody":
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            raise PydanticCustomError("ages", "min_age must not exceed max_age", {"field": "min_age"})
        if self.statistic != PopulationStatistic.unknown and (
            (self.statistic in COUNTS) == (self.measure == PopulationMeasure.capacity)
        ):
            kind = "a way of counting" if self.statistic in COUNTS else "a definition of capacity"
            raise PydanticCustomError(
                "statistic",
                "{statistic} is {kind}: it does not go with {measure}",
                {"statistic": self.statistic, "kind": kind, "measure": self.measure, "field": "statistic"},
            )
        if self.statistic in SPANS and self.period_start is None:
            raise PydanticCustomError(
                "period", "a flow or an average needs period_start: where the count begins", {"field": "period_start"}
            )
        if self.tally is None:
            self.__dict__["tally"] = TOTAL
        return self


TOTALS = " AND ".join([*(f'"{name}" IS NULL' for name in GROUP if name != "dimensions"), "dimensions = '{}'"])
"""The rows that break nothing down, said as their index has it."""


class Population(EstimateColumns, PopulationFields, EstimateFields, Record, table=True):
    """One bounded claim about how many people of a described group, at a facility, as of a date."""

    __table_args__ = (
        *estimate_checks(),
        *record_indexes(),
        check("ages_in_order", "min_age <= max_age"),
        check(
            "fractions_of_averages",
            "statistic = 'daily_average' OR (low = round(low) AND best = round(best) AND high = round(high))",
        ),
        index("statement", "nth", name="uq_population_statement_nth", unique=True),
        index("facility", "measure", "as_of_end", "id"),
        *estimate_indexes(),
        index("facility", "as_of_end", "id"),
        index("statistic", "as_of_end", "id"),
        *(
            sparse(name, "as_of_end", "id")
            for name in ("sex", "min_age", "max_age", "legal_status", "nationality", "affiliation", "group")
        ),
        partial("dimensions", "as_of_end", "id", where="dimensions <> '{}'"),
        partial("as_of_end", "id", where=TOTALS),
    )


def normalise(row: Row, lookup: Lookup, statement: str) -> None:
    """The digest of the statement, and who stands behind it."""
    row["statement"] = statement or statement_of(row, STATEMENT)
    row["originator"] = originator(row, lookup) or row["source"]


POPULATIONS = Collection(
    name="populations",
    noun="population",
    about="How many people of a described group were held, or could be held, as of a date, according to whom.",
    table=Population,
    body=PopulationBody,
    derived=DERIVED,
    complete=complete,
    normalise=normalise,
    identity=("statement", "nth"),
    stated=STATEMENT,
)
