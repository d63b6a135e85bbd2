"""Sums of populations over places: `/v1/populations/summary`, by the rule `sum/1`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import orjson

from app.answers.current import stands_of
from app.answers.declaration import DerivedAnswer, Question
from app.answers.groups import EVERYONE, Group
from app.answers.months import months_between
from app.answers.scope import (
    Node,
    Scope,
    Variant,
    ancestors,
    dimensions_statement,
    places,
    scope_of,
    shown,
    statistics_statement,
    without_hidden_operators,
)
from app.answers.statistics import OF_MEASURE
from app.answers.summary_rows import Wording, compared, shown_row, statements_of
from app.answers.summary_shapes import DIMENSION, GROUP, MONTH, PLACE, Summary, SummaryQuery
from app.answers.totals import Breakdown, Row, Rows, Stand, rows_of_sum
from app.errors import BadInput, Fault, unlisted
from app.estimates.dates import parse_partial_date
from app.populations.codes import PopulationMeasure, PopulationStatistic
from app.records.countries import country_names

NARROWED = ("country", "admin1", "kind", "operator", "within")
"""What narrows the places."""
FLOWING = (PopulationMeasure.admitted, PopulationMeasure.released, PopulationMeasure.died)


class Asking:
    """What is asked, worked out once for all days of an answer."""

    def __init__(self, scope: Scope, query: SummaryQuery, statistics: Sequence[PopulationStatistic]) -> None:
        self.scope, self.query = scope, query
        by = query.by or []
        further = (name.removeprefix(DIMENSION) for name in by if name.startswith(DIMENSION))
        self.breakdown = Breakdown(
            tuple(name for name in PLACE if name in by), (*(name for name in GROUP if name in by), *further)
        )
        fixed = {name: str(code) for name in ("sex", "legal_status") if (code := getattr(query, name)) is not None}
        self.group = Group(tuple(fixed.items())) if fixed else EVERYONE
        self.variant = Variant(len(statistics), tuple(fixed))
        self.values = {f"group_{name}": code for name, code in fixed.items()}
        self.values |= {f"statistic_{place}": str(one) for place, one in enumerate(statistics)}
        self.names: dict[str, str] = dict(country_names())
        """What places and countries are called, by slug and code."""

    async def on(self, day: date) -> Rows:
        """The rows as of a day."""
        scope = self.scope.of(day, str(self.query.measure), **self.values)
        nodes = await places(scope, self.variant)
        self.names |= {node.slug: node.name for node in nodes}
        if "operator" in self.breakdown.place:
            nodes = await without_hidden_operators(self.scope, nodes)
        stands = await stands_of(scope, self.variant, nodes, self.group, self.breakdown.group)
        networks = await self._networks(nodes) if "within" in self.breakdown.place else {}
        if "facility" not in self.breakdown.place:
            self._check_periods(stands)
        return rows_of_sum(stands, self.breakdown, day, networks)

    async def _networks(self, nodes: Sequence[Node]) -> dict[str, str | None]:
        """The nearest network above each place; a network is its own."""
        tree = {node.slug: (node.parent, node.level) for node in nodes}
        await ancestors(self.scope, tree)
        found: dict[str, str | None] = {}
        for node in nodes:
            place: str | None = node.slug
            while place is not None and tree[place][1] != "network":
                place = tree[place][0]
            found[node.slug] = place
        return found

    def _check_periods(self, stands: Mapping[str, Stand]) -> None:
        """Raise where flows of different periods would be added."""
        if self.query.measure not in FLOWING:
            return
        addends = [one for stand in stands.values() for part in stand.parts.values() for one in part.statements]
        periods = Counter(f"{one.period or 'no stated day'} to {one.end}" for one in addends)
        if len(periods) > 1:
            named = "; ".join(f"{period} ({many})" for period, many in periods.most_common(3))
            message = (
                f"what flows in different periods is not added ({named}): add by=facility to see each place's own, or "
                "give an as_of on which they agree"
            )
            raise BadInput.of([Fault(message, parameter="measure")])


async def sum_1(question: Question) -> dict[str, Any]:
    """The rule `sum/1`."""
    query: SummaryQuery = question.query
    scope = await scope_of(question, **{name: getattr(query, name) for name in NARROWED})
    statistics = await _statistics(scope, query, question.as_of)
    asking = Asking(scope, query, statistics)
    earlier = _earlier(query, question.as_of)
    before = await asking.on(earlier) if earlier is not None else {}
    about = ", ".join(country_names()[code] for code in query.country or [])
    rows: list[dict[str, Any]] = []
    for month, day in _days(query, question.as_of):
        found = await asking.on(day)
        sources = {one.source for row in found.values() for one in statements_of(row)}
        wording = Wording(
            query.measure,
            asking.group,
            asking.breakdown,
            about or "All places asked about",
            asking.names,
            frozenset(await shown(scope, "source", sources)),
        )
        for key, row in found.items():
            serialized = shown_row(key, row, wording, month, day)
            if earlier is not None:
                serialized["compared"] = compared(row, before.get(key, Row()), earlier)
            rows.append(serialized)
    await _check_dimensions(asking, rows, question.as_of)
    return {"measure": str(query.measure), "statistics": [str(one) for one in statistics], "rows": rows}


async def _check_dimensions(asking: Asking, rows: Sequence[Mapping[str, Any]], day: date) -> None:
    """Raise for a further dimension that none of the places states."""
    further = [name for name in asking.breakdown.group if name not in GROUP]
    unknown = [name for name in further if not any(name in row["dimensions"] for row in rows)]
    if not unknown:
        return
    scope = asking.scope.of(day, str(asking.query.measure), **asking.values)
    found = await scope.question.fetch(dimensions_statement(scope.plan, asking.variant), scope.values)
    stated = sorted({f"{DIMENSION}{name}" for (text,) in found for name in orjson.loads(text)})
    if f"{DIMENSION}{unknown[0]}" not in stated:
        raise BadInput.of([Fault(unlisted("a dimension of these", unknown[0], stated), parameter="by")])


async def _statistics(scope: Scope, query: SummaryQuery, day: date) -> Sequence[PopulationStatistic]:
    """The statistics to add: the one asked for, or those that go together; raises where it has to be named."""
    if query.statistic is not None:
        return [query.statistic]
    if query.measure != PopulationMeasure.capacity:
        return OF_MEASURE[query.measure]
    values = scope.of(day, "capacity").values
    rows = await scope.question.fetch(statistics_statement(scope.plan, Variant()), values)
    found = [PopulationStatistic(row[0]) for row in rows if row[0] != PopulationStatistic.out_of_use]
    if len(found) > 1:
        named = " or ".join(f"statistic={one}" for one in found)
        message = f"capacity by different definitions is not added: ask for {named}"
        raise BadInput.of([Fault(message, parameter="statistic")])
    return found or [PopulationStatistic.official]


def _earlier(query: SummaryQuery, day: date) -> date | None:
    """The day to compare with; raises for one that is not earlier."""
    if query.compare is None:
        return None
    if MONTH in (query.by or []):
        raise BadInput.of([Fault("months stand beside each other already: leave out `compare`", parameter="compare")])
    earlier = parse_partial_date(query.compare, today=date.max).end
    if earlier >= day:
        raise BadInput.of([Fault(f"compare is to end before {day}, the day spoken of", parameter="compare")])
    return earlier


def _days(query: SummaryQuery, day: date) -> Iterator[tuple[str | None, date]]:
    """The days to answer for: the one spoken of, or the last of each month up to it."""
    if MONTH not in (query.by or []):
        if query.from_ is not None:
            raise BadInput.of([Fault("`from` begins a series: add `by=month`", parameter="from")])
        yield None, day
        return
    yield from months_between(query.from_, None, day)


POPULATION_SUMMARY: Final = DerivedAnswer(
    name="population_summary",
    path="/v1/populations/summary",
    summary="Add up populations over places",
    about="What places state of one measure on a day, added up by country, division, operator, kind, network, sex, "
    "legal status or month, each with bounds, the number of places that count, and of those without a figure or with "
    "one that is too old. Nothing that is missing counts as zero: a sum with a missing part is at least what is known.",
    query=SummaryQuery,
    rules={"sum/1": sum_1},
    model=Summary,
    rows="rows",
    slow=True,
)
