"""Who asks, and of which moment of the register: the present, a revision, or what was known at some time."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from app.database.readers import Reader
from app.database.settings import Settings
from app.errors import BadInput, Fault, NoSuchMoment
from app.history.codes import Access
from app.history.past import APART, EVER, NEAR, PRESENT, At
from app.reading.statements import known_at_statement
from app.records.parameters import Query


class Home(NamedTuple):
    """What the register is called, and where it stands: what its citations name."""

    name: str = "Detention Facility Data"
    url: str = ""
    """The address that readers know it by, without a slash at the end; empty where nobody has set it."""
    licence: str = "CC BY 4.0"
    """The terms of its own records."""


def home_of(settings: Settings) -> Home:
    """What the settings say of that."""
    licence = f"{settings.licence_name} ({settings.licence_url})"
    return Home(settings.register_name, settings.public_url or "", licence)


class View(NamedTuple):
    """Who asks, and of which moment: the revision asked for, or none for the present."""

    reader: Reader
    tier: Access
    revision: int | None
    near: bool = False
    """Whether few records changed since that revision."""
    home: Home = Home()

    @property
    def at(self) -> At:
        """What the rows are read from."""
        if self.revision is None:
            return PRESENT
        if not self.reader.takes_hints:
            return EVER
        return NEAR if self.near else APART


async def view_at(view: View, query: Query) -> View:
    """The same reader's view of the moment that a query names."""
    if query.known_at is None:
        return view._replace(revision=query.revision)
    if query.revision is not None:
        raise BadInput.of([Fault("give revision or known_at, not both", parameter="known_at")])
    statement = known_at_statement()
    ((found, first),) = await view.reader.fetch(statement, {"moment": moment(query.known_at, "known_at")})
    if found is None:
        message = f"the first was recorded at {first}" if first else "none has been recorded"
        raise NoSuchMoment(f"The register had no revision then: {message}.", [Fault(message, parameter="known_at")])
    return view._replace(revision=found)


def moment(text: str, parameter: str) -> str:
    """A moment in the spelling of `recorded_at`; raises `BadInput` for what is none, or lies ahead."""
    try:
        # A plus sign in a query string arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{parameter} is a date or a moment such as 2022-01-25T00:00:00Z"
        raise BadInput.of([Fault(message, parameter=parameter)]) from None
    if moment > datetime.now(UTC):
        message = f"{parameter} lies ahead; nobody knows yet what the register will hold"
        raise NoSuchMoment(message, [Fault(message, parameter=parameter)])
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def answered_revision(wanted: int | None, head: int) -> int:
    """The revision answered from; raises when the register has not been there. Revision 0 is the empty register."""
    check_revision(wanted, head)
    return head if wanted is None else wanted


def check_revision(number: int | None, head: int, *, parameter: str = "revision") -> None:
    """Raise when a parameter names a revision that has not been made."""
    if number is not None and number > head:
        message = f"revision {number} has not been made; the newest is {head}"
        raise NoSuchMoment(message, [Fault(message, parameter=parameter)])


def check_day(day: date, newest: date) -> None:
    """Raise for an `as_of` that the answered revision, recorded on `newest`, could not know of."""
    if day > newest:
        message = (
            f"as_of ends on {day}, and the revision answered from was recorded on {newest}: what was said later it "
            "cannot hold; ask for that day or an earlier one"
        )
        raise BadInput.of([Fault(message, parameter="as_of")])


def validator(own: int, number: int, redacted: int) -> str:
    """What validates an answer: a revision of its own, and of the past the redaction that reached into it since."""
    return f"{own}" if redacted <= number else f"{own}r{redacted}"
