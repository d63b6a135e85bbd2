"""What changed between two revisions, in numbers: `/v1/changes/summary`, by the rule `changes/1`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import ceil, floor
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, bindparam, select

from app.answers.declaration import AnswerQuery, DerivedAnswer, Head, Question
from app.answers.statements import Number
from app.answers.sums import total
from app.catalogue.collections import COLLECTIONS, CollectionName
from app.database.types import NUMBER
from app.errors import BadInput, Fault
from app.estimates.ranges import allowed
from app.history.access import seen, visible
from app.history.codes import Access, ChangeAction
from app.history.past import EVER
from app.history.tables import CHANGES
from app.reading.revisions import shown_to
from app.reading.statements import before_statement, known_at_statement
from app.reading.view import check_revision, moment

COUNTED = ("populations", "figures")
"""Collections whose numbers are added up."""


class ChangeSummaryQuery(AnswerQuery):
    """What it takes."""

    after: Annotated[int | None, Field(description="What came after this revision.", ge=0, lt=2**63, examples=[0])] = (
        None
    )
    until: Annotated[
        int | None,
        Field(description="Up to this one; by default the revision answered from.", ge=0, lt=2**63, examples=[1]),
    ] = None
    since: Annotated[
        str | None,
        Field(description="What was recorded then or later; in the place of `after`.", examples=["2022-01-25"]),
    ] = None
    till: Annotated[
        str | None,
        Field(description="What was recorded by that moment; in the place of `until`.", examples=["2022-02-01"]),
    ] = None
    collection: Annotated[
        list[CollectionName] | None, Field(description="Only of these collections.", examples=[["figures"]])
    ] = None


class ChangeRow(BaseModel):
    """What changed in one collection, or of one measure of it."""

    model_config = ConfigDict(title="ChangeSummaryRow", extra="forbid")

    collection: Annotated[str, Field(description="The collection.", examples=["figures"])]
    measure: Annotated[str | None, Field(description="The measure; null for the whole collection.", examples=["held"])]
    added: Annotated[int, Field(description="Records that were not shown before and are now.", examples=[3])]
    corrected: Annotated[int, Field(description="Records that show something else.", examples=[1])]
    retracted: Annotated[int, Field(description="Records that are not shown any more.", examples=[0])]
    merged: Annotated[int, Field(description="Of those, the ones that were merged into another.", examples=[0])]
    before: Annotated[Number | None, Field(description="What the changed numbers of the measure came to before.")]
    after: Annotated[Number | None, Field(description="What they come to now.")]
    reads_as: Annotated[str, Field(description="It as a sentence.", examples=["figures: 3 added, 1 corrected."])]


class ChangeSummary(Head):
    """What changed between two revisions."""

    after: Annotated[int, Field(description="The earlier revision.", examples=[0])]
    until: Annotated[int, Field(description="The later one.", examples=[1])]
    changes: Annotated[int, Field(description="How many changes the feed has of them.", examples=[133])]
    rows: Annotated[list[ChangeRow], Field(description="Each collection that changed, then its measures.")]


class Outcome(NamedTuple):
    """What became of one record from the earlier revision to the later."""

    was: bool
    now: bool
    merged: bool


async def changes_1(question: Question) -> dict[str, Any]:
    """The rule `changes/1`."""
    after, until = await _stretch(question)
    wanted = set(question.query.collection or COLLECTIONS)
    values = {"after": after, "until": until}
    rows = [row for row in await question.fetch(_changes(question.view.tier), values) if row[0] in wanted]
    outcomes = _outcomes(rows, question.view.tier)
    result = []
    for name in COLLECTIONS:
        mine = outcomes.get(name, {})
        if mine:
            result.append(_row(name, None, mine.values(), None))
        if mine and name in COUNTED:
            result += await _by_measure(question, name, mine, after, until)
    return {"after": after, "until": until, "changes": len(rows), "rows": result}


async def _stretch(question: Question) -> tuple[int, int]:
    """From which revision to which; raises for what is stated twice, lies ahead, or is reversed."""
    query: ChangeSummaryQuery = question.query
    for one, other in (("after", "since"), ("until", "till")):
        if getattr(query, one) is not None and getattr(query, other) is not None:
            raise BadInput.of([Fault(f"give {one} or {other}, not both", parameter=other)])
    after, until = query.after or 0, question.revision if query.until is None else query.until
    if query.since is not None:
        ((after,),) = await question.fetch(before_statement(), {"moment": moment(query.since, "since")})
    if query.till is not None:
        ((found, _),) = await question.fetch(known_at_statement(), {"moment": moment(query.till, "till")})
        until = min(found or 0, question.revision)
    check_revision(after, question.revision, parameter="since" if query.since else "after")
    check_revision(until, question.revision, parameter="until")
    if after > until:
        message = f"it ends with revision {until}, before it begins, after revision {after}"
        raise BadInput.of([Fault(message, parameter="till" if query.till else "until")])
    return after, until


@lru_cache(maxsize=8)
def _changes(tier: Access) -> Select[Any]:
    """The changes of the revisions after one, up to another, that show to a tier."""
    columns = (CHANGES.c[name] for name in ("collection", "record_id", "action", "before", "after"))
    after, until = bindparam("after", type_=NUMBER), bindparam("until", type_=NUMBER)
    between = CHANGES.c.revision > after, CHANGES.c.revision <= until
    return select(*columns).where(*between, shown_to(tier)).order_by(CHANGES.c.revision, CHANGES.c.place)


def _outcomes(rows: Iterable[Sequence[Any]], tier: Access) -> dict[str, dict[int, Outcome]]:
    """What became of each record, by collection: what was made and taken back in between is none."""
    found: dict[str, dict[int, Outcome]] = defaultdict(dict)
    for collection, number, action, before, after in rows:
        was = before is not None and visible(before, tier)
        now = after is not None and visible(after, tier)
        earlier = found[collection].get(number)
        first = was if earlier is None else earlier.was
        found[collection][number] = Outcome(first, now, action == ChangeAction.merge)
    return {name: {key: one for key, one in mine.items() if one.was or one.now} for name, mine in found.items()}


def _row(
    collection: str,
    measure: str | None,
    outcomes: Iterable[Outcome],
    sums: tuple[Mapping[str, Any], Mapping[str, Any]] | None,
) -> dict[str, Any]:
    listed = list(outcomes)
    counts = {
        "added": sum(not one.was for one in listed),
        "corrected": sum(one.was and one.now for one in listed),
        "retracted": sum(not one.now for one in listed),
        "merged": sum(one.merged and not one.now for one in listed),
    }
    counted = ", ".join(f"{many:,} {name}" for name, many in counts.items() if many)
    about = f"{collection}, {measure.replace('_', ' ')}" if measure else collection
    before, after = sums or (None, None)
    return {
        "collection": collection,
        "measure": measure,
        **counts,
        "before": before,
        "after": after,
        "reads_as": f"{about}: {counted or 'nothing'}.",
    }


async def _by_measure(
    question: Question, name: str, outcomes: Mapping[int, Outcome], after: int, until: int
) -> list[dict[str, Any]]:
    """The changed numbers of a collection by measure: how many, and what they came to before and after."""
    values = {"after": after, "until": until}
    sides = []
    for number in (after, until):
        rows = await question.fetch(_numbers(name, question.view.tier), values | {"revision": number})
        sides.append({key: (measure, bounds) for key, measure, *bounds in rows if key in outcomes})
    measures = sorted({measure for side in sides for measure, _ in side.values()})
    result = []
    for measure in measures:
        mine = {key: one for key, one in outcomes.items() if any(measure == side.get(key, ("",))[0] for side in sides)}
        sums = tuple(_sum([bounds for of, bounds in side.values() if of == measure]) for side in sides)
        result.append(_row(name, measure, mine.values(), (sums[0], sums[1])))
    return result


def _sum(numbers: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Numbers added up as they are stated, though they may be of different groups and days: to see that they moved."""
    spans = []
    for low, best, high, qualifier in numbers:
        span = allowed({"low": low, "best": best, "high": high, "qualifier": qualifier})
        spans.append((span.low and floor(span.low), best, span.high and ceil(span.high)))
    return dict(zip(("low", "best", "high"), total(spans), strict=True))


@lru_cache(maxsize=16)
def _numbers(name: str, tier: Access) -> Select[Any]:
    """The numbers of the changed records as they stood at `:revision`."""
    rows = EVER(COLLECTIONS[name].rows)
    changed = select(CHANGES.c.record_id).where(
        CHANGES.c.revision > bindparam("after", type_=NUMBER),
        CHANGES.c.revision <= bindparam("until", type_=NUMBER),
        CHANGES.c.collection == name,
    )
    columns = (rows.c[one] for one in ("id", "measure", "low", "best", "high", "qualifier"))
    return select(*columns).where(rows.c.id.in_(changed), *EVER.holds(rows), *seen(rows, tier))


CHANGE_SUMMARY: Final = DerivedAnswer(
    name="change_summary",
    path="/v1/changes/summary",
    summary="Count what changed",
    about="What became of records from one revision, or moment, to another: how many were added, corrected, retracted "
    "and merged in each collection, and by measure what the changed numbers came to before and after. A record that "
    "was made and taken back in between is not counted.",
    query=ChangeSummaryQuery,
    rules={"changes/1": changes_1},
    model=ChangeSummary,
    rows="rows",
    slow=True,
)
