"""The filters of places that answers about people held have in common."""

from typing import Annotated

from pydantic import Field

from app.records.bodies import Country
from app.records.codes import FacilityKind
from app.records.filters import SlugOrId, Words

InCountries = Annotated[list[Country] | None, Field(description="Only places in these.", examples=[["BRA"]])]
InDivisions = Annotated[
    list[Words] | None, Field(description="Only places in these first-level divisions.", examples=[["Al-Hasakeh"]])
]
OfKinds = Annotated[list[FacilityKind] | None, Field(description="Only places of these.", examples=[["camp"]])]
RunBy = Annotated[
    list[SlugOrId] | None, Field(description="Only places run by one of these actors.", examples=[["sdf"]])
]
Under = Annotated[
    list[SlugOrId] | None, Field(description="Only these and what lies under them.", examples=[["sdf-isis-prisons"]])
]
