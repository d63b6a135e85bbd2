"""The toll of an incident: its figures, reconciled row by row. Rule `toll/1`.

Rows are never added: those whose groups overlap are named as overlapping.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import combinations
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, Field
from sqlalchemy import Select, String, and_, bindparam, func, select

from app.answers.declaration import DatedQuery, DerivedAnswer, OfIncident, Question
from app.answers.differences import added
from app.answers.overlaps import OverlapShown, overlap
from app.answers.reconciling import Reconciled
from app.answers.statements import Statement
from app.answers.toll_rows import RowKey, TollRow, shown_row, toll_rows
from app.catalogue.collections import NOUNS
from app.errors import BadInput, Fault
from app.estimates.dates import parse_partial_date
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At
from app.reading.statements import doc
from app.records.codes import FigureMeasure
from app.records.filters import Day

Measures = Annotated[
    list[FigureMeasure] | None, Field(description="Only rows of one of these measures.", examples=[["killed"]])
]


class TollQuery(DatedQuery):
    """What a toll takes."""

    measure: Measures = None
    since: Annotated[
        Day | None,
        Field(
            description="Say for each row what was added between this day and `as_of`, per originator that has a "
            "number of both.",
            examples=["2022-01-24"],
        ),
    ] = None


class Child(BaseModel):
    """A part of an incident that has a toll of its own."""

    incident: Annotated[str, Field(description="Its slug.", examples=["al-sina-prison-attack-2022"])]
    figures: Annotated[int, Field(description="How many figures it has of its own.", examples=[51])]


class Toll(OfIncident):
    """The toll of an incident, as of a day."""

    rows: Annotated[list[TollRow], Field(description="A row for each number, by measure, the widest group first.")]
    overlaps: Annotated[
        list[OverlapShown], Field(description="Rows that count some of the same people: they cannot be added.")
    ]
    children: Annotated[
        list[Child],
        Field(description="The incidents that are part of this one. Their figures are theirs: nothing is added up."),
    ]


async def toll(question: Question) -> dict[str, Any]:
    """`toll/1` of the incident that the path names."""
    incident, since = question.subject or {}, since_of(question)
    figures = await figures_of(question, incident["slug"])
    rows = toll_rows(figures, incident, question.query.measure)
    shown = [shown_row(key, row, incident, question.as_of.isoformat()) for key, row in rows]
    if since is not None:
        for one, (_, row) in zip(shown, rows, strict=True):
            one["added"], one["added_why"] = added(row.statements, since)
    return {
        "rows": shown,
        "overlaps": [*overlaps(rows)],
        "children": await _children(question, incident["slug"]),
    }


def since_of(question: Question) -> date | None:
    """The earlier day that a difference is asked from; raises `BadInput` where it is not the earlier one."""
    if question.query.since is None:
        return None
    day = parse_partial_date(question.query.since, today=date.max).end
    if day >= question.as_of:
        message = f"since ends on {day}, and as_of is {question.as_of}: a difference is between two days, since first"
        raise BadInput.of([Fault(message, parameter="since")])
    return day


def overlaps(rows: Sequence[tuple[RowKey, Reconciled]]) -> Iterator[dict[str, Any]]:
    """The pairs of rows that count some of the same people."""
    for (one, found), (other, others) in combinations(rows, 2):
        alike = (one.unit, one.tally) == (other.unit, other.tally) and same_kind(one.measure, other.measure)
        counted = found.counts and others.counts
        if alike and counted and (why := overlap(one, other, found.best, others.best)):
            yield {"rows": [one.name, other.name], "why": why}


def same_kind(one: str, other: str) -> bool:
    """Whether two measures can count the same event: who was killed has died."""
    return one == other or {one, other} == {FigureMeasure.killed, FigureMeasure.died}


async def figures_of(question: Question, incident: str) -> list[Statement]:
    """The figures of an incident that speak of the day or of an earlier one, as the reader may see them."""
    view = question.view
    values = {"incident": incident, "as_of": question.as_of, "revision": view.revision}
    rows = await question.fetch(_figures_statement(view.at, view.tier), values)
    return [Statement("figures", orjson.loads(found), str(last or ""), str(first or "")) for found, first, last in rows]


@lru_cache(maxsize=16)
def _figures_statement(at: At, tier: Access) -> Select[Any]:
    """The stored JSON of figures, and when their sources were published."""
    figures, sources = at(NOUNS["figure"].rows), at(NOUNS["source"].rows)
    known = and_(sources.c.slug == figures.c.source, *at.holds(sources), *seen(sources, tier))
    mine = (
        figures.c.incident == bindparam("incident", type_=String()),
        figures.c.as_of_end <= bindparam("as_of", type_=figures.c.as_of_end.type),
    )
    published = sources.c.published_on_earliest, sources.c.published_on_latest
    found = select(doc(figures, tier), *published).select_from(figures.outerjoin(sources, known))
    return found.where(*mine, *at.holds(figures), *seen(figures, tier)).order_by(figures.c.id)


async def _children(question: Question, incident: str) -> list[dict[str, Any]]:
    view = question.view
    statement = _children_statement(view.at, view.tier)
    rows = await question.fetch(statement, {"incident": incident, "revision": view.revision})
    return [{"incident": slug, "figures": many} for slug, many in rows]


@lru_cache(maxsize=16)
def _children_statement(at: At, tier: Access) -> Select[Any]:
    """The parts of an incident, and how many figures each has."""
    incidents, figures = at(NOUNS["incident"].rows), at(NOUNS["figure"].rows)
    many = select(func.count()).select_from(figures)
    many = many.where(figures.c.incident == incidents.c.slug, *at.holds(figures), *seen(figures, tier))
    mine = incidents.c.parent == bindparam("incident", type_=String())
    found = select(incidents.c.slug, many.scalar_subquery()).where(mine, *at.holds(incidents), *seen(incidents, tier))
    return found.order_by(incidents.c.slug)


TOLL: Final = DerivedAnswer(
    name="incident_toll",
    path="/v1/incidents/{incident}/toll",
    subject="incident",
    summary="The toll of an incident",
    about="Its figures, reconciled: for each number what the latest statement of each originator comes to, how far "
    "they lie apart, and what became of every statement. Nothing is added up, and nothing of it is stored.",
    query=TollQuery,
    rules={"toll/1": toll},
    model=Toll,
    rows="rows",
)
