"""The Estimate: a number as a bounded, dated, sourced claim. Populations and figures share it.

A client gives the bounds, or only the words of the source; then they are read from the words
(`app.estimates.words`). What a client wrote stands: bounds beside words that read otherwise are stored as written,
and flagged `bounds_by_editor`.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any, ClassVar

import orjson
from pydantic import ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import SQLModel

from app.database.fields import check, field, index, partial, refers, sparse
from app.database.store import Row
from app.database.types import Amount, JSONText
from app.estimates.codes import Basis, EstimateFlag, MissingReason, Qualifier, Tally
from app.estimates.dates import PartialDay, misplaced
from app.estimates.numbers import Number, Whole
from app.estimates.numerals import WordingError
from app.estimates.words import read_words

GREATEST = 2**53 - 1
"""The largest number that every JSON reader holds exactly."""
BOUNDS = ("low", "best", "high", "qualifier")
Stated = tuple[float | None, float | None, float | None, str | None]
"""The values of these."""
NOTHING: Stated = (None, None, None, None)
UNKNOWN: Stated = (None, None, None, Qualifier.unknown.value)
BY_EDITOR, OUT_OF_ORDER = EstimateFlag.bounds_by_editor.value, EstimateFlag.bounds_out_of_order.value
ROUNDED = EstimateFlag.rounded.value
DERIVED_FLAGS = {BY_EDITOR, OUT_OF_ORDER}
"""What the register finds itself."""


LOW = "The least the statement allows; null when it sets no floor."
BEST = "The number the statement names as its own; null when it names only bounds."
HIGH = "The most the statement allows; null when it sets no ceiling."


def _bound(about: str, example: int | None, kind: Any) -> Any:
    return field(about, example=example, default=None, ge=0, le=GREATEST, sa_type=kind)


class WholeBounds(SQLModel):
    """The bounds of what is counted and never averaged."""

    low: Whole | None = _bound(LOW, 25, BigInteger)
    best: Whole | None = _bound(BEST, None, BigInteger)
    high: Whole | None = _bound(HIGH, None, BigInteger)


class EstimateFields(SQLModel):
    """What a source states about a number."""

    low: Number | None = _bound(LOW, 25, Amount)
    best: Number | None = _bound(BEST, None, Amount)
    high: Number | None = _bound(HIGH, None, Amount)
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
    nth: Whole = field(
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


def estimate_indexes() -> list[Index]:  # pragma: no mutate block (as below)
    """What estimates are found by, each ended by the order of a page, and what else they are sorted by."""
    return [
        *(
            index(name, "as_of_end", "id")
            for name in ("measure", "basis", "qualifier", "tally", "source", "originator")
        ),
        *(sparse(name, "as_of_end", "id") for name in ("attributed_to", "missing_reason")),
        partial("flags", "as_of_end", "id", where="flags <> '[]'"),
        # What a day range begins with stands beside what it ends with: a page of those that began by some day passes
        # over the others without a look at their rows.
        index("as_of_end", "id", "as_of_start"),
        index("as_of_start", "as_of_end", "id"),
        index("measure", "id"),
    ]


def estimate_checks() -> list[CheckConstraint]:  # pragma: no mutate block (runs on import, before a mutant is chosen)
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

    not_after: ClassVar[Mapping[str, str]] = {"period_start": "as_of"}

    @classmethod
    def takes_fractions(cls, _values: Mapping[str, Any]) -> bool:
        """Whether a number with these fields beside it is an average, which may have a fraction."""
        return False

    @field_validator("flags")
    @classmethod
    def _once(cls, flags: list[str]) -> list[str]:
        return _in_place(flags)

    @model_validator(mode="after")
    def _bounded(self, info: ValidationInfo) -> "EstimateBody":
        broken = next((name for name in BOUNDS[:3] if type(getattr(self, name)) is float), None)
        if broken is not None and not self.takes_fractions(self.__dict__):
            raise _fault(broken, "a count is a whole number; only a daily average has a fraction")
        flags: set[str] = {flag for flag in self.flags if flag not in DERIVED_FLAGS} if self.flags else set()
        stated, (read, tally) = (self.low, self.best, self.high, self.qualifier), self._read()
        bounds: Stated = UNKNOWN
        if stated != NOTHING:
            bounds = stated if self.qualifier is not None else (*stated[:3], _qualifier(*stated[:3]).value)
            if self._differs(read, bounds):
                flags.add(BY_EDITOR)
        elif read is not None:
            bounds = read
        elif self.missing_reason is None:
            raise _fault("as_written", "give the number in words, its bounds, or a missing_reason")
        if not _in_order(*bounds[:3]):
            if not (info.context or {}).get("published"):
                raise _fault("low", "low, best and high must not fall: low <= best <= high")
            flags.add(OUT_OF_ORDER)
        if self.missing_reason is not None and bounds[:3] != NOTHING[:3]:
            raise _fault("missing_reason", "there is a number: missing_reason says why there is none")
        # Not one by one: an assignment costs a model more than these rules do.
        self.__dict__.update(zip(BOUNDS, bounds, strict=True), flags=_in_place(flags), tally=self.tally or tally)
        return self

    def _differs(self, read: Stated | None, bounds: Stated) -> bool:
        """Whether bounds are the editor's: the words beside them are read otherwise, or cannot be read."""
        if read is not None:
            # An average that was rounded before it came here says so itself.
            return read != bounds and not (ROUNDED in self.flags and self.takes_fractions(self.__dict__))
        # Where a reason stands for the number, this is what the register itself makes of words it cannot read.
        from_reason = self.missing_reason is not None and bounds == UNKNOWN
        # A published fraction cannot be read as a count: that its bounds are the nearest whole is what `rounded` says.
        return self.as_written is not None and not from_reason and ROUNDED not in self.flags

    @classmethod
    def unread(cls, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Words that cannot be read, and a period that begins after it ends, beside the other faults of a record."""
        yield from misplaced(values, {}, cls.not_after)
        words = values.get("as_written")
        if isinstance(words, str) and all(values.get(name) is None for name in (*BOUNDS, "missing_reason")):
            try:
                read_words(words, fractions=cls.takes_fractions(values))
            except WordingError as unread:
                yield "as_written", f"{_clause(unread)}; give the bounds beside the words"

    def _read(self) -> tuple[Stated | None, str | None]:
        """The words' own bounds and tally; that they cannot be read is a fault when nothing else gives the bounds."""
        if self.as_written is None:
            return None, None
        read = _reading(self.as_written, fractions=self.takes_fractions(self.__dict__))
        if not isinstance(read, str):
            return read
        if self.missing_reason is None and (self.low, self.best, self.high, self.qualifier) == NOTHING:
            raise _fault("as_written", f"{_clause(read)}; give the bounds beside the words")
        return None, None


@lru_cache(maxsize=65_536)
def _reading(words: str, *, fractions: bool) -> tuple[Stated, str | None] | str:
    """What words state, or why they cannot be read: most are written many times."""
    try:
        read = read_words(words, fractions=fractions)
    except WordingError as unread:
        return str(unread)
    return (read.low, read.best, read.high, read.qualifier.value), None if read.tally is None else read.tally.value


def _clause(sentence: object) -> str:
    """A sentence that goes on."""
    return str(sentence).removesuffix(".")


def _in_place(flags: Collection[str]) -> list[str]:
    """Flags in the order of their list."""
    return [flag.value for flag in EstimateFlag if flag in flags] if flags else []


def _fault(name: str, sentence: str) -> PydanticCustomError:
    return PydanticCustomError("estimate", "{sentence}", {"sentence": sentence, "field": name})


def _in_order(low: float | None, best: float | None, high: float | None) -> bool:
    if low == best == high:
        return True
    stated = [bound for bound in (low, best, high) if bound is not None]
    return stated == sorted(stated)


def _qualifier(low: float | None, best: float | None, high: float | None) -> Qualifier:
    """What bounds say by themselves, when they come without a qualifier."""
    if low is not None and high is not None:
        return Qualifier.exact if low == high else Qualifier.between
    if low is not None:
        return Qualifier.at_least
    if high is not None:
        return Qualifier.at_most
    return Qualifier.unknown if best is None else Qualifier.approximately


def statement_of(row: Row, fields: tuple[str, ...]) -> str:
    """A short digest of what is stated about, by whom and where: equal wherever the same is stated again.

    It begins with a digest of the first field, what the statement is about: its index then keeps together what is
    written together, where digests of nothing but the whole would touch a page for each.
    """
    values = _values(fields)(row)
    text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return _digest_of(values[0]) + blake2b(text, digest_size=12).hexdigest()


@lru_cache(maxsize=4096)
def _digest_of(about: str) -> str:
    return blake2b(about.encode(), digest_size=4).hexdigest()


@cache
def _values(fields: tuple[str, ...]) -> Callable[[Row], tuple[Any, ...]]:
    return itemgetter(*fields)
