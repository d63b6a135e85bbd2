"""Codes that several nouns share."""

from app.database.codes import Code


class Sex(Code):
    """Sex as recorded by whoever counted; null means everyone, whatever their sex."""

    female = "female", "Women and girls; the age limits tell them apart."
    male = "male", "Men and boys; the age limits tell them apart."
    other = "other", "A further category in the source's own count, such as nonbinary, X or third gender."
    unknown = "unknown", "People counted under 'sex not stated'; for a number over all sexes leave the field null."


class PartOfDay(Code):
    """When in the day something happened, by local time, where no hour is stated."""

    night = "night", "About 21:00 to 05:00, within the calendar day given: its first hours or its last."
    morning = "morning", "About 05:00 to noon, dawn included."
    afternoon = "afternoon", "Noon to about 17:00, midday included."
    evening = "evening", "About 17:00 to 21:00, dusk included."
    unknown = "unknown", "The source leaves the time of day open."


class LocationPrecision(Code):
    """How much of the map the coordinates stand for."""

    exact = "exact", "The site itself: the building or the compound within its walls."
    near = "near", "Close by, within about a kilometre: the street or neighbourhood, or beside a known landmark."
    area = "area", "The town, village or surroundings, within about ten kilometres; also what generalising leaves."
    region = "region", "Only the province, governorate or district is known; the point is its centre or chief town."
    country = "country", "Only the country is known; the point stands for all of it."
    unknown = "unknown", "Nothing is known about how the coordinates were obtained, or there are none."


class NameKind(Code):
    """How a name came to be borne."""

    official = "official", "Used by the operator or in law for it today, in whichever language."
    alias = "alias", "In common use beside the official one: nicknames, abbreviations, names taken from the place."
    transliteration = "transliteration", "Another spelling of a listed name, carried over from a different script."
    former = "former", "Official at an earlier time and since given up."


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
