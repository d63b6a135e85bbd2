"""The sentence of an estimate: what it counts, as of when, according to whom."""

from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import Field as Shown

from app.database.store import Row
from app.estimates.codes import EstimateFlag, Qualifier, Tally
from app.estimates.dates import PartialDate, in_words
from app.estimates.words import describe
from app.history.codes import Access
from app.history.lookup import Lookup

DERIVED: dict[str, Any] = {
    "originator": (
        str | None,
        Shown(
            description="Who stands behind it: the party it is attributed to, else the authors, else the publisher.",
            examples=["sdf"],
        ),
    ),
    "reads_as": (
        str,
        Shown(
            description="The statement as a sentence to quote.",
            examples=[
                "at least 25 (security force of SDF held hostage), as of 24 January 2022, according to Charles Lister"
            ],
        ),
    ),
}
"""What is shown of an estimate beside what was written."""


def originator(row: Row, lookup: Lookup) -> str | None:
    """Who stands behind a number: the party named; else the authors, where the views are theirs; else the publisher."""
    return _behind(row, lookup, Access.restricted)[0]


def describe_statement(shown: Row, row: Row, subject: str, lookup: Lookup, tier: Access) -> None:
    """Fill in who stands behind a number, and the sentence to quote: its bounds, what it counts, when, from whom."""
    shown["originator"], according = _behind(row, lookup, tier)
    number = _number(row["low"], row["best"], row["high"], row["qualifier"], row["tally"])
    if EstimateFlag.rounded in row["flags"] and row["as_written"] is not None:
        published = f"published as {row['as_written']}"
        number = f"{number[:-1]}; {published})" if number.endswith(")") else f"{number} ({published})"
    counted = f"{number[:-1]}; {subject})" if number.endswith(")") else f"{number} ({subject})"
    day = _day(row["as_of"], row["as_of_start"], row["as_of_end"])
    shown["reads_as"] = f"{counted}, as of {day}, {according}" if according else f"{counted}, as of {day}"


def _behind(row: Row, lookup: Lookup, tier: Access) -> tuple[str | None, str]:
    """Who stands behind a number, and how its sentence puts that."""
    key = row["source"], row["attributed_to"], row["attribution_note"], tier
    found = lookup.kept.get(key)
    if found is None:
        found = lookup.kept[key] = _originator(*key, lookup), _according(*key, lookup)
    return found


def _originator(source: str, attributed_to: str | None, _note: str | None, tier: Access, lookup: Lookup) -> str | None:
    if attributed_to is not None:
        return attributed_to if lookup.seen("actor", attributed_to, tier) is not None else None
    return _speaker(source, lookup, tier)


def _speaker(slug: str, lookup: Lookup, tier: Access) -> str | None:
    """Who speaks in a source: the authors, where the views are theirs; else the publisher."""
    source = lookup.seen("source", slug, tier)
    if source is None:
        return None
    if source["views_of"] == "authors" and source["authors"]:
        return ", ".join(source["authors"])
    return str(source["publisher"] or source["title"] or ", ".join(source["authors"]))


def actor_name(lookup: Lookup, slug: str | None, tier: Access) -> str | None:
    """The short name of an actor, for a sentence; null when it is hidden."""
    actor = lookup.seen("actor", slug, tier)
    return None if actor is None else str(actor["short_name"] or actor["name"])


@lru_cache(maxsize=65_536)
def _number(low: int | None, best: int | None, high: int | None, qualifier: str, tally: str) -> str:
    return describe(low, best, high, Qualifier(qualifier), Tally(tally))


@lru_cache(maxsize=16_384)
def _day(text: str, start: date, end: date) -> str:
    return in_words(PartialDate(text, start, end))


def _according(source: str, attributed_to: str | None, note: str | None, tier: Access, lookup: Lookup) -> str:
    """According to whom, as the sentence puts it; empty when nobody may be named."""
    speaker = _speaker(source, lookup, tier)
    actor = lookup.seen("actor", attributed_to, tier)
    party = actor_name(lookup, attributed_to, tier)
    if actor is not None and speaker in {actor["name"], actor["short_name"]}:
        speaker = None
    behind = f"according to {party}" if party else ""
    if speaker:
        behind = f"{behind} as told by {speaker}" if behind else f"according to {speaker}"
    if note:
        behind = f"{behind} ({note})".strip()
    return behind
