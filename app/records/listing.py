"""How a collection is read: its filters, its orders, what may be included, and the shapes of its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from app.records.collection import Collection
from app.records.filters import Condition
from app.records.parameters import ListQuery, RecordQuery, conditions, listing_query, record_query
from app.records.shapes import shown


@dataclass(frozen=True)
class Latest:
    """Of each subject, the statements whose day range ends latest on or before `as_of`; what ties is all shown.

    A statement without a number, and one that adds to an earlier one, hide no other.
    """

    subject: tuple[str, ...]
    per: Literal["group", "originator", "source"] = "group"
    """What `as_of` takes the latest of unless `latest_per` says so: each subject, or its every originator or source."""
    since_it_began: bool = False
    """Whether one counts since its subject began, unless it says from when on: then it hides those of that period."""


@dataclass(frozen=True, eq=False)
class Listing:
    """How a collection is read: its filters, its orders, what may be included, and what its latest statements are."""

    collection: Collection
    filters: type[ListQuery]
    sorts: Mapping[str, str]
    """What a client may sort by, and the column it is."""
    default: str
    example: str
    """The key of one of its records in the reference event."""
    summary: str
    """What the documentation says of its routes as a whole."""
    latest: Latest | None = None
    holds: Mapping[str, str] = field(default_factory=dict)
    """Collections whose records name this one's: `include` brings those too. The field that names it."""
    of_facility: bool = False
    """Whether it is listed under a facility too, at `/v1/facilities/{facility}/...`."""
    includes: tuple[str, ...] = ()
    """The collections that its records mention and those it `holds`, as the catalogue finds them."""

    @property
    def placed(self) -> bool:
        """Whether its records lie somewhere on the globe."""
        return "latitude" in self.collection.fields

    @cached_property
    def query(self) -> type[ListQuery]:
        """The query parameters of the list."""
        return listing_query(
            self.filters,
            self.collection.table.__name__,
            body=self.collection.body,
            fields=self.collection.fields,
            sorts=tuple(self.sorts),
            includes=self.includes,
        )

    @cached_property
    def record_query(self) -> type[RecordQuery]:
        """The query parameters of one record."""
        return record_query(
            self.collection.table.__name__,
            fields=self.collection.fields,
            includes=self.includes,
        )

    @cached_property
    def conditions(self) -> dict[str, Condition]:
        """The filters, by parameter."""
        return conditions(self.query)

    @cached_property
    def page(self) -> type[BaseModel]:
        """The shape of a page."""
        name = self.collection.table.__name__
        record: Any = shown(self.collection)
        following = Field(description="The address of the next page, relative; null on the last.", examples=[None])
        counted = Field(
            default=None,
            description="How many records the filters hold in all, when `count=exact` asks.",
            examples=[51],
        )
        return create_model(
            f"{name}Page",
            __doc__=f"A page of {self.collection.name}.",
            data=(list[record], Field(description="The records.")),
            next=(str | None, following),
            revision=(int, Field(description="The revision the page was answered from.", examples=[1])),
            count=(int | None, counted),
            readings=(Readings | None, Field(default=None, description=READINGS)),
            included=(Included | None, Field(default=None, description="What `include` asked for.")),
        )

    @cached_property
    def written(self) -> type[BaseModel]:
        """The shape of the answer to a batch."""
        record: Any = shown(self.collection)
        return create_model(
            f"{self.collection.table.__name__}Written",
            __doc__=f"The {self.collection.name} of a batch, as written.",
            data=(list[record], Field(description="The records, in the order given.")),
            revision=(int, Field(description="The revision they were written in.", examples=[2])),
        )

    @cached_property
    def single(self) -> type[BaseModel]:
        """The shape of one record, with what `include` brings."""
        record = shown(self.collection)
        brought: Any = (Included | None, Field(default=None, description="What `include` asked for."))
        about = f"{record.__doc__} With what `include` asked for."
        cited: Any = (Cite | None, Field(default=None, description="How it is cited; not where `fields` trims it."))
        return create_model(f"{record.__name__}Record", __base__=record, __doc__=about, included=brought, cite=cited)


READINGS = "How many records there are by each reading of `match`, when `count=exact` asks and a filter has several."


class Readings(BaseModel):
    """How many records filters hold, by each way to read what is known within bounds only."""

    stated: int = Field(description="By what is stated.", examples=[12])
    certain: int = Field(description="Where it holds for all that the statement allows.", examples=[9])
    possible: int = Field(description="Where it holds for something that the statement allows.", examples=[17])


class Cite(BaseModel):
    """How a record or an answer is cited."""

    text: str = Field(description="To be quoted as it stands.", examples=["27 killed. Register, figure 8, revision 1."])
    permalink: str = Field(description="What gives the same for ever.", examples=["/v1/figures/8?revision=1"])


class Included(BaseModel):
    """Records mentioned in the answer, by collection and slug, each once, at the same revision."""

    model_config = {"extra": "allow"}
