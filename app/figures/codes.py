"""Code lists of the figures of incidents."""

from app.database.codes import Code


class FigureMeasure(Code):
    """What happened to the people, or which things or events, the number counts."""

    killed = "killed", "Lives taken by violence, on whichever side; where the cause is any or unstated it is `died`."
    died = "died", "Lost their lives of any or unstated cause, killings included; narrow it by `cause`."
    injured = "injured", "Wounded or hurt and alive, as of the date."
    ill = "ill", "Fell sick or tested positive, as of the date; those who died of it are under `died`."
    escaped = "escaped", "Got out of custody, whether or not they were caught later; still out is `at_large`."
    attempted_escape = "attempted_escape", "Tried to get out and did not."
    recaptured = (
        "recaptured",
        "Caught again after getting out, or seized while breaking out; giving oneself up is `surrendered`.",
    )
    surrendered = "surrendered", "Laid down arms or gave themselves up, fighters and rebelling detainees alike."
    arrested = "arrested", "Newly taken into custody over the incident: attackers, helpers, suspects."
    at_large = "at_large", "Got out and not back in custody as of the date: a current number."
    hostages = "hostages", "Held under threat by attackers or detainees as of the date: a current number."
    rescued = "rescued", "Hostages or trapped people brought to safety, released ones included."
    missing = "missing", "Unaccounted for: whether escaped, dead or elsewhere is not known."
    released = "released", "Let go by those who held them in custody; freed hostages are `rescued`."
    transferred = "transferred", "Moved to another place of custody because of the incident."
    displaced = "displaced", "Left their homes because of it, residents of the surroundings above all."
    attackers = "attackers", "Took part in the assault from outside; without those inside who joined, unless stated."
    participants = "participants", "Took part in a riot, protest, strike or other act from inside."
    forces_engaged = "forces_engaged", "Guards, troops or police deployed against it as of the date: a current number."
    vehicle_bombs = "vehicle_bombs", "Vehicles carrying explosives that were set off or meant to be; unit things."
    related_attacks = "related_attacks", "Further attacks elsewhere that the source ties to this incident; unit events."
    checkpoints_passed = "checkpoints_passed", "Checkpoints the attackers got through on their way; unit things."
    other = "other", "A number none of these describes; say what it counts in the note."


class FigureOf(Code):
    """Whom the number counts; several together where the source adds them up, none for everyone."""

    detainee = "detainee", "Held at the facility when it happened, whatever the legal title."
    minor = "minor", "Under 18, on whichever side; named beside another group where both are stated."
    family_member = "family_member", "Held or present only as kin of a suspect or fighter."
    attacker = "attacker", "Took part in the assault from outside."
    militant = "militant", "Member of an armed group, attacker or rebelling detainee not told apart by the source."
    guard = "guard", "Watches over people held: prison guards and warders, whoever employs them."
    security_force = (
        "security_force",
        "Soldiers, fighters or police on the side of the operator, other than its guards.",
    )
    staff = "staff", "Works at the facility other than as a guard: administration, kitchen, health, teaching."
    civilian = (
        "civilian",
        "Takes no part in the fighting and is neither held nor employed there: residents, passers-by.",
    )
    aid_worker = "aid_worker", "Works for a humanitarian organisation, local or international."
    unknown = "unknown", "Stated to be of unidentified affiliation; for a number over everyone give no group."


class FigureCause(Code):
    """What caused the deaths, injuries or illness counted; null means whatever the cause."""

    violence = (
        "violence",
        "Harm done by another, armed fighting included; by staff against people held: `use_of_force`.",
    )
    use_of_force = "use_of_force", "Force used by staff or security forces on duty against people held."
    suicide = "suicide", "Taking one's own life, as found by whoever states it; in non-fatal figures, the attempt."
    illness = "illness", "Disease, old age or lack of care for it: what statistics call natural causes."
    accident = "accident", "Unintended: falls, fires, traffic, accidental overdose."
    undetermined = "undetermined", "Examined, and no cause could be found."
    pending = "pending", "Under examination: an inquest or autopsy has not concluded."
    not_stated = "not_stated", "Counted by the source under no cause at all, in a table that gives causes for others."


class FigureUnit(Code):
    """What one of the number is."""

    persons = "persons", "Individual human beings; the default."
    families = "families", "Households, of however many members; never converted into persons here."
    things = "things", "Objects or places: vehicles, weapons, checkpoints."
    events = "events", "Occurrences: attacks, attempts, strikes."
