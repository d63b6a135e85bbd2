"""Groups that share people: why two numbers of an incident cannot be added."""

from collections.abc import Sequence
from itertools import product
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, Field

from app.records.codes import FigureOf

CROSSING = {
    FigureOf.minor: set(FigureOf),
    FigureOf.unknown: set(FigureOf),
    FigureOf.militant: {FigureOf.attacker, FigureOf.detainee},
    FigureOf.family_member: {FigureOf.detainee, FigureOf.civilian},
    FigureOf.aid_worker: {FigureOf.civilian},
}
"""Groups of different names that can hold the same person, by their definitions."""
SAME = "both say"
"""How it is put that two rows give one number: it may be one count that was read in two ways."""


class OverlapShown(BaseModel):
    """Two rows that count some of the same people."""

    rows: Annotated[list[str], Field(description="The keys of the two rows.", examples=[["measure=killed", "..."]])]
    why: Annotated[str, Field(description="What they share.", examples=["both count security_force"])]


class Group(Protocol):
    """What a row counts."""

    @property
    def of(self) -> Sequence[str]: ...
    @property
    def actor(self) -> str | None: ...
    @property
    def sex(self) -> str | None: ...
    @property
    def cause(self) -> str | None: ...


def overlap(one: Group, other: Group, best: Any = None, other_best: Any = None) -> str | None:
    """Why two groups may share people, as a sentence; none where a dimension keeps them apart."""
    for name in ("actor", "sex", "cause"):
        mine, others = getattr(one, name), getattr(other, name)
        if mine is not None and others is not None and mine != others:
            return None
    shared = [group for group in one.of if group in other.of]
    crossing = [
        f"{mine} and {others}"
        for mine, others in product(one.of, other.of)
        if mine != others and (_cross(mine, others) or _cross(others, mine))
    ]
    if one.of and other.of and not shared and not crossing:
        return None
    why = [_of_groups(one, other, shared, crossing)]
    unlike = (name for name in ("actor", "sex", "cause") if getattr(one, name) != getattr(other, name))
    why += [f"one of them leaves the {name} open" for name in unlike]
    if best is not None and best == other_best:
        why.append(f"{SAME} {best}")
    return "; ".join(why)


def _of_groups(one: Group, other: Group, shared: Sequence[str], crossing: Sequence[str]) -> str:
    if not one.of or not other.of:
        return "one of them counts everyone" if one.of or other.of else "both count everyone"
    if not shared:
        return f"the same person can be counted as {' or as '.join(crossing)}"
    apart = [
        f"only one counts {' and '.join(group for group in mine.of if group not in others.of)}"
        for mine, others in ((one, other), (other, one))
        if set(mine.of) - set(others.of)
    ]
    return ", ".join([f"both count {' and '.join(shared)}", *apart])


def _cross(one: str, other: str) -> bool:
    return FigureOf(other) in CROSSING.get(FigureOf(one), set())
