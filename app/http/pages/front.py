"""The front page: what the register knows most about, as charts, what it holds, and what is new in it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from app.errors import Problem
from app.http.pages.asking import Asker, Page, Record
from app.http.pages.charts import top_of
from app.http.pages.incident import Panel, panels_of
from app.http.pages.maps import places_map
from app.http.pages.search import searchable

NEWEST: Final = 1000
"""Of how many figures, the newest, the incident is looked for that most are about."""
MOST_BARS: Final = 12
"""How many bars a chart of the front page has."""
MOST_SUMMED: Final = 250_000
"""How many populations are still added up for it."""


async def front_page(ask: Asker, _key: str, _parameters: Mapping[str, Any]) -> Page:
    """What the API says of the register as a whole."""
    register = await ask("/v1")
    catalog = await ask("/v1/catalog.jsonld")
    empty = register["recorded_at"] is None
    content: dict[str, Any] = {
        "title": register["register"],
        "holds": register,
        "catalog": catalog,
        "empty": empty,
        "searches": bool(searchable()),
        "event": None,
        "held": None,
        "places": None,
        "revisions": [],
        "changes": [],
    }
    if not empty:
        content["event"] = await _event(ask, register["counts"])
        content["held"] = await _held(ask, register["counts"])
        content["places"] = await _places(ask)
        newest = await ask("/v1/revisions", sort="-revision", limit=4)
        content["revisions"] = newest["data"]
        changes = await ask("/v1/changes", after=max(ask.revision - 1, 0), limit=8)
        content["changes"] = changes["data"]
    return Page("front.html", content)


async def _event(ask: Asker, counts: Mapping[str, int]) -> Mapping[str, Any] | None:
    """The incident that most of the newest figures are about, with the numbers that most is said of."""
    if not counts.get("figures"):
        return None
    figures = await ask("/v1/figures", limit=NEWEST, sort="-id", fields="incident")
    (slug, _), *_ = Counter(one["incident"] for one in figures["data"]).most_common(1)
    record = await ask(f"/v1/incidents/{slug}", include=["actors", "facilities"])
    toll = await ask(f"/v1/incidents/{slug}/toll")
    disputed = sum(row["agreement"] == "conflicting" for row in toll["rows"])
    return {
        "record": record,
        "included": record["included"],
        "toll": toll,
        "disputed": disputed,
        "panel": _fullest(toll),
    }


async def _places(ask: Asker) -> Mapping[str, Any] | None:
    """Where the places are, as a map; None where none has a country that is known."""
    of_places = ["slug", "country", "latitude", "longitude", "uncertainty_m"]
    found = await ask("/v1/facilities", fields=of_places, limit=NEWEST, count="exact", sort="-id")
    drawn = places_map(found["data"])
    return {"map": drawn, "shown": len(found["data"]), "all": found["count"]} if drawn else None


def _fullest(toll: Mapping[str, Any]) -> Panel | None:
    """The measure that most is said of, in those of its rows that are disputed, or of which several speak."""
    panels = panels_of(toll)
    if not panels:
        return None
    fullest = max(panels, key=lambda panel: sum(len(row.bars) for row in panel.rows))
    rows, bars = [], 0
    for row in sorted(fullest.rows, key=lambda row: (row.standing != "disputed", -len(row.bars))):
        if bars + len(row.bars) <= MOST_BARS:
            rows.append(row)
            bars += len(row.bars)
    top = top_of(one.statement for row in rows for one in row.bars)
    return Panel(fullest.name, top, rows)


async def _held(ask: Asker, counts: Mapping[str, int]) -> Mapping[str, Any] | None:
    """How many people are held, added up by country, or by region where all are of one, on the newest day told of."""
    if not 0 < counts.get("populations", 0) <= MOST_SUMMED:
        return None
    newest = await ask("/v1/populations", measure="held", sort="-as_of", limit=1)
    if not newest["data"]:
        return None
    day = newest["data"][0]["as_of_end"]
    try:
        countries = await ask("/v1/populations/summary", by="country", measure="held", as_of=day)
    except Problem:
        # It takes too long, or the day cannot be asked for: the front page does without.
        return None
    rows: list[Record] = [row for row in countries["rows"] if row["low"] is not None or row["best"] is not None]
    by, regions = "country", rows
    if len(rows) == 1 and rows[0]["country"]:
        found = await ask("/v1/populations/summary", by="admin1", measure="held", as_of=day, country=rows[0]["country"])
        regions = [row for row in found["rows"] if row["admin1"] and (row["low"] or row["best"])]
        by = "admin1"
    shown = sorted(regions, key=lambda row: -(row["best"] or row["low"] or 0))[:MOST_BARS]
    return (
        {"as_of": day, "rows": rows, "by": by, "bars": shown, "top": top_of(shown), "all": len(regions)}
        if rows
        else None
    )
