"""The part that somebody took in an incident, as a sentence; what is alleged is never said as established."""

from collections.abc import Sequence

from app.estimates.sentences import capital
from app.incidents.codes import PartyRole, PartyStanding

ROLES = {
    PartyRole.attacker: "an attacker",
    PartyRole.defender: "a defender",
    PartyRole.operator: "the operator",
    PartyRole.supporter: "a supporter",
    PartyRole.accomplice: "an accomplice",
    PartyRole.belligerent: "a party to the fighting",
    PartyRole.victim: "a victim",
    PartyRole.mediator: "a mediator",
    PartyRole.other: "a party in another role",
}
STANDINGS = {
    PartyStanding.established: "was",
    PartyStanding.reported: "is reported to be",
    PartyStanding.alleged: "is alleged to be",
    PartyStanding.denied: "is denied to have been",
}


def part_in_words(
    title: str | None, actor: str, role: str, standing: str, said_by: str | None, notes: Sequence[str] = ()
) -> str:
    """The part of an actor in an incident, with who says so and what others make of it."""
    told = [*([f"claimed by {said_by}"] if said_by else []), *notes]
    end = f" ({'; '.join(told)})" if told else ""
    said = f"{actor} {STANDINGS[PartyStanding(standing)]} {ROLES[PartyRole(role)]}{end}."
    return f"{capital(title)}: {said}" if title else capital(said)
