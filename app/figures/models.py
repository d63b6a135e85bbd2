"""Figures: bounded claims about an incident: killed, escaped, recaptured, displaced, attackers."""

from pydantic import field_validator, model_validator
from sqlmodel import SQLModel

from app.database.fields import field, index, refers, sparse
from app.database.store import Row
from app.database.types import JSONText
from app.estimates.bounds import (
    EstimateBody,
    EstimateColumns,
    EstimateFields,
    WholeBounds,
    estimate_checks,
    estimate_indexes,
    statement_of,
)
from app.estimates.codes import Tally
from app.estimates.sentences import DERIVED, originator
from app.figures.codes import FigureCause, FigureUnit
from app.figures.sentences import complete
from app.history.lookup import Lookup
from app.records.bodies import Body
from app.records.codes import FigureMeasure, FigureOf, Sex
from app.records.collection import Collection
from app.records.tables import Record, record_indexes

STATEMENT = (
    "incident",
    "measure",
    "of",
    "actor",
    "by",
    "cause",
    "sex",
    "unit",
    "tally",
    "period_start",
    "as_of",
    "source",
    "locator",
    "attributed_to",
)
"""What makes two figures the same statement."""
MOMENTARY = {FigureMeasure.hostages, FigureMeasure.at_large, FigureMeasure.forces_engaged}
TOTAL, CURRENT = Tally.total.value, Tally.current.value


class FigureFields(SQLModel):
    """What is counted, of whom, and who is held responsible."""

    incident: str = refers("incident", "The incident it is about.", example="al-sina-prison-attack-2022", default=...)
    measure: FigureMeasure = field("What is counted.", example="hostages")
    of: list[FigureOf] = field(
        "The groups counted together; empty for everyone.",
        example=["security_force"],
        default_factory=list,
        sa_type=JSONText,
    )
    actor: str | None = refers("actor", "Whose people or things are counted; never who did it to them.", example="sdf")
    by: str | None = refers("actor", "The actor this statement holds responsible.", example="isis")
    cause: FigureCause | None = field("The cause, for deaths and injuries.", example="violence", default=None)
    cause_as_written: str | None = field(
        "The cause in the words of the source.", example="clashes", default=None, max_length=500
    )
    sex: Sex | None = field("The sex counted; null for all.", example="male", default=None)
    unit: FigureUnit = field("What one of them is.", example="persons", default=FigureUnit.persons)


class FigureBody(WholeBounds, EstimateBody, FigureFields, Body):  # type: ignore[misc]  # narrows the bounds
    """A figure as a client writes it."""

    @field_validator("of")
    @classmethod
    def _as_a_set(cls, of: list[FigureOf]) -> list[FigureOf]:
        return sorted(set(of), key=list(FigureOf).index)

    @model_validator(mode="after")
    def _tallied(self) -> "FigureBody":
        if self.tally is None:
            self.__dict__["tally"] = CURRENT if self.measure in MOMENTARY else TOTAL
        return self


class Figure(  # type: ignore[misc]  # narrows the bounds
    WholeBounds, EstimateColumns, FigureFields, EstimateFields, Record, table=True
):
    """One bounded claim about an incident."""

    __table_args__ = (
        *estimate_checks(),
        *record_indexes(),
        # Of one incident there are few: they need no index by measure and day.
        index("incident", "statement", "nth", name="uq_figure_incident_statement_nth", unique=True),
        *estimate_indexes(),
        *(index(name, "as_of_end", "id") for name in ("of", "unit")),
        *(sparse(name, "as_of_end", "id") for name in ("actor", "by", "sex", "cause")),
    )


def normalise(row: Row, lookup: Lookup, statement: str) -> None:
    """The digest of the statement, and who stands behind it."""
    row["statement"] = statement or statement_of(row, STATEMENT)
    row["originator"] = originator(row, lookup) or row["source"]


FIGURES = Collection(
    name="figures",
    noun="figure",
    about="Bounded claims about incidents: killed, escaped, recaptured, displaced, attackers.",
    table=Figure,
    body=FigureBody,
    derived=DERIVED,
    complete=complete,
    normalise=normalise,
    identity=("statement", "nth"),
    stated=STATEMENT,
    found_by=("incident", "statement"),
)
