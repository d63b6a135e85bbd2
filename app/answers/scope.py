"""What an answer over many places reads: the places asked about, and what they state of one measure, column by column.

No stored JSON is read: of many places only a few columns are needed, and those are read from one statement each.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    String,
    bindparam,
    cast,
    func,
    or_,
    select,
)

from app.answers.declaration import Question, Unnamed
from app.answers.groups import COLUMNS, group_of
from app.answers.sums import Addend
from app.catalogue.collections import LISTINGS
from app.database.functions import day_before
from app.database.readers import Rows, Values
from app.database.types import table
from app.estimates.codes import Tally
from app.history.access import seen
from app.populations.models import Population
from app.reading.list_statements import Plan, selected, state_statement
from app.reading.missing import unknown_names
from app.reading.planning import plan_of
from app.reading.spellings import unheld, unknown_texts, with_spellings
from app.reading.statements import key_values
from app.records.tables import rows_of

POPULATIONS = table(Population)
PLACES = LISTINGS["facilities"]
FILTERS = ("country", "admin1", "kind", "operator", "within", "level")
"""What narrows the places, as it narrows the list of facilities."""
NODE = ("slug", "name", "parent", "level", "kind", "country", "admin1", "operator", "status", "closed_latest")
ADDEND = ("id", "facility", *COLUMNS, "as_of_end", "low", "best", "high", "qualifier", "source", "originator")
ADDEND_MORE = ("statistic", "period_start")


class Node(NamedTuple):
    """A place as far as it is grouped by, and when it last stated the measure."""

    slug: str
    name: str
    parent: str | None
    level: str
    kind: str
    country: str | None
    admin1: str | None
    operator: str | None
    status: str
    closed: date | None
    last: date | None = None
    """The last day of which it gives a number."""
    source: str | None = None
    """A source of that number."""


class Variant(NamedTuple):
    """What the text of a statement depends on beside the places: how many statistics, which columns of the group."""

    statistics: int = 0
    group: tuple[str, ...] = ()


class Scope(NamedTuple):
    """Which places, at which moment, for which reader."""

    question: Question
    plan: Plan
    values: Values

    def of(self, day: date, measure: str, **values: Any) -> "Scope":
        """The same places, asked for a measure on a day."""
        return self._replace(values=self.values | values | {"as_of": day, "measure": measure})

    @property
    def day(self) -> date:
        """The day they are asked for."""
        found: date = self.values["as_of"]
        return found


async def scope_of(question: Question, **filters: Any) -> Scope:
    """The places that some filters of facilities name; raises `Unnamed` for a name of no record."""
    stated = {name: value for name, value in filters.items() if value}
    query = PLACES.query.model_construct(
        **{name: stated.get(name) for name in PLACES.query.model_fields} | {"limit": 100, "sort": None}
    )
    query, texts = await with_spellings(question.fetch, PLACES, query)
    plan, values = plan_of(PLACES, question.view, query, None)
    values["revision"] = question.view.revision
    if plan.names(PLACES):
        ((_, _, known),) = await question.fetch(state_statement(PLACES, plan), values)
        if known < plan.names(PLACES):
            raise Unnamed(lambda: unknown_names(PLACES, question.view, plan, values, None))
    if lacking := await unheld(question.fetch, question.view, PLACES, texts):
        raise Unnamed(lambda: unknown_texts(question.view, PLACES, lacking))
    return Scope(question, plan, values)


def day(value: Any) -> date | None:
    """A date as either engine gives it."""
    return value if value is None or isinstance(value, date) else date.fromisoformat(value)


# --- places -------------------------------------------------------------------------------------------------------


def _stated(rows: FromClause) -> ColumnElement[bool]:
    return or_(*(rows.c[bound].is_not(None) for bound in ("low", "best", "high")))


@lru_cache(maxsize=256)
def places_statement(plan: Plan, variant: Variant) -> Select[Any]:
    """The places of a plan, each with the last day on which it gives a number, and the source of that."""
    rows, where = selected(PLACES, plan)
    counts = plan.at(POPULATIONS)
    # One look for both: a look at each place is what this statement costs.
    last = _newest(plan, rows, variant, counts, cast(counts.c.as_of_end, String) + " " + counts.c.source)
    return select(*(rows.c[name] for name in NODE), last.label("last")).where(*where)


def _newest(plan: Plan, places: FromClause, variant: Variant, counts: FromClause, column: ColumnElement[Any]) -> Any:
    """Of the last day on which a place gives a number, a column."""
    found = select(column).where(
        counts.c.facility == places.c.slug,
        *_conditions(plan, counts, variant),
        _stated(counts),
        counts.c.tally != Tally.additional,
    )
    return found.order_by(counts.c.as_of_end.desc(), counts.c.id.desc()).limit(1).scalar_subquery()


@lru_cache(maxsize=64)
def reasons_statement(plan: Plan, variant: Variant, many: int) -> Select[Any]:
    """Of each of so many places, why the last that is said of it is no number."""
    rows, counts = plan.at(PLACES.collection.rows), plan.at(POPULATIONS)
    keys = [bindparam(f"key_{number}", type_=String()) for number in range(many)]
    said = select(counts.c.missing_reason).where(counts.c.facility == rows.c.slug, *_conditions(plan, counts, variant))
    last = said.order_by(counts.c.as_of_end.desc(), counts.c.id.desc()).limit(1).scalar_subquery()
    return select(rows.c.slug, last).where(rows.c.slug.in_(keys), *plan.at.holds(rows))


def _conditions(plan: Plan, counts: FromClause, variant: Variant, *, until: bool = True) -> list[ColumnElement[bool]]:
    """The statements of the measure that a question speaks of, up to its day."""
    named = [bindparam(f"statistic_{place}", type_=String()) for place in range(variant.statistics)]
    return [
        counts.c.measure == bindparam("measure", type_=String()),
        *([counts.c.as_of_end <= bindparam("as_of", type_=Date())] if until else []),
        *([counts.c.statistic.in_(named)] if named else []),
        # Not looked up by the index of the group: that holds all there is of it, wherever it lies, and is read anew for
        # each place.
        *(
            func.coalesce(counts.c[name], None) == bindparam(f"group_{name}", type_=counts.c[name].type)
            for name in variant.group
        ),
        *plan.at.holds(counts),
        *seen(counts, plan.tier),
    ]


async def places(scope: Scope, variant: Variant) -> list[Node]:
    """The places asked about."""
    rows = await scope.question.fetch(places_statement(scope.plan, variant), scope.values)
    return [_node(row) for row in rows]


async def without_hidden_operators(scope: Scope, nodes: Sequence[Node]) -> list[Node]:
    """The same places, their operators left out where the reader may not see them."""
    known = await shown(scope, "actor", (node.operator for node in nodes))
    return [node if node.operator in known else node._replace(operator=None) for node in nodes]


def _node(row: Sequence[Any]) -> Node:
    slug, name, parent, level, kind, country, admin1, operator, status, closed, last = row
    return Node(slug, name, parent, level, kind, country, admin1, operator, status, day(closed), *_last(last))


def _last(text: str | None) -> tuple[date | None, str | None]:
    if text is None:
        return None, None
    last, _, source = text.partition(" ")
    return date.fromisoformat(last), source


# --- what they state ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def latest_statement(plan: Plan, variant: Variant) -> Select[Any]:
    """What each place says of the last day on which it gives a number, and of the day before it, from `:since` on."""
    rows, where = selected(PLACES, plan)
    counts, last = plan.at(POPULATIONS), plan.at(POPULATIONS)
    newest = (
        select(rows.c.slug, _newest(plan, rows, variant, last, last.c.as_of_end).label("last"))
        .where(*where)
        .cte("newest")
        # Worked out once for each place: else an engine may do it for each of its statements.
        .prefix_with("MATERIALIZED")
    )
    return select(*(counts.c[name] for name in (*ADDEND, *ADDEND_MORE))).where(
        newest.c.last >= bindparam("since", type_=Date()),
        counts.c.facility == newest.c.slug,
        counts.c.as_of_end >= day_before(newest.c.last),
        # Nothing newer gives a number: by the day asked instead, an engine looks through all that was said by then.
        counts.c.as_of_end <= newest.c.last,
        counts.c.tally != Tally.additional,
        _stated(counts),
        *_conditions(plan, counts, variant, until=False),
    )


@lru_cache(maxsize=256)
def whole_statement(plan: Plan, variant: Variant, split: tuple[str, ...]) -> Select[Any]:
    """What the places say, from `:since` on, of exactly the group asked, or of each of its groups in some columns."""
    rows, where = selected(PLACES, plan)
    counts = plan.at(POPULATIONS)
    others = [counts.c[name].is_(None) for name in COLUMNS[:-1] if name not in {*variant.group, *split}]
    return select(*(counts.c[name] for name in (*ADDEND, *ADDEND_MORE))).where(
        counts.c.facility.in_(select(rows.c.slug).where(*where)),
        counts.c.as_of_end >= bindparam("since", type_=Date()),
        _stated(counts),
        counts.c.tally != Tally.additional,
        *_conditions(plan, counts, variant),
        *others,
        counts.c.dimensions == "{}",
        *(counts.c[name].is_not(None) for name in split),
    )


@lru_cache(maxsize=64)
def otherwise_statement(plan: Plan, variant: Variant, many: int) -> Select[Any]:
    """Which other statistics each of so many places states of the measure."""
    counts = plan.at(POPULATIONS)
    keys = [bindparam(f"key_{number}", type_=String()) for number in range(many)]
    found = select(counts.c.facility, counts.c.statistic).where(
        counts.c.facility.in_(keys),
        _stated(counts),
        *_conditions(plan, counts, variant._replace(statistics=0)),
    )
    return found.distinct().order_by(counts.c.facility, counts.c.statistic)


@lru_cache(maxsize=64)
def dimensions_statement(plan: Plan, variant: Variant) -> Select[Any]:
    """The further dimensions, as JSON, that the places state of the measure."""
    rows, where = selected(PLACES, plan)
    counts = plan.at(POPULATIONS)
    inside = counts.c.facility.in_(select(rows.c.slug).where(*where)), counts.c.dimensions != "{}"
    return select(counts.c.dimensions).where(*inside, *_conditions(plan, counts, variant)).distinct()


@lru_cache(maxsize=64)
def statistics_statement(plan: Plan, variant: Variant) -> Select[Any]:
    """Which statistics the places state of the measure."""
    rows, where = selected(PLACES, plan)
    counts = plan.at(POPULATIONS)
    inside = counts.c.facility.in_(select(rows.c.slug).where(*where))
    found = select(counts.c.statistic).where(inside, _stated(counts), *_conditions(plan, counts, variant))
    return found.distinct().order_by(counts.c.statistic)


def addends_of(rows: Rows) -> Iterable[tuple[str, Addend]]:
    """The statements of some rows, each after the place that makes it."""
    for row in rows:
        number, facility, *group, end, low, best, high, qualifier, source, originator, statistic, period = row
        last = end if isinstance(end, date) else date.fromisoformat(end)
        who = group_of(tuple(group))
        yield facility, Addend(number, who, last, low, best, high, qualifier, source, originator, statistic, period)


# --- when they reported -------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def intervals_statement(plan: Plan, variant: Variant) -> Select[Any]:
    """Of each place, on how many days it reported, and the first and the last of them."""
    rows, where = selected(PLACES, plan)
    counts = plan.at(POPULATIONS)
    return (
        select(
            counts.c.facility,
            func.count(counts.c.as_of_end.distinct()),
            func.min(counts.c.as_of_end),
            func.max(counts.c.as_of_end),
        )
        .where(
            counts.c.facility.in_(select(rows.c.slug).where(*where)),
            _stated(counts),
            counts.c.tally != Tally.additional,
            *_conditions(plan, counts, variant),
        )
        .group_by(counts.c.facility)
    )


@lru_cache(maxsize=64)
def days_statement(plan: Plan, variant: Variant, many: int) -> Select[Any]:
    """The days on which each of so many places reported."""
    counts = plan.at(POPULATIONS)
    keys = [bindparam(f"key_{number}", type_=String()) for number in range(many)]
    found = select(counts.c.facility, counts.c.as_of_end).where(
        counts.c.facility.in_(keys),
        _stated(counts),
        counts.c.tally != Tally.additional,
        *_conditions(plan, counts, variant),
    )
    return found.distinct()


@lru_cache(maxsize=64)
def rounds_statement(plan: Plan, variant: Variant, *, single: bool) -> Select[Any]:
    """Of how many places a source, or with `single` false each source, speaks on each day from `:since` on."""
    counts = plan.at(POPULATIONS)
    of_places = (
        select(counts.c.source, counts.c.as_of_end, counts.c.facility)
        .where(
            *([counts.c.source == bindparam("source", type_=String())] if single else []),
            counts.c.as_of_end >= bindparam("since", type_=Date()),
            *_conditions(plan, counts, variant),
        )
        .distinct()
        .subquery()
    )
    days = (of_places.c.source, of_places.c.as_of_end)
    return select(*days, func.count()).group_by(*days).order_by(*days)


@lru_cache(maxsize=64)
def columns_statement(plan: Plan, noun: str, columns: tuple[str, ...], many: int) -> Select[Any]:
    """Columns of those of so many records, by their names, that the reader may see."""
    rows = plan.at(rows_of(noun))
    keys = [bindparam(f"key_{number}", type_=String()) for number in range(many)]
    found = select(*(rows.c[name] for name in columns))
    return found.where(rows.c.slug.in_(keys), *plan.at.holds(rows), *seen(rows, plan.tier))


AT_ONCE = 256
"""How many names a statement looks for."""


async def shown(scope: Scope, noun: str, slugs: Iterable[str | None]) -> set[str]:
    """Those of some names that the reader may see."""
    wanted = sorted({slug for slug in slugs if slug is not None})
    found: set[str] = set()
    for some in _chunks(wanted):
        keys = key_values(set(some))
        statement = columns_statement(scope.plan, noun, ("slug",), len(keys))
        rows = await scope.question.fetch(statement, scope.values | keys)
        found |= {row[0] for row in rows}
    return found


async def of_places(
    scope: Scope,
    variant: Variant,
    statement: Callable[[Plan, Variant, int], Select[Any]],
    slugs: Iterable[str],
) -> AsyncIterator[Sequence[Any]]:
    """The rows of such a statement."""
    for some in _chunks(sorted(slugs)):
        keys = key_values(set(some))
        for row in await scope.question.fetch(statement(scope.plan, variant, len(keys)), scope.values | keys):
            yield row


async def days_of(scope: Scope, variant: Variant, slugs: Iterable[str]) -> dict[str, list[date]]:
    """The days on which some places reported."""
    found: dict[str, list[date]] = {}
    async for slug, end in of_places(scope, variant, days_statement, slugs):
        found.setdefault(slug, []).append(end if isinstance(end, date) else date.fromisoformat(end))
    return found


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))


async def ancestors(scope: Scope, tree: dict[str, tuple[str | None, str]]) -> None:
    """Add to some places, each with its parent and level, those that they lie under, as the reader may see them."""
    while wanted := {parent for parent, _ in tree.values() if parent is not None} - tree.keys():
        for some in _chunks(sorted(wanted)):
            keys = key_values(set(some))
            statement = columns_statement(scope.plan, "facility", ("slug", "parent", "level"), len(keys))
            found = await scope.question.fetch(statement, scope.values | keys)
            tree |= {slug: (parent, level) for slug, parent, level in found}
        # A parent that the reader may not see, or that is not there, ends its branch.
        tree |= dict.fromkeys(wanted - tree.keys(), (None, ""))
