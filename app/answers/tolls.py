"""The toll of an incident: its figures, reconciled row by row. Rule `toll/1`.

A row is what may be compared: one measure, of the same groups, of one actor's people, of one sex, cause and unit, total
or current. Rows are never added: those whose groups overlap are named as overlapping.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import combinations
from typing import Annotated, Any, Final, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, String, and_, bindparam, func, select

from app.answers.codes import Agreement, StatementRole
from app.answers.declaration import DatedQuery, DerivedAnswer, Question
from app.answers.differences import Added, added
from app.answers.overlaps import OverlapShown, overlap
from app.answers.reconciling import Reconciled, reconcile
from app.answers.statements import Number, Statement, StatementShown
from app.catalogue.collections import NOUNS
from app.errors import BadInput, Fault
from app.estimates.codes import Tally
from app.estimates.dates import in_words, parse_partial_date
from app.figures.codes import FigureCause, FigureUnit
from app.figures.models import MOMENTARY
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At
from app.reading.statements import doc
from app.records.codes import FigureMeasure, FigureOf, Sex
from app.records.filters import Day


class TollQuery(DatedQuery):
    """What a toll takes."""

    measure: Annotated[
        list[FigureMeasure] | None, Field(description="Only rows of one of these measures.", examples=[["killed"]])
    ] = None
    since: Annotated[
        Day | None,
        Field(
            description="Say for each row what was added between this day and `as_of`, per originator that has a "
            "number of both.",
            examples=["2022-01-24"],
        ),
    ] = None


class Spread(BaseModel):
    """The least and the greatest value that some statements name."""

    low: Annotated[float | int, Field(description="The least.", examples=[268])]
    high: Annotated[float | int, Field(description="The greatest.", examples=[374])]


class TollRow(Number):
    """What is known of one number of an incident."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[
        str,
        Field(
            description="The row's name in this answer; as filters of `/v1/figures` it finds its statements.",
            examples=["measure=killed&of=militant&actor=isis"],
        ),
    ]
    measure: Annotated[FigureMeasure, Field(description="What is counted.", examples=["killed"])]
    of: Annotated[
        list[FigureOf], Field(description="The groups counted together; empty for everyone.", examples=[["militant"]])
    ]
    actor: Annotated[str | None, Field(description="Whose people or things are counted.", examples=["isis"])]
    sex: Annotated[Sex | None, Field(description="The sex counted; null for all.", examples=[None])]
    cause: Annotated[FigureCause | None, Field(description="The cause; null for any.", examples=[None])]
    unit: Annotated[FigureUnit, Field(description="What one of them is.", examples=["persons"])]
    tally: Annotated[
        Tally, Field(description="Whether all since it began are counted, or those of the moment.", examples=["total"])
    ]
    spread: Annotated[
        Spread | None, Field(description="The least and the greatest value that the statements used name.")
    ]
    agreement: Annotated[
        Agreement | None,
        Field(
            description="Whether the statements used can all be true; null where none can be used.", examples=["single"]
        ),
    ]
    reads_as: Annotated[str, Field(description="The row as a sentence to quote.", examples=["374 killed"])]
    originators: Annotated[
        list[str], Field(description="Who stands behind the statements used.", examples=[["sdf", "SOHR"]])
    ]
    statements: Annotated[list[StatementShown], Field(description="Every statement of the row up to that day.")]
    added: Annotated[
        list[Added] | None,
        Field(default=None, description="What was added since, where `since` asks.", examples=[None]),
    ]
    added_why: Annotated[
        str | None, Field(default=None, description="Why nothing can be said of that.", examples=[None])
    ]


class Child(BaseModel):
    """A part of an incident that has a toll of its own."""

    incident: Annotated[str, Field(description="Its slug.", examples=["al-sina-prison-attack-2022"])]
    figures: Annotated[int, Field(description="How many figures it has of its own.", examples=[51])]


class Toll(BaseModel):
    """The toll of an incident, as of a day."""

    incident: Annotated[str, Field(description="The incident's slug.", examples=["al-sina-prison-attack-2022"])]
    as_of: Annotated[str, Field(description="The day spoken of.", examples=["2022-01-31"])]
    rule: Annotated[str, Field(description="The rule it was worked out by.", examples=["toll/1"])]
    revision: Annotated[int, Field(description="The revision it was worked out at.", examples=[1])]
    rows: Annotated[list[TollRow], Field(description="A row for each number, by measure, the widest group first.")]
    overlaps: Annotated[
        list[OverlapShown], Field(description="Rows that count some of the same people: they cannot be added.")
    ]
    children: Annotated[
        list[Child],
        Field(description="The incidents that are part of this one. Their figures are theirs: nothing is added up."),
    ]


class RowKey(NamedTuple):
    """What the statements of one row have in common."""

    measure: str
    of: tuple[str, ...]
    actor: str | None
    sex: str | None
    cause: str | None
    unit: str
    tally: str

    @property
    def name(self) -> str:
        """As filters of the list of figures."""
        pairs = [("measure", self.measure), *(("of", group) for group in self.of)]
        pairs += [(name, value) for name in ("actor", "sex", "cause") if (value := getattr(self, name)) is not None]
        if self.unit != FigureUnit.persons:
            pairs.append(("unit", self.unit))
        if self.tally != _usual_tally(self.measure):
            pairs.append(("tally", self.tally))
        return "&".join(f"{name}={value}" for name, value in pairs)

    @property
    def place(self) -> tuple[Any, ...]:
        """Where its row stands: by measure, the widest group first."""
        named = sum(getattr(self, name) is not None for name in ("actor", "sex", "cause"))
        return MEASURES.index(self.measure), bool(self.of), -len(self.of), named, self.name


MEASURES: Final = [str(measure) for measure in FigureMeasure]


def _usual_tally(measure: str) -> str:
    return (Tally.current if FigureMeasure(measure) in MOMENTARY else Tally.total).value


def key_of(figure: Mapping[str, Any]) -> RowKey:
    """The row that a figure belongs to: what adds to a number stands with that number."""
    tally = figure["tally"]
    if tally == Tally.additional:
        tally = _usual_tally(figure["measure"])
    own = (figure["actor"], figure["sex"], figure["cause"], figure["unit"])
    return RowKey(figure["measure"], tuple(figure["of"]), *own, tally)


def toll_rows(
    figures: Iterable[Statement], incident: Mapping[str, Any], measures: Iterable[str] | None = None
) -> list[tuple[RowKey, Reconciled]]:
    """The rows of `toll/1`, of figures that speak of the day or of an earlier one."""
    wanted = None if measures is None else set(measures)
    by_row: dict[RowKey, list[Statement]] = defaultdict(list)
    for one in figures:
        if wanted is None or one.record["measure"] in wanted:
            by_row[key_of(one.record)].append(_checked(one, incident))
    return [(key, reconcile(by_row[key])) for key in sorted(by_row, key=lambda key: key.place)]


def _checked(one: Statement, incident: Mapping[str, Any]) -> Statement:
    """A statement, excluded where it does not count what its row counts."""
    begins, started = one.record["period_start_earliest"], incident["started_latest"]
    if begins is not None and started is not None and begins > started and one.record["tally"] == Tally.total:
        why = f"it counts another period, from {one.record['period_start']} to {one.record['as_of']}"
        return one.with_role(StatementRole.excluded, why)
    if one.record.get("withheld"):
        return one.with_role(StatementRole.excluded, "a part of it is withheld from you, so it cannot be compared")
    return one


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


def shown_row(key: RowKey, row: Reconciled, incident: Mapping[str, Any], day: str) -> dict[str, Any]:
    """A row as the answer shows it."""
    return {
        "low": row.low,
        "best": row.best,
        "high": row.high,
        "key": key.name,
        "measure": key.measure,
        "of": list(key.of),
        "actor": key.actor,
        "sex": key.sex,
        "cause": key.cause,
        "unit": key.unit,
        "tally": key.tally,
        "spread": dict(zip(("low", "high"), row.spread, strict=True)) if row.spread else None,
        "agreement": row.agreement.value if row.agreement else None,
        "reads_as": _sentence(row, incident, day),
        "originators": list(dict.fromkeys(one.record["originator"] for one in row.used if one.record["originator"])),
        "statements": [one.shown() for one in row.statements],
    }


def _sentence(row: Reconciled, incident: Mapping[str, Any], day: str) -> str:
    """A row as a sentence: of one statement its own, of several each with who says so, and whether they agree."""
    title, used = str(incident["title"]), row.used
    if len(used) == 1:
        return str(used[0].record["reads_as"])
    until = f"{title[:1].upper()}{title[1:]}, by {in_words(parse_partial_date(day, today=date.max))}"
    if not used:
        return f"{until}: no number can be given."
    told = "; ".join(dict.fromkeys(_apart(one.record["reads_as"], title) for one in used))
    end = "These cannot all be true." if row.agreement is Agreement.conflicting else "These can all be true."
    return f"{until}: {told}. {end}"


def _apart(sentence: str, title: str) -> str:
    """What a statement says, and when, without the event that it speaks of."""
    own = sentence[len(title) + 2 :] if sentence[1:].startswith(f"{title[1:]}, ") else sentence
    when, _, says = own.removesuffix(".").partition(": ")
    return f"{says} ({when})"


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
    return [Statement("figures", orjson.loads(found), str(published or "")) for found, published in rows]


@lru_cache(maxsize=16)
def _figures_statement(at: At, tier: Access) -> Select[Any]:
    """The stored JSON of figures, and when their sources were published."""
    figures, sources = at(NOUNS["figure"].rows), at(NOUNS["source"].rows)
    known = and_(sources.c.slug == figures.c.source, *at.holds(sources), *seen(sources, tier))
    mine = (
        figures.c.incident == bindparam("incident", type_=String()),
        figures.c.as_of_end <= bindparam("as_of", type_=figures.c.as_of_end.type),
    )
    found = select(doc(figures, tier), sources.c.published_on_latest).select_from(figures.outerjoin(sources, known))
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
