"""What can be asked of facilities."""

from typing import Annotated

from pydantic import Field

from app.facilities.codes import FacilityLegalBasis, FacilityLevel, FacilityStatus
from app.facilities.models import FACILITIES, FacilityIdentifier, FacilitySource
from app.records.bodies import Country
from app.records.codes import FacilityKind
from app.records.filters import (
    Actors,
    Facilities,
    InBox,
    Key,
    NamedInList,
    NearPoint,
    OneOf,
    Pair,
    RadiusKm,
    SearchText,
    SlugOrId,
    Texts,
    Within,
)
from app.records.listing import Listing
from app.records.parameters import MatchQuery


class FacilityFilters(MatchQuery):
    """The filters of facilities."""

    q: SearchText = None
    level: OneOf[FacilityLevel] = None
    kind: OneOf[FacilityKind] = None
    legal_basis: OneOf[FacilityLegalBasis] = None
    operator: Actors = None
    status: OneOf[FacilityStatus] = None
    country: OneOf[Country] = None
    admin1: Texts = None
    admin1_code: Texts = None
    admin2: Texts = None
    admin2_code: Texts = None
    parent: Facilities = None
    within: Annotated[
        list[SlugOrId] | None,
        Within("slug"),
        Field(description="Only these facilities and what lies under them.", examples=[["sdf-isis-prisons"]]),
    ] = None
    bbox: InBox = None
    near: NearPoint = None
    radius_km: RadiusKm = None
    identifier: Annotated[
        list[Pair] | None,
        Key(part=FacilityIdentifier),
        Field(description="Only facilities with one of these keys, as `scheme:value`.", examples=[["nomis:MDI"]]),
    ] = None
    source: Annotated[
        list[SlugOrId] | None,
        NamedInList(noun="source", part=FacilitySource),
        Field(description="Only facilities that rest on one of these sources.", examples=[["lister-mei-2022-01-24"]]),
    ] = None


LISTING = Listing(
    FACILITIES,
    FacilityFilters,
    sorts={
        "slug": "slug",
        "name": "name",
        "country": "country",
        "admin1": "admin1",
        "opened": "opened_earliest",
        "revision": "revision",
        "id": "id",
    },
    default="slug",
    example="al-sina-prison",
    summary="Prisons, camps, improvised sites, their wings (`unit`) and the networks they belong to: one tree.",
    holds={"populations": "facility", "claims": "facility"},
)
