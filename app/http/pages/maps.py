"""Where a place is: the outline of its country, and the area it lies in as large as it is known, never a point.

Outlines are those of Natural Earth (1:50 million, public domain) as the package world-atlas has them in TopoJSON.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from math import cos, radians
from pathlib import Path
from typing import Any, Final, NamedTuple

import pycountry
from markupsafe import Markup

from app.http.pages.charts import tag
from app.http.pages.words import country as country_name
from app.http.pages.words import number

Point = tuple[float, float]
"""Longitude and latitude."""
Ring = Sequence[Point]
OUTLINES: Final = Path(__file__).parent / "world-atlas" / "countries-50m.json"
SIZE: Final = 320
"""Of a map, in units of its drawing."""
DEGREE: Final = 111_320.0
"""Metres of one degree of latitude."""
NEARBY: Final = 12.0
"""Degrees from a country's largest part up to which its other parts are in the frame."""


@cache
def _topology() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(OUTLINES.read_text("utf-8"))
    return loaded


@lru_cache(maxsize=64)
def _rings(country: str) -> list[Ring]:
    """The outer rings of a country."""
    found = pycountry.countries.get(alpha_3=country)
    topology = _topology()
    geometries = [
        one for one in topology["objects"]["countries"]["geometries"] if found and one.get("id") == found.numeric
    ]
    rings: list[Ring] = []
    for one in geometries:
        polygons = [one["arcs"]] if one["type"] == "Polygon" else one["arcs"]
        rings += [[point for arc in polygon[0] for point in _arc(topology, arc)] for polygon in polygons]
    return rings


def _arc(topology: Mapping[str, Any], place: int) -> list[Point]:
    """An arc as points; a negative number is one that is walked backwards."""
    (scale_x, scale_y), (at_x, at_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    x = y = 0
    points = []
    for step_x, step_y in topology["arcs"][place if place >= 0 else ~place]:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + at_x, y * scale_y + at_y))
    return points if place >= 0 else points[::-1]


def _box(ring: Ring) -> tuple[float, float, float, float]:
    xs, ys = zip(*ring, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _shown(country: str, centre: Point | None) -> list[Ring]:
    """The parts of a country that a map shows: the largest, or the one that the place lies in, and those near it."""
    rings = _rings(country)
    if not rings:
        return []

    def extent(ring: Ring) -> float:
        west, south, east, north = _box(ring)
        return (east - west) * (north - south)

    main = max(rings, key=extent)
    if centre is not None:
        inside = [ring for ring in rings if _holds(_box(ring), centre)]
        main = max(inside, key=extent) if inside else main
    west, south, east, north = _box(main)
    frame = west - NEARBY, south - NEARBY, east + NEARBY, north + NEARBY
    return [ring for ring in rings if _holds(frame, _box(ring)[:2]) and _holds(frame, _box(ring)[2:])]


def _holds(box: tuple[float, float, float, float], point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


@dataclass(frozen=True)
class _Sheet:
    """What a map covers, and how the globe is laid flat on it: degrees of longitude are as wide as in its middle."""

    west: float
    south: float
    east: float
    north: float

    @cached_property
    def squeeze(self) -> float:
        return max(cos(radians((self.south + self.north) / 2)), 0.2)

    @cached_property
    def scale(self) -> float:
        """Units of the drawing for a degree of latitude."""
        return SIZE / max((self.east - self.west) * self.squeeze, self.north - self.south)

    @property
    def width(self) -> float:
        return (self.east - self.west) * self.squeeze * self.scale

    @property
    def height(self) -> float:
        return (self.north - self.south) * self.scale

    def place(self, point: Point) -> tuple[float, float]:
        """Where a point lies in the drawing."""
        return (point[0] - self.west) * self.squeeze * self.scale, (self.north - point[1]) * self.scale

    def outline(self, rings: Sequence[Ring]) -> str:
        """The path of some outlines."""
        return "".join(_path([self.place(point) for point in ring]) for ring in rings)


def _sheet_of(rings: Sequence[Ring]) -> _Sheet:
    """The sheet that holds some outlines."""
    wests, souths, easts, norths = zip(*map(_box, rings), strict=True)
    return _Sheet(min(wests), min(souths), max(easts), max(norths))


def country_map(record: Mapping[str, Any]) -> Markup | None:
    """The country of a place in outline, with a frame around its surroundings; None where there is no outline."""
    centre = centre_of(record)
    rings = _shown(record["country"], centre) if record["country"] else []
    if not rings:
        return None
    sheet = _sheet_of(rings)
    mark = ""
    if centre is not None:
        x, y = sheet.place(centre)
        half = max(SURROUNDINGS / DEGREE * sheet.scale, 7.0)
        mark = tag("rect", of="frame", x=x - half, y=y - half, width=2 * half, height=2 * half)
    whole = "" if centre is not None else " whole"
    return Markup('<svg class="map{}" viewBox="-4 -4 {} {}" role="img" aria-label="{}">{}</svg>').format(
        whole,
        round(sheet.width) + 8,
        round(sheet.height) + 8,
        f"Outline of {record['country']}" + (", with a frame around the surroundings" if centre else ", shaded whole"),
        Markup(f'<path class="land" d="{sheet.outline(rings)}"/>{mark}'),  # noqa: S704  (numbers alone)
    )


MOST_MARKS: Final = 500
"""How many places a map of all marks; of more it shows the outlines of their countries alone."""
LEAST_MARK: Final = 5.0
"""The radius of the smallest mark, in units of the drawing: on such a scale an area known well would be a point."""


class PlacesMap(NamedTuple):
    """A map of places, and what it says in words."""

    drawing: Markup
    placed: int
    """How many of the places have public coordinates."""
    mark_km: int
    """How wide the ground is that the smallest mark covers."""


def places_map(records: Sequence[Mapping[str, Any]]) -> PlacesMap | None:
    """The countries of some places in outline, each place with known coordinates as a ring; None without any place."""
    countries = sorted({record["country"] for record in records if record["country"]})
    rings = [ring for country in countries for ring in _shown(country, None)]
    if not rings:
        return None
    sheet = _sheet_of(rings)
    placed = [(centre, record) for record in records if (centre := centre_of(record)) is not None]
    marks = "".join(
        tag("circle", of="area", cx=x, cy=y, r=max((record["uncertainty_m"] or 0) / DEGREE * sheet.scale, LEAST_MARK))
        for centre, record in placed[:MOST_MARKS]
        for x, y in [sheet.place(centre)]
    )
    drawing = Markup('<svg class="map" viewBox="-8 -8 {} {}" role="img" aria-label="{}">{}</svg>').format(
        round(sheet.width) + 16,
        round(sheet.height) + 16,
        f"Map of {', '.join(map(country_name, countries))}: {len(placed)} places with rings around where they lie",
        Markup(f'<path class="land" d="{sheet.outline(rings)}"/>{marks}'),  # noqa: S704  (numbers alone)
    )
    return PlacesMap(drawing, len(placed), round(2 * LEAST_MARK / sheet.scale * DEGREE / 1000))


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A closed path; points that lie closer than a unit to the one before are left out."""
    corners: list[tuple[float, float]] = []
    for x, y in points:
        if not corners or abs(x - corners[-1][0]) + abs(y - corners[-1][1]) >= 1.0:
            corners.append((x, y))
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z" if len(corners) > 2 else ""


SURROUNDINGS: Final = 40_000.0
"""Metres from the middle of a map of surroundings to its edge, where the area known is smaller than that."""


def area_map(record: Mapping[str, Any]) -> Markup | None:
    """The area that a place lies in, as a circle in its true size, with a scale; None where no place is known."""
    radius = record.get("uncertainty_m")
    if centre_of(record) is None or not radius:
        return None
    reach = max(SURROUNDINGS, radius * 1.25)
    scale = SIZE / 2 / reach
    bar = _round_length(reach / 2)
    lines = "".join(tag("path", of="grid", d=f"M0 {at}H{SIZE}M{at} 0V{SIZE}") for at in _grid(reach))
    drawn = (
        tag("rect", of="ground", width=SIZE, height=SIZE)
        + lines
        + tag("circle", of="area", cx=SIZE / 2, cy=SIZE / 2, r=radius * scale)
        + tag("path", of="scale", d=f"M14 {SIZE - 22}v6h{bar * scale:.1f}v-6")
        + tag(
            "text",
            f"{number(round(bar / 1000, 3) if bar < 1000 else round(bar / 1000))} km",
            of="tick",
            x=14,
            y=SIZE - 28,
        )
    )
    label = f"A circle of {radius:,} metres around the middle: the place lies in it"
    return Markup('<svg class="map" viewBox="0 0 {0} {0}" role="img" aria-label="{1}">{2}</svg>').format(
        SIZE,
        label,
        Markup(drawn),  # noqa: S704  (numbers alone)
    )


def _grid(reach: float) -> Iterator[float]:
    """Where the lines of a map of surroundings lie, ten kilometres apart, or as many as make a few."""
    step = _round_length(reach / 2) * SIZE / 2 / reach
    at = SIZE / 2 % step
    while at < SIZE:
        yield round(at, 1)
        at += step


def _round_length(metres: float) -> float:
    """The greatest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** len(str(int(metres / 10)))
    power = power / 10 if power > metres else power
    return max(times * power for times in (1, 2, 5) if times * power <= metres)


def centre_of(record: Mapping[str, Any]) -> Point | None:
    """The middle of the area that a place is known to lie in."""
    if record["latitude"] is None or record["longitude"] is None:
        return None
    return float(record["longitude"]), float(record["latitude"])


def whereabouts(record: Mapping[str, Any]) -> str:
    """How exactly the place is known, as a sentence."""
    centre, radius = centre_of(record), record.get("uncertainty_m")
    if centre is None:
        return "No coordinates are public."
    at = f"{centre[1]}, {centre[0]}"
    if not radius:
        return f"Around {at}; how exactly is not stated."
    within = f"{radius / 1000:,.1f} km" if radius >= 1000 else f"{radius:,} m"
    return f"Somewhere within {within} of {at} ({record['location_precision'].replace('_', ' ')})."
