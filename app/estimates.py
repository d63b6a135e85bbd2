"""The Estimate: a number as a bounded, dated, sourced claim. Populations and figures share it.

A client gives the bounds, or only the words of the source; then the bounds are read from the words (`app.wording`).
What was given stands: bounds beside words that read otherwise are kept and flagged `bounds_by_editor`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import blake2b
from typing import Any

import orjson
from pydantic import Field as Shown
from pydantic import ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import SQLModel

from app.codes import Access, Basis, EstimateFlag, MissingReason, Qualifier, Tally
from app.dates import PartialDate, in_words
from app.db import JSONText
from app.records import Lookup, PartialDay, Row, check, field, refers
from app.wording import Bounds, WordingError, describe, read_words

GREATEST = 2**53 - 1
"""The largest number that every JSON reader holds exactly."""

BOUNDS = ("low", "best", "high", "qualifier")


class EstimateFields(SQLModel):
    """What a source states about a number."""

    low: int | None = field(
        "The least the statement allows; null when it sets no floor.",
        example=25,
        default=None,
        ge=0,
        le=GREATEST,
        sa_type=BigInteger,
    )
    best: int | None = field(
        "The number the statement names as its own; null when it names only bounds.",
        example=None,
        default=None,
        ge=0,
        le=GREATEST,
        sa_type=BigInteger,
    )
    high: int | None = field(
        "The most the statement allows; null when it sets no ceiling.",
        example=None,
        default=None,
        ge=0,
        le=GREATEST,
        sa_type=BigInteger,
    )
    qualifier: Qualifier | None = field(
        "How the words bound the number.", example="at_least", default=None, nullable=False
    )
    as_written: str | None = field(
        "The words of the source for this number, untouched.", example="at least 25", default=None, max_length=200
    )
    basis: Basis = field("What the number rests on.", example="reported", default=Basis.reported)
    tally: Tally | None = field(
        "What stretch of time is counted; by default `current` for hostages, at_large, forces_engaged, else `total`.",
        example="current",
        default=None,
        nullable=False,
    )
    as_of: PartialDay = field(
        "The day, month or year spoken of: `2022`, `2022-01`, `2022-01-24`, or `A/B` for some day between.",
        example="2022-01-24",
    )
    period_start: PartialDay | None = field(
        "Where the count begins that `as_of` closes; required for flows and averages.",
        example="2022-01-20",
        default=None,
    )
    source: str = refers("source", "The document the number stands in.", example="lister-mei-2022-01-24", default=...)
    locator: str | None = field(
        "Where in the document: page, paragraph, cell.", example="paragraph 3", default=None, max_length=200
    )
    attributed_to: str | None = refers(
        "actor", "The party the document says the number is from; null when it speaks for itself.", example="sdf"
    )
    attribution_note: str | None = field(
        "How the document puts the attribution, where it names no known party.",
        example="reportedly",
        default=None,
        max_length=300,
    )
    note: str | None = field(
        "What a reader of the number must know.", default=None, max_length=2000, example="A floor, not a count."
    )
    flags: list[EstimateFlag] = field(
        "Cautions set by the register or by an import.",
        example=["bounds_by_editor"],
        default_factory=list,
        sa_type=JSONText,
    )
    missing_reason: MissingReason | None = field(
        "Why there is no number, for a null.", example="not_published", default=None
    )
    nth: int = field(
        "1; or 2, 3 ... for a further equal statement of the same source.", example=1, default=1, ge=1, le=1000
    )


class EstimateColumns(SQLModel):
    """What the register derives from an estimate, for its own use."""

    as_of_start: date
    as_of_end: date
    period_start_earliest: date | None = None
    period_start_latest: date | None = None
    originator: str
    statement: str


def estimate_checks() -> list[CheckConstraint]:
    """What the database refuses, whoever writes. Bounds out of order are kept only when an import flags them so."""
    out_of_order = f"""flags LIKE '%"{EstimateFlag.bounds_out_of_order}"%'"""
    return [
        check("low_not_negative", "low >= 0"),
        check("best_not_negative", "best >= 0"),
        check("high_not_negative", "high >= 0"),
        check(
            "bounds_in_order",
            "((low IS NULL OR best IS NULL OR low <= best) AND (best IS NULL OR high IS NULL OR best <= high)"
            f" AND (low IS NULL OR high IS NULL OR low <= high)) OR {out_of_order}",
        ),
        check("days_in_order", "as_of_start <= as_of_end"),
        check("nth_from_one", "nth >= 1"),
    ]


class EstimateBody(EstimateFields):
    """The rules of an estimate as a client writes it."""

    @field_validator("flags")
    @classmethod
    def _once(cls, flags: list[EstimateFlag]) -> list[EstimateFlag]:
        return sorted(set(flags), key=list(EstimateFlag).index)

    @model_validator(mode="after")
    def _bounded(self, info: ValidationInfo) -> "EstimateBody":
        flags = set(self.flags) - {EstimateFlag.bounds_by_editor, EstimateFlag.bounds_out_of_order}
        read = self._read()
        if (self.low, self.best, self.high, self.qualifier) == (None, None, None, None):
            if read is None:
                if self.missing_reason is None:
                    raise _fault("as_written", "give the number in words, its bounds, or a missing_reason")
                self.qualifier = Qualifier.unknown
            else:
                self.low, self.best, self.high, self.qualifier = read.low, read.best, read.high, read.qualifier
        else:
            self.qualifier = self.qualifier or _qualifier(self.low, self.best, self.high)
            if self.as_written is not None and (
                read is None
                or (read.low, read.best, read.high, read.qualifier) != (self.low, self.best, self.high, self.qualifier)
            ):
                flags.add(EstimateFlag.bounds_by_editor)
        if not _in_order(self.low, self.best, self.high):
            if not (info.context or {}).get("published"):
                raise _fault("low", "low, best and high must not fall: low <= best <= high")
            flags.add(EstimateFlag.bounds_out_of_order)
        if self.tally is None and read is not None:
            self.tally = read.tally
        self.flags = sorted(flags, key=list(EstimateFlag).index)
        return self

    @classmethod
    def unread(cls, _given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Words that cannot be read are told of beside the other faults of a record."""
        words = _given.get("as_written")
        if isinstance(words, str) and all(_given.get(name) is None for name in (*BOUNDS, "missing_reason")):
            try:
                read_words(words)
            except WordingError as unread:
                yield "as_written", f"{unread}; give the bounds beside the words"

    def _read(self) -> Bounds | None:
        """The words' own bounds; words that cannot be read are a fault only when nothing else gives the bounds."""
        if self.as_written is None:
            return None
        try:
            return read_words(self.as_written)
        except WordingError as unread:
            if (self.low, self.best, self.high, self.qualifier) == (
                None,
                None,
                None,
                None,
            ) and self.missing_reason is None:
                raise _fault("as_written", f"{unread}; give the bounds beside the words") from None
            return None


def _fault(name: str, sentence: str) -> PydanticCustomError:
    return PydanticCustomError("estimate", "{sentence}", {"sentence": sentence, "field": name})


def _in_order(low: int | None, best: int | None, high: int | None) -> bool:
    given = [bound for bound in (low, best, high) if bound is not None]
    return given == sorted(given)


def _qualifier(low: int | None, best: int | None, high: int | None) -> Qualifier:
    """What bounds say by themselves, when they come without a qualifier."""
    if low is not None and high is not None:
        return Qualifier.exact if low == high else Qualifier.between
    if low is not None:
        return Qualifier.at_least
    if high is not None:
        return Qualifier.at_most
    return Qualifier.unknown if best is None else Qualifier.approximately


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


def statement_of(row: Row, fields: tuple[str, ...]) -> str:
    """A short digest of what is stated about, by whom and where: equal for two tellings of one statement."""
    told = orjson.dumps([row[name] for name in fields], option=orjson.OPT_SORT_KEYS)
    return blake2b(told, digest_size=16).hexdigest()


def originator(row: Row, lookup: Lookup, tier: Access = Access.restricted) -> str | None:
    """Who stands behind a number: the party named; else the authors, where the views are theirs; else the publisher."""
    if row["attributed_to"] is not None:
        return row["attributed_to"] if lookup.seen("actor", row["attributed_to"], tier) is not None else None
    source = lookup.seen("source", row["source"], tier)
    if source is None:
        return None
    if source["views_of"] == "authors" and source["authors"]:
        return ", ".join(source["authors"])
    return str(source["publisher"] or source["title"])


def actor_name(lookup: Lookup, slug: str | None, tier: Access) -> str | None:
    """The short name of an actor, for a sentence; null when it is hidden."""
    actor = lookup.seen("actor", slug, tier)
    return None if actor is None else str(actor["short_name"] or actor["name"])


def reads_as(row: Row, subject: str, lookup: Lookup, tier: Access) -> str:
    """The estimate as a sentence to quote: its bounds, what it counts, when, and according to whom."""
    tally = Tally(row["tally"])
    number = describe(row["low"], row["best"], row["high"], Qualifier(row["qualifier"]), tally)
    day = in_words(PartialDate(row["as_of"], row["as_of_start"], row["as_of_end"]))
    told = originator(row | {"attributed_to": None}, lookup, tier)
    actor = lookup.seen("actor", row["attributed_to"], tier)
    party = actor_name(lookup, row["attributed_to"], tier)
    if actor is not None and told in {actor["name"], actor["short_name"]}:
        told = None
    behind = f"according to {party}" if party else ""
    if told:
        behind = f"{behind} as told by {told}" if behind else f"according to {told}"
    if row["attribution_note"]:
        behind = f"{behind} ({row['attribution_note']})".strip()
    counted = f"{number[:-1]}; {subject})" if number.endswith(")") else f"{number} ({subject})"
    return ", ".join(part for part in (counted, f"as of {day}", behind) if part)
