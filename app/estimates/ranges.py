"""What a statement allows a number to be: from its bounds to a range."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.estimates.codes import Qualifier

TENTHS = 10
"""`approximately n` allows n plus or minus one of so many parts."""


class Range(NamedTuple):
    """From the least to the greatest value allowed; null is a side left open."""

    low: float | None
    high: float | None

    def meets(self, other: "Range") -> bool:
        """Whether some value is in both."""
        low = max((side for side in (self.low, other.low) if side is not None), default=None)
        high = min((side for side in (self.high, other.high) if side is not None), default=None)
        return low is None or high is None or low <= high


def allowed(estimate: Mapping[str, Any]) -> Range:
    """The values that the bounds and the qualifier of an estimate allow."""
    low, best, high = estimate["low"], estimate["best"], estimate["high"]
    if best is not None and estimate["qualifier"] == Qualifier.approximately:
        low = best - best / TENTHS if low is None else low
        high = best + best / TENTHS if high is None else high
    elif best is not None and low is None and high is None:
        low = high = best
    if low is not None and high is not None and low > high:
        # Published out of order: what it names lies between all that it names.
        low, high = high, low
    return Range(low, high)


def stated(estimate: Mapping[str, Any]) -> list[Any]:
    """The values that an estimate names: its best one, else its bounds; none where it gives no number."""
    if estimate["best"] is not None:
        return [estimate["best"]]
    return [bound for bound in (estimate["low"], estimate["high"]) if bound is not None]
