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
