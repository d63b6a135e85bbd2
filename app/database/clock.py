"""The clock of the register: moments in UTC, to the microsecond."""

from datetime import UTC, datetime, timedelta


def now(ahead: timedelta = timedelta()) -> str:
    """A moment in the spelling of the register: UTC, microseconds."""
    return (datetime.now(UTC) + ahead).isoformat(timespec="microseconds").replace("+00:00", "Z")
