"""Sources: the published documents that every figure and claim stands in."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field as Shown
from pydantic import StringConstraints, model_validator
from sqlmodel import SQLModel

from app.database.fields import check, field, index, refers, sparse
from app.database.store import Row
from app.database.types import JSONText
from app.estimates.dates import PartialDate, PartialDay, in_words
from app.history.codes import Access
from app.history.lookup import Lookup
from app.records.bodies import NamedBody, refuse
from app.records.collection import Collection
from app.records.tables import NamedRecord, record_indexes
from app.sources.codes import SourceKind, SourceViewsOf

# Not `regex=` of a field: a text that may be null is not held to that.
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,8})*$")]
WebAddress = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\.[^\s]+$", max_length=1000)]


class SourceFields(SQLModel):
    """One published document: a report, an article, a bulletin, a data release."""

    kind: SourceKind = field("What sort of document it is.", example="article")
    publisher: str | None = field(
        "Who published it.", example="Middle East Institute", default=None, min_length=1, max_length=300
    )
    authors: list[str] = field(
        "Who wrote it, as named there.", example=["Charles Lister"], default_factory=list, sa_type=JSONText
    )
    views_of: SourceViewsOf = field(
        "Whose views it gives: `authors` where it says so, else the publisher's.",
        example="authors",
        default=SourceViewsOf.publisher,
    )
    title: str | None = field(
        "Its title as published; null where none is known.",
        example="Attack on al-Sina Prison points to broader ISIS resurgence",
        default=None,
        min_length=1,
        max_length=500,
    )
    compiled_from: str | None = refers(
        "source", "The document that this one was compiled from, where it is known.", example="annual-report"
    )
    published_on: PartialDay | None = field("When it was published.", example="2022-01-24", default=None)
    url: WebAddress | None = field(
        "Where it can be read.",
        example="https://www.mei.edu/blog/attack-al-sina-prison-points-broader-isis-resurgence",
        default=None,
    )
    archive_url: WebAddress | None = field(
        "Where a kept copy can be read.", example="https://archive.example/al-sina", default=None
    )
    accessed_on: PartialDay | None = field(
        "When it was last read for this register.", example="2026-11-22", default=None
    )
    language: LanguageCode | None = field("The language it is written in (ISO 639 code).", example="en", default=None)
    licence: str | None = field("The terms it may be reused under.", example="CC BY 4.0", default=None, max_length=200)
    note: str | None = field(
        "What a reader of it must know.", example="Dated by inference.", default=None, max_length=2000
    )


class SourceBody(NamedBody, SourceFields):
    """A source as a client writes it."""

    not_before: ClassVar[Mapping[str, str]] = {"accessed_on": "published_on"}

    @model_validator(mode="after")
    def _called_something(self) -> Self:
        refuse(self._nameless())
        return self

    def _nameless(self) -> Iterator[tuple[str, str]]:
        if self.title is None and self.publisher is None and not self.authors:
            yield "title", "say its title, its publisher or its authors"


class Source(SourceFields, NamedRecord, table=True):
    """One published document: a report, an article, a bulletin, a data release."""

    __table_args__ = (
        check("not_compiled_from_itself", "compiled_from <> slug"),
        check("called_something", "title IS NOT NULL OR publisher IS NOT NULL OR authors <> '[]'"),
        *record_indexes(),
        *(index(name, "slug") for name in ("kind", "publisher")),
        *(sparse(name, "slug") for name in ("language", "compiled_from")),
        *(index(name, "id") for name in ("published_on_earliest", "publisher", "title")),
        sparse("url"),
    )

    published_on_earliest: date | None = None
    published_on_latest: date | None = None
    accessed_on_earliest: date | None = None
    accessed_on_latest: date | None = None


def complete(shown: Row, row: Row, _lookup: Lookup, _tier: Access) -> None:
    """What to call it."""
    shown["label"] = label(row)


def label(row: Row) -> str:
    """The title of a source; where none is known, who published or wrote it, and when."""
    if row["title"] is not None:
        return str(row["title"])
    behind = row["publisher"] or ", ".join(row["authors"])
    if row["published_on"] is None:
        return str(behind)
    day = PartialDate(row["published_on"], row["published_on_earliest"], row["published_on_latest"])
    return f"{behind}, {in_words(day)}"


DERIVED: dict[str, Any] = {
    "label": (
        str,
        Shown(
            description="What to call it: its title; where none is known, who published it and when.",
            examples=["Rudaw, 24 January 2022"],
        ),
    )
}
SOURCES = Collection(
    name="sources",
    noun="source",
    about="The published documents that figures and claims stand in.",
    table=Source,
    body=SourceBody,
    derived=DERIVED,
    complete=complete,
    echoed=frozenset({"title", "publisher", "authors", "views_of"}),
    called=("title", "publisher"),
    mergeable=True,
    subject=True,
)
