"""Codes of an estimate: how its words bound it, what it rests on, why there is none."""

from app.database.codes import Code


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
        "Published with a fraction and stored to the nearest whole; see the words as written.",
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
