"""Facilities: a tree of networks, facilities and their units."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar, Self

from pydantic import model_validator
from sqlmodel import Field, SQLModel

from app.database.fields import check, field, index, refers, sparse
from app.database.store import Row
from app.estimates.dates import PartialDay, misplaced
from app.estimates.numbers import Decimal
from app.facilities.codes import (
    FacilityBuiltAs,
    FacilityLegalBasis,
    FacilityLevel,
    FacilityRelation,
    FacilitySecurity,
    FacilityStatus,
)
from app.history.codes import Access
from app.history.lookup import Lookup
from app.records.bodies import Identifier, Name, NamedBody, refuse, repeated
from app.records.codes import FacilityKind
from app.records.collection import Collection
from app.records.places import UNCERTAINTY, InPairs, PlaceFields, generalise, place_checks, uncertainty
from app.records.tables import NamedRecord, Part, part_of, record_indexes


class FacilityFields(SQLModel):
    """A place of detention, a network of them, or a unit of one; the flat fields are those of today."""

    level: FacilityLevel = field("Its place in the tree: a network, a facility or a unit of one.", example="facility")
    parent: str | None = refers("facility", "The node it belongs to.", example="sdf-isis-prisons")
    name: str = field("The name in use today.", example="al-Sina Prison", min_length=1, max_length=300)
    kind: FacilityKind = field("What sort of place it is.", example="improvised", default=FacilityKind.unknown)
    kind_as_written: str | None = field(
        "What the source calls it.", example="makeshift prison", default=None, max_length=200
    )
    legal_basis: FacilityLegalBasis = field(
        "What people are held under there.", example="none_claimed", default=FacilityLegalBasis.unknown
    )
    built_as: FacilityBuiltAs = field(
        "What the buildings were made for.", example="converted", default=FacilityBuiltAs.unknown
    )
    security: FacilitySecurity = field("Its level of security.", example="unknown", default=FacilitySecurity.unknown)
    operator: str | None = refers("actor", "Who runs it.", example="sdf")
    status: FacilityStatus = field("Whether it holds people today.", example="unknown", default=FacilityStatus.unknown)
    opened: PartialDay | None = field("When it began to hold people.", example="2019", default=None)
    closed: PartialDay | None = field("When it ceased to.", example="2022-01", default=None)
    description: str | None = field(
        "What it is, in this register's words.",
        example="Converted school buildings behind walls.",
        default=None,
        max_length=5000,
    )


class Phase(InPairs):
    """What the facility was during a time."""

    from_: PartialDay | None = field("When the phase began.", example="2017", default=None, alias="from")
    to: PartialDay | None = field("When it ended.", example="2022-01-20", default=None)
    name: str | None = field("The name it had.", example="al-Sina industrial school", default=None, max_length=300)
    kind: FacilityKind | None = field("The sort of place it was.", example="improvised", default=None)
    operator: str | None = refers("actor", "Who ran it.", example="sdf")
    status: FacilityStatus | None = field("Whether it held people.", example="open", default=None)
    place: str | None = field("Where it was.", example="al-Hasakeh", default=None, max_length=300)
    latitude: Decimal | None = field("Degrees north (WGS 84).", example=36.5, default=None, ge=-90, le=90)
    longitude: Decimal | None = field("Degrees east (WGS 84).", example=40.7, default=None, ge=-180, le=180)
    note: str | None = field("What else is known of it.", example="A school before.", default=None, max_length=2000)
    source: str | None = refers("source", "Where this is stated.", example="lister-mei-2022-01-24")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        refuse(misplaced(self.__dict__, {"to": "from_"}, {}))
        return self


class Relation(SQLModel):
    """How the facility stands to another one outside its own branch of the tree."""

    facility: str = refers("facility", "The other facility.", example="al-hol-camp", default=...)
    relation: FacilityRelation = field("What the other is to this one.", example="annex")


class FacilityBody(PlaceFields, FacilityFields, NamedBody):
    """A facility as a client writes it."""

    names: list[Name] = field("Its other names, in any language.", default_factory=list, max_length=200)
    identifiers: list[Identifier] = field("Its keys in other lists.", default_factory=list, max_length=100)
    supported_by: list[str] = field(
        "Actors that support its running.", example=["us-led-coalition"], default_factory=list, max_length=100
    )
    phases: list[Phase] = field("What it was before.", default_factory=list, max_length=200)
    related: list[Relation] = field("Facilities it is tied to otherwise.", default_factory=list, max_length=100)
    sources: list[str] = field(
        "The documents this record rests on.", example=["lister-mei-2022-01-24"], default_factory=list, max_length=1000
    )

    not_before: ClassVar[Mapping[str, str]] = {"closed": "opened"}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(repeated(self.identifiers))
        refuse(self._related_to_itself())
        return self

    def _related_to_itself(self) -> Iterator[tuple[str, str]]:
        for number, tie in enumerate(self.related):
            if tie.facility == self.slug:
                yield f"related/{number}/facility", f"{self.slug} cannot be related to itself"


class Facility(PlaceFields, FacilityFields, NamedRecord, table=True):
    """A place of detention, a network of them, or a unit of one; the flat fields are those of today."""

    __table_args__ = (
        *place_checks(),
        *record_indexes(),
        check("not_its_own_parent", "parent <> slug"),
        *(index(name, "slug") for name in ("level", "kind", "legal_basis", "status")),
        sparse("operator", "slug"),
        sparse("parent", "slug"),
        *(sparse(name, "slug") for name in ("country", "admin1")),
        index("country", "admin1", "slug"),
        index("country", "kind", "slug"),
        *(sparse(name, "slug") for name in ("admin1_code", "admin2", "admin2_code")),
        *(index(name, "id") for name in ("name", "country", "admin1", "opened_earliest")),
        sparse("latitude", "longitude"),
    )

    opened_earliest: date | None = None
    opened_latest: date | None = None
    closed_earliest: date | None = None
    closed_latest: date | None = None


class FacilityName(Name, Part, table=True):
    """The names of facilities."""

    __tablename__ = "facility_name"
    __table_args__ = part_of("facility")


class FacilityIdentifier(Identifier, Part, table=True):
    """The keys of facilities in other lists."""

    __tablename__ = "facility_identifier"
    __table_args__ = part_of("facility", index("scheme", "value", "owner_id"))


class FacilitySupporter(Part, table=True):
    """The actors that support facilities."""

    __tablename__ = "facility_supporter"
    __table_args__ = part_of("facility", index("actor", "owner_id"))
    actor: str = Field(foreign_key="actor.slug")


class FacilityPhase(Phase, Part, table=True):
    """The phases of facilities."""

    __tablename__ = "facility_phase"
    __table_args__ = part_of("facility", sparse("source", "owner_id"), sparse("operator", "owner_id"))
    from_earliest: date | None = None
    from_latest: date | None = None
    to_earliest: date | None = None
    to_latest: date | None = None


class FacilityRelated(Relation, Part, table=True):
    """The ties between facilities."""

    __tablename__ = "facility_related"
    __table_args__ = part_of("facility", index("facility", "owner_id"))


class FacilitySource(Part, table=True):
    """The documents that facilities rest on."""

    __tablename__ = "facility_source"
    __table_args__ = part_of("facility", index("source", "owner_id"))
    source: str = Field(foreign_key="source.slug")


def complete(shown: Row, _row: Row, _lookup: Lookup, tier: Access) -> None:
    """Coordinates as the tier may see them, in its phases too."""
    shown["uncertainty_m"] = uncertainty(shown, tier)
    generalise(shown, tier)
    for phase in shown["phases"]:
        generalise(phase, tier)


FACILITIES = Collection(
    name="facilities",
    noun="facility",
    about="Prisons, camps, improvised sites, their units, and the networks they belong to.",
    table=Facility,
    body=FacilityBody,
    parts={
        "names": FacilityName,
        "identifiers": FacilityIdentifier,
        "supported_by": FacilitySupporter,
        "phases": FacilityPhase,
        "related": FacilityRelated,
        "sources": FacilitySource,
    },
    derived=UNCERTAINTY,
    complete=complete,
    called=("name", "names", "identifiers", "place", "admin1", "admin2"),
    echoed=frozenset({"name", "level"}),
    mergeable=True,
    subject=True,
)
