"""Conditions on where a record lies, by the coordinates that the reader may see.

Generalised coordinates are the exact ones, rounded: a bound on what is shown is a bound on what is stored, which an
index serves. The number at which rounding passes the bound is found here, so both engines compare plain numbers.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from math import asin, ceil, cos, degrees, floor, inf, nextafter, radians, sin, sqrt
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from app.history.codes import Access
from app.records.codes import LocationPrecision
from app.records.filters.columns import FEW, Called, Condition, often
from app.records.filters.scope import Binds, Scope

EARTH_KM = 6371.0
REACH_KM = {
    LocationPrecision.exact: 0.0,
    LocationPrecision.near: 1.0,
    LocationPrecision.area: 10.0,
    LocationPrecision.region: 300.0,
    LocationPrecision.country: 2500.0,
    LocationPrecision.unknown: 2500.0,
}
"""How far from its coordinates a place may lie, by how precise they are."""
FINE = (LocationPrecision.exact, LocationPrecision.near, LocationPrecision.area)
COARSE = (LocationPrecision.region, LocationPrecision.country, LocationPrecision.unknown)
CELLS = 10
"""How many cells there are in a degree of generalised coordinates."""
BOUNDS = 6
"""How many numbers a box takes in a statement."""


class Box(NamedTuple):
    """A part of the globe, in degrees; one that crosses the antimeridian has its west east of its east."""

    west: float
    south: float
    east: float
    north: float

    def grown(self, km: float) -> "Box":
        """The box with all that lies so near to it, at least; with a negative number, what lies so deep inside."""
        up = degrees(km / EARTH_KM)
        south, north = self.south - up, self.north + up
        furthest = max(abs(south), abs(north), abs(self.south), abs(self.north))
        if furthest >= 90:
            # Round a pole every longitude is near; what lies deep enough inside reaches no pole, unless all of it does.
            return self._replace(south=max(south, -90.0), north=min(north, 90.0), **_whole(self, km))
        wide = degrees(abs(km) / (EARTH_KM * cos(radians(furthest))))
        width = (self.east - self.west) % 360 if self.east != self.west + 360 else 360.0
        if width >= 360:
            return Box(-180.0, south, 180.0, north)
        if km >= 0:
            if width + 2 * wide >= 360:
                return Box(-180.0, south, 180.0, north)
            return Box(_turned(self.west - wide), south, _turned(self.east + wide), north)
        if width < 2 * wide or south > north:
            return NOWHERE
        return Box(_turned(self.west + wide), south, _turned(self.east - wide), north)

    def sides(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The one or two ranges of longitudes that it is; the antimeridian has two names."""
        if self.west > self.east:
            return (self.west, 180.0), (-180.0, self.east)
        first = (self.west, self.east)
        if self.west == -180.0 and self.east < 180.0:
            return first, (180.0, 180.0)
        if self.east == 180.0 and self.west > -180.0:
            return first, (-180.0, -180.0)
        return first, first


NOWHERE = Box(1.0, 91.0, 1.0, -91.0)


def _whole(box: Box, km: float) -> dict[str, float]:
    return {"west": -180.0, "east": 180.0} if km >= 0 else {"west": box.west, "east": box.east}


def _turned(longitude: float) -> float:
    return (longitude + 180.0) % 360.0 - 180.0


def box_of(text: str) -> Box:
    """The box that a text says; raises `ValueError` saying what is wrong with it."""
    west, south, east, north = _numbers(text, ("west", "south", "east", "north"))
    _on_globe((("west", west, 180), ("south", south, 90), ("east", east, 180), ("north", north, 90)))
    if south > north:
        raise ValueError(f"south ({south:g}) lies above north ({north:g})")
    return Box(west, south, east, north)


def point_of(text: str) -> tuple[float, float]:
    """The latitude and longitude that a text says; raises `ValueError` saying what is wrong with it."""
    latitude, longitude = _numbers(text, ("latitude", "longitude"))
    _on_globe((("latitude", latitude, 90), ("longitude", longitude, 180)))
    return latitude, longitude


def _numbers(text: str, names: Sequence[str]) -> list[float]:
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != len(names) or "_" in text:
        raise ValueError(f"write {','.join(names)} in degrees, as in {_EXAMPLES[len(names)]}")
    return numbers


_EXAMPLES = {4: "40.5,36.2,41.2,36.7", 2: "36.5,40.7"}


def _on_globe(numbers: Sequence[tuple[str, float, int]]) -> None:
    for name, number, most in numbers:
        if not -most <= number <= most:
            raise ValueError(f"{name} lies between -{most} and {most}, and not at {number:g}")


def around(latitude: float, longitude: float, km: float) -> Box:
    """A box with everything that lies within so many kilometres of a point."""
    return Box(longitude, latitude, longitude, latitude).grown(km * 1.0001 + 0.001)


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The distance of two points along a round globe: within half a hundredth of that along the earth."""
    (south, west), (north, east) = ([radians(side) for side in point] for point in (one, other))
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def shown_at(degree: float, tier: Access) -> float:
    """A coordinate as a tier sees it."""
    return degree if tier == Access.restricted else round(degree, 1)


def _least(bound: float) -> float:
    """The least number that is shown as a cell at the bound or above."""
    cell = next(one for one in range(floor(bound * CELLS) - 1, ceil(bound * CELLS) + 2) if one / CELLS >= bound) / CELLS
    number = cell - 0.5 / CELLS
    while round(number, 1) >= cell:
        number = nextafter(number, -inf)
    while round(number, 1) < cell:
        number = nextafter(number, inf)
    return number


def _most(bound: float) -> float:
    """The greatest number that is shown as a cell at the bound or below."""
    return -_least(-bound)


def _bounds(box: Box, *, generalised: bool) -> Iterator[float]:
    """The numbers of a box in a statement: its latitudes, and two ranges of longitudes."""
    for low, high in ((box.south, box.north), *box.sides()):
        yield _least(low) if generalised else low
        yield _most(high) if generalised else high


@dataclass(frozen=True)
class Lies(Condition):
    """Coordinates inside a box, as they are shown; `certain` and `possible` by how far off the place may lie."""

    read: ClassVar[bool] = True
    flat = False

    def terms(self, values: Any) -> list[Any]:
        box: Box = values if isinstance(values, Box) else box_of(values)
        certain = (box.grown(-REACH_KM[one]) for one in FINE)
        boxes = [box, *certain, *(box.grown(REACH_KM[one]) for one in (*FINE, *COARSE))]
        return [float(bound) for cells in (True, False) for one in boxes for bound in _bounds(one, generalised=cells)]

    def variant(self, values: Any) -> Hashable:
        return None

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return self._read(scope, binds, scope.rows.c.latitude, scope.rows.c.longitude)

    def along(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        # Not the columns themselves, or the index of coordinates is taken, and all that is found is sorted.
        return self._read(scope, binds, *(func.coalesce(scope.rows.c[one], None) for one in ("latitude", "longitude")))

    def _read(self, scope: Scope, binds: Binds, *point: ColumnElement[float]) -> ColumnElement[bool]:
        boxes = [binds[at : at + BOUNDS] for at in range(0, len(binds), BOUNDS)]
        half = len(boxes) // 2
        exact = scope.tier == Access.restricted
        stated, *others = boxes[half:] if exact else boxes[:half]
        if scope.match == "stated":
            return _inside(stated, *point)
        many = len(FINE)
        read = dict(zip((*FINE, *COARSE), others[many:] if scope.match == "possible" else others[:many], strict=False))
        if not exact:
            # They are all shown as the last of them.
            read |= dict.fromkeys(FINE, read[FINE[-1]])
        precision = scope.rows.c.location_precision
        return or_(*(and_(precision == one, _inside(box, *point)) for one, box in read.items()))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        if scope.match != "stated":
            return None
        inside = often(self.where(scope, name, binds, variant), FEW)
        return select(scope.rows.c.id).where(inside, *scope.at.holds(scope.rows))


def _inside(box: Binds, latitude: ColumnElement[float], longitude: ColumnElement[float]) -> ColumnElement[bool]:
    south, north, *sides = box
    ranges = (and_(longitude >= low, longitude <= high) for low, high in zip(sides[::2], sides[1::2], strict=True))
    return and_(latitude >= south, latitude <= north, or_(*ranges))


@dataclass(frozen=True)
class Beside(Called):
    """Records near a point: their ids, the nearest first, as they were found before the statement is made."""

    read: ClassVar[bool] = True
