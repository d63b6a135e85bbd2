"""What can be asked of figures."""

from typing import Annotated, Literal

from pydantic import Field

from app.figures.codes import FigureCause, FigureUnit
from app.figures.models import FIGURES
from app.records.bodies import Country
from app.records.codes import FigureMeasure, FigureOf, Sex
from app.records.filters import (
    DISPUTED_FIGURE,
    Actors,
    Exactly,
    Holds,
    Incidents,
    OneOf,
    OneOfFew,
    OrTotal,
    OrTotalNamed,
    SlugOrId,
    Through,
    TotalOr,
    TouchingFacility,
)
from app.records.listing import Latest, Listing
from app.records.parameters import EstimateQuery


class FigureFilters(EstimateQuery):
    """The filters of figures."""

    incident: Incidents = None
    facility: Annotated[
        list[SlugOrId] | None,
        TouchingFacility(by="incident", subtree=False),
        Field(description="Only of incidents that touched one of these facilities.", examples=[["al-sina-prison"]]),
    ] = None
    within: Annotated[
        list[SlugOrId] | None,
        TouchingFacility(by="incident"),
        Field(
            description="Only of incidents that touched these facilities or what lies under them.",
            examples=[["sdf-isis-prisons"]],
        ),
    ] = None
    country: Annotated[
        list[Country] | None,
        Through(noun="incident", by="incident"),
        Field(description="Only of incidents in one of these countries.", examples=[["SYR"]]),
    ] = None
    measure: OneOfFew[FigureMeasure] = None
    of: Annotated[
        list[Literal["total"] | FigureOf] | None,
        Exactly(),
        Field(
            description="Only figures that count exactly these groups together; `total`: those that count everyone.",
            examples=[["guard", "security_force"]],
        ),
    ] = None
    of_any: Annotated[
        list[FigureOf] | None,
        Holds("of"),
        Field(description="Only figures that count at least one of these groups.", examples=[["civilian"]]),
    ] = None
    actor: Annotated[
        list[SlugOrId] | None,
        OrTotalNamed(noun="actor"),
        Field(
            description="Only figures that count the people or things of one of these actors; `total`: those that do "
            "not say whose they are.",
            examples=[["sdf"]],
        ),
    ] = None
    by: Actors = None
    cause: Annotated[
        list[Literal["total"] | FigureCause] | None,
        OrTotal(),
        Field(
            description="Only figures with one of these causes; `total`: those of any cause.", examples=[["illness"]]
        ),
    ] = None
    sex: TotalOr[Sex] = None
    unit: OneOf[FigureUnit] = None
    disputed: Annotated[
        bool | None,
        DISPUTED_FIGURE,
        Field(
            description="`true`: only figures that cannot all be true beside another of the same thing and day, as "
            "`/conflicts` of their incident names them; `false`: the others.",
            examples=[True],
        ),
    ] = None


LISTING = Listing(
    FIGURES,
    FigureFilters,
    sorts={"as_of": "as_of_end", "measure": "measure", "revision": "revision", "id": "id"},
    default="-as_of",
    example="8",
    summary="The counts of an incident, each a bounded claim: killed, escaped, recaptured, displaced, attackers.",
    latest=Latest(
        ("incident", "measure", "of", "actor", "by", "cause", "sex", "unit", "tally"),
        per="originator",
        since_it_began=True,
    ),
)
