"""When a place's report is too old to be taken for its present state (`stale/1`). Values in, values out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median_low

LEAST_DAYS = 30
"""A report is never too old before that."""
USUALLY = 2
"""How many of its usual intervals a report may be late."""


@dataclass(frozen=True, slots=True)
class Reports:
    """When a place gave a number, by the last days it spoke of: what `stale/1` goes by."""

    last: date | None
    usual: int | None = None
    """The usual interval between two reports, in days: their median, the lower of two; null before the second."""
    missed: date | None = None
    """The first later round of the source of its last report in which it is missing."""

    @property
    def limit(self) -> int:
        """How many days its last report may be old."""
        return max(LEAST_DAYS, USUALLY * (self.usual or 0))

    @property
    def stale_since(self) -> date | None:
        """The first day on which its last report was stale, if nothing newer came; null where it never reported."""
        if self.last is None:
            return None
        least = self.last + timedelta(days=LEAST_DAYS + 1)
        late = self.last + timedelta(days=self.limit + 1)
        return late if self.missed is None else min(late, max(least, self.missed))

    def stale_on(self, day: date) -> bool:
        """Whether the last report is stale on a day."""
        return self.stale_since is not None and self.stale_since <= day


def usual_interval(days: Sequence[date]) -> int | None:
    """The median of the days between reports, of which there may be several a day; null of fewer than two."""
    ordered = sorted(set(days))
    gaps = [(after - before).days for before, after in pairwise(ordered)]
    return median_low(gaps) if gaps else None


def longest_interval(reports: int, first: date, last: date) -> int | None:
    """The most that the usual interval can be, known only on how many days there were reports, and their span."""
    if reports < 2:
        return None
    gaps = reports - 1
    # At least half of the gaps, the lower median among them, are as long as it or longer.
    return (last - first).days // (gaps - (gaps - 1) // 2)
