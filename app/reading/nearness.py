"""Records near a point: found before a list is asked for, by the coordinates that the reader may see."""

from collections.abc import Mapping
from functools import lru_cache
from math import inf
from typing import Any, NamedTuple

from sqlalchemy import Float, Select, bindparam, select

from app.database.types import NUMBER
from app.errors import BadInput, Fault
from app.history.codes import Access
from app.reading.finding import present
from app.reading.list_statements import Plan, selected
from app.reading.planning import plan_of
from app.reading.view import View
from app.records.codes import LocationPrecision
from app.records.filters import FINE, REACH_KM, Lies, Scope, around, distance_km, point_of, shown_at
from app.records.listing import Listing

MOST_NEAR = 1000
"""How many records a question for what is near may hold."""
MOST_LOOKED_AT = 10_000
"""How many lie in the box around what is asked for, at the most."""
RADIUS_KM = 50.0
"""Within how many kilometres, where nothing is said."""
LIES = Lies()


class Nearest(NamedTuple):
    """What is near, the nearest first, and of which moment."""

    view: View
    distances: Mapping[int, float]
    """The kilometres from the point, by id."""


async def nearest(view: View, listing: Listing, query: Any) -> Nearest:
    """What lies within a radius of a point and meets the other filters; raises `BadInput` where that is too many."""
    view = await present(view)
    point, radius = point_of(query.near), float(query.radius_km or RADIUS_KM)
    others = query.model_copy(update={"near": None, "sort": None, "q": query.q})
    plan, values = plan_of(listing, view, others, None)
    terms = {f"around_{place}": term for place, term in enumerate(LIES.terms(around(*point, radius)))}
    statement = _around_statement(listing, plan)
    rows = await view.reader.fetch(statement, values | terms | {"most": MOST_LOOKED_AT + 1}, slow=True)
    found = []
    for number, latitude, longitude, precision in rows:
        at = shown_at(latitude, view.tier), shown_at(longitude, view.tier)
        distance = distance_km(point, at)
        if distance + _reach(plan.match, precision, view.tier) <= radius:
            found.append((round(distance, 2), number))
    if len(found) > MOST_NEAR or len(rows) > MOST_LOOKED_AT:
        name = listing.collection.name
        message = f"more than {MOST_NEAR:,} {name} lie within {radius:g} km: ask for a smaller one, or for a bbox"
        raise BadInput.of([Fault(message, parameter="radius_km")])
    return Nearest(view, {number: distance for distance, number in sorted(found)})


def _reach(match: str, precision: str, tier: Access) -> float:
    """What is added to a distance for how far off a place may lie: nothing, as far as it may, or that taken off."""
    if match == "stated":
        return 0.0
    shown = LocationPrecision(precision)
    if tier != Access.restricted and shown in {LocationPrecision.exact, LocationPrecision.near}:
        shown = LocationPrecision.area
    if match == "possible":
        return -REACH_KM[shown]
    return REACH_KM[shown] if shown in FINE else inf


@lru_cache(maxsize=256)
def _around_statement(listing: Listing, plan: Plan) -> Select[Any]:
    """Those in a box that meet the filters: their ids, exact coordinates, and how precise these are."""
    rows, where = selected(listing, plan)
    many = len(LIES.terms(around(0.0, 0.0, 1.0)))
    binds = [bindparam(f"around_{place}", type_=Float()) for place in range(many)]
    # What is certain lies in the box of what is stated; the distance decides.
    match = "possible" if plan.match == "possible" else "stated"
    inside = LIES.where(Scope(plan.at, rows, plan.tier, match, listing.collection.rows), "near", binds, None)
    columns = (rows.c[name] for name in ("id", "latitude", "longitude", "location_precision"))
    return select(*columns).where(inside, *where).limit(bindparam("most", type_=NUMBER))
