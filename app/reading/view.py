"""Who asks, and of which moment of the register: the present, a revision, or what was known at some time."""

from datetime import UTC, datetime
from typing import NamedTuple

from app.database.readers import Reader
from app.errors import BadInput, Fault, NoSuchMoment
from app.history.codes import Access
from app.history.past import EVER, NEAR, PRESENT, At
from app.reading.statements import known_at_statement
from app.records.parameters import Query


class View(NamedTuple):
    """Who asks, and of which moment: the revision asked for, or none for the present."""

    reader: Reader
    tier: Access
    revision: int | None
    near: bool = False
    """Whether few records changed since that revision."""

    @property
    def at(self) -> At:
        """What the rows are read from."""
        if self.revision is None:
            return PRESENT
        return NEAR if self.near else EVER


async def moved(view: View, query: Query) -> View:
    """The view of the moment that a query names."""
    if query.known_at is None:
        return view._replace(revision=query.revision)
    if query.revision is not None:
        raise BadInput.of([Fault("give revision or known_at, not both", parameter="known_at")])
    statement = known_at_statement()
    ((found, first),) = await view.reader.fetch(statement, {"moment": _utc(query.known_at)})
    if found is None:
        told = f"the first was recorded at {first}" if first else "none has been recorded"
        raise NoSuchMoment(f"The register had no revision then: {told}.", [Fault(told, parameter="known_at")])
    return view._replace(revision=found)


def _utc(text: str) -> str:
    """A moment in the spelling of `recorded_at`; raises `BadInput` for what is none, or lies ahead."""
    try:
        # A plus sign in a query string arrives as a space.
        asked = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        asked = (asked if asked.tzinfo else asked.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        told = "known_at is a date or a moment such as 2022-01-25T00:00:00Z"
        raise BadInput.of([Fault(told, parameter="known_at")]) from None
    if asked > datetime.now(UTC):
        told = "known_at lies ahead; nobody knows yet what the register will hold"
        raise NoSuchMoment(told, [Fault(told, parameter="known_at")])
    return asked.isoformat(timespec="microseconds").replace("+00:00", "Z")


def checked(asked: int | None, head: int) -> int:
    """The revision answered from; raises when the register has not been there. Revision 0 is the empty register."""
    if asked is not None and asked > head:
        told = f"revision {asked} has not been made; the newest is {head}"
        raise NoSuchMoment(told, [Fault(told, parameter="revision")])
    return head if asked is None else asked


def validator(own: int, number: int, redacted: int) -> str:
    """What validates an answer: a revision of its own, and of the past the redaction that reached into it since."""
    return f"{own}" if redacted <= number else f"{own}r{redacted}"
