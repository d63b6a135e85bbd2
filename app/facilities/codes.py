"""Code lists of facilities."""

from app.database.codes import Code


class FacilityLevel(Code):
    """Where a node stands in the tree of facilities."""

    network = "network", "A system of sites under one operator or administration; has no walls of its own."
    facility = "facility", "One site with its own perimeter, or its own administration within a shared one."
    unit = "unit", "Part of one site: a wing, block, annex or section whose people can be counted apart."


class FacilityLegalBasis(Code):
    """In what name people are held there, as the operator puts it; not whether it is lawful."""

    criminal = "criminal", "Criminal law: suspicion, charge or sentence for an offence before ordinary courts."
    administrative = (
        "administrative",
        "An order of an executive authority without criminal charge, other than over migration.",
    )
    migration = "migration", "Immigration or asylum law: irregular entry or stay, identification, pending removal."
    military = "military", "Military law, or the law of armed conflict: courts martial, prisoners of war, internees."
    security = "security", "Emergency, counter-terrorism or state security powers, special courts included."
    health = "health", "Mental health, addiction or public health law: compulsory treatment, isolation."
    none_claimed = "none_claimed", "The operator names no law at all: held without charge, order or stated ground."
    unknown = "unknown", "Not stated by the sources; not to be read as the absence of one."


class FacilityBuiltAs(Code):
    """What the structures were made for."""

    purpose_built = "purpose_built", "Designed and built to hold people."
    converted = "converted", "Built for another use, such as a school or factory, and adapted since."
    tents = "tents", "Tents, prefabricated cabins or other temporary shelters on open ground."
    unknown = "unknown", "The sources do not describe the structures."


class FacilitySecurity(Code):
    """How strictly people are kept from leaving, in the operator's own classification where it has one."""

    open = "open", "No physical barrier to leaving; rules and roll calls only."
    low = "low", "A simple fence or locked doors, for people not expected to flee: category C, minimum security."
    medium = "medium", "A secured perimeter and controlled movement inside: category B, medium security."
    high = "high", "The strictest regime: walls, armed guards, close watch: category A, maximum security."
    mixed = "mixed", "Sections of different levels under one roof; give each unit its own where known."
    unknown = "unknown", "No source classifies or describes it."


class FacilityStatus(Code):
    """Whether the place holds people."""

    open = "open", "In use, whether or not anybody is held on a given day."
    closed = "closed", "No longer used for holding people; the structures may stand and serve otherwise."
    damaged = "damaged", "Struck by attack, fire or disaster and usable in part; whether people are held is uncertain."
    destroyed = "destroyed", "Beyond use, razed or abandoned as ruins."
    planned = "planned", "Announced or under construction; nobody has been held there yet."
    unknown = "unknown", "The sources do not tell whether it is still in use."


class FacilityRelation(Code):
    """What the other facility is to this one, outside the tree."""

    predecessor = "predecessor", "The other came before: its people or its function moved here."
    successor = "successor", "The other came after: people or function moved there from here."
    annex = "annex", "The other is an outlying part run from here, at a site of its own."
    same_site = "same_site", "The other shares this compound or building but is run separately, now or at another time."
