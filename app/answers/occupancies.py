"""Occupancy as an answer: `/v1/facilities/{facility}/occupancy` and its series, by the rule `occupancy/1`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Date, Select, String, bindparam, select

from app.answers.codes import Agreement
from app.answers.current import reports_of, stands_of
from app.answers.declaration import DatedQuery, DerivedAnswer, OfFacility, Question
from app.answers.groups import EVERYONE, Group
from app.answers.occupancy import (
    NOTHING,
    OUT_OF_USE,
    Range,
    Side,
    by_definition,
    counts,
    groups_asked,
    percent,
    side_of,
    steps_of,
)
from app.answers.reconciling import reconcile
from app.answers.scope import ADDEND, ADDEND_MORE, POPULATIONS, Node, Variant, addends_of, places, scope_of
from app.answers.statements import Number, Statement, StatementShown
from app.answers.sums import STOCKS, Addend, meets, numbers
from app.answers.totals import Breakdown, Row, rows_of_sum
from app.estimates.codes import Tally
from app.estimates.dates import in_words, parse_partial_date
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At
from app.populations.codes import PopulationStatistic
from app.populations.models import POPULATIONS as COLLECTION
from app.reading.statements import key_values, records_statement
from app.records.codes import FacilityKind

MOST = 1000
"""How many statements of each measure are looked at: the newest."""
SHOWN = 100
"""How many statements a side shows; of more it gives the number."""
HELD, CAPACITY = "held", "capacity"


class SideShown(Number):
    """One side of an occupancy: who is held, or the places there are."""

    model_config = ConfigDict(title="OccupancySide", extra="forbid")

    reads_as: Annotated[str, Field(description="It in words.", examples=["7,914 held, as of 30 June 2020"])]
    as_of: Annotated[str, Field(description="The last day it speaks of.", examples=["2020-06-30"])]
    age_days: Annotated[int, Field(description="How many days before the day spoken of that was.", examples=[31])]
    stale: Annotated[bool, Field(description="Whether that is too long ago (`stale/1`).", examples=[False])]
    stale_since: Annotated[
        str | None, Field(description="From when on it is, if nothing newer comes.", examples=[None])
    ]
    agreement: Annotated[Agreement, Field(description="Whether what it rests on can all be true.", examples=["single"])]
    whole: Annotated[bool, Field(description="Whether its statements make up the group.", examples=[True])]
    summed_from: Annotated[
        int | None,
        Field(description="How many statements were added up; null where it is one of its own.", examples=[36]),
    ]
    statements: Annotated[
        list[StatementShown], Field(description="The statements behind it, up to 100 of them, the newest first.")
    ]


class OccupancyRow(BaseModel):
    """One group of people, and one definition of the places for them."""

    model_config = ConfigDict(extra="forbid")

    group: Annotated[dict[str, Any], Field(description="The group; empty for everyone.", examples=[{"sex": "female"}])]
    definition: Annotated[
        PopulationStatistic | None,
        Field(description="What the capacity means; null where none is stated.", examples=["official"]),
    ]
    held: Annotated[SideShown | None, Field(description="Who is held; null where nobody says.")]
    capacity: Annotated[SideShown | None, Field(description="The places; null where nobody says.")]
    occupancy: Annotated[Number, Field(description="Held per hundred places, by what both sides allow.")]
    reads_as: Annotated[str, Field(description="The row as a sentence to quote.", examples=["North, as of ..."])]
    why: Annotated[str | None, Field(description="Why there is no occupancy.", examples=["no capacity is stated"])]


class Parts(BaseModel):
    """A place as reported beside the sum of its parts."""

    known: Annotated[int, Field(description="How many parts it has.", examples=[14])]
    reporting: Annotated[int, Field(description="How many of them have a present figure.", examples=[3])]
    held: Annotated[Number, Field(description="Their sum; at least what is known where one has none.")]
    agrees: Annotated[
        bool | None, Field(description="Whether it can be true beside the place's own figure.", examples=[True])
    ]


class Occupancy(OfFacility):
    """How full a place is, for everyone and for each stated group."""

    rows: Annotated[list[OccupancyRow], Field(description="Everyone first, then each stated group.")]
    parts: Annotated[Parts | None, Field(description="What lies under it; null where nothing does.")]


class OccupancyStep(BaseModel):
    """One step of a series."""

    model_config = ConfigDict(extra="forbid")

    as_of: Annotated[str, Field(description="From when on.", examples=["2019-08-15"])]
    definition: Annotated[
        PopulationStatistic | None, Field(description="What the capacity means.", examples=["official"])
    ]
    held: Annotated[Number, Field(description="Who is held.")]
    capacity: Annotated[Number, Field(description="The places there are.")]
    occupancy: Annotated[Number, Field(description="Held per hundred places.")]
    held_as_of: Annotated[str | None, Field(description="The day the count speaks of.", examples=["2019-08-15"])]
    capacity_as_of: Annotated[str | None, Field(description="The day the capacity speaks of.", examples=[None])]
    why: Annotated[
        str | None, Field(description="Why there is no number, or no occupancy: nothing is filled in.", examples=[None])
    ]


class OccupancySeries(OfFacility):
    """How full a place was, step by step; where reports stay away, nothing is filled in."""

    rows: Annotated[list[OccupancyStep], Field(description="The steps, the earliest first.")]


async def occupancy_1(question: Question) -> dict[str, Any]:
    """The rule `occupancy/1`."""
    facility = question.subject or {}
    addends = {measure: await _addends(question, facility["slug"], measure) for measure in (HELD, CAPACITY)}
    held = counts(addends[HELD])
    reports = await _missed(question, facility, held)
    definitions = by_definition(addends[CAPACITY])
    drafts = []
    for group in groups_asked([*held, *addends[CAPACITY]]):
        count = side_of(held, group, question.as_of)
        places_ = {name: side for name, some in definitions.items() if (side := side_of(some, group, question.as_of))}
        if count is None and not places_:
            continue
        for name, side in places_.items() or [(None, None)]:
            drafts.append((group, count, name, side))
    docs = await _docs(question, [side for _, count, _, places_ in drafts for side in (count, places_)], addends)
    # A group of those held as members of an actor that the reader may not see is no group to this reader.
    known = {doc["affiliation"] for doc in docs.values()}
    drafts = [one for one in drafts if all(name != "affiliation" or code in known for name, code in one[0].codes)]
    rows = [_row(facility, question.as_of, draft, docs, addends, reports) for draft in drafts]
    return {"rows": rows, "parts": await _parts(question, facility, next(iter(drafts), None))}


async def occupancy_series_1(question: Question) -> dict[str, Any]:
    """The series of the rule `occupancy/1`."""
    facility = question.subject or {}
    held = counts(await _addends(question, facility["slug"], HELD))
    definitions = by_definition(await _addends(question, facility["slug"], CAPACITY))
    definitions.pop(OUT_OF_USE, None)
    rows = []
    for name, capacity in definitions.items() or [(None, [])]:
        for step in steps_of(held, capacity, question.as_of):
            share, why = _share(facility, step.held, name, step.capacity)
            rows.append(
                {
                    "as_of": step.day.isoformat(),
                    "definition": name,
                    "held": _bounds(step.held),
                    "capacity": _bounds(step.capacity),
                    "occupancy": share._asdict(),
                    "held_as_of": step.held.part.end.isoformat() if step.held else None,
                    "capacity_as_of": step.capacity.part.end.isoformat() if step.capacity else None,
                    "why": step.why or why,
                }
            )
    return {"rows": rows}


# --- what is read ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _told_statement(at: At, tier: Access) -> Select[Any]:
    population = at(POPULATIONS)
    found = select(*(population.c[name] for name in (*ADDEND, *ADDEND_MORE))).where(
        population.c.facility == bindparam("facility", type_=String()),
        population.c.measure == bindparam("measure", type_=String()),
        population.c.as_of_end <= bindparam("as_of", type_=Date()),
        *at.holds(population),
        *seen(population, tier),
    )
    return found.order_by(population.c.as_of_end.desc(), population.c.id.desc()).limit(MOST)


async def _addends(question: Question, facility: str, measure: str) -> list[Addend]:
    view = question.view
    values = {"facility": facility, "measure": measure, "as_of": question.as_of, "revision": view.revision}
    return [one for _, one in addends_of(await question.fetch(_told_statement(view.at, view.tier), values))]


async def _missed(question: Question, facility: Mapping[str, Any], held: Sequence[Addend]) -> date | None:
    """The round of its source in which the place is missing since it last reported."""
    stated = [one for one in held if one.stated]
    if not stated:
        return None
    last = max(stated, key=lambda one: (one.end, one.id))
    node = Node(facility["slug"], "", None, "", "", None, None, None, "", None, last.end, last.source)
    scope = (await scope_of(question)).of(question.as_of, HELD)
    return (await reports_of(scope, Variant(), [node]))[node.slug].missed


async def _docs(
    question: Question, sides: Iterable[Side | None], addends: Mapping[str, Sequence[Addend]]
) -> dict[int, Mapping[str, Any]]:
    """The stored JSON of the statements behind some sides, by their numbers."""
    wanted = {one.id for side in sides if side for one in side.part.statements[:SHOWN]}
    exact = [one for some in addends.values() for one in some if one.group == EVERYONE]
    wanted |= {one.id for one in exact[:SHOWN]}
    docs: dict[int, Mapping[str, Any]] = {}
    view, listed = question.view, sorted(wanted)
    for start in range(0, len(listed), MOST):
        keys = key_values(set(listed[start : start + MOST]))
        statement = records_statement(COLLECTION, "id", len(keys), view.at, view.tier)
        for number, found in await question.fetch(statement, keys | {"revision": view.revision}):
            docs[number] = orjson.loads(found)
    return docs


async def _parts(question: Question, facility: Mapping[str, Any], whole: Any) -> dict[str, Any] | None:
    """The sum of what lies under a place, beside its own figure."""
    scope = (await scope_of(question, parent=[facility["slug"]])).of(question.as_of, HELD)
    children = await places(scope, Variant())
    if not children:
        return None
    scope = (await scope_of(question, within=[facility["slug"]])).of(question.as_of, HELD)
    scope = scope.of(question.as_of, HELD, **{f"statistic_{place}": str(one) for place, one in enumerate(STOCKS)})
    nodes = [node for node in await places(scope, Variant(len(STOCKS))) if node.slug != facility["slug"]]
    stands = await stands_of(scope, Variant(len(STOCKS)), nodes, EVERYONE, ())
    row = rows_of_sum(stands, Breakdown(), question.as_of, {}).get(((), ()), Row())
    low, best, high = row.bounds()
    own = whole[1].part if whole and whole[1] else None
    return {
        "known": len(children),
        "reporting": len({_top(node, stands, facility["slug"]) for node, _ in row.counted}),
        "held": {"low": low, "best": best, "high": high},
        "agrees": None if own is None or not row.counted else meets((low, high), (own.low, own.high)),
    }


def _top(node: Node, stands: Mapping[str, Any], root: str) -> str:
    """The direct part of a place that another belongs to."""
    slug = node.slug
    while (parent := stands[slug].node.parent) is not None and parent != root and parent in stands:
        slug = parent
    return slug


# --- what is shown -----------------------------------------------------------------------------------------------


def _row(
    facility: Mapping[str, Any],
    day: date,
    draft: tuple[Group, Side | None, str | None, Side | None],
    docs: Mapping[int, Mapping[str, Any]],
    addends: Mapping[str, Sequence[Addend]],
    missed: date | None,
) -> dict[str, Any]:
    group, count, definition, places_ = draft
    share, why = _share(facility, count, definition, places_)
    held = _side(count, group, HELD, addends[HELD], docs, day, missed)
    capacity = _side(places_, group, definition or "", addends[CAPACITY], docs, day, None)
    head = f"{facility['name']}, as of {in_words(parse_partial_date(day.isoformat(), today=date.max))}: "
    if group.codes:
        head += f"{group.words}: "
    sides = " and ".join(side["reads_as"] for side in (held, capacity) if side)
    full = f"; occupancy {_told_percent(share)}" if why is None else f"; {why}"
    return {
        "group": group.shown(),
        "definition": definition,
        "held": held,
        "capacity": capacity,
        "occupancy": share._asdict(),
        "reads_as": f"{head}{sides}{full}",
        "why": why,
    }


def _share(
    facility: Mapping[str, Any], count: Side | None, definition: str | None, places_: Side | None
) -> tuple[Range, str | None]:
    """The occupancy that two sides make; or why there is none."""
    why = _why_none(facility, count, definition, places_)
    if why is not None:
        return NOTHING, why
    return percent(count.part if count else None, places_.part if places_ else None), None


def _why_none(
    facility: Mapping[str, Any], count: Side | None, definition: str | None, places_: Side | None
) -> str | None:
    if facility["kind"] == FacilityKind.supervision:
        return "people under supervision are not held in places: there is no occupancy"
    if definition == OUT_OF_USE:
        return "places out of use hold nobody: there is no occupancy"
    if count is None:
        return "nobody says how many are held"
    if places_ is None:
        return "no capacity is stated"
    return None


def _side(
    side: Side | None,
    group: Group,
    what: str,
    addends: Sequence[Addend],
    docs: Mapping[int, Mapping[str, Any]],
    day: date,
    missed: date | None,
) -> dict[str, Any] | None:
    if side is None:
        return None
    part, reports = side.part, side.reports
    if missed is not None and missed > part.end:
        reports = type(reports)(reports.last, reports.usual, missed)
    own = all(one.group == group for one in part.statements)
    wanted = [
        one.id for one in (addends if own and group == EVERYONE else part.statements) if one.group == group or not own
    ]
    statements = [Statement(COLLECTION.name, _of_moment(docs[number])) for number in wanted if number in docs]
    shown = list(statements)
    agreement = Agreement.conflicting if part.conflicting else Agreement.single
    if own:
        found = reconcile([one for one in statements if what == HELD or one.record["statistic"] == what])
        shown, agreement = list(found.statements), found.agreement or agreement
    words = "held" if what == HELD else f"places ({what.replace('_', ' ')})"
    return {
        **_bounds(side),
        "reads_as": f"{numbers(part[:3])} {words}, as of {in_words(parse_partial_date(part.end.isoformat()))}",
        "as_of": part.end.isoformat(),
        "age_days": side.age(day),
        "stale": reports.stale_on(day),
        "stale_since": since.isoformat() if (since := reports.stale_since) else None,
        "agreement": agreement.value,
        "whole": part.whole,
        "summed_from": None if own else len(part.statements),
        "statements": [one.shown() for one in shown[:SHOWN]],
    }


def _of_moment(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stock speaks of its moment: that there were more before contradicts nothing."""
    return record if record["tally"] == Tally.additional else {**record, "tally": Tally.current.value}


def _bounds(side: Side | None) -> dict[str, Any]:
    part = side.part if side else None
    return {"low": part and part.low, "best": part and part.best, "high": part and part.high}


def _told_percent(share: Range) -> str:
    if share == (None, None, None):
        return "not known"
    return f"{numbers(share)} %"


OCCUPANCY = DerivedAnswer(
    name="facility_occupancy",
    path="/v1/facilities/{facility}/occupancy",
    subject="facility",
    summary="How full a facility is",
    about="Who is held and the places there are, for everyone and for each stated group, each as the latest of every "
    "originator say it, and held per hundred places with bounds. Definitions of capacity are never mixed. A place with "
    "parts is shown beside their sum.",
    query=DatedQuery,
    rules={"occupancy/1": occupancy_1},
    model=Occupancy,
    rows="rows",
)
OCCUPANCY_SERIES = DerivedAnswer(
    name="facility_occupancy_series",
    path="/v1/facilities/{facility}/occupancy/series",
    subject="facility",
    summary="How full a facility was over time",
    about="A step for each day on which somebody said who is held there, or how many places there are. Where reports "
    "stay away for longer than usual the series says so, and fills nothing in.",
    query=DatedQuery,
    rules={"occupancy/1": occupancy_series_1},
    model=OccupancySeries,
    rows="rows",
)
