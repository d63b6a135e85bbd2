"""An eighth collection, as somebody adds one: three files, one line of the catalogue, and a migration.

It stands in a copy of the application; the register itself knows no visits.
"""

import shutil
from pathlib import Path
from typing import Final

from app.catalogue.versions import newest

ROOT: Final = Path(__file__).parents[2]

CODES: Final = '''\
"""Code lists of visits."""

from app.database.codes import Code


class VisitKind(Code):
    """What sort of visit it is."""

    announced = "announced", "The place knew of it before."
    unannounced = "unannounced", "Nobody there knew of it before."
'''

MODELS: Final = '''\
"""Visits: who came to see a place of detention, and when."""

from datetime import date

from sqlmodel import SQLModel

from app.estimates.dates import PartialDay
from app.records.bodies import Identifier, NamedBody
from app.records.collection import Collection
from app.records.tables import NamedRecord, Part
from app.database.fields import field, index, refers, sparse
from app.records.tables import part_of
from app.visits.codes import VisitKind


class VisitFields(SQLModel):
    """Somebody from outside who came to see a place."""

    title: str = field("What it is called.", example="Visit of 2022", min_length=1, max_length=300)
    kind: VisitKind = field("What sort of visit it is.", example="announced")
    facility: str = refers("facility", "The place.", example="al-sina-prison", default=...)
    visitor: str | None = refers("actor", "Who came.", example="sdf")
    visited_on: PartialDay | None = field("When.", example="2022-01-24", default=None)


class VisitBody(NamedBody, VisitFields):
    """A visit as a client writes it."""

    identifiers: list[Identifier] = field("Its keys in lists.", default_factory=list, max_length=50)
    sources: list[str] = field(
        "What tells of it.", example=["lister-mei-2022-01-24"], default_factory=list, max_length=50
    )


class Visit(VisitFields, NamedRecord, table=True):
    """Somebody from outside who came to see a place."""

    __table_args__ = (
        index("kind", "slug"), index("facility", "slug"), sparse("visitor", "slug"), index("visited_on_earliest", "id"),
    )

    visited_on_earliest: date | None = None
    visited_on_latest: date | None = None


class VisitIdentifier(Identifier, Part, table=True):
    """The keys of visits in lists."""

    __tablename__ = "visit_identifier"
    __table_args__ = part_of("visit", index("scheme", "value", "owner_id"))


class VisitSource(Part, table=True):
    """What tells of visits."""

    __tablename__ = "visit_source"
    __table_args__ = part_of("visit", index("source", "owner_id"))

    source: str = refers("source", "The document.", example="lister-mei-2022-01-24", default=...)


VISITS = Collection(
    name="visits",
    noun="visit",
    about="Who came to see a place of detention, and when.",
    table=Visit,
    body=VisitBody,
    parts={"identifiers": VisitIdentifier, "sources": VisitSource},
)
'''

QUERIES: Final = '''\
"""What can be asked of visits."""

from typing import Annotated

from pydantic import Field

from app.records.filters import Actors, Day, Facilities, Key, NamedInList, NotBefore, OneOf, Pair, SlugOrId, Within
from app.records.listing import Listing
from app.records.parameters import ListQuery
from app.visits.codes import VisitKind
from app.visits.models import VISITS, VisitIdentifier, VisitSource


class VisitFilters(ListQuery):
    """The filters of visits."""

    facility: Facilities = None
    within: Annotated[
        list[SlugOrId] | None,
        Within("facility"),
        Field(description="Only to these places and what lies under them.", examples=[["sdf-isis-prisons"]]),
    ] = None
    kind: OneOf[VisitKind] = None
    visitor: Actors = None
    identifier: Annotated[
        list[Pair] | None,
        Key(part=VisitIdentifier),
        Field(description="Only visits with one of these keys.", examples=[["npm:7"]]),
    ] = None
    source: Annotated[
        list[SlugOrId] | None,
        NamedInList(noun="source", part=VisitSource),
        Field(description="Only visits that one of these documents tells of.", examples=[["lister-mei-2022-01-24"]]),
    ] = None
    from_: Annotated[
        Day | None,
        NotBefore("visited_on_earliest"),
        Field(alias="from", description="Only visits on that day or later.", examples=["2022-01-24"]),
    ] = None


LISTING = Listing(
    VISITS,
    VisitFilters,
    sorts={"slug": "slug", "title": "title", "visited_on": "visited_on_earliest", "id": "id"},
    default="slug",
    example="visit-of-2022",
    summary="Visits to places of detention.",
    of_facility=True,
)
'''

MIGRATION: Final = '''\
"""Keep visits."""

import sqlalchemy as sa
from alembic import op

from app.catalogue.collections import COLLECTIONS
from app.database.types import metadata
from app.history.past import history_of

revision = "9999"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    visits = COLLECTIONS["visits"]
    kept = [visits.rows, *visits.part_tables.values()]
    metadata.create_all(op.get_bind(), tables=[*kept, *map(history_of, kept)])
    for table in kept:
        op.keep(table.name)
    counter = sa.table("counter", sa.column("collection"), sa.column("last_id"))
    op.bulk_insert(counter, [{{"collection": "visits", "last_id": 0}}])
'''


def with_visits(folder: Path) -> Path:
    """A copy of the application that has visits too."""
    for name in ("app", "migrations"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    package = folder / "app" / "visits"
    package.mkdir()
    for name, text in {"__init__": "", "codes": CODES, "models": MODELS, "queries": QUERIES}.items():
        (package / f"{name}.py").write_text(text)
    catalogue = folder / "app" / "catalogue" / "collections.py"
    line = '    "claims",\n'
    assert catalogue.read_text().count(line) == 1
    catalogue.write_text(catalogue.read_text().replace(line, f'{line}    "visits",\n'))
    (folder / "migrations" / "versions" / "9999_keep_visits.py").write_text(MIGRATION.format(newest=newest()))
    return folder
