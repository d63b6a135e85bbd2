"""A row of a sum over incidents as a sentence to quote."""

from collections.abc import Mapping
from typing import Any

from app.answers.incident_shapes import GROUPINGS, IncidentSummaryQuery
from app.answers.sums import numbers
from app.figures.sentences import CAUSES, GROUPS, PARTICIPLES
from app.records.codes import FigureMeasure, FigureOf
from app.records.countries import country_names

MOST_IDS = 100
"""How many figures a row names."""


def sentence(row: Mapping[str, Any], query: IncidentSummaryQuery) -> str:
    """Which incidents, how many, and what their tolls come to; what is missing is said."""
    about = ", ".join(_called(name, row[name]) for name in GROUPINGS if row[name] is not None and name != "cause")
    if not about:
        about = ", ".join(country_names()[code] for code in query.country or []) or "All that is recorded"
    many = f"{row['incidents']:,} {'incident' if row['incidents'] == 1 else 'incidents'} in this register"
    if query.measure is None:
        return f"{about}: {many}."
    who = " and ".join(GROUPS[FigureOf(one)][1] for one in query.of or []) or "people"
    became = PARTICIPLES.get(FigureMeasure(query.measure), str(query.measure).replace("_", " "))
    cause = CAUSES.get(row["cause"], "") if row["cause"] is not None else ""
    bounds = row["low"], row["best"], row["high"]
    number = "no number of" if bounds == (None, None, None) else numbers(bounds)
    lacking = f"; of {row['without_figure']:,} of them there is none" if row["without_figure"] else ""
    return f"{about}: {number} {who} {became or 'counted'}{cause}, in {many}{lacking}."


def _called(name: str, code: str) -> str:
    return country_names().get(code, code) if name == "country" else code.replace("_", " ")
