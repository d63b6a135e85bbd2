"""What can be asked of sources."""

from typing import Annotated

from pydantic import Field

from app.records.filters import Day, NotAfter, NotBefore, OneOf, SearchText, Sources, Texts, Words
from app.records.listing import Listing
from app.records.parameters import MatchQuery
from app.sources.codes import SourceKind
from app.sources.models import SOURCES


class SourceFilters(MatchQuery):
    """The filters of sources."""

    q: SearchText = None
    kind: OneOf[SourceKind] = None
    publisher: Texts = None
    compiled_from: Sources = None
    language: Texts = None
    url: OneOf[Words] = None
    from_: Annotated[
        Day | None,
        NotBefore("published_on_earliest"),
        Field(alias="from", description="Only sources published on that day or later.", examples=["2022-01-24"]),
    ] = None
    to: Annotated[
        Day | None,
        NotAfter("published_on_earliest"),
        Field(description="Only sources published on that day or earlier.", examples=["2022-01-31"]),
    ] = None


LISTING = Listing(
    SOURCES,
    SourceFilters,
    sorts={
        "slug": "slug",
        "published_on": "published_on_earliest",
        "publisher": "publisher",
        "title": "title",
        "revision": "revision",
        "id": "id",
    },
    default="slug",
    example="lister-mei-2022-01-24",
    summary="The published documents that everything in the register rests on.",
)
