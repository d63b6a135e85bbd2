"""The part that somebody took in an incident, as a sentence; what is alleged is never said as established."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.estimates.articles import with_article
from app.estimates.sentences import capital, party, speaker
from app.history.codes import Access
from app.history.lookup import Lookup
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
    PartyStanding.established: ("was", "were"),
    PartyStanding.reported: ("is reported to be", "are reported to be"),
    PartyStanding.alleged: ("is alleged to be", "are alleged to be"),
    PartyStanding.denied: ("is denied to have been", "are denied to have been"),
}
"""Of one, and of a name that means several."""
SEVERAL = re.compile(r"\b(?:brigades|fighters|forces|groups|guards|militias|rebels|services|tribes|troops|units)$")
"""How a name ends that means several."""


def part_in_words(
    title: str | None, actor: str, role: str, standing: str, said_by: str | None, notes: Sequence[str] = ()
) -> str:
    """The part of an actor in an incident, with who says so and what others make of it."""
    details = [*([f"claimed by {said_by}"] if said_by else []), *notes]
    end = f" ({'; '.join(details)})" if details else ""
    is_said = STANDINGS[PartyStanding(standing)][SEVERAL.search(actor) is not None]
    said = f"{actor} {is_said} {ROLES[PartyRole(role)]}{end}."
    return f"{capital(title)}: {said}" if title else capital(said)


def of_party(title: str, entry: Mapping[str, Any], lookup: Lookup, tier: Access) -> str:
    """A party as its incident shows it to a tier, as a sentence."""
    actor = party(lookup, entry["actor"], tier) or "a party that is withheld"
    alleged_by, read_in = party(lookup, entry["alleged_by"], tier), None
    if alleged_by is None and entry["source"] is not None:
        read_in = speaker(entry["source"], lookup, tier)
    notes = [f"according to {with_article(read_in)}"] if read_in else []
    return part_in_words(title, actor, entry["role"], entry["standing"], alleged_by, notes)
