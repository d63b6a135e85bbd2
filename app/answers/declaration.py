"""What a derived answer is: declared as a value, from which its route, its formats and its documentation are made.

An answer reads statements at a view (a revision, a tier), applies a rule that has a name and a number, and stores
nothing. To add one, write a module that declares it and add it to `app.answers.listed`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import BaseModel, Field

from app.catalogue.columns import ModelTable, Record
from app.database.readers import Fetch
from app.errors import BadInput
from app.reading.view import View
from app.records.filters import Day
from app.records.listing import Cite
from app.records.parameters import Query


class AnswerQuery(Query):
    """What every derived answer takes. `rule` is narrowed to the rules of the answer, `format` to its formats."""

    rule: str | None = None
    format: str | None = None
    bom: Annotated[
        bool | None, Field(description="Begin `format=csv` with a byte order mark, as Excel wants it.", examples=[True])
    ] = None


class DatedQuery(AnswerQuery):
    """What an answer takes that speaks of a day."""

    as_of: Annotated[
        Day | None,
        Field(
            description="The day spoken of: only statements that end on or before it count. By default, and at the "
            "latest, the day on which the answered revision was recorded.",
            examples=["2022-01-31"],
        ),
    ] = None


class Head(BaseModel):
    """What every derived answer says of itself."""

    rule: Annotated[str, Field(description="The rule it was worked out by.", examples=["toll/1"])]
    revision: Annotated[int, Field(description="The revision it was worked out at.", examples=[1])]
    cite: Annotated[Cite, Field(description="How it is cited.")]


class DatedHead(Head):
    """What one says of itself that speaks of a day."""

    as_of: Annotated[str, Field(description="The day spoken of.", examples=["2022-01-31"])]


class OfIncident(DatedHead):
    """What one says of itself that is about an incident."""

    incident: Annotated[str, Field(description="The incident's slug.", examples=["al-sina-prison-attack-2022"])]


class OfFacility(DatedHead):
    """What one says of itself that is about a facility."""

    facility: Annotated[str, Field(description="The facility's slug.", examples=["al-hol-camp"])]


class Unnamed(Exception):
    """Filters that name no record: what to say of them is worked out when the rule's snapshot is closed."""

    def __init__(self, problem: Callable[[], Awaitable[BadInput]]) -> None:
        super().__init__()
        self.problem = problem


class Question(NamedTuple):
    """What is asked of a derived answer, all checked; every statement that `fetch` runs sees one state."""

    view: View
    fetch: Fetch
    query: Any
    subject: Record | None
    """The record that the path names, as the reader may see it."""
    as_of: date
    rule: str
    revision: int


Rule = Callable[[Question], Awaitable[dict[str, Any]]]
"""Reads what it needs and gives the content of the answer: what stands beside its subject, day, rule and revision."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DerivedAnswer:
    """One derived answer."""

    name: str
    """The operation's name; `get_` comes before it."""
    path: str
    """Where it is asked; `{noun}` stands for the record it is about."""
    subject: str | None = None
    """The noun of that record."""
    summary: str
    about: str
    query: type[AnswerQuery]
    rules: Mapping[str, Rule]
    """Its rules by name and number, the newest first: that one answers unless another is asked for."""
    model: type[BaseModel]
    """The answer's shape."""
    rows: str
    """The member of the answer that is its table in formats other than JSON."""
    slow: bool = False
    """Whether it reads much: then it does not keep quick reads waiting."""

    @cached_property
    def table(self) -> ModelTable:
        """Its table, as the encoders of formats take it."""
        (row,) = get_args(self.model.model_fields[self.rows].annotation)
        return ModelTable(self.name.replace("_", "-"), row)
