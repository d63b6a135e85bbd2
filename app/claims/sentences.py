"""A claim as a sentence: whose it is, what it is about, and what others make of it; never as established."""

from typing import Any

from pydantic import Field as Shown

from app.claims.codes import ClaimModality, ClaimVerdict
from app.database.store import Row
from app.estimates.articles import with_article
from app.estimates.dates import in_words, parse_partial_date
from app.estimates.sentences import capital, party, speaker
from app.history.codes import Access
from app.history.lookup import Lookup

MADE = {
    ClaimModality.asserted: "claimed by",
    ClaimModality.probable: "held probable by",
    ClaimModality.possible: "held possible by",
    ClaimModality.questioned: "asked by",
    ClaimModality.assumed: "assumed by",
    ClaimModality.forecast: "forecast by",
    ClaimModality.recommended: "recommended by",
}
CALLED = {
    ClaimVerdict.supported: "supported by",
    ClaimVerdict.likely: "called likely by",
    ClaimVerdict.unverified: "called unverified by",
    ClaimVerdict.disputed: "disputed by",
    ClaimVerdict.refuted: "refuted by",
    ClaimVerdict.misinformation: "called misinformation by",
}
DERIVED: dict[str, Any] = {
    "reads_as": (
        str,
        Shown(
            description="The claim as a sentence to quote; it always names its maker, where you may know that.",
            examples=[
                "Attack on al-Sina prison: Turkey was complicit (claimed by the SDF; called misinformation by Monitor)."
            ],
        ),
    )
}


def complete(shown: Row, row: Row, lookup: Lookup, tier: Access) -> None:
    """The sentence."""
    subject = _subject(row, lookup, tier)
    statement = str(row["statement"]).strip().removesuffix(".")
    notes = [_made(row, lookup, tier), *_assessed(shown, lookup, tier)]
    shown["reads_as"] = (
        f"{capital(subject)}: {statement} ({'; '.join(notes)})." if subject else (f"{statement} ({'; '.join(notes)}).")
    )


def _subject(row: Row, lookup: Lookup, tier: Access) -> str | None:
    """What it is about: the event, else the place, else the actor."""
    for noun, name in (("incident", "title"), ("facility", "name")):
        record = lookup.seen(noun, row[noun], tier)
        if record is not None:
            return str(record[name])
    return party(lookup, row["about"], tier)


def _made(row: Row, lookup: Lookup, tier: Access) -> str:
    maker = row["author"] or party(lookup, row["made_by"], tier) or "a party that is withheld"
    said_by = speaker(row["source"], lookup, tier)
    made = f"{MADE[ClaimModality(row['modality'])]} {maker}"
    if said_by and with_article(said_by) != maker:
        made += f", quoted by {with_article(said_by)}"
    if row["made_on"] is not None:
        made += f", {in_words(parse_partial_date(row['made_on']))}"
    return made


def _assessed(shown: Row, lookup: Lookup, tier: Access) -> list[str]:
    verdicts = []
    for one in shown["assessments"]:
        by = speaker(one["source"], lookup, tier) if one["source"] else None
        judge = with_article(by) if by else "a source that is withheld"
        verdicts.append(f"{CALLED[ClaimVerdict(one['verdict'])]} {judge}")
    return verdicts
