"""Code lists of facilities."""

from app.codes import Code


class FacilityLevel(Code):
    """Where a node stands in the tree of facilities."""

    network = "network", "A system of sites under one operator or administration; has no walls of its own."
    facility = "facility", "One site with its own perimeter, or its own administration within a shared one."
    unit = "unit", "Part of one site: a wing, block, annex or section whose people can be counted apart."


class FacilityKind(Code):
    """What sort of place it is by its use; where several fit, the one that most of those held are there for."""

    prison = (
        "prison",
        "Holds people serving sentences, remand prisoners among them or not; run by a prison service or its like.",
    )
    pretrial = "pretrial", "For people awaiting trial or sentence: remand centres, jails for the unconvicted, SIZO."
    police_custody = "police_custody", "Police stations and lock-ups, for the hours or days before a court decides."
    military = "military", "Run by armed forces, for their own members, captured fighters or civilians."
    intelligence = "intelligence", "Run by a security or intelligence service, often closed to courts and visitors."
    immigration = "immigration", "For people held over entry, stay or removal, not over an offence."
    juvenile = "juvenile", "For children in conflict with the law, and young adults held with them."
    psychiatric = (
        "psychiatric",
        "Secure care for mental illness ordered by a court or authority, forensic wards included.",
    )
    hospital = "hospital", "Other medical sites with people in custody as patients: prison hospitals, guarded wards."
    rehabilitation = (
        "rehabilitation",
        "Compulsory treatment or re-education: drug treatment, deradicalisation, reform schools.",
    )
    labour = "labour", "Forced work is the main purpose: penal colonies, labour camps and work farms."
    camp = "camp", "Open ground with tents or shelters, fenced or guarded, whose residents may not freely leave."
    transit = "transit", "For short holding between two places: reception, sorting and transfer centres, airport zones."
    hotel = "hotel", "Hotels, hostels or rented flats whose rooms an authority uses to hold people."
    improvised = "improvised", "Taken over for want of a prison and run openly: schools, warehouses, stadiums, ships."
    unofficial = (
        "unofficial",
        "Outside any acknowledged system, its existence denied or hidden: secret sites, private jails.",
    )
    supervision = (
        "supervision",
        "Sentences served outside walls: open centres, halfway houses, home detention, probation units.",
    )
    other = "other", "The use is known and none of these fits; say what under `kind_as_written`."
    unknown = "unknown", "The source does not let one tell what the place is used for."


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
