"""Words for people: codes, numbers within bounds, dates, names, and the direction they are written in."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from app.estimates.codes import Qualifier
from app.estimates.dates import in_words, parse_partial_date
from app.figures.codes import FigureUnit
from app.figures.sentences import GROUPS
from app.records.codes import FigureOf
from app.records.countries import country_names

Number = int | float | None
DASH: Final = "\N{EN DASH}"
RIGHT_TO_LEFT: Final = {"R", "AL"}
MEASURES: Final = {
    "attempted_escape": "tried to escape",
    "at_large": "at large",
    "hostages": "held hostage",
    "forces_engaged": "forces engaged",
    "vehicle_bombs": "vehicle bombs",
    "related_attacks": "related attacks",
    "checkpoints_passed": "checkpoints passed",
}
"""What is counted, where the code with spaces for underscores does not say it."""


def code(text: str | None) -> str:
    """A code as words."""
    return (text or "").replace("_", " ")


def number(value: Number) -> str:
    """A number with its thousands apart."""
    return "" if value is None else f"{value:,}"


def bounds(estimate: Mapping[str, Any]) -> str:
    """Bounds in the least space; what is unknown on both sides and has no best value is a dash."""
    low, best, high = estimate["low"], estimate["best"], estimate["high"]
    if low is not None and high is not None:
        return number(low) if low == high else f"{number(low)}{DASH}{number(high)}"
    if best is not None:
        return f"≈ {number(best)}" if estimate.get("qualifier") == Qualifier.approximately else number(best)
    if low is not None:
        return f"≥ {number(low)}"
    return f"≤ {number(high)}" if high is not None else "—"


def sum_bounds(row: Mapping[str, Any]) -> str:
    """Bounds of a sum: one that parts are missing from is at least what is known."""
    if row["high"] is None and row["low"] is not None:
        return f"≥ {number(row['low'])}"
    return bounds(row)


def named(record: Mapping[str, Any]) -> str:
    """What a record of any kind is called."""
    return str(next(record[name] for name in ("title", "name", "label", "reads_as", "slug") if record.get(name)))


def of_row(row: Mapping[str, Any]) -> str:
    """Whom or what a row of a toll counts, beside its measure."""
    groups = [GROUPS[FigureOf(group)][1] for group in row["of"]]
    said = " + ".join(groups) or ("everyone" if row["unit"] == FigureUnit.persons and row["actor"] is None else "")
    if row["unit"] != FigureUnit.persons and row["unit"] not in {FigureUnit.things, FigureUnit.events}:
        said = f"{row['unit']} of {said}" if said else str(row["unit"])
    extra = [code(row[name]) for name in ("sex", "cause") if row[name]]
    return ", ".join(filter(None, (said, *extra)))


def measure(name: str) -> str:
    """What a measure is called."""
    return MEASURES.get(name, code(name))


def day(text: str | None) -> str:
    """A partial date in words."""
    return in_words(parse_partial_date(text, today=date.max)) if text else ""


def short_day(text: str) -> str:
    """A partial date in the least space: `24 Jan 2022`, `20 to 30 Jan 2022` with a dash, else as it is written."""
    first, _, last = text.partition("/")
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        return text
    if begins == ends:
        return f"{ends.day} {ends:%b %Y}"
    if (begins.year, begins.month) == (ends.year, ends.month):
        return f"{begins.day}{DASH}{ends.day} {ends:%b %Y}"
    return f"{begins.day} {begins:%b %Y} {DASH} {ends.day} {ends:%b %Y}"


def moment(text: str | None) -> str:
    """A moment in words, to the minute."""
    if not text:
        return ""
    at = datetime.fromisoformat(text)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def country(text: str | None) -> str:
    """A country's name."""
    return country_names().get(text, text) if text else ""


def direction(text: str) -> str:
    """`rtl` for what begins in a script written from right to left."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in RIGHT_TO_LEFT:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"


def listed(words: Iterable[str]) -> str:
    """Words as a sentence lists them."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last
