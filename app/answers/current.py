"""Which places have a figure that is theirs on a day, by `stale/1`, and what each comes to: what sums are made of."""

from asyncio import to_thread
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from app.answers.groups import COLUMNS, Group
from app.answers.scope import (
    Node,
    Scope,
    Variant,
    addends_of,
    days_of,
    intervals_statement,
    latest_statement,
    of_places,
    otherwise_statement,
    reasons_statement,
    rounds_statement,
    whole_statement,
)
from app.answers.scope import day as as_day
from app.answers.staleness import LEAST_DAYS, USUALLY, Reports, longest_interval, usual_interval
from app.answers.sums import ONE_DAY, Addend, parts_of
from app.answers.totals import Stand

FARTHEST = 800
"""How many days back a statement of the whole is looked for where the newest speak of parts of it."""
MANY = 256
"""Of how many places the days they reported on are read one by one."""
FEW_SOURCES = 8
"""Of how many sources the rounds are looked up one by one."""
SMALLEST_ROUND = 2
"""How many places a source must speak of on one day for that to be a round of it."""


async def reports_of(scope: Scope, variant: Variant, nodes: Collection[Node]) -> dict[str, Reports]:
    """When places reported, by slug; usual intervals are worked out only where it depends on them who is late."""
    reports = {node.slug: Reports(node.last) for node in nodes}
    reporting = [node for node in nodes if node.last is not None]
    few = len(reporting) <= MANY
    # Of many places the rounds of their sources tell most of what is late; of few the days they reported on are read.
    if few:
        reports |= await _by_interval(scope, variant, reporting, reports)
        reporting = [node for node in reporting if not _late_anyhow(reports[node.slug], scope.day)]
    reports |= await _by_round(scope, variant, reporting, reports)
    if not few:
        open_ = [node for node in reporting if reports[node.slug].missed is None]
        reports |= await _by_interval(scope, variant, open_, reports)
    return reports


def _late_anyhow(reports: Reports, day: date) -> bool:
    """Whether a place is late by an interval of its own."""
    return reports.usual is not None and reports.stale_on(day)


async def _by_interval(
    scope: Scope, variant: Variant, nodes: Collection[Node], reports: Mapping[str, Reports]
) -> dict[str, Reports]:
    """The reports of those places that may be late by their usual interval, with that."""
    day: date = scope.day
    late = {node.slug: node.last for node in nodes if node.last is not None and (day - node.last).days > LEAST_DAYS}
    found: dict[str, Reports] = {}
    if len(late) > MANY:
        rows = await scope.question.fetch(intervals_statement(scope.plan, variant), scope.values)
        for slug, many, first, last in rows:
            begun, ended = as_day(first), as_day(last)
            if slug not in late or begun is None or ended is None:
                continue
            longest = longest_interval(many, begun, ended)
            if longest is not None and (day - late[slug]).days > USUALLY * longest:
                del late[slug]
                found[slug] = Reports(ended, longest, reports[slug].missed)
    for slug, days in (await days_of(scope, variant, late)).items():
        # A place that has reported once has no interval of its own: it goes by the rounds of its source.
        usual = usual_interval(days) or reports[slug].usual
        found[slug] = Reports(reports[slug].last, usual, reports[slug].missed)
    return found


async def _by_round(
    scope: Scope, variant: Variant, nodes: Collection[Node], reports: Mapping[str, Reports]
) -> dict[str, Reports]:
    """The reports of some places by those of their sources: the round they miss in, and how often rounds come.

    A round is a day for which a source speaks of at least two places, and of at least half as many as on the day of the
    place's last report.
    """
    day: date = scope.day
    by_source: dict[str, list[tuple[str, date]]] = {}
    for node in nodes:
        if node.source is not None and node.last is not None and (day - node.last).days > LEAST_DAYS:
            by_source.setdefault(node.source, []).append((node.slug, node.last))
    found: dict[str, Reports] = {}
    rounds = await _rounds(scope, variant, by_source.keys(), day - timedelta(days=FARTHEST))
    for source, some in by_source.items():
        sizes = rounds.get(source, {})
        usual = usual_interval([end for end, many in sizes.items() if many >= SMALLEST_ROUND])
        largest = max(sizes.values(), default=0)
        for slug, last in some:
            least = max(SMALLEST_ROUND, sizes.get(last, largest) / 2)
            later = next((end for end, many in sizes.items() if end > last and many >= least), None)
            found[slug] = Reports(last, reports[slug].usual or usual, later)
    return found


async def _rounds(scope: Scope, variant: Variant, sources: Collection[str], since: date) -> dict[str, dict[date, int]]:
    """Of how many places each of some sources speaks on each day, in order."""
    single = len(sources) <= FEW_SOURCES
    statement = rounds_statement(scope.plan, variant, single=single)
    rounds: dict[str, dict[date, int]] = {}
    for source in sorted(sources) if single else [""]:
        for name, end, many in await scope.question.fetch(statement, scope.values | {"source": source, "since": since}):
            day = as_day(end)
            if day is not None:
                rounds.setdefault(name, {})[day] = many
    return rounds


async def stands_of(
    scope: Scope, variant: Variant, nodes: Sequence[Node], group: Group, split: tuple[str, ...]
) -> dict[str, Stand]:
    """How each place stands on a day: its current figure by group, or that it is stale, or why there is none."""
    day: date = scope.day
    reports = await reports_of(scope, variant, nodes)
    stands = {
        node.slug: Stand(node, stale=reports[node.slug].stale_on(day), reports=reports[node.slug]) for node in nodes
    }
    current = {slug for slug, stand in stands.items() if stand.node.last is not None and not stand.stale}
    addends: dict[str, list[Addend]] = {}
    if current:
        since = min(last for slug in current if (last := stands[slug].node.last) is not None)
        rows = await scope.question.fetch(latest_statement(scope.plan, variant), scope.values | {"since": since})
        for slug, one in addends_of(rows):
            if slug in current:
                addends.setdefault(slug, []).append(one)
    # Adding up takes a while where places are many; others are answered meanwhile.
    parts = await to_thread(lambda: {slug: parts_of(some, group, split) for slug, some in addends.items()})
    for slug, found in parts.items():
        stands[slug].parts = found
    poor = [slug for slug, found in parts.items() if not found or not all(part.whole for part in found.values())]
    if poor and all(name in COLUMNS for name in split):
        await _enrich(scope, variant, group, split, stands, addends, poor)
    empty = {slug: stand for slug, stand in stands.items() if not stand.parts and stand.node.level != "network"}
    async for slug, reason in of_places(scope, variant, reasons_statement, empty):
        empty[slug].reason = reason
    if variant.statistics:
        never = [slug for slug, stand in empty.items() if stand.node.last is None]
        async for slug, statistic in of_places(scope, variant, otherwise_statement, never):
            empty[slug].other = empty[slug].other or statistic
    return stands


async def _enrich(
    scope: Scope,
    variant: Variant,
    group: Group,
    split: tuple[str, ...],
    stands: Mapping[str, Stand],
    addends: Mapping[str, list[Addend]],
    poor: Collection[str],
) -> None:
    """Let no newer statement of some parts hide an older one of the whole that is not stale."""
    day: date = scope.day
    since = day - timedelta(days=FARTHEST)
    rows = await scope.question.fetch(whole_statement(scope.plan, variant, split), scope.values | {"since": since})
    older: dict[str, list[Addend]] = {}
    wanted = set(poor)
    for slug, one in addends_of(rows):
        if slug in wanted and one.end < addends[slug][0].end - ONE_DAY:
            older.setdefault(slug, []).append(one)
    days = await days_of(scope, variant, older)
    for slug, some in older.items():
        limit = Reports(None, usual_interval(days[slug])).limit
        current = [one for one in some if (day - one.end).days <= limit]
        if current:
            stands[slug].parts = parts_of([*addends[slug], *current], group, split)
