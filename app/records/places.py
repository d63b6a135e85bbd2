"""Where something is: its columns, its limits, and how precisely each tier may know it.

Coordinates are generalised by rule, never at random: everybody below the restricted tier sees the 0.1 degree cell.
"""

from typing import Annotated, Any, Self

from pydantic import Field as Shown
from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from app.database.fields import check, field
from app.database.store import Row
from app.estimates.numbers import Decimal
from app.history.codes import Access
from app.records.bodies import Country
from app.records.codes import LocationPrecision

AreaCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$", max_length=40)]
"""The code of an area in a list of areas: a p-code (`SY0800`), ISO 3166-2 (`US-TX`)."""


class InPairs(SQLModel):
    """Refuses half a pair of coordinates; the classes that have them say so in their own words."""

    @model_validator(mode="after")
    def _in_pairs(self) -> Self:
        missing = [name for name in ("latitude", "longitude") if getattr(self, name) is None]
        if len(missing) == 1:
            raise PydanticCustomError("pair", "latitude and longitude come in pairs", {"field": missing[0]})
        return self


class PlaceFields(InPairs):
    """The place of a facility or an incident."""

    country: Country | None = field("The country (ISO 3166-1 alpha-3).", example="SYR", default=None)
    admin1: str | None = field(
        "The first-level division: governorate, state, province.", example="Al-Hasakeh", default=None, max_length=200
    )
    admin1_code: AreaCode | None = field(
        "The code of that division, by preference its p-code in OCHA's lists.", example="SY08", default=None
    )
    admin2: str | None = field("The second-level division.", example="Al-Hasakeh", default=None, max_length=200)
    admin2_code: AreaCode | None = field(
        "The code of that division, by preference its p-code in OCHA's lists.", example="SY0800", default=None
    )
    place: str | None = field("The town or locality.", example="al-Hasakeh", default=None, max_length=300)
    latitude: Decimal | None = field(
        "Degrees north (WGS 84), generalised for the public.", example=36.5, default=None, ge=-90, le=90
    )
    longitude: Decimal | None = field(
        "Degrees east (WGS 84), generalised for the public.", example=40.7, default=None, ge=-180, le=180
    )
    location_precision: LocationPrecision = field(
        "How precise the coordinates are.", example="unknown", default=LocationPrecision.unknown
    )


def place_checks() -> list[CheckConstraint]:
    """Coordinates lie on the globe, and come in pairs."""
    return [
        check("latitude_on_globe", "latitude BETWEEN -90 AND 90"),
        check("longitude_on_globe", "longitude BETWEEN -180 AND 180"),
        check("coordinates_in_pairs", "(latitude IS NULL) = (longitude IS NULL)"),
    ]


UNCERTAINTY_M = 7900
"""Half the diagonal of the 0.1 degree cell that generalised coordinates name, in metres, at the equator."""


def generalise(shown: Row, tier: Access) -> None:
    """Coordinates as a tier may see them: exact ones need the restricted scope, all others get the 0.1 degree cell."""
    if shown.get("latitude") is None or tier == Access.restricted:
        return
    shown["latitude"], shown["longitude"] = round(shown["latitude"], 1), round(shown["longitude"], 1)
    if shown.get("location_precision") in {LocationPrecision.exact, LocationPrecision.near}:
        shown["location_precision"] = LocationPrecision.area


def uncertainty(shown: Row, tier: Access) -> int | None:
    """How far the place may lie from the coordinates that `generalise` leaves a tier, in metres."""
    return None if shown.get("latitude") is None or tier == Access.restricted else UNCERTAINTY_M


UNCERTAINTY: dict[str, Any] = {
    "uncertainty_m": (
        int | None,
        Shown(
            description="How far the place may lie from the coordinates shown, in metres; null when they are exact.",
            examples=[10_000],
        ),
    )
}
"""What is shown beside coordinates."""
