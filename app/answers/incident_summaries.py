"""Sums over incidents: `/v1/incidents/summary`, by the rule `incidents/1`."""

from asyncio import to_thread
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import product
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Date, FromClause, Select, String, and_, bindparam, func, or_, select
from sqlmodel import SQLModel

from app.answers.declaration import DerivedAnswer, Question, Unnamed
from app.answers.incident_counts import Counted, counted
from app.answers.incident_shapes import GROUPINGS, SEVERAL, IncidentSummary, IncidentSummaryQuery
from app.answers.incident_wording import MOST_IDS, sentence
from app.answers.scope import day as as_day
from app.answers.statements import Statement
from app.answers.sums import total
from app.answers.totals import sortable
from app.catalogue.collections import LISTINGS, NOUNS
from app.database.readers import Values
from app.database.types import table
from app.errors import BadInput, Fault
from app.history.access import seen
from app.incidents.models import IncidentFacility, IncidentKindListed, IncidentParty
from app.reading.list_request import check_bounds
from app.reading.list_statements import Plan, selected, state_statement
from app.reading.missing import unknown_names
from app.reading.planning import plan_of

INCIDENTS = LISTINGS["incidents"]
NARROWED = ("country", "kind", "facility", "within", "actor", "from_", "to")
LISTS: Mapping[str, tuple[type[SQLModel], str]] = {
    "kind": (IncidentKindListed, "kind"),
    "facility": (IncidentFacility, "facility"),
    "actor": (IncidentParty, "actor"),
}
"""What of an incident stands in lists: the table, and its column."""
EVENT = ("id", "slug", "country", "parent", "started_earliest", "started_latest")
FIGURE = (
    *("id", "incident", "measure", "of", "actor", "sex", "cause", "unit", "tally", "as_of_end", "as_of", "low", "best"),
    *("high", "qualifier", "missing_reason", "source", "originator", "attributed_to", "by", "period_start"),
    "period_start_earliest",
)
REFERENCES = ("actor", "attributed_to", "by")


class Event(NamedTuple):
    """An incident as far as it is grouped by."""

    id: int
    slug: str
    country: str | None
    parent: str | None
    earliest: date | None
    latest: date | None

    def period(self, digits: int) -> str | None:
        """The year or month in which it began; none where several are possible."""
        begins, ends = (None if day is None else day.isoformat()[:digits] for day in (self.earliest, self.latest))
        return begins if begins == ends else None


async def incidents_1(question: Question) -> dict[str, Any]:
    """The rule `incidents/1`."""
    query: IncidentSummaryQuery = question.query
    by = [name for name in GROUPINGS if name in (query.by or [])]
    _check(query, by)
    plan, values = await _plan(question, query, NARROWED)
    events = [_event(row) for row in await question.fetch(_events(plan), values)]
    lists = {name: await _listed(question, plan, values, name) for name in by if name in LISTS}
    figures = await _figures(question, plan, values) if query.measure else {}
    rows = await to_thread(_rows, events, lists, figures, query, by)
    coverage = await _coverage(question, query)
    covered = [one["country"] for one in coverage if one["country"]]
    return {
        "measure": query.measure and str(query.measure),
        "covered": covered,
        "coverage": coverage,
        "not_covered": [code for code in query.country or [] if code not in covered],
        "overlapping": bool(SEVERAL & set(by)),
        "rows": rows,
    }


def _check(query: IncidentSummaryQuery, by: Sequence[str]) -> None:
    """Raise for what needs a measure and has none, and for a window that ends before it begins."""
    dependent = {"of": query.of, "cause": query.cause, "by": "cause" in by}
    faults = [
        Fault("the toll is spoken of: say which measure, as in measure=died", parameter=name)
        for name, value in dependent.items()
        if value and query.measure is None
    ]
    if faults:
        raise BadInput.of(faults)
    check_bounds(INCIDENTS, query)


async def _plan(question: Question, query: Any, names: Iterable[str]) -> tuple[Plan, Values]:
    """The incidents that some filters name; raises `Unnamed` for a name of no record."""
    stated = {name: getattr(query, name) for name in names}
    places = INCIDENTS.query.model_construct(
        **{name: stated.get(name) for name in INCIDENTS.query.model_fields} | {"limit": 100, "sort": None}
    )
    plan, values = plan_of(INCIDENTS, question.view, places, None)
    values |= {"revision": question.view.revision, "as_of": question.as_of}
    if plan.names(INCIDENTS):
        ((_, _, known),) = await question.fetch(state_statement(INCIDENTS, plan), values)
        if known < plan.names(INCIDENTS):
            raise Unnamed(lambda: unknown_names(INCIDENTS, question.view, plan, values, None))
    return plan, values


# --- what is counted ---------------------------------------------------------------------------------------------

Key = tuple[str | None, ...]


def _rows(
    events: Sequence[Event],
    lists: Mapping[str, Mapping[int, Sequence[str]]],
    figures: Mapping[str, Sequence[Statement]],
    query: IncidentSummaryQuery,
    by: Sequence[str],
) -> list[dict[str, Any]]:
    """The rows, each incident in every one that it belongs to."""
    groups: dict[Key, list[tuple[Event, str | None]]] = defaultdict(list)
    for event in events:
        causes = {one.record["cause"] for one in figures.get(event.slug, ())} or {None}
        codes = [_codes(event, name, lists, causes) for name in by]
        for key in product(*codes):
            groups[key].append((event, key[by.index("cause")] if "cause" in by else query.cause))
    shown = []
    for key in sorted(groups, key=sortable) if groups or by else [()]:
        labels = dict.fromkeys(GROUPINGS) | dict(zip(by, key, strict=True))
        shown.append(_row(labels, groups.get(key, []), figures, query))
    return shown


def _codes(
    event: Event, name: str, lists: Mapping[str, Mapping[int, Sequence[str]]], causes: Iterable[str | None]
) -> Sequence[str | None]:
    """What an incident counts as."""
    if name in lists:
        return sorted(set(lists[name].get(event.id, ()))) or [None]
    if name == "cause":
        return sorted(causes, key=str)
    return [event.country if name == "country" else event.period(4 if name == "year" else 7)]


def _row(
    labels: Mapping[str, str | None],
    mine: Sequence[tuple[Event, str | None]],
    figures: Mapping[str, Sequence[Statement]],
    query: IncidentSummaryQuery,
) -> dict[str, Any]:
    found: dict[str, Counted] = {}
    for event, cause in mine if query.measure else ():
        begun = {"started_latest": event.latest and event.latest.isoformat()}
        one = counted(figures.get(event.slug, ()), begun, query.of or (), cause)
        if one is not None:
            found[event.slug] = one
    # What is part of a larger one is counted with that.
    slugs = {event.slug for event, _ in mine}
    parents = {event.slug: event.parent for event, _ in mine}
    tops = [event for event, _ in mine if event.parent not in slugs]
    numbers = [found[slug] for slug in found if not _stands_for(slug, parents, found)]
    lacking = [event for event in tops if event.slug not in found and not _parts_of(event.slug, parents, found)]
    low, best, high = total(one.bounds for one in numbers)
    high = None if lacking or any(not one.whole for one in numbers) else high
    ids = sorted(number for one in numbers for number in one.ids)
    row = dict(labels) | {
        "low": low,
        "best": best,
        "high": high,
        "incidents": len(tops),
        "parts": len(mine) - len(tops),
        "with_figure": len(numbers),
        "without_figure": len(lacking) if query.measure else 0,
        "partial": sum(not one.whole for one in numbers),
        "conflicting": sum(one.conflicting for one in numbers),
        "figures": ids[:MOST_IDS],
    }
    return row | {"reads_as": sentence(row, query)}


def _stands_for(slug: str, parents: Mapping[str, str | None], found: Mapping[str, Counted]) -> bool:
    """Whether a larger incident that it is part of has a number of its own."""
    above = parents.get(slug)
    seen_above: set[str] = set()
    while above is not None and above not in seen_above:
        if above in found:
            return True
        seen_above.add(above)
        above = parents.get(above)
    return False


def _parts_of(slug: str, parents: Mapping[str, str | None], found: Mapping[str, Counted]) -> bool:
    """Whether some part of it has a number."""
    return any(parents.get(part) == slug for part in found)


# --- what is read ------------------------------------------------------------------------------------------------


def _event(row: Sequence[Any]) -> Event:
    number, slug, country, parent, earliest, latest = row
    return Event(number, slug, country, parent, as_day(earliest), as_day(latest))


@lru_cache(maxsize=256)
def _events(plan: Plan) -> Select[Any]:
    rows, where = selected(INCIDENTS, plan)
    return select(*(rows.c[name] for name in EVENT)).where(*where)


async def _listed(question: Question, plan: Plan, values: Values, name: str) -> dict[int, list[str]]:
    """The entries of one list of the incidents, by their ids; what is hidden is left out."""
    found: dict[int, list[str]] = defaultdict(list)
    for owner, code in await question.fetch(_entries(plan, name), values):
        found[owner].append(code)
    return found


@lru_cache(maxsize=256)
def _entries(plan: Plan, name: str) -> Select[Any]:
    rows, where = selected(INCIDENTS, plan)
    part, column = LISTS[name]
    entries = plan.at(table(part))
    found = select(entries.c.owner_id, entries.c[column]).where(
        entries.c.owner_id.in_(select(rows.c.id).where(*where)), *plan.at.holds(entries)
    )
    if name == "kind":
        return found
    named = plan.at(NOUNS[name].rows)
    return found.where(named.c.slug == entries.c[column], *plan.at.holds(named), *seen(named, plan.tier))


async def _figures(question: Question, plan: Plan, values: Values) -> dict[str, list[Statement]]:
    """The figures of the measure, by incident; of what is hidden in part nothing is said."""
    found: dict[str, list[Statement]] = defaultdict(list)
    parameters = values | {"measure_asked": str(question.query.measure)}
    for *columns, published, whole in await question.fetch(_figures_statement(plan), parameters):
        record = dict(zip(FIGURE, columns, strict=True))
        record |= {"withheld": not whole, "reads_as": ""}
        record["of"] = orjson.loads(record["of"]) if isinstance(record["of"], str | bytes) else record["of"]
        record |= {name: _text(record[name]) for name in ("as_of_end", "period_start_earliest")}
        found[record["incident"]].append(Statement("figures", record, str(published or "")))
    return found


def _text(day: Any) -> str | None:
    return day.isoformat() if isinstance(day, date) else day


@lru_cache(maxsize=256)
def _figures_statement(plan: Plan) -> Select[Any]:
    """The columns of figures that a toll is made of, when their sources were published, and whether all is shown."""
    rows, where = selected(INCIDENTS, plan)
    figure, sources = plan.at(NOUNS["figure"].rows), plan.at(NOUNS["source"].rows)
    known = and_(sources.c.slug == figure.c.source, *plan.at.holds(sources), *seen(sources, plan.tier))
    whole = and_(sources.c.slug.is_not(None), *(_shown(plan, figure.c[name]) for name in REFERENCES))
    found = select(*(figure.c[name] for name in FIGURE), sources.c.published_on_latest, whole.label("whole"))
    return found.select_from(figure.outerjoin(sources, known)).where(
        figure.c.incident.in_(select(rows.c.slug).where(*where)),
        figure.c.measure == bindparam("measure_asked", type_=String()),
        figure.c.as_of_end <= bindparam("as_of", type_=Date()),
        *plan.at.holds(figure),
        *seen(figure, plan.tier),
    )


def _shown(plan: Plan, column: ColumnElement[Any]) -> ColumnElement[bool]:
    actors: FromClause = plan.at(NOUNS["actor"].rows)
    named = select(actors.c.id).where(actors.c.slug == column, *plan.at.holds(actors), *seen(actors, plan.tier))
    return or_(column.is_(None), named.exists())


async def _coverage(question: Question, query: IncidentSummaryQuery) -> list[dict[str, Any]]:
    """The countries of which the register has any incidents of these kinds, and from when to when."""
    plan, values = await _plan(question, query, ("kind",))
    rows = await question.fetch(_coverage_statement(plan), values)
    return [
        {"country": country, "incidents": many, "first": _text(first), "last": _text(last)}
        for country, many, first, last in sorted(rows, key=lambda row: (row[0] is None, row[0]))
    ]


@lru_cache(maxsize=64)
def _coverage_statement(plan: Plan) -> Select[Any]:
    rows, where = selected(INCIDENTS, plan)
    days = func.min(rows.c.started_earliest), func.max(rows.c.started_latest)
    return select(rows.c.country, func.count(), *days).where(*where).group_by(rows.c.country)


INCIDENT_SUMMARY: Final = DerivedAnswer(
    name="incident_summary",
    path="/v1/incidents/summary",
    summary="Count incidents and add up their tolls",
    about="How many incidents there were, by country, year, month, kind, facility, party or cause, and with `measure` "
    "what their reconciled tolls come to, with bounds. An incident without a figure is missing, not zero; a part of a "
    "larger one is not added to it; what the register covers is said.",
    query=IncidentSummaryQuery,
    rules={"incidents/1": incidents_1},
    model=IncidentSummary,
    rows="rows",
    slow=True,
)
