"""The page of a facility: what and where it is, its tree, how full it was, who says so, what happened there."""

from collections.abc import Mapping
from typing import Any

from app.http.pages.asking import Asker, Page, Record
from app.http.pages.charts import Span, series, spans_of
from app.http.pages.maps import area_map, country_map, whereabouts
from app.http.pages.words import code

DEEPEST = 6
"""How many levels above a facility its page looks for."""
RECENT = 24
"""How many steps of a series stand in the table below it; the rest is in its CSV."""


async def facility_page(ask: Asker, key: str, parameters: Mapping[str, Any]) -> Page:
    """What the API says of a facility."""
    path = f"/v1/facilities/{key}"
    record = await ask(path, include=["actors", "sources"])
    as_of = parameters.get("as_of")
    occupancy = await ask(f"{path}/occupancy", as_of=as_of)
    steps = await ask(f"{path}/occupancy/series", as_of=as_of)
    statements = await ask(f"{path}/populations", subtree="false", sort="-as_of", limit=30, count="exact")
    incidents = await ask(f"{path}/incidents", sort="-started", limit=20, count="exact")
    conflicts = await ask(f"{path}/conflicts", as_of=as_of)
    claims = await ask(f"{path}/claims", subtree="false", limit=20, count="exact")
    content = {
        "record": record,
        "included": record["included"],
        "title": record["name"],
        "above": await _above(ask, record),
        "below": await ask("/v1/facilities", parent=record["slug"], limit=60, count="exact", sort="name"),
        "occupancy": occupancy,
        "held": _held(occupancy),
        "chart": chart_of(steps, record["name"]),
        "steps": first_definition(steps["rows"])[-RECENT:][::-1],
        "all_steps": len(steps["rows"]),
        "statements": statements,
        "incidents": incidents,
        "claims": claims,
        "conflicts": conflicts,
        "history": await ask(f"{path}/history", limit=100),
        "country_map": country_map(record),
        "area_map": area_map(record),
        "whereabouts": whereabouts(record),
        "as_of": as_of,
    }
    return Page("facility.html", content)


async def _above(ask: Asker, record: Record) -> list[Record]:
    """What the facility belongs to, the root first."""
    found: list[Record] = []
    parent = record["parent"]
    while parent is not None and len(found) < DEEPEST:
        found.append(await ask(f"/v1/facilities/{parent}"))
        parent = found[-1]["parent"]
    return found[::-1]


def _held(occupancy: Mapping[str, Any]) -> Record | None:
    """The row of everyone, if somebody says how many are held."""
    return next((row for row in occupancy["rows"] if not row["group"] and row["held"]), None)


def first_definition(rows: list[Any]) -> list[Any]:
    """The steps of one definition of capacity: what is held is the same in all."""
    return [row for row in rows if row["definition"] == rows[0]["definition"]] if rows else []


def chart_of(steps: Mapping[str, Any], name: str) -> Any:
    """What was held over time, beside each definition of capacity; None where nobody says."""
    rows = steps["rows"]
    held = spans_of(first_definition(rows), "held")
    if all(span.value is None for span in held):
        return None
    definitions = dict.fromkeys(row["definition"] for row in rows if row["definition"] is not None)
    capacity: dict[str, list[Span]] = {
        code(one): spans_of([row for row in rows if row["definition"] == one], "capacity") for one in definitions
    }
    return series(held, capacity, f"People held at {name} over time; the table below has the numbers")
