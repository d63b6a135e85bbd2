"""Code lists: what a field may say, each code with its one-line definition.

The enum that validates a field is the one `GET /v1/vocabularies` serves and the one the CHECK constraint is made from.
A list's public name is its class name in kebab case: `FacilityKind` is `facility-kind`. Codes of one noun stand in that
noun's `codes.py`; here stand those that several share.
"""

import re
from enum import StrEnum
from typing import Self

VOCABULARIES: dict[str, type["Code"]] = {}


class Code(StrEnum):
    """A closed list of codes; every member carries its definition."""

    definition: str

    def __new__(cls, code: str, definition: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.definition = definition
        return member

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        VOCABULARIES[re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()] = cls


class Qualifier(Code):
    """How the words of the source bound the number."""

    exact = "exact", "The source gives one number without a hedge: low, best and high are that number."
    approximately = (
        "approximately",
        "A round or hedged number ('about', 'roughly'): best only; taken as plus or minus 10 %.",
    )
    at_least = "at_least", "A floor that includes the number named ('at least 25'): low only."
    more_than = "more_than", "A floor that leaves the number named out ('more than 450'): low is one above it."
    at_most = "at_most", "A ceiling that includes the number named ('as many as 800'): high only."
    fewer_than = "fewer_than", "A ceiling that leaves the number named out ('fewer than 10'): high is one below it."
    between = "between", "A range with both ends named ('between 20 and 30'): low and high."
    magnitude = "magnitude", "An order of size in words ('dozens', 'hundreds'): low and high of that order."
    unknown = (
        "unknown",
        "The source speaks of a number and gives none ('several', 'an undetermined number'): no bounds.",
    )


class Tally(Code):
    """What stretch of time a number counts."""

    total = "total", "Everything counted since it began, up to the as-of date."
    current = "current", "How many at that moment: those held hostage, at large or engaged as of the date."
    additional = "additional", "On top of an earlier figure ('another 300'); never replaces it."


class Access(Code):
    """Who may see a record."""

    public = "public", "Everyone, without a key."
    partner = (
        "partner",
        "Holders of a key with read:partner; anybody else who asks for it by name is told it is closed.",
    )
    restricted = "restricted", "Holders of a key with read:restricted; for anybody else the record does not exist."


class Basis(Code):
    """How whoever stands behind a number came to it."""

    counted = "counted", "A head count or roll call, made on the spot by the one who states it."
    documented = "documented", "Case by case: each person or event is on a list that the one who states it verified."
    official = (
        "official",
        "From the records of the body responsible (a register, a statistical return), as it released them.",
    )
    estimated = (
        "estimated",
        "An informed judgement without a count: from capacity, imagery, samples or knowledge of the place.",
    )
    claimed = "claimed", "Asserted by a party to the events, with nothing shown that others could check."
    reported = "reported", "Passed on by somebody who does not say how it was obtained; the default."
    extrapolated = "extrapolated", "Projected from another date, place or subgroup by a stated rate or trend."
    derived = (
        "derived",
        "Calculated from other published numbers: a sum, a difference, a percentage turned into a count.",
    )


class EstimateFlag(Code):
    """What a reader must know before using a number."""

    bounds_by_editor = (
        "bounds_by_editor",
        "The bounds were set by an editor and differ from what the words alone would give.",
    )
    bounds_out_of_order = (
        "bounds_out_of_order",
        "Published data whose low, best and high are not in rising order; kept as published.",
    )
    rounded = (
        "rounded",
        "Published with a fraction (an average) and stored to the nearest whole; see the words as written.",
    )
    single_person = (
        "single_person",
        "Speaks of one person, who might be recognised: take care before repeating or joining it.",
    )


class MissingReason(Code):
    """Why there is no number where one could be expected; missing is never zero."""

    not_collected = "not_collected", "Nobody counted or recorded it."
    not_published = "not_published", "It is known to somebody, who has not released it."
    not_applicable = "not_applicable", "No such number can exist here: the women held in a prison for men only."
    suppressed = (
        "suppressed",
        "Withheld on purpose by the publisher or this register, as small counts are to protect people.",
    )
    pending = "pending", "Announced or being prepared; it is expected to be published."
    unreadable = "unreadable", "It was published, but the copy at hand is damaged, cut off or ambiguous at this place."


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


class ReasonCode(Code):
    """Why a record was changed or taken back."""

    new_report = "new_report", "Something was published or became known since; what stood here was right for its time."
    source_corrected = "source_corrected", "The source itself published a correction or withdrew what it had said."
    our_error = "our_error", "The source was right and this register had it wrong: misread, mistyped or misattributed."
    duplicate = "duplicate", "The same thing stands in the register under another record, which remains."
    out_of_scope = (
        "out_of_scope",
        "It does not belong in a register of detention facilities, their populations and incidents.",
    )
    safety = "safety", "Leaving it as it was could put somebody in danger."
    legal = "legal", "A law, a court order or the terms of a licence require it."


class ChangeAction(Code):
    """What a revision did to a record, as the feed of changes tells it."""

    create = "create", "The record is new, or has become visible to readers of this tier."
    update = "update", "What the record shows has changed: a field of its own, or something it shows of another record."
    retract = (
        "retract",
        "Withdrawn, or no longer visible to this tier; its past stays readable where the tier may see it.",
    )
    merge = "merge", "Given up in favour of a record of the same thing, which `merged_into` names."
    # Not named `split`: that is a method of str.
    split_ = (
        "split",
        "Brought back: it had been given up in favour of another record, and is a thing of its own after all.",
    )
    redact = "redact", "Content removed from the present and the past alike, because showing it could do harm."
