"""Sources: the published documents that every figure and claim stands in."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar

from pydantic import StringConstraints
from sqlmodel import SQLModel

from app.database.fields import field, index, sparse
from app.database.types import JSONText
from app.estimates.dates import PartialDay
from app.records.bodies import NamedBody
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
    title: str = field(
        "Its title, or a description where it has none.",
        example="Commentary on the attack on al-Sina prison",
        min_length=1,
        max_length=500,
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


class Source(SourceFields, NamedRecord, table=True):
    """One published document: a report, an article, a bulletin, a data release."""

    __table_args__ = (
        *record_indexes(),
        *(index(name, "slug") for name in ("kind", "publisher")),
        sparse("language", "slug"),
        *(index(name, "id") for name in ("published_on_earliest", "publisher", "title")),
        sparse("url"),
    )

    published_on_earliest: date | None = None
    published_on_latest: date | None = None
    accessed_on_earliest: date | None = None
    accessed_on_latest: date | None = None


SOURCES = Collection(
    name="sources",
    noun="source",
    about="The published documents that figures and claims stand in.",
    table=Source,
    body=SourceBody,
    echoed=frozenset({"title", "publisher", "authors", "views_of"}),
    called=("title", "publisher"),
    mergeable=True,
    subject=True,
)
