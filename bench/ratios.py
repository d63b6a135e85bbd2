"""What is measured of two servers, or of one server asked two things, and the ratio that says how they compare."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple


class Cost(NamedTuple):
    """What one round cost: CPU time per request in microseconds, of the server and of its database, and the rate."""

    server: float
    database: float | None
    """None where the engine is part of the server, or keeps its work to itself."""
    rate: float
    """Requests answered per second."""
    answered: int

    @property
    def all(self) -> float:
        """All the CPU time that a request takes."""
        return self.server + (self.database or 0)


@dataclass(frozen=True)
class Ratio:
    """How what is measured stands to what it is measured beside."""

    about: str
    """The heading of its table."""
    told: str
    """What it says, in a sentence."""
    of: Callable[[Cost, Cost], float]
    """From a round of the measured, and the round beside it."""
    least: bool
    """Whether a goal is the least that will do; else it is the most."""
    per: str = "req"
    """What is counted, and what a cost is of."""

    def goal(self, number: float | None) -> str:
        """A goal, as the table shows it."""
        return "-" if number is None else f"{'>=' if self.least else '<='}{number:g}"

    def missed(self, ratio: float, goal: float | None) -> bool:
        """Whether a ratio, as it is shown, is not good enough."""
        return goal is not None and (round(ratio, 2) < goal if self.least else round(ratio, 2) > goal)


SHARE = Ratio(
    "reads, share of the limit",
    "The limit's CPU time per request over ours, in the server process: at 1 a request costs what the limit costs.",
    lambda ours, limit: limit.server / ours.server,
    least=True,
)
RATE = Ratio(
    "writes, share of the limit",
    "Our requests per second over the limit's.",
    lambda ours, limit: ours.rate / limit.rate,
    least=True,
)
ROWS = Ratio(
    "whole sets, share of the limit",
    "Our rows per second, in one answer, over those of a route that streams the same bytes, prebuilt.",
    lambda ours, limit: ours.rate / limit.rate,
    least=True,
    per="row",
)
IMPORTED = Ratio(
    "imports, share of the limit",
    "Our records per second over those that the driver takes of the rows that came of them, ready-made.",
    lambda ours, limit: ours.rate / limit.rate,
    least=True,
    per="rec",
)
TIMES = Ratio(
    "the past, times the present",
    "CPU time per request, the database's with it, over that of the same read of the present.",
    lambda past, present: past.all / present.all,
    least=False,
)


@dataclass(frozen=True)
class Comparison:
    """The rounds of the measured, each beside the round of the other that came before it."""

    about: str
    """What is measured, on which engine."""
    ratio: Ratio
    goal: float | None
    ours: Sequence[Cost]
    beside: Sequence[Cost]
    kilobytes: float
    """The mean size of a whole answer's body."""

    @property
    def number(self) -> float:
        """The ratio, round by round: what slows one round slows the one beside it."""
        return median(self.ratio.of(ours, other) for ours, other in zip(self.ours, self.beside, strict=True))


WIDTH = 70


def heading(ratio: Ratio) -> str:
    """The head of the table of one ratio."""
    head = f"{ratio.about:{WIDTH}}{'ratio':>7}{'goal':>8}{'CPU us':>9}{'+ db':>6}{'beside':>9}{'+ db':>6}"
    return head + f"{f'{ratio.per}/s':>8}{'beside':>8}{'kB':>7}"


def line(found: Comparison) -> str:
    """A line of the table: the medians of the rounds."""
    told = f"{found.about:{WIDTH}}{found.number:7.2f}{found.ratio.goal(found.goal):>8}"
    for costs in (found.ours, found.beside):
        databases = [cost.database for cost in costs if cost.database is not None]
        told += f"{median(cost.server for cost in costs):9.0f}"
        told += f"{median(databases):6.0f}" if databases else f"{'-':>6}"
    told += "".join(f"{median(cost.rate for cost in costs):8.0f}" for costs in (found.ours, found.beside))
    told += f"{found.kilobytes:7.1f}"
    return told + (" misses its goal" if found.ratio.missed(found.number, found.goal) else "")
