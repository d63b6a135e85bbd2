"""How the toll of an incident moved, day by day, and why: `/v1/incidents/{incident}/toll/series`, by `toll/1`."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple

import orjson
from pydantic import Field
from sqlalchemy import Select, String, bindparam, select

from app.answers.codes import StatementRole, StepReason
from app.answers.declaration import DatedQuery, DerivedAnswer, OfIncident, Question
from app.answers.reconciling import Reconciled, reconcile
from app.answers.statements import Statement, StatementShown
from app.answers.toll_rows import Reconciliation, RowKey, key_of, reconciliation, rows_of_figures
from app.answers.tolls import Measures, figures_of
from app.catalogue.collections import NOUNS
from app.database.types import NUMBER
from app.estimates.codes import Tally
from app.history.access import seen
from app.history.codes import Access, ReasonCode
from app.history.past import history_of
from app.history.tables import REVISIONS


class SeriesQuery(DatedQuery):
    """What a series of a toll takes."""

    measure: Measures = None


class TollStep(Reconciliation):
    """One number of an incident from a day on."""

    as_of: Annotated[str, Field(description="The day from which on it stood so.", examples=["2022-01-26"])]
    because: Annotated[StepReason, Field(description="Why it is not what it was before.", examples=["event"])]
    why: Annotated[str, Field(description="The same as a sentence.", examples=["SOHR has counted a later day."])]
    statements: Annotated[list[StatementShown], Field(description="What was stated of that day.")]


class TollSeries(OfIncident):
    """The toll of an incident, step by step."""

    rows: Annotated[
        list[TollStep], Field(description="The steps of each number, in the order of the toll, the earliest first.")
    ]


class Before(NamedTuple):
    """An earlier form of a figure in this register, and why it was changed."""

    key: RowKey
    bounds: tuple[Any, Any, Any]
    revision: int
    reason: str | None


Past = Mapping[int, Sequence[Before]]
"""The earlier forms of figures, by their number, the first one first."""


async def toll_series(question: Question) -> dict[str, Any]:
    """The series of `toll/1`."""
    incident = question.subject or {}
    figures = await figures_of(question, incident["slug"])
    past = await _past_of(question, incident["slug"])
    rows = []
    for key, statements in rows_of_figures(figures, incident, question.query.measure):
        for day, row, because, why in steps(key, statements, past):
            about = {"as_of": day, "because": because.value, "why": why}
            of_day = [one.shown() for one in row.statements if one.end.isoformat() == day]
            rows.append(reconciliation(key, row, incident, day) | about | {"statements": of_day})
    return {"rows": rows}


def steps(
    key: RowKey, statements: Sequence[Statement], past: Past
) -> Iterator[tuple[str, Reconciled, StepReason, str]]:
    """Each day on which a row became something else: what it then was, and why."""
    before: Reconciled | None = None
    for day in sorted({one.end for one in statements if one.role is not StatementRole.excluded}):
        row = reconcile([one for one in statements if one.end <= day])
        if not row.used or (before is not None and _same(before, row)):
            continue
        new = [one for one in row.used if one.end == day]
        yield day.isoformat(), row, *_reason(key, new, statements, past, first=before is None)
        before = row


def _same(one: Reconciled, other: Reconciled) -> bool:
    return [used.record["id"] for used in one.used] == [used.record["id"] for used in other.used]


def _reason(
    key: RowKey, new: Sequence[Statement], statements: Sequence[Statement], past: Past, *, first: bool
) -> tuple[StepReason, str]:
    """Why a row changed with some statements of one day."""
    for one in new:
        for before in past.get(one.record["id"], ()):
            if before.key != key:
                why = f"Figure {one.record['id']} counted {before.key.name} in this register before."
                return StepReason.reclassified, why
            bounds = tuple(one.record[name] for name in ("low", "best", "high"))
            if before.reason == ReasonCode.our_error and before.bounds != bounds:
                why = f"This register has corrected an error of its own in figure {one.record['id']}."
                return StepReason.correction, why
    if first:
        return StepReason.first, "It is the first number."
    for one in new:
        if (earlier := _revised_by(one, statements)) is not None:
            why = f"{_who(one)} had said more of {earlier.record['as_of']} (figure {earlier.record['id']})."
            return StepReason.revised_down, why
    if all(_late(one, statements, past) for one in new):
        return StepReason.late_report, "It came out only after a later day had been reported."
    said = " and ".join(sorted({_who(one) for one in new}))
    return StepReason.event, f"{said} {'has' if ' and ' not in said else 'have'} counted a later day."


def _who(one: Statement) -> str:
    return str(one.record["originator"] or "somebody withheld")


def _revised_by(one: Statement, statements: Sequence[Statement]) -> Statement | None:
    """The latest earlier total of the same originator, where it is above all that this one allows."""
    if one.record["tally"] != Tally.total or one.range.high is None:
        return None
    own = [other for other in statements if other.behind == one.behind and other.end < one.end]
    own = [other for other in own if other.role is StatementRole.used and other.record["tally"] == Tally.total]
    latest = max((other for other in own if other.stated), key=lambda other: other.newness, default=None)
    above = latest is not None and latest.range.low is not None and latest.range.low > one.range.high
    return latest if above else None


def _late(one: Statement, statements: Sequence[Statement], past: Past) -> bool:
    """Whether a statement came out, or was recorded, after one of a later day."""
    later = [other for other in statements if other.end > one.end and other.stated]
    after = [other for other in later if other.published and other.published < one.published_from]
    return bool(after) or any(_recorded(other, past) < _recorded(one, past) for other in later)


def _recorded(one: Statement, past: Past) -> int:
    """The revision that a figure first stood in."""
    number = one.record["id"]
    return past[number][0].revision if past.get(number) else int(one.record["revision"])


async def _past_of(question: Question, incident: str) -> dict[int, list[Before]]:
    """What the figures of an incident were before, as the reader may see it."""
    past: dict[int, list[Before]] = {}
    values = {"incident": incident, "number": question.revision}
    for number, of, low, best, high, revision, reason, *others in await question.fetch(
        _past_statement(question.view.tier), values
    ):
        groups = orjson.loads(of) if isinstance(of, str | bytes) else of
        figure = dict(zip(OTHERS, others, strict=True)) | {"of": groups}
        past.setdefault(number, []).append(Before(key_of(figure), (low, best, high), revision, reason))
    return past


OTHERS = ("measure", "actor", "sex", "cause", "unit", "tally")
"""What a row goes by, beside the groups counted."""


@lru_cache(maxsize=4)
def _past_statement(tier: Access) -> Select[Any]:
    """The rows that were closed up to a revision, and why."""
    old = history_of(NOUNS["figure"].rows).alias()
    bounds = (old.c.low, old.c.best, old.c.high)
    found = select(old.c.id, old.c.of, *bounds, old.c.revision, REVISIONS.c.reason_code, *(old.c[n] for n in OTHERS))
    return (
        found.select_from(old.join(REVISIONS, REVISIONS.c.id == old.c.until))
        .where(
            old.c.incident == bindparam("incident", type_=String()),
            old.c.until <= bindparam("number", type_=NUMBER),
            *seen(old, tier),
        )
        .order_by(old.c.id, old.c.until)
    )


TOLL_SERIES: Final = DerivedAnswer(
    name="incident_toll_series",
    path="/v1/incidents/{incident}/toll/series",
    subject="incident",
    summary="How the toll of an incident moved",
    about="A step for each day on which a number of the toll became another, with the reason: a later day counted, a "
    "report that came out late, an originator that revised its number down, a correction or a new classification of "
    "this register's own. The rule is that of the toll.",
    query=SeriesQuery,
    rules={"toll/1": toll_series},
    model=TollSeries,
    rows="rows",
)
