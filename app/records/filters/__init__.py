"""Filters as typed lines: from the values of a query parameter to a condition on the rows.

A filter is one line of a noun's query class: its name, its type and a condition. Given and absent differ, zero is a
value. The values stay parameters of the statement, so a statement is compiled once for each set of filters.
"""

from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, StringConstraints
from pydantic import Field as Range

from app.estimates.dates import DateError, parse_partial_date
from app.records.filters.bounds import OfOne, Value
from app.records.filters.columns import (
    RANKED,
    After,
    Called,
    Coarse,
    Condition,
    NoBreakdown,
    NotAfter,
    NotBefore,
    OrTotal,
    often,
    rank_of,
    ranks,
)
from app.records.filters.disputes import DISPUTED_FIGURE, DISPUTED_POPULATION, Disputed, DisputedClaim, DisputedIncident
from app.records.filters.lists import Coded, Exactly, Holds, InList, Key, NamedInList
from app.records.filters.references import (
    Named,
    NamedThrough,
    OrTotalNamed,
    SaidBy,
    Through,
    TouchingFacility,
    Within,
    is_id,
)
from app.records.filters.scope import Scope, few, is_there, listed
from app.records.text import tidy

__all__ = [
    "DISPUTED_FIGURE",
    "DISPUTED_POPULATION",
    "RANKED",
    "Actors",
    "After",
    "Age",
    "Asked",
    "Called",
    "Coarse",
    "Coded",
    "Condition",
    "Day",
    "Disputed",
    "DisputedClaim",
    "DisputedIncident",
    "Exactly",
    "Facilities",
    "Holds",
    "InList",
    "Incidents",
    "Key",
    "Named",
    "NamedInList",
    "NamedThrough",
    "NoBreakdown",
    "NotAfter",
    "NotBefore",
    "OfOne",
    "OneOf",
    "OneOfFew",
    "OrTotal",
    "OrTotalNamed",
    "Pair",
    "SaidBy",
    "Scope",
    "SlugOrId",
    "Sources",
    "Through",
    "TotalOr",
    "TouchingFacility",
    "Value",
    "Within",
    "Words",
    "few",
    "is_id",
    "is_there",
    "listed",
    "often",
    "rank_of",
    "ranks",
]
T = TypeVar("T")
SlugOrId = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(tidy)]
Pair = Annotated[str, StringConstraints(pattern=r"^[^\s:]+:.+$", max_length=300), AfterValidator(tidy)]
Age = Annotated[int, Range(ge=0, le=150)]


def _day(text: str) -> str:
    try:
        parse_partial_date(text, today=date.max)
    except DateError as fault:
        raise ValueError(str(fault)) from None
    return text


def _says_something(text: str) -> str:
    if not any(letter.isalnum() for letter in text):
        raise ValueError("it holds no letter and no digit")
    return text


Day = Annotated[str, AfterValidator(_day)]
OneOf = Annotated[list[T] | None, Condition()]
OneOfFew = Annotated[list[T] | None, Coarse()]
TotalOr = Annotated[list[Literal["total"] | T] | None, OrTotal()]
Actors = Annotated[list[SlugOrId] | None, Named(noun="actor")]
Facilities = Annotated[list[SlugOrId] | None, Named(noun="facility")]
Incidents = Annotated[list[SlugOrId] | None, Named(noun="incident")]
Sources = Annotated[list[SlugOrId] | None, Named(noun="source")]
Asked = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_says_something)] | None,
    Called(),
    Range(
        description="Only records that are called so, by a name, title, publisher or key of theirs, or by where they "
        "lie; the best first, each with `match`, at most 200. Case, accents, articles, script, order and a misspelling "
        "or two do not matter.",
        examples=["Ghwayran prison"],
    ),
]
