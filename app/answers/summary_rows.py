"""How a sum of populations shows its rows: bounds, what is missing, a sentence, the change since an earlier day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.answers.groups import Group
from app.answers.summary_shapes import GROUP, PLACE
from app.answers.sums import Addend, Key, exact, meets, numbers
from app.answers.totals import Breakdown, Row
from app.estimates.dates import in_words, parse_partial_date
from app.populations.codes import PopulationMeasure

MOST_IDS = 100
"""How many statements a row names; of more it gives the number."""
WHO = {
    PopulationMeasure.held: ("people", "held"),
    PopulationMeasure.capacity: ("places", ""),
    PopulationMeasure.admitted: ("people", "admitted"),
    PopulationMeasure.released: ("people", "released"),
    PopulationMeasure.died: ("people", "died in custody"),
    PopulationMeasure.staff: ("staff", ""),
}
"""Who is counted, and what became of them."""


class Wording(NamedTuple):
    """What the rows of a sum have in common."""

    measure: PopulationMeasure
    group: Group
    """The group asked about."""
    breakdown: Breakdown
    about: str
    """What the places asked about are called together."""
    names: Mapping[str, str]
    """What places, countries and actors are called."""
    sources: frozenset[str]
    """The sources that the reader may see."""


def statements_of(row: Row) -> Iterator[Addend]:
    """The statements that a row adds up."""
    for _, part in row.counted:
        yield from part.statements


def shown_row(key: tuple[Key, Key], row: Row, wording: Wording, month: str | None, day: date) -> dict[str, Any]:
    """A row as the answer shows it."""
    low, best, high = row.bounds()
    addends = list(statements_of(row))
    place = dict.fromkeys(PLACE) | dict(zip(wording.breakdown.place, key[0], strict=True))
    codes = {name: code for name, code in zip(wording.breakdown.group, key[1], strict=True) if code is not None}
    group = Group((*wording.group.codes, *codes.items()))
    ends = [part.end for _, part in row.counted]
    return {
        "month": month,
        **place,
        **{name: group.code(name) for name in GROUP},
        "dimensions": {name: code for name, code in codes.items() if name not in GROUP},
        "low": low,
        "best": best,
        "high": high,
        "reads_as": _sentence(row, (low, best, high), place, group, wording, day),
        "facilities": sum(node.level != "network" for node, _ in row.counted),
        "networks": sum(node.level == "network" for node, _ in row.counted),
        "partial": sum(not part.whole for _, part in row.counted),
        "without_figure": len(row.missing),
        "stale": len(row.stale),
        "reasons": dict(sorted(row.reasons.items())),
        "excluded": [
            {
                "why": f"stated as {statistic}, which is not added to what is asked; ask for statistic={statistic}",
                "facilities": many,
            }
            for statistic, many in sorted(row.excluded.items())
        ],
        "as_reported": [
            {
                "facility": node.slug,
                "low": part.low,
                "best": part.best,
                "high": part.high,
                "agrees": meets((low, high), (part.low, part.high)) if row.counted else None,
            }
            for node, part in row.beside
        ],
        "oldest": min(ends).isoformat() if ends else None,
        "newest": max(ends).isoformat() if ends else None,
        "sources": sorted({one.source for one in addends} & wording.sources),
        "summed_from": len(addends),
        "statements": sorted(one.id for one in addends) if len(addends) <= MOST_IDS else [],
        "compared": None,
    }


def _sentence(
    row: Row, bounds: tuple[Any, Any, Any], place: Mapping[str, Any], group: Group, wording: Wording, day: date
) -> str:
    called = [wording.names.get(code, code.replace("_", " ")) for code in place.values() if code is not None]
    begin = f"{', '.join(called) or wording.about}, as of {in_words(parse_partial_date(day.isoformat(), today=day))}: "
    noun, became = WHO[wording.measure]
    who = f"{group.counting(noun)} {became}".strip()
    unsaid = [name.replace("_", " ") for name in wording.breakdown.group if group.code(name) is None]
    who += f" of no stated {' and '.join(unsaid)}" if unsaid else ""
    if bounds == (None, None, None):
        reasons = ", ".join(reason.replace("_", " ") for reason in sorted(row.reasons))
        return f"{begin}no number of {who}" + (f" ({reasons})" if reasons else "")
    at = f"at {len(row.counted):,} {'place' if len(row.counted) == 1 else 'places'}"
    lacking = len(row.missing) + len(row.stale)
    left = f"; of {lacking:,} more there is no present figure" if lacking else ""
    return f"{begin}{numbers(bounds)} {who}, {at}{left}"


def compared(now: Row, then: Row, day: date) -> dict[str, Any]:
    """A row on an earlier day, and the change at the places that have a figure of both days."""
    low, best, high = then.bounds()
    before = {node.slug: part for node, part in then.counted}
    pairs = [(before[node.slug], part) for node, part in now.counted if node.slug in before]
    alike = [(old, new) for old, new in pairs if _counted_as(old.statements) == _counted_as(new.statements)]
    result = {"as_of": day.isoformat(), "low": low, "best": best, "high": high, "facilities": len(then.counted)}
    if not alike:
        why = "no place has a figure of both days" if not pairs else "the figures of both days are not counted alike"
        return result | {"both": 0, "change": None, "why": why}
    change = {
        "low": _less(_sum(new.low for _, new in alike), _sum(old.high for old, _ in alike)),
        "best": _less(_sum(new.best for _, new in alike), _sum(old.best for old, _ in alike)),
        "high": _less(_sum(new.high for _, new in alike), _sum(old.low for old, _ in alike)),
    }
    only = len(now.counted) - len(alike), len(then.counted) - len(alike)
    why = f"the change is of the places that count on both days; {only[0]:,} count only now, {only[1]:,} only then"
    return result | {"both": len(alike), "change": change, "why": why if any(only) else None}


def _counted_as(addends: Sequence[Addend]) -> set[tuple[str, frozenset[str]]]:
    return {(one.statistic, one.group.names) for one in addends}


def _sum(values: Iterable[Any]) -> Any:
    listed = list(values)
    return None if None in listed else exact(sum(listed))


def _less(more: Any, less: Any) -> Any:
    return None if more is None or less is None else exact(more - less)
