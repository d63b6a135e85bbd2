"""What can be asked of claims."""

from typing import Annotated

from pydantic import Field

from app.claims.codes import ClaimModality, ClaimVerdict
from app.claims.models import CLAIMS, ClaimAssessment
from app.records.filters import (
    Actors,
    Day,
    DisputedClaim,
    Facilities,
    Incidents,
    InList,
    NotAfter,
    NotBefore,
    OneOf,
    SlugOrId,
    Sources,
    Texts,
    Within,
)
from app.records.listing import Listing
from app.records.parameters import MatchQuery


class ClaimFilters(MatchQuery):
    """The filters of claims."""

    facility: Facilities = None
    within: Annotated[
        list[SlugOrId] | None,
        Within("facility"),
        Field(description="Only about these facilities and what lies under them.", examples=[["sdf-isis-prisons"]]),
    ] = None
    incident: Incidents = None
    about: Actors = None
    made_by: Actors = None
    source: Sources = None
    topic: Texts = None
    modality: OneOf[ClaimModality] = None
    verdict: Annotated[
        list[ClaimVerdict] | None,
        InList(part=ClaimAssessment),
        Field(description="Only claims that some source gave one of these verdicts.", examples=[["misinformation"]]),
    ] = None
    disputed: Annotated[
        bool | None,
        DisputedClaim(),
        Field(
            description="`true`: only claims that some source disputes, refutes or calls misinformation; `false`: the "
            "others.",
            examples=[True],
        ),
    ] = None
    from_: Annotated[
        Day | None,
        NotBefore("made_on_earliest"),
        Field(alias="from", description="Only claims made on that day or later.", examples=["2022-01-20"]),
    ] = None
    to: Annotated[
        Day | None,
        NotAfter("made_on_earliest"),
        Field(description="Only claims made on that day or earlier.", examples=["2022-01-31"]),
    ] = None


LISTING = Listing(
    CLAIMS,
    ClaimFilters,
    sorts={"slug": "slug", "made_on": "made_on_earliest", "revision": "revision", "id": "id"},
    default="slug",
    example="sdf-turkey-complicit",
    summary="Statements in words, by an actor or an author, with what other sources make of them.",
    of_facility=True,
)
