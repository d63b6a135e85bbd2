"""What can be asked of incidents."""

from typing import Annotated, Literal

from pydantic import Field

from app.estimates.codes import MissingReason
from app.incidents.codes import IncidentKind, IncidentOutcome, IncidentStatus, PartyRole, PartyStanding
from app.incidents.models import INCIDENTS, IncidentIdentifier, IncidentKindListed, IncidentParty, IncidentSource
from app.records.bodies import Country
from app.records.codes import FigureMeasure, FigureOf
from app.records.filters import (
    Coarse,
    Day,
    DisputedIncident,
    Exactly,
    InBox,
    Incidents,
    InList,
    Key,
    NamedInList,
    NearPoint,
    NotAfter,
    NotBefore,
    OfOne,
    OneOf,
    Pair,
    RadiusKm,
    SearchText,
    SlugOrId,
    Texts,
    TouchingFacility,
    Value,
)
from app.records.listing import Listing
from app.records.parameters import VALUE_MAX, VALUE_MIN, MatchQuery

UNDATED = "those that nobody dates are not among them, `missing_reason` finds them"


class IncidentFilters(MatchQuery):
    """The filters of incidents."""

    q: SearchText = None
    facility: Annotated[
        list[SlugOrId] | None,
        TouchingFacility(subtree=False),
        Field(description="Only incidents that touched one of these facilities.", examples=[["al-sina-prison"]]),
    ] = None
    within: Annotated[
        list[SlugOrId] | None,
        TouchingFacility(),
        Field(
            description="Only incidents that touched these facilities or what lies under them.",
            examples=[["sdf-isis-prisons"]],
        ),
    ] = None
    country: OneOf[Country] = None
    admin1: Texts = None
    admin1_code: Texts = None
    bbox: InBox = None
    near: NearPoint = None
    radius_km: RadiusKm = None
    kind: Annotated[
        list[IncidentKind] | None,
        InList(part=IncidentKindListed),
        Field(description="Only incidents of one of these kinds.", examples=[["prison_break"]]),
    ] = None
    status: OneOf[IncidentStatus] = None
    missing_reason: OneOf[MissingReason] = None
    outcome: OneOf[IncidentOutcome] = None
    actor: Annotated[
        list[SlugOrId] | None,
        NamedInList(noun="actor", part=IncidentParty),
        Field(
            description="Only incidents that name one of these actors as a party, in any role and whatever the "
            "standing: a part that is alleged or denied counts too. `role` and `standing` narrow it, and speak of the "
            "same party.",
            examples=[["isis"]],
        ),
    ] = None
    role: Annotated[
        list[PartyRole] | None,
        InList(part=IncidentParty),
        Field(description="Only incidents with a party in one of these roles.", examples=[["attacker"]]),
    ] = None
    standing: Annotated[
        list[PartyStanding] | None,
        InList(part=IncidentParty),
        Field(description="Only incidents with a party whose role is known so well.", examples=[["alleged"]]),
    ] = None
    source: Annotated[
        list[SlugOrId] | None,
        NamedInList(noun="source", part=IncidentSource),
        Field(description="Only incidents that rest on one of these sources.", examples=[["lister-mei-2022-01-24"]]),
    ] = None
    identifier: Annotated[
        list[Pair] | None,
        Key(part=IncidentIdentifier),
        Field(description="Only incidents with one of these keys, as `scheme:value`.", examples=[["ucdp-ged:412345"]]),
    ] = None
    parent: Incidents = None
    measure: Annotated[
        list[FigureMeasure] | None,
        OfOne(noun="figure", by="incident", inner=Coarse()),
        Field(
            description="Only incidents with a figure of one of these measures; `of`, `value_min` and `value_max` "
            "speak of the same figure.",
            examples=[["killed"]],
        ),
    ] = None
    of: Annotated[
        list[Literal["total"] | FigureOf] | None,
        OfOne(noun="figure", by="incident", inner=Exactly()),
        Field(
            description="Only incidents with a figure that counts exactly these groups together; `total`: everyone.",
            examples=[["security_force"]],
        ),
    ] = None
    value_min: Annotated[int | None, OfOne(noun="figure", by="incident", inner=Value(side="least")), VALUE_MIN] = None
    value_max: Annotated[int | None, OfOne(noun="figure", by="incident", inner=Value(side="most")), VALUE_MAX] = None
    disputed: Annotated[
        bool | None,
        DisputedIncident(),
        Field(
            description="`true`: only incidents with figures that cannot all be true, a part that is denied, a claim "
            "that is contested, or an outcome that is disputed; `false`: the others.",
            examples=[True],
        ),
    ] = None
    from_: Annotated[
        Day | None,
        NotBefore("started_earliest"),
        Field(
            alias="from",
            description=f"Only incidents that began on that day or later; {UNDATED}.",
            examples=["2022-01-20"],
        ),
    ] = None
    to: Annotated[
        Day | None,
        NotAfter("started_earliest"),
        Field(
            description=f"Only incidents that began on that day or earlier; {UNDATED}.",
            examples=["2022-01-31"],
        ),
    ] = None


LISTING = Listing(
    INCIDENTS,
    IncidentFilters,
    sorts={
        "started": "started_earliest",
        "slug": "slug",
        "title": "title",
        "country": "country",
        "revision": "revision",
        "id": "id",
    },
    default="-started",
    example="al-sina-prison-attack-2022",
    summary="Attacks, breakouts, riots, deaths, transfers: what happened, where, when and with whom taking part.",
    of_facility=True,
)
