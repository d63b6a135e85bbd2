"""What can be asked of populations."""

from typing import Annotated, Literal

from pydantic import Field

from app.populations.codes import PopulationLegalStatus, PopulationMeasure, PopulationStatistic
from app.populations.models import GROUP, POPULATIONS
from app.records.bodies import Country, Nationality
from app.records.codes import FacilityKind, Sex
from app.records.filters import (
    DISPUTED_POPULATION,
    Age,
    Coded,
    Facilities,
    NamedThrough,
    NoBreakdown,
    OneOf,
    OrTotalNamed,
    Pair,
    SlugOrId,
    Texts,
    Through,
    TotalOr,
    Within,
    Words,
)
from app.records.listing import Latest, Listing
from app.records.parameters import EstimateQuery


class PopulationFilters(EstimateQuery):
    """The filters of populations."""

    facility: Facilities = None
    within: Annotated[
        list[SlugOrId] | None,
        Within("facility"),
        Field(description="Only at these facilities and what lies under them.", examples=[["sdf-isis-prisons"]]),
    ] = None
    country: Annotated[
        list[Country] | None,
        Through(noun="facility", by="facility"),
        Field(description="Only at facilities of one of these countries.", examples=[["SYR"]]),
    ] = None
    admin1: Annotated[
        list[Words] | None,
        Through(noun="facility", by="facility", text=True),
        Field(description="Only at facilities of one of these first-level divisions.", examples=[["Al-Hasakeh"]]),
    ] = None
    admin1_code: Annotated[
        list[Words] | None,
        Through(noun="facility", by="facility", text=True),
        Field(description="The same, by the codes of the divisions.", examples=[["SY08"]]),
    ] = None
    admin2_code: Annotated[
        list[Words] | None,
        Through(noun="facility", by="facility", text=True),
        Field(
            description="Only at facilities of one of these second-level divisions, by their codes.",
            examples=[["SY0800"]],
        ),
    ] = None
    kind: Annotated[
        list[FacilityKind] | None,
        Through(noun="facility", by="facility"),
        Field(description="Only at facilities of one of these kinds.", examples=[["camp"]]),
    ] = None
    operator: Annotated[
        list[SlugOrId] | None,
        NamedThrough(noun="actor", via="facility", by="facility"),
        Field(description="Only at facilities run by one of these actors.", examples=[["sdf"]]),
    ] = None
    measure: OneOf[PopulationMeasure] = None
    statistic: OneOf[PopulationStatistic] = None
    sex: TotalOr[Sex] = None
    min_age: TotalOr[Age] = None
    max_age: TotalOr[Age] = None
    legal_status: TotalOr[PopulationLegalStatus] = None
    nationality: TotalOr[Nationality] = None
    affiliation: Annotated[
        list[SlugOrId] | None,
        OrTotalNamed(noun="actor"),
        Field(
            description="Only people held as belonging to one of these actors; `total` for all.", examples=[["isis"]]
        ),
    ] = None
    dimension: Annotated[
        list[Pair] | None,
        Coded("dimensions"),
        Field(
            description="Only groups with these further dimensions, as `name:code`.",
            examples=[["origin:third_country"]],
        ),
    ] = None
    group: Texts = None
    breakdown: Annotated[
        Literal["none"] | None,
        NoBreakdown(dimensions=GROUP),
        Field(description="`none`: only totals, rows whose every dimension is null.", examples=["none"]),
    ] = None
    disputed: Annotated[
        bool | None,
        DISPUTED_POPULATION,
        Field(
            description="`true`: only figures that cannot all be true beside another of the same group and day, as "
            "`/conflicts` of their facility names them; `false`: the others.",
            examples=[True],
        ),
    ] = None


LISTING = Listing(
    POPULATIONS,
    PopulationFilters,
    sorts={"as_of": "as_of_end", "measure": "measure", "revision": "revision", "id": "id"},
    default="-as_of",
    example="1",
    summary="How many people of a described group a facility held, or could hold, on a day, according to whom.",
    of_facility=True,
    latest=Latest(("facility", "measure", "statistic", *GROUP)),
)
