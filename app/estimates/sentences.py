"""The sentence of an estimate, to be quoted as it stands: where, when, how many of whom, according to whom.

`{place or event}, {when}: {words} {who} {participle}{, cause}{ (statistic)}, according to {originator}{, quoted by
{source}}.` What stands between the colon and `according to` is the noun's own: figures and populations say it.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import Field as Shown

from app.database.store import Row
from app.estimates.articles import with_article
from app.estimates.dates import PartialDate, in_words, parse_partial_date
from app.estimates.phrases import Phrase, phrase
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
                "Attack on al-Sina prison, as of 24 January 2022: 27 of the SDF's forces killed, according to the SDF."
            ],
        ),
    ),
}
"""What is shown of an estimate beside what was written."""
REPORTEDLY = "reportedly"
"""How a source puts what it attributes to nobody."""


def originator(row: Row, lookup: Lookup) -> str | None:
    """Who stands behind a number: the party named; else the authors, where the views are theirs; else the publisher."""
    return _behind(row, lookup, Access.restricted)[0]


def describe_statement(shown: Row, row: Row, subject: str | None, counted: str, lookup: Lookup, tier: Access) -> None:
    """Fill in who stands behind a number, and the sentence to quote.

    `subject` is the place or event, `counted` how many of whom and what became of them.
    """
    shown["originator"], according = _behind(row, lookup, tier)
    when = when_in_words(row)
    about = f"{capital(subject)}, {when}" if subject else capital(when)
    note = f" ({said.note})" if (said := said_of(row)).note else ""
    shown["reads_as"] = f"{about}: {counted}{note}{according}."


def said_of(row: Row) -> Phrase:
    """How many, in words; why there is no number is told by `missing_in_words`."""
    flags = tuple(row["flags"] or ())
    return phrase(row["as_written"], row["low"], row["best"], row["high"], row["qualifier"], row["tally"], flags)


def missing_in_words(row: Row) -> str:
    """Why there is no number, for the end of what is counted; empty where there is one."""
    return f" ({str(row['missing_reason']).replace('_', ' ')})" if row["missing_reason"] else ""


def is_reported(row: Row) -> bool:
    """Whether the source passes it on without saying from whom."""
    return row["attributed_to"] is None and (row["attribution_note"] or "").strip().lower() == REPORTEDLY


def capital(text: str) -> str:
    """A text that begins a sentence."""
    return text[:1].upper() + text[1:]


def _behind(row: Row, lookup: Lookup, tier: Access) -> tuple[str | None, str]:
    """Who stands behind a number, and how its sentence puts that."""
    key = row["source"], row["attributed_to"], row["attribution_note"], tier
    found = lookup.cache.get(key)
    if found is None:
        found = lookup.cache[key] = _originator(*key, lookup), _according(*key, lookup)
    return found


def _originator(source: str, attributed_to: str | None, _note: str | None, tier: Access, lookup: Lookup) -> str | None:
    if attributed_to is not None:
        return attributed_to if lookup.seen("actor", attributed_to, tier) is not None else None
    return speaker(source, lookup, tier)


def speaker(slug: str, lookup: Lookup, tier: Access) -> str | None:
    """Who speaks in a source: the authors, where the views are theirs; else the publisher."""
    source = lookup.seen("source", slug, tier)
    if source is None:
        return None
    return says(source)


def says(source: Mapping[str, Any]) -> str:
    """The same of a source that is at hand."""
    if source["views_of"] == "authors" and source["authors"]:
        return ", ".join(source["authors"])
    return str(source["publisher"] or source["title"] or ", ".join(source["authors"]))


def actor_name(lookup: Lookup, slug: str | None, tier: Access) -> str | None:
    """The short name of an actor, for a sentence; null when it is hidden."""
    actor = lookup.seen("actor", slug, tier)
    return None if actor is None else str(actor["short_name"] or actor["name"])


def party(lookup: Lookup, slug: str | None, tier: Access) -> str | None:
    """An actor as a sentence names it, with its article."""
    actor = lookup.seen("actor", slug, tier)
    if actor is None:
        return None
    return name_of(actor)


def name_of(actor: Mapping[str, Any]) -> str:
    """The same of an actor that is at hand."""
    return with_article(str(actor["short_name"] or actor["name"]), str(actor["name"]))


def when_in_words(row: Row) -> str:
    """When a statement speaks of: `as of 24 January 2022`, `between 4 December 2018 and 1 May 2019`, `in 2024`."""
    return _when(row["as_of"], row["as_of_start"], row["as_of_end"], row["period_start"])


@lru_cache(maxsize=16_384)
def _when(text: str, start: date, end: date, period_start: str | None) -> str:
    day = in_words(PartialDate(text, start, end))
    if period_start is None:
        return f"as of {day}"
    if period_start == text:
        return f"on {day}" if start == end else f"in {day}" if "/" not in text else day
    begins = parse_partial_date(period_start, today=date.max)
    if (begins.start, "/" in text) == (start, False) and begins.end == start:
        # From the first day of a month or year to its end: that month or year.
        return f"in {day}"
    if "/" in text or "/" in period_start:
        return f"from {in_words(begins)} to {day}"
    return in_words(PartialDate(f"{period_start}/{text}", begins.start, end)).removeprefix("some day ")


def _according(source: str, attributed_to: str | None, note: str | None, tier: Access, lookup: Lookup) -> str:
    """According to whom, as the sentence puts it; empty when nobody may be named."""
    said_by = speaker(source, lookup, tier)
    actor = lookup.seen("actor", attributed_to, tier)
    behind = ""
    if actor is not None:
        behind = f", according to {party(lookup, attributed_to, tier)}"
        if said_by in {actor["name"], actor["short_name"]}:
            said_by = None
    if said_by:
        behind += f", quoted by {with_article(said_by)}" if behind else f", according to {with_article(said_by)}"
    reported = attributed_to is None and (note or "").strip().lower() == REPORTEDLY
    if note and not reported:
        behind = f"{behind} ({note.strip().removesuffix('.')})"
    return behind
