"""The page of an incident: its toll as bars and as a matrix of claims, its timeline, who took part, its sources."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.answers.codes import Agreement, StatementRole
from app.http.pages.asking import Asker, Page, Record
from app.http.pages.charts import top_of
from app.http.pages.matrix import matrix_of
from app.http.pages.words import measure, of_row


class Bar(NamedTuple):
    """One statement of a row that is used."""

    originator: str
    statement: Record


class Bars(NamedTuple):
    """One number of the incident, with what each party says of it."""

    whom: str
    actor: str | None
    row: Record
    standing: str
    bars: Sequence[Bar]


class Panel(NamedTuple):
    """The numbers of one measure, on one scale."""

    name: str
    top: float
    rows: Sequence[Bars]


async def incident_page(ask: Asker, key: str, parameters: Mapping[str, Any]) -> Page:
    """What the API says of an incident."""
    path = f"/v1/incidents/{key}"
    record = await ask(path, include=["actors", "sources", "facilities"])
    toll = await ask(f"{path}/toll", as_of=parameters.get("as_of"))
    conflicts = await ask(f"{path}/conflicts", as_of=parameters.get("as_of"))
    claims = await ask("/v1/claims", incident=record["slug"], limit=40, count="exact", include="sources")
    history = await ask(f"{path}/history", limit=100)
    parts = await ask("/v1/incidents", parent=record["slug"], limit=20, sort="started")
    content = {
        "record": record,
        "included": record["included"],
        "toll": toll,
        "panels": panels_of(toll),
        "matrix": matrix_of(toll, conflicts),
        "conflicts": conflicts,
        "disputed": [row for row in toll["rows"] if row["agreement"] == Agreement.conflicting],
        "claims": claims,
        "history": history,
        "parts": parts["data"],
        "title": record["title"],
        "as_of": parameters.get("as_of"),
    }
    return Page("incident.html", content)


def panels_of(toll: Mapping[str, Any]) -> list[Panel]:
    """The rows of a toll that a statement is used of, by measure, each measure on a scale of its own."""
    by_measure: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for row in toll["rows"]:
        if any(one["role"] == StatementRole.used for one in row["statements"]):
            by_measure[row["measure"], row["unit"]].append(row)
    return [_panel(name, rows) for (name, _), rows in by_measure.items()]


def _panel(name: str, rows: Sequence[Record]) -> Panel:
    used = {row["key"]: [one for one in row["statements"] if one["role"] == StatementRole.used] for row in rows}
    top = top_of(one for some in used.values() for one in some)
    return Panel(
        measure(name),
        top,
        [Bars(of_row(row), row["actor"], row, _standing(row), _bars(used[row["key"]])) for row in rows],
    )


def _standing(row: Record) -> str:
    return "disputed" if row["agreement"] == Agreement.conflicting else "agreed"


def _bars(statements: Sequence[Record]) -> list[Bar]:
    """A bar for each different thing that an originator says."""
    different = {
        (one["originator"], one["low"], one["best"], one["high"], one["as_written"]): one for one in statements
    }
    return [Bar(str(one["originator"] or "withheld"), one) for one in different.values()]
