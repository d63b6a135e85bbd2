"""Which places have a figure, which are late, which never gave one: `/v1/coverage`, by the rule `coverage/1`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.answers.codes import CoverageStatus
from app.answers.current import stands_of
from app.answers.declaration import DatedHead, DatedQuery, DerivedAnswer, Question
from app.answers.groups import EVERYONE
from app.answers.months import months_between
from app.answers.place_filters import InCountries, InDivisions, OfKinds, RunBy, Under
from app.answers.scope import Scope, Variant, days_of, places, scope_of, without_hidden_operators
from app.answers.staleness import Reports, usual_interval
from app.answers.totals import Stand, holds_nobody, sortable
from app.errors import BadInput, Fault, unlisted
from app.populations.codes import PopulationMeasure, PopulationStatistic
from app.records.filters import Day

NARROWED = ("country", "admin1", "kind", "operator", "within")
GROUPINGS = ("month", "country", "admin1", "kind", "operator")
MOST_ROWS = 20_000
"""How many rows an answer has at most: places times months."""
NOT_PUBLISHED = "not_published"


def _grouping(name: str) -> str:
    if name in GROUPINGS:
        return name
    raise ValueError(unlisted("a grouping", name, GROUPINGS))


class CoverageQuery(DatedQuery):
    """What it takes."""

    by: Annotated[
        list[Annotated[str, AfterValidator(_grouping)]] | None,
        Field(
            description="`month`: the state at the end of each month. `country`, `admin1`, `kind`, `operator`: how "
            "many places of each are in which state, in the place of a row for each place.",
            examples=[["month"]],
        ),
    ] = None
    measure: Annotated[PopulationMeasure, Field(description="Of what.", examples=["held"])] = PopulationMeasure.held
    country: InCountries = None
    admin1: InDivisions = None
    kind: OfKinds = None
    operator: RunBy = None
    within: Under = None
    status: Annotated[
        list[CoverageStatus] | None, Field(description="Only places in one of these states.", examples=[["stale"]])
    ] = None
    from_: Annotated[
        Day | None,
        Field(alias="from", description="With `by=month` the first month; else a year before.", examples=["2019-04"]),
    ] = None
    to: Annotated[
        Day | None, Field(description="With `by=month` the last month; else that of `as_of`.", examples=["2020-01"])
    ] = None
    sort: Annotated[
        Literal["gap", "-gap"] | None,
        Field(
            description="By the days since the last report; `-gap` makes it a list of work.",
            examples=["-gap"],
        ),
    ] = None


class CoverageRow(BaseModel):
    """The state of one place, or of the places of a group, at the end of a period."""

    model_config = ConfigDict(extra="forbid")

    month: Annotated[str | None, Field(description="The month at whose end it stands.", examples=["2019-08"])]
    as_of: Annotated[str, Field(description="The day of the state.", examples=["2019-08-31"])]
    facility: Annotated[str | None, Field(description="The place; null in a row of a group.", examples=["al-hol-camp"])]
    country: Annotated[str | None, Field(description="Its country.", examples=["SYR"])]
    admin1: Annotated[str | None, Field(description="Its first-level division.", examples=["Al-Hasakeh"])]
    kind: Annotated[str | None, Field(description="Its kind.", examples=["camp"])]
    operator: Annotated[str | None, Field(description="Who runs it.", examples=["sdf"])]
    status: Annotated[
        CoverageStatus | None, Field(description="Its state; null in a row of a group.", examples=["stale"])
    ]
    facilities: Annotated[int, Field(description="How many places.", examples=[1])]
    states: Annotated[dict[str, int], Field(description="How many are in which state.", examples=[{"stale": 1}])]
    reason: Annotated[str | None, Field(description="Why there is no figure, where it says so.", examples=[None])]
    last_report: Annotated[str | None, Field(description="The day of its last report.", examples=["2019-07-31"])]
    gap_days: Annotated[int | None, Field(description="Days since; null where it never reported.", examples=[31])]
    usual_interval: Annotated[
        int | None, Field(description="Days between its reports (median); null before the second.", examples=[49])
    ]
    stale_since: Annotated[
        str | None, Field(description="From when on it is stale if nothing newer comes.", examples=["2019-11-07"])
    ]


class Coverage(DatedHead):
    """Which places have a figure that is theirs, and which have not."""

    measure: Annotated[str, Field(description="Of what.", examples=["held"])]
    rows: Annotated[list[CoverageRow], Field(description="A row for each place, or group, and month.")]


class State(NamedTuple):
    """How a place stands."""

    stand: Stand
    status: CoverageStatus
    reports: Reports


async def coverage_1(question: Question) -> dict[str, Any]:
    """The rule `coverage/1`."""
    query: CoverageQuery = question.query
    scope = await scope_of(question, **{name: getattr(query, name) for name in NARROWED})
    # Whichever way it is counted, it is a figure; places out of use are none.
    statistics = [one for one in PopulationStatistic if one is not PopulationStatistic.out_of_use]
    variant = Variant(len(statistics))
    values = {f"statistic_{place}": str(one) for place, one in enumerate(statistics)}
    grouped = [name for name in query.by or [] if name != "month"]
    rows: list[dict[str, Any]] = []
    for month, day in _days(query, question.as_of):
        states = await _states(scope.of(day, str(query.measure), **values), variant)
        states = [one for one in states if not query.status or one.status in query.status]
        rows += _grouped(states, grouped, month, day) if grouped else [_shown(one, month, day) for one in states]
        if len(rows) > MOST_ROWS:
            message = f"that is more than {MOST_ROWS:,} rows: ask for fewer places or months, or by=country"
            raise BadInput.of([Fault(message, parameter="by")])
    if query.sort is not None:
        # Who never reported has been silent the longest.
        rows.sort(key=_gap, reverse=query.sort == "-gap")
    return {"measure": str(query.measure), "rows": rows}


def _days(query: CoverageQuery, day: date) -> Iterable[tuple[str | None, date]]:
    """The days to answer for: the one spoken of, or the last of each month."""
    if "month" in (query.by or []):
        return months_between(query.from_, query.to, day)
    for name, value in (("from", query.from_), ("to", query.to)):
        if value is not None:
            raise BadInput.of([Fault(f"`{name}` belongs to a series: add `by=month`", parameter=name)])
    return [(None, day)]


async def _states(scope: Scope, variant: Variant) -> list[State]:
    """How every place stands on the day, in the order of their slugs; networks stand for their members."""
    nodes = await without_hidden_operators(scope, await places(scope, variant))
    nodes = [node for node in nodes if node.level != "network"]
    stands = await stands_of(scope, variant, nodes, EVERYONE, ())
    days = await days_of(scope, variant, [node.slug for node in nodes if node.last is not None])
    found = []
    for slug, stand in sorted(stands.items()):
        usual = usual_interval(days.get(slug, ()))
        reports = stand.reports or Reports(None)
        reports = replace(reports, usual=usual if usual is not None else reports.usual)
        found.append(State(stand, _status(stand, scope.day), reports))
    return found


def _status(stand: Stand, day: date) -> CoverageStatus:
    if stand.parts:
        whole = all(part.whole for part in stand.parts.values())
        return CoverageStatus.reported if whole else CoverageStatus.partial
    if holds_nobody(stand.node, day):
        return CoverageStatus.closed
    if stand.reason == NOT_PUBLISHED:
        return CoverageStatus.not_published
    return CoverageStatus.stale if stand.stale else CoverageStatus.never


def _shown(state: State, month: str | None, day: date) -> dict[str, Any]:
    node, reports, status = state.stand.node, state.reports, state.status
    since = reports.stale_since
    return {
        "month": month,
        "as_of": day.isoformat(),
        "facility": node.slug,
        **{name: getattr(node, name) for name in GROUPINGS if name != "month"},
        "status": status.value,
        "facilities": 1,
        "states": {status.value: 1},
        "reason": state.stand.reason,
        "last_report": reports.last.isoformat() if reports.last else None,
        "gap_days": (day - reports.last).days if reports.last else None,
        "usual_interval": reports.usual,
        "stale_since": since.isoformat() if since else None,
    }


def _grouped(states: Sequence[State], by: Sequence[str], month: str | None, day: date) -> list[dict[str, Any]]:
    """A row for each group of places."""
    groups: dict[tuple[Any, ...], list[State]] = defaultdict(list)
    for one in states:
        groups[tuple(getattr(one.stand.node, name) for name in by)].append(one)
    rows = []
    for key in sorted(groups, key=sortable):
        mine = groups[key]
        last = max((one.reports.last for one in mine if one.reports.last), default=None)
        row: dict[str, Any] = dict.fromkeys(CoverageRow.model_fields)
        row |= dict(zip(by, key, strict=True)) | {"month": month, "as_of": day.isoformat(), "facilities": len(mine)}
        row["states"] = dict(sorted(Counter(one.status.value for one in mine).items()))
        if last is not None:
            row |= {"last_report": last.isoformat(), "gap_days": (day - last).days}
        rows.append(row)
    return rows


def _gap(row: Mapping[str, Any]) -> tuple[bool, int]:
    return row["gap_days"] is None, row["gap_days"] or 0


COVERAGE: Final = DerivedAnswer(
    name="coverage",
    path="/v1/coverage",
    summary="Which places have figures, and which are late",
    about="For each place, or group of places, and day or month: whether it has a figure that may be taken for its "
    "state, a figure of parts only, an old one, none, or says that it publishes none, with its usual interval, its "
    "last report and the day from which on that is too old. With `sort=-gap` it is a list of work.",
    query=CoverageQuery,
    rules={"coverage/1": coverage_1},
    model=Coverage,
    rows="rows",
    slow=True,
)
