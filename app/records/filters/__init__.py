"""Filters as typed lines: from the values of a query parameter to a condition on the rows.

A filter is one line of a noun's query class: its name, its type and a condition. Given and absent differ, zero is a
value. The values stay parameters of the statement, so a statement is compiled once for each set of filters.
"""

from collections.abc import Callable
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
    Text,
    often,
    rank_of,
    ranks,
)
from app.records.filters.disputes import DISPUTED_FIGURE, DISPUTED_POPULATION, Disputed, DisputedClaim, DisputedIncident
from app.records.filters.lists import Coded, Exactly, Holds, InList, Key, NamedInList
from app.records.filters.places import FINE, REACH_KM, Beside, Lies, around, box_of, distance_km, point_of, shown_at
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
    "FINE",
    "RANKED",
    "REACH_KM",
    "Actors",
    "After",
    "Age",
    "Beside",
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
    "InBox",
    "InList",
    "Incidents",
    "Key",
    "Lies",
    "Named",
    "NamedInList",
    "NamedThrough",
    "NearPoint",
    "NoBreakdown",
    "NotAfter",
    "NotBefore",
    "OfOne",
    "OneOf",
    "OneOfFew",
    "OrTotal",
    "OrTotalNamed",
    "Pair",
    "RadiusKm",
    "SaidBy",
    "Scope",
    "SearchText",
    "SlugOrId",
    "Sources",
    "Text",
    "Texts",
    "Through",
    "TotalOr",
    "TouchingFacility",
    "Value",
    "Within",
    "Words",
    "around",
    "distance_km",
    "few",
    "is_id",
    "is_there",
    "listed",
    "often",
    "point_of",
    "rank_of",
    "ranks",
    "shown_at",
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


def _place(read: Callable[[str], object]) -> AfterValidator:
    def check(text: str) -> str:
        read(text)
        return text

    return AfterValidator(check)


Day = Annotated[str, AfterValidator(_day)]
InBox = Annotated[
    Annotated[str, StringConstraints(max_length=200), _place(box_of)] | None,
    Lies(),
    Range(
        description="Only what lies in this box: `west,south,east,north` in degrees, by the coordinates shown to you. "
        "With its west east of its east it crosses the antimeridian. What has no coordinates lies nowhere; `match` "
        "reads how precise they are.",
        examples=["40.5,36.2,41.5,36.9"],
    ),
]
NearPoint = Annotated[
    Annotated[str, StringConstraints(max_length=100), _place(point_of)] | None,
    Beside(),
    Range(
        description="Only what lies within `radius_km` of this point, `latitude,longitude` in degrees, the nearest "
        "first, each with `distance_km`; by the coordinates shown to you, at most 1,000.",
        examples=["36.5,40.7"],
    ),
]
RadiusKm = Annotated[
    float | None,
    Range(description="How far round the point of `near`, in kilometres; 50 by default.", gt=0, le=2000, examples=[25]),
]
OneOf = Annotated[list[T] | None, Condition()]
Texts = Annotated[list[Words] | None, Text()]
OneOfFew = Annotated[list[T] | None, Coarse()]
TotalOr = Annotated[list[Literal["total"] | T] | None, OrTotal()]
Actors = Annotated[list[SlugOrId] | None, Named(noun="actor")]
Facilities = Annotated[list[SlugOrId] | None, Named(noun="facility")]
Incidents = Annotated[list[SlugOrId] | None, Named(noun="incident")]
Sources = Annotated[list[SlugOrId] | None, Named(noun="source")]
SearchText = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(_says_something)] | None,
    Called(),
    Range(
        description="Only records that are called so, by a name, title, publisher or key of theirs, or by where they "
        "lie; the best first, each with `match`, at most 200. Case, accents, articles, script, order and a misspelling "
        "or two do not matter.",
        examples=["Ghwayran prison"],
    ),
]
