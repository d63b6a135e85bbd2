"""What a population counts, in words: how many of which group were held, or could be held, and how that was counted."""

from functools import lru_cache

from app.database.store import Row
from app.estimates.codes import EstimateFlag
from app.estimates.sentences import (
    REPORTEDLY,
    actor_name,
    describe_statement,
    is_reported,
    missing_in_words,
    party,
    said_of,
)
from app.history.codes import Access
from app.history.lookup import Lookup
from app.populations.codes import PopulationLegalStatus, PopulationMeasure, PopulationStatistic
from app.records.countries import country_names

PARTICIPLES = {
    PopulationMeasure.held: "held",
    PopulationMeasure.admitted: "admitted",
    PopulationMeasure.released: "released",
    PopulationMeasure.died: "died in custody",
}
ADULT, CHILD = 18, 17
"""From this age on people are adults; up to that they are children."""
BEFORE = {PopulationLegalStatus.sentenced, PopulationLegalStatus.unsentenced}
"""Legal statuses that stand before the noun."""
AFTER = {
    PopulationLegalStatus.administrative: " in administrative detention",
    PopulationLegalStatus.migration: " in migration detention",
    PopulationLegalStatus.security: " in security detention",
    PopulationLegalStatus.without_charge: " without charge",
    PopulationLegalStatus.family_member: " as relatives of people suspected or held",
    PopulationLegalStatus.unknown: ", legal status not stated",
}
"""Those that stand after what is said of those counted."""
STATISTICS = {
    PopulationStatistic.midnight: "at midnight",
    PopulationStatistic.official: "official capacity",
    PopulationStatistic.operational: "operational capacity",
    PopulationStatistic.design: "design capacity",
    PopulationStatistic.emergency: "emergency capacity",
    PopulationStatistic.contracted: "contracted capacity",
    PopulationStatistic.out_of_use: "out of use",
}
Nouns = tuple[str, str]
"""One of those counted, and several."""
CAPACITY_NOUNS: tuple[Nouns, ...] = (("man", "men"), ("woman", "women"), ("person", "people"))
DETAINED_NOUNS: tuple[Nouns, ...] = (
    ("male detainee", "male detainees"),
    ("female detainee", "female detainees"),
    ("person", "people"),
)


def complete(shown: Row, row: Row, lookup: Lookup, tier: Access) -> None:
    """The sentence, and who stands behind the number."""
    facility = lookup.seen("facility", row["facility"], tier)
    subject = None
    if facility is not None:
        subject = f"{facility['name']} (network)" if facility["level"] == "network" else str(facility["name"])
    describe_statement(shown, row, subject, counted(row, lookup, tier), lookup, tier)


def counted(row: Row, lookup: Lookup, tier: Access) -> str:
    """How many of whom, and what is said of them."""
    measure = PopulationMeasure(row["measure"])
    one, many, details = _group(
        measure.value,
        row["group"],
        row["sex"],
        row["min_age"],
        row["max_age"],
        row["legal_status"],
        row["nationality"],
        tuple(row["dimensions"].items()),
    )
    said, participle = said_of(row), PARTICIPLES.get(measure, "")
    if participle and participle.split()[0] in many.split():
        participle = ""
    belonging = _belonging(row, many, lookup, tier)
    reported = f"{REPORTEDLY} " if is_reported(row) else ""
    ending = f" {reported}{participle}" if participle else ""
    if row["statistic"] == PopulationStatistic.daily_average:
        text = said.with_noun("on average", "on average")
        text += f" (daily average of {many}{belonging}{ending}{details})"
    elif EstimateFlag.rounded in row["flags"]:
        text = f"{said.with_noun(many, many)}{belonging}{ending}{details} (as published, with a fraction)"
    else:
        text = f"{said.with_noun(one, many)}{belonging}{ending}{details}"
    statistic = STATISTICS.get(PopulationStatistic(row["statistic"]))
    return text + (f" ({statistic})" if statistic else "") + missing_in_words(row)


def _belonging(row: Row, many: str, lookup: Lookup, tier: Access) -> str:
    """Whom the holder takes them to belong to: a claim, and told as one."""
    short, named = actor_name(lookup, row["affiliation"], tier), party(lookup, row["affiliation"], tier)
    if short is None or named is None or short.lower() in many.lower():
        return ""
    return f", alleged to belong to {named},"


@lru_cache(maxsize=4096)
def _group(  # noqa: PLR0917  (what a sentence takes of a row)
    measure: str,
    group: str | None,
    sex: str | None,
    min_age: int | None,
    max_age: int | None,
    legal_status: str | None,
    nationality: str | None,
    dimensions: tuple[tuple[str, str], ...],
) -> tuple[str, str, str]:
    """One of a group, several of it, and what stands after what is said of them."""
    plain = (group or "").lower().replace("-", " ")
    details = AFTER.get(PopulationLegalStatus(legal_status), "") if legal_status and "famil" not in plain else ""
    # What the source's own name of the group says is not said again.
    further = (_dimension(name, code) for name, code in dimensions if code.replace("_", " ").lower() not in plain)
    details += "".join(f", {words}" for words in further)
    if measure == PopulationMeasure.staff:
        one, many = "staff member", "staff"
        if group is not None:
            one = many = group
        elif sex in {"male", "female"}:
            one, many = f"{sex} {one}", f"{sex} {many}"
        return one, many, details
    whole = all(value is None for value in (group, sex, min_age, max_age, legal_status, nationality))
    if measure == PopulationMeasure.capacity and whole:
        return "place", "places", details
    if group is not None:
        one = many = group
    else:
        one, many = (_described(noun, legal_status, nationality) for noun in _nouns(measure, sex, min_age, max_age))
    if measure == PopulationMeasure.capacity:
        return f"place for {many}", f"places for {many}", details
    return one, many, details


def _nouns(measure: str, sex: str | None, min_age: int | None, max_age: int | None) -> Nouns:
    """People by sex and age, as a sentence calls one and several of them."""
    place = {"male": 0, "female": 1}.get(sex or "", 2)
    if max_age is not None and max_age <= CHILD:
        one, many = (("boy", "boys"), ("girl", "girls"), ("child", "children"))[place]
        ages = "" if max_age == CHILD and min_age in {None, 0} else _aged(min_age, max_age)
    elif min_age is not None and min_age >= ADULT:
        one, many = (("man", "men"), ("woman", "women"), ("adult", "adults"))[place]
        ages = "" if min_age == ADULT and max_age is None else _aged(min_age, max_age)
    else:
        of_sex = CAPACITY_NOUNS if measure == PopulationMeasure.capacity else DETAINED_NOUNS
        one, many = of_sex[place]
        ages = _aged(min_age, max_age)
    if sex in {"other", "unknown"}:
        ages += " of a further sex" if sex == "other" else " of unstated sex"
    return f"{one}{ages}", f"{many}{ages}"


def _aged(min_age: int | None, max_age: int | None) -> str:
    if min_age is not None and max_age is not None:
        return f" aged {min_age} to {max_age}" if min_age != max_age else f" aged {min_age}"
    if min_age is not None:
        return f" aged {min_age} and over"
    return f" under {max_age + 1}" if max_age is not None else ""


def _described(noun: str, legal_status: str | None, nationality: str | None) -> str:
    if nationality == "foreign":
        noun = f"foreign {noun}"
    elif nationality is not None:
        noun = f"{noun} from {country_names()[nationality]}"
    return f"{legal_status} {noun}" if legal_status in BEFORE else noun


def _dimension(name: str, code: str) -> str:
    return f"{code.replace('_', ' ')} {name.replace('_', ' ')}"
