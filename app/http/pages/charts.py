"""Charts as SVG: bars from the least to the most a number can be, and what was held over time.

Positions are shares of the width, so that a chart fills a phone and a screen alike and its letters keep their size;
colours and strokes are classes of the stylesheet, so that nothing is inline and both schemes are served.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, floor, log10
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from app.http.pages.words import day, number

Number = int | float | None
WIDTH: Final = 100.0
ARM: Final = 12.0
"""How far an open side is drawn: it says that there is more, not how much."""
HEIGHT: Final = 240
"""Of the drawing area of a series, in pixels."""
OPEN: Final = 16
"""How many pixels a side left open is drawn."""
MOST_DOTS: Final = 80
"""How many reports are drawn as dots; of more only the line is."""


def tag(name: str, text: str = "", **attributes: str | float) -> str:
    """An element of a drawing, of numbers and names of ours alone; `of` is its class."""
    pairs = {"class" if key == "of" else key.replace("_", "-"): value for key, value in attributes.items()}
    written = "".join(f' {key}="{value if isinstance(value, str) else _share(value)}"' for key, value in pairs.items())
    return f"<{name}{written}>{text}</{name}>" if text else f"<{name}{written}/>"


def _share(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float) -> str:
    return f"{_share(value)}%"


# --- bars --------------------------------------------------------------------------------------------------------


def top_of(rows: Iterable[Mapping[str, Any]]) -> float:
    """The end of a scale that begins at zero and holds every number of some statements, with room to stay open."""
    most = max((row[name] or 0 for row in rows for name in ("low", "best", "high")), default=0)
    return float(most or 1) * 1.18


def bar(estimate: Mapping[str, Any], top: float, standing: str) -> Markup:
    """One statement: a bar from low to high, a dot at its best value; a side that the words leave open is drawn open.

    Closed ends have an upright stroke, open ones an arrow.
    """
    low, best, high = (
        None if estimate[name] is None else WIDTH * estimate[name] / top for name in ("low", "best", "high")
    )
    if low is not None and high is not None and low > high:
        low, high = high, low
    drawn = tag("line", of="zero", x1="0", x2="100%", y1=9, y2=9)
    known = [place for place in (low, best, high) if place is not None]
    if known:
        begins, ends = min(known), max(known)
        if low is None:
            drawn += _open(begins, begins if high is not None else min(begins, ARM), back=True)
        if high is None:
            drawn += _open(ends, min(WIDTH - ends, ARM), back=False)
        if ends > begins:
            drawn += tag("rect", x=_percent(begins), y=5, width=_percent(ends - begins), height=8)
        for end in sorted({place for place in (low, high) if place is not None}):
            drawn += tag("line", of="end", x1=_percent(end), x2=_percent(end), y1=1, y2=17)
        if best is not None:
            drawn += tag("circle", cx=_percent(best), cy=9, r=4)
    return Markup('<svg class="bar {}" width="100%" height="18" aria-hidden="true">{}</svg>').format(
        standing,
        Markup(drawn),  # noqa: S704  (numbers alone)
    )


def _open(place: float, length: float, *, back: bool) -> str:
    """A side left open: a dotted line that goes on for a while, with an arrow at its end; `at most` goes on to zero."""
    ends = place - length if back else place + length
    arrow = "M7 5L1 9l6 4" if back else "M-7 5L-1 9l-6 4"
    line = tag("line", of="open", x1=_percent(place), x2=_percent(ends), y1=9, y2=9)
    return line + tag("svg", tag("path", d=arrow), of="open", x=_percent(ends))


def ticks_of(top: float, many: int = 5) -> list[float]:
    """Round numbers from zero up to the end of a scale."""
    step = 10 ** floor(log10(top / many))
    step = next(step * times for times in (1, 2, 5, 10) if top / (step * times) <= many)
    return [step * place for place in range(ceil(top / step)) if step * place <= top]


# --- over time ---------------------------------------------------------------------------------------------------


class Span(NamedTuple):
    """From one day to another, what was held or could be held; null where nothing is known."""

    begins: date
    ends: date
    low: Number
    best: Number
    high: Number
    why: str | None
    """Why there is no number."""

    @property
    def value(self) -> Number:
        """Where a line is drawn: the best value, else a stated bound."""
        return next((one for one in (self.best, self.low, self.high) if one is not None), None)


def spans_of(rows: Sequence[Mapping[str, Any]], side: str) -> list[Span]:
    """The steps of a series as spans; the last goes on a little beyond its day, not to the day of asking."""
    days = [date.fromisoformat(row["as_of"]) for row in rows]
    if not days:
        return []
    further = timedelta(days=max(14, (days[-1] - days[0]).days // 9))
    last = min(days[-1] + further, date.max)
    return [
        Span(begins, ends, **row[side], why=None if row["held_as_of"] else row["why"])
        for row, (begins, ends) in zip(rows, pairwise([*days, last]), strict=True)
    ]


def series(held: Sequence[Span], capacity: Mapping[str, Sequence[Span]], label: str) -> Markup:
    """What was held over time: steps, a band between the bounds, gaps shaded and left open; capacities as lines."""
    begins, ends = held[0].begins, held[-1].ends
    days = max((ends - begins).days, 1)
    most = max(
        (one or 0 for span in (*held, *(one for some in capacity.values() for one in some)) for one in span[2:5]),
        default=0,
    )
    top = float(most or 1) * 1.12

    def across(at: date) -> float:
        return 1000 * (at - begins).days / days

    def up(value: float) -> float:
        return HEIGHT - HEIGHT * value / top

    shapes = [tag("path", of="grid", d=f"M0 {_share(up(value))}H1000") for value in ticks_of(top)]
    shapes += [_ground(span, across, up) for span in held]
    shapes += [tag("path", of="capacity", d=_steps(some, across, up, ends)) for some in capacity.values()]
    shapes.append(tag("path", of="held", d=_steps(held, across, up, ends)))
    reported = [span for span in held if span.value is not None]
    dots = "".join(_dot(span, across(span.begins) / 10, up) for span in reported) if len(reported) <= MOST_DOTS else ""
    texts = [
        tag("text", number(round(value)), of="tick", x="-8", y=up(value) + 4, text_anchor="end")
        for value in ticks_of(top)
    ]
    for at in _days_marked(begins, ends):
        left = f"{_share(across(at) / 10)}%"
        texts.append(tag("text", _marked(at, days), of="tick", x=left, y=HEIGHT + 18, text_anchor="middle"))
    return Markup(
        '<div class="series"><svg role="img" aria-label="{}" width="100%" height="{}">'
        '<svg viewBox="0 0 1000 {}" preserveAspectRatio="none" width="100%" height="{}">{}</svg>{}</svg></div>'
    ).format(label, HEIGHT + 40, HEIGHT, HEIGHT, Markup("".join(shapes)), Markup(dots + "".join(texts)))  # noqa: S704


def _dot(span: Span, place: float, up: Any) -> str:
    """One report: a dot, and where its bounds lie apart or are open a stroke from low to high, with arrows."""
    middle, x = up(float(span.value or 0)), f"{_share(place)}%"
    drawn = tag("circle", cx=x, cy=middle, r=4)
    if span.low == span.high is not None:
        return drawn
    lower = up(span.low) if span.low is not None else middle + OPEN
    upper = up(span.high) if span.high is not None else middle - OPEN
    drawn += tag("line", of="end", x1=x, x2=x, y1=lower, y2=upper)
    if span.high is None:
        drawn += tag("svg", tag("path", of="end", d="M-4 5L0 -1L4 5"), x=x, y=upper)
    if span.low is None:
        drawn += tag("svg", tag("path", of="end", d="M-4 -5L0 1L4 -5"), x=x, y=lower)
    return drawn


def _ground(span: Span, across: Any, up: Any) -> str:
    """What lies below the line: the shade of a gap, or the band between the bounds."""
    left, wide = across(span.begins), across(span.ends) - across(span.begins)
    if span.value is None:
        return tag("rect", of="stale", x=left, y=0, width=wide, height=HEIGHT)
    if span.low is None or span.high is None or span.low == span.high:
        return ""
    upper, lower = sorted((up(span.low), up(span.high)))
    return tag("rect", of="band", x=left, y=upper, width=wide, height=lower - upper)


def _steps(spans: Sequence[Span], across: Any, up: Any, until: date) -> str:
    """A line of steps, broken where nothing is known."""
    path, pen = [], False
    for span in spans:
        if span.value is None:
            pen = False
            continue
        path.append(
            f"{'V' + _share(up(span.value)) if pen else f'M{_share(across(span.begins))} {_share(up(span.value))}'}"
        )
        path.append(f"H{_share(across(min(span.ends, until)))}")
        pen = True
    return "".join(path)


def _days_marked(begins: date, ends: date) -> list[date]:
    """The days that stand below a series: years where it has several, else months."""
    years = [date(year, 1, 1) for year in range(begins.year + 1, ends.year + 1)]
    if len(years) >= 3:
        return years[:: ceil(len(years) / 6)]
    months = [date(year, month, 1) for year in range(begins.year, ends.year + 1) for month in range(1, 13)]
    inside = [one for one in months if begins <= one <= ends]
    return inside[:: ceil(len(inside) / 5) or 1] or [begins]


def _marked(at: date, days: int) -> str:
    if days >= 3 * 366 and (at.month, at.day) == (1, 1):
        return str(at.year)
    return f"{at:%b %Y}" if at.day == 1 else day(at.isoformat())
