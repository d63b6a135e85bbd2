"""Statements as values: what a rule reads of populations and figures, and how an answer shows each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from app.answers.codes import StatementRole
from app.estimates.ranges import Range, allowed, stated


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement about a number, as the reader may see it, and what a rule has made of it so far."""

    collection: str
    record: Mapping[str, Any]
    """Its stored JSON."""
    published: str = ""
    """The last day on which its source may have been published; empty where that is not known."""
    published_from: str = ""
    """The first."""
    role: StatementRole = StatementRole.used
    why: str | None = None

    @property
    def end(self) -> date:
        """The last day it may speak of."""
        return date.fromisoformat(self.record["as_of_end"])

    @property
    def behind(self) -> Any:
        """Who stands behind it. One whose originator is hidden is nobody else's: it stands for itself."""
        return self.record["originator"] or self.record["id"]

    @property
    def newness(self) -> tuple[date, str]:
        """What the later of two statements is decided by: the day spoken of, then publication."""
        return self.end, self.published

    @property
    def range(self) -> Range:
        """The values it allows."""
        return allowed(self.record)

    @property
    def stated(self) -> list[Any]:
        """The values it names."""
        return stated(self.record)

    def with_role(self, role: StatementRole, why: str | None = None) -> "Statement":
        """The same statement, with what a rule has made of it."""
        return replace(self, role=role, why=why)

    def shown(self) -> dict[str, Any]:
        """As an answer shows it."""
        own = ("originator", "source", "as_of", "as_written", "low", "best", "high", "qualifier", "reads_as")
        of_rule = {"role": self.role.value, "why": self.why}
        return {"collection": self.collection, "id": self.record["id"], **of_rule} | {
            name: self.record[name] for name in own
        }


Bound = Annotated[float | int | None, Field(union_mode="smart")]


class Number(BaseModel):
    """A number that was worked out: null is unknown, and never zero."""

    low: Annotated[
        Bound, Field(description="The least it may be; null where a statement leaves that side open.", examples=[268])
    ]
    best: Annotated[Bound, Field(description="The number named by the newest; null where none is.", examples=[374])]
    high: Annotated[
        Bound, Field(description="The most it may be; null where a statement leaves that side open.", examples=[None])
    ]


class StatementShown(Number):
    """A statement that an answer rests on, or leaves aside."""

    model_config = ConfigDict(title="Statement", extra="forbid")

    collection: Annotated[str, Field(description="The collection it is a record of.", examples=["figures"])]
    id: Annotated[int, Field(description="Its number there.", examples=[27])]
    role: Annotated[StatementRole, Field(description="What the rule made of it.", examples=["used"])]
    why: Annotated[
        str | None, Field(description="The reason, where it is not used.", examples=["it counts another period"])
    ]
    originator: Annotated[str | None, Field(description="Who stands behind it; null if hidden.", examples=["sdf"])]
    source: Annotated[str | None, Field(description="Where it was read.", examples=["thenational-2022-01-31"])]
    as_of: Annotated[str, Field(description="When it speaks of, as written.", examples=["2022-01-31"])]
    as_written: Annotated[str | None, Field(description="Its words.", examples=["about 374"])]
    qualifier: Annotated[str, Field(description="How its words bind the number.", examples=["approximately"])]
    reads_as: Annotated[str, Field(description="It as a sentence to quote.", examples=["about 374 killed"])]
