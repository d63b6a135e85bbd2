"""Figures: bounded claims about an incident: killed, escaped, recaptured, displaced, attackers."""

from functools import lru_cache

from pydantic import field_validator, model_validator
from sqlmodel import SQLModel

from app.database.fields import field, index, refers, sparse
from app.database.store import Row
from app.database.types import JSONText
from app.estimates.bounds import EstimateBody, EstimateColumns, EstimateFields, estimate_checks, statement_of
from app.estimates.codes import Tally
from app.estimates.sentences import DERIVED, actor_name, describe_statement, originator
from app.figures.codes import FigureCause, FigureMeasure, FigureOf, FigureUnit
from app.history.codes import Access
from app.history.lookup import Lookup
from app.records.bodies import Body
from app.records.codes import Sex
from app.records.collection import Collection
from app.records.tables import Record

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


class FigureBody(EstimateBody, FigureFields, Body):
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


class Figure(EstimateColumns, FigureFields, EstimateFields, Record, table=True):
    """One bounded claim about an incident."""

    __table_args__ = (
        *estimate_checks(),
        # Of one incident there are few: they need no index by measure and day.
        index("incident", "statement", "nth", name="uq_figure_incident_statement_nth", unique=True),
        index("measure", "as_of_end", "id"),
        index("as_of_end", "id"),
        index("source", "id"),
        index("originator", "as_of_end", "id"),
        sparse("attributed_to", "id"),
        sparse("cause", "as_of_end", "id"),
        sparse("missing_reason", "as_of_end", "id"),
        sparse("actor", "id"),
        sparse("by", "id"),
    )


def normalise(row: Row, lookup: Lookup, statement: str) -> None:
    """The digest of the statement, and who stands behind it."""
    row["statement"] = statement or statement_of(row, STATEMENT)
    row["originator"] = originator(row, lookup) or row["source"]


VERBS = {
    FigureMeasure.hostages: "held hostage",
    FigureMeasure.attackers: "attacking",
    FigureMeasure.participants: "taking part",
    FigureMeasure.forces_engaged: "engaged",
    FigureMeasure.vehicle_bombs: "vehicle bombs",
    FigureMeasure.related_attacks: "related attacks",
    FigureMeasure.checkpoints_passed: "checkpoints passed",
    FigureMeasure.at_large: "at large",
    FigureMeasure.attempted_escape: "trying to escape",
    FigureMeasure.ill: "fallen ill",
    FigureMeasure.other: "counted otherwise",
}
THINGS = {FigureMeasure.vehicle_bombs, FigureMeasure.related_attacks, FigureMeasure.checkpoints_passed}
PLURALS = {
    FigureOf.detainee: "detainees",
    FigureOf.minor: "minors",
    FigureOf.family_member: "family members",
    FigureOf.attacker: "attackers",
    FigureOf.militant: "militants",
    FigureOf.guard: "guards",
    FigureOf.security_force: "security forces",
    FigureOf.staff: "staff",
    FigureOf.civilian: "civilians",
    FigureOf.aid_worker: "aid workers",
    FigureOf.unknown: "people of unknown standing",
}


def subject(row: Row, lookup: Lookup, tier: Access) -> str:
    """The groups and what is counted of them, in words."""
    side, holder = (actor_name(lookup, row[name], tier) for name in ("actor", "by"))
    return _counted(row["measure"], tuple(row["of"]), row["unit"], row["sex"], side, holder)


@lru_cache(maxsize=16_384)
def _counted(code: str, of: tuple[str, ...], unit: str, sex: str | None, side: str | None, holder: str | None) -> str:
    measure = FigureMeasure(code)
    verb = VERBS.get(measure, measure.replace("_", " "))
    groups = [PLURALS[FigureOf(code)] for code in of]
    together = " and ".join(filter(None, (", ".join(groups[:-1]), groups[-1]))) if groups else ""
    if measure in THINGS:
        return f"{verb} of {side}" if side else verb
    who = " ".join(part for part in (side or "", together or ("people" if not side else "")) if part)
    if unit != FigureUnit.persons:
        who = f"{unit} of {who}"
    stated = sex if sex in {"male", "female"} else ""
    return " ".join(part for part in (stated, who, verb, f"by {holder}" if holder else "") if part)


def complete(shown: Row, row: Row, lookup: Lookup, tier: Access) -> None:
    """The sentence, and who stands behind the number."""
    describe_statement(shown, row, subject(row, lookup, tier), lookup, tier)


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
