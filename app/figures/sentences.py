"""What a figure counts, in words: whose people, what became of them, of which cause, who is held responsible."""

from collections.abc import Sequence

from app.database.store import Row
from app.estimates.articles import possessive
from app.estimates.sentences import REPORTEDLY, describe_statement, is_reported, missing_in_words, said_of
from app.estimates.sentences import party as party_name
from app.figures.codes import FigureCause, FigureUnit
from app.history.codes import Access
from app.history.lookup import Lookup
from app.records.codes import FigureMeasure, FigureOf

PARTICIPLES = {
    FigureMeasure.hostages: "held hostage",
    FigureMeasure.attackers: "attacking",
    FigureMeasure.participants: "taking part",
    FigureMeasure.forces_engaged: "engaged",
    FigureMeasure.at_large: "at large",
    FigureMeasure.attempted_escape: "trying to escape",
    FigureMeasure.ill: "fallen ill",
    FigureMeasure.checkpoints_passed: "passed",
    FigureMeasure.vehicle_bombs: "",
    FigureMeasure.related_attacks: "",
    FigureMeasure.other: "counted otherwise",
}
"""What became of those counted, where the measure's own name does not say it."""
THINGS = {
    FigureMeasure.vehicle_bombs: ("vehicle bomb", "vehicle bombs"),
    FigureMeasure.related_attacks: ("related attack", "related attacks"),
    FigureMeasure.checkpoints_passed: ("checkpoint", "checkpoints"),
}
TAKING_PART = {
    FigureMeasure.attackers: ("attacker", "attackers"),
    FigureMeasure.participants: ("participant", "participants"),
}
"""Measures that name those counted, where no group does."""
GROUPS = {
    FigureOf.detainee: ("detainee", "detainees"),
    FigureOf.minor: ("minor", "minors"),
    FigureOf.family_member: ("family member", "family members"),
    FigureOf.attacker: ("attacker", "attackers"),
    FigureOf.militant: ("militant", "militants"),
    FigureOf.guard: ("guard", "guards"),
    FigureOf.security_force: ("member of security forces", "members of security forces"),
    FigureOf.staff: ("staff member", "staff"),
    FigureOf.civilian: ("civilian", "civilians"),
    FigureOf.aid_worker: ("aid worker", "aid workers"),
    FigureOf.unknown: ("person of unknown affiliation", "people of unknown affiliation"),
}
OWN = {FigureOf.security_force: "forces", FigureOf.guard: "guards", FigureOf.staff: "staff"}
"""Groups that are of somebody: `27 of the SDF's forces`."""
BELONGING = {FigureOf.detainee, FigureOf.minor, FigureOf.family_member, FigureOf.civilian}
"""Groups of whom `of ISIS` could be taken for something else than belonging to it."""
CAUSES = {
    FigureCause.violence: " by violence",
    FigureCause.use_of_force: " through use of force",
    FigureCause.suicide: " by suicide",
    FigureCause.illness: " of illness",
    FigureCause.accident: " by accident",
    FigureCause.undetermined: ", cause undetermined",
    FigureCause.pending: ", cause under examination",
    FigureCause.not_stated: ", cause not stated",
}
UNITS = {
    FigureUnit.families: ("family", "families"),
    FigureUnit.things: ("thing", "things"),
    FigureUnit.events: ("event", "events"),
}


def complete(shown: Row, row: Row, lookup: Lookup, tier: Access) -> None:
    """The sentence, and who stands behind the number."""
    incident = lookup.seen("incident", row["incident"], tier)
    subject = None if incident is None else str(incident["title"])
    describe_statement(shown, row, subject, counted(row, lookup, tier), lookup, tier)


def counted(row: Row, lookup: Lookup, tier: Access) -> str:
    """How many of whom, and what became of them."""
    measure, of = FigureMeasure(row["measure"]), [FigureOf(code) for code in row["of"]]
    side, by = (party_name(lookup, row[name], tier) for name in ("actor", "by"))
    participle = PARTICIPLES.get(measure, measure.replace("_", " "))
    if measure in TAKING_PART and not of:
        participle = ""
    if row["unit"] != FigureUnit.persons and measure not in THINGS:
        one, many = UNITS[FigureUnit(row["unit"])]
        of_whom = f" of {_people(of, side, measure)[1]}" if of or side else ""
        nouns = (f"{one}{of_whom}", f"{many}{of_whom}")
    else:
        nouns = _people(of, side, measure)
    if row["sex"] is not None:
        nouns = _of_sex(nouns, row["sex"])
    said = said_of(row).with_noun(*nouns)
    if participle:
        said += f" {REPORTEDLY} {participle}" if is_reported(row) else f" {participle}"
    if by:
        said += f" by {by}"
    if row["cause"] is not None:
        said += CAUSES[FigureCause(row["cause"])]
    if not participle and is_reported(row):
        said += f", {REPORTEDLY}"
    return said + missing_in_words(row)


def _people(of: Sequence[FigureOf], side: str | None, measure: FigureMeasure) -> tuple[str, str]:
    """Who is counted: one of them, and several; whose they are is never who did it."""
    if side is not None and not of and measure == FigureMeasure.forces_engaged:
        return f"member of {possessive(side)} forces", f"of {possessive(side)} forces"
    if side is not None and (not of and measure not in {*THINGS, *TAKING_PART}):
        return f"person of {side}", f"of {side}"
    if side is not None and of and set(of) <= OWN.keys():
        forces = f"{possessive(side)} {_listed([OWN[group] for group in of])}"
        return f"member of {forces}", f"of {forces}"
    if of:
        one, many = (_listed([GROUPS[group][place] for group in of], last) for place, last in ((0, "or"), (1, "and")))
    else:
        one, many = THINGS.get(measure) or TAKING_PART.get(measure) or ("person", "people")
    if side is None:
        return one, many
    whose = "belonging to" if BELONGING & set(of) else "of"
    return f"{one} {whose} {side}", f"{many} {whose} {side}"


def _of_sex(nouns: tuple[str, str], sex: str) -> tuple[str, str]:
    one, many = nouns
    if sex not in {"male", "female"}:
        of = "of a further sex" if sex == "other" else "of unstated sex"
        return f"{one} {of}", f"{many} {of}"
    if one.startswith(("of ", "member of ")):
        of = "men" if sex == "male" else "women"
        return f"{'man' if sex == 'male' else 'woman'} {one.removeprefix('member ')}", f"{of} {many}"
    return f"{sex} {one}", f"{sex} {many}"


def _listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a sentence lists them."""
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))
