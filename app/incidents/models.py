"""Incidents: attacks, breakouts, escapes, riots, deaths, transfers, with their parties and course."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar, Self

from pydantic import Field as Shown
from pydantic import model_validator
from sqlmodel import Field, SQLModel

from app.database.fields import check, field, index, refers, sparse
from app.database.store import Row
from app.database.types import JSONText
from app.estimates.codes import MissingReason
from app.estimates.dates import PartialDay
from app.estimates.numbers import Whole
from app.history.codes import Access
from app.history.lookup import Lookup
from app.incidents.codes import (
    IncidentFacilityRole,
    IncidentKind,
    IncidentOutcome,
    IncidentSeverity,
    IncidentStatus,
    PartyRole,
    PartyStanding,
)
from app.incidents.sentences import of_party
from app.records.bodies import Identifier, NamedBody, refuse, repeated
from app.records.codes import PartOfDay
from app.records.collection import Collection, Embedded
from app.records.places import UNCERTAINTY, PlaceFields, generalise, place_checks, uncertainty
from app.records.tables import NamedRecord, Part, part_of, record_indexes


class IncidentFields(SQLModel):
    """Something that happened at one or more facilities."""

    title: str = field(
        "What happened, in one line.", example="Attack on al-Sina prison and breakout", min_length=1, max_length=300
    )
    kinds_as_written: list[str] = field(
        "What the sources call it.", example=["prison break"], default_factory=list, sa_type=JSONText
    )
    severity: IncidentSeverity | None = field(
        "How grave it was, where a source grades it.", example="critical", default=None
    )
    outcome: IncidentOutcome = field(
        "How far those who began it got.", example="partly", default=IncidentOutcome.unknown
    )
    status: IncidentStatus = field("Whether it goes on.", example="ended", default=IncidentStatus.unknown)
    status_as_of: PartialDay | None = field("The date the status speaks of.", example="2022-01-30", default=None)
    started: PartialDay | None = field(
        "When it began; `A/B` for some day between; null where nobody dates it.", example="2022-01-20", default=None
    )
    missing_reason: MissingReason | None = field(
        "Why there is no date, where `started` is null.", example=None, default=None
    )
    ended: PartialDay | None = field("When it ended.", example="2022-01-30", default=None)
    part_of_day: PartOfDay | None = field(
        "The part of the day it began in, local time.", example="evening", default=None
    )
    parent: str | None = refers("incident", "The larger incident it is part of.", example="al-sina-prison-attack-2022")
    summary: str | None = field(
        "What happened, in this register's words.",
        example="An assault from outside and a revolt within.",
        default=None,
        max_length=5000,
    )
    notes: str | None = field(
        "What a reader of it must know.", example="Others date its end a day later.", default=None, max_length=5000
    )


class Site(SQLModel):
    """A facility the incident touched."""

    facility: str = refers("facility", "The facility.", example="al-sina-prison", default=...)
    role: IncidentFacilityRole = field(
        "What it was to the incident.", example="site", default=IncidentFacilityRole.site
    )


class Party(SQLModel):
    """An actor that took part, in one role."""

    actor: str = refers("actor", "The actor.", example="isis", default=...)
    role: PartyRole = field("The part it took.", example="attacker")
    standing: PartyStanding = field(
        "How well the role is known; one that rests only on a claim is `alleged`.", example="established"
    )
    alleged_by: str | None = refers("actor", "Who says so; needed where the standing is `alleged`.", example="sdf")
    note: str | None = field("What the role rests on.", example="Air support.", default=None, max_length=2000)
    source: str | None = refers("source", "Where it is stated.", example="lister-mei-2022-01-24")

    @model_validator(mode="after")
    def _alleged_by_somebody(self) -> Self:
        refuse(self._unowned())
        return self

    def _unowned(self) -> Iterator[tuple[str, str]]:
        if self.standing == PartyStanding.alleged and self.alleged_by is None:
            yield "alleged_by", "an alleged role says which actor alleges it"


class TimelineEntry(SQLModel):
    """One step of what happened."""

    date: PartialDay | None = field("When; null where no source dates it.", example="2022-01-20", default=None)
    order: Whole = field("Its place in the course of events.", example=1, default=0, ge=0, le=100_000)
    part_of_day: PartOfDay | None = field("The part of the day, local time.", example="evening", default=None)
    text: str = field(
        "What happened.",
        example="Two car bombs go off at the walls of the northern wing.",
        min_length=1,
        max_length=2000,
    )
    source: str | None = refers("source", "Where it is stated.", example="lister-mei-2022-01-24")


class IncidentBody(PlaceFields, IncidentFields, NamedBody):
    """An incident as a client writes it; its figures and claims are records of their own."""

    kinds: list[IncidentKind] = field(
        "What sort of incident it was; all that apply.",
        example=["armed_attack", "prison_break"],
        min_length=1,
        max_length=39,
    )
    facilities: list[Site] = field("The facilities it touched.", default_factory=list, max_length=200)
    parties: list[Party] = field("Who took part, and in which role.", default_factory=list, max_length=200)
    timeline: list[TimelineEntry] = field("What happened, step by step.", default_factory=list, max_length=1000)
    identifiers: list[Identifier] = field("Its keys in other lists.", default_factory=list, max_length=100)
    sources: list[str] = field(
        "The documents this record rests on.", example=["lister-mei-2022-01-24"], default_factory=list, max_length=1000
    )

    not_before: ClassVar[Mapping[str, str]] = {"ended": "started"}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        refuse(repeated(self.identifiers))
        refuse(self._undated())
        return self

    def _undated(self) -> Iterator[tuple[str, str]]:
        if self.started is None and self.missing_reason is None:
            yield "started", "say when it began, or in missing_reason why nobody can"
        elif self.started is not None and self.missing_reason is not None:
            yield "missing_reason", "there is a date: missing_reason says why there is none"


class Incident(PlaceFields, IncidentFields, NamedRecord, table=True):
    """Something that happened at one or more facilities."""

    __table_args__ = (
        *place_checks(),
        *record_indexes(),
        check("not_its_own_parent", "parent <> slug"),
        check("days_in_order", "started_earliest <= started_latest"),
        check("dated_or_says_why", "(started IS NULL) = (missing_reason IS NOT NULL)"),
        *(index(name, "started_earliest", "id") for name in ("country", "status", "outcome")),
        *(sparse(name, "started_earliest", "id") for name in ("admin1", "admin1_code", "parent", "missing_reason")),
        *(index(name, "id") for name in ("started_earliest", "title", "country")),
        sparse("latitude", "longitude"),
    )

    started_earliest: date | None = None
    started_latest: date | None = None
    ended_earliest: date | None = None
    ended_latest: date | None = None
    status_as_of_start: date | None = None
    status_as_of_end: date | None = None


class IncidentKindListed(Part, table=True):
    """The kinds of incidents."""

    __tablename__ = "incident_kind"
    __table_args__ = part_of("incident", index("kind", "owner_id"))
    kind: IncidentKind


class IncidentFacility(Site, Part, table=True):
    """The facilities that incidents touched."""

    __tablename__ = "incident_facility"
    __table_args__ = part_of("incident", index("facility", "owner_id"))


class IncidentParty(Party, Part, table=True):
    """The parties to incidents."""

    __tablename__ = "incident_party"
    __table_args__ = part_of(
        "incident",
        index("actor", "role", "owner_id"),
        sparse("alleged_by", "owner_id"),
        index("role", "standing", "owner_id"),
        index("standing", "owner_id"),
        sparse("source", "owner_id"),
    )


class IncidentTimeline(TimelineEntry, Part, table=True):
    """The course of incidents."""

    __tablename__ = "incident_timeline"
    __table_args__ = part_of("incident", sparse("source", "owner_id"))
    date_earliest: date | None = None
    date_latest: date | None = None


class IncidentIdentifier(Identifier, Part, table=True):
    """The keys of incidents in other lists."""

    __tablename__ = "incident_identifier"
    __table_args__ = part_of("incident", index("scheme", "value", "owner_id"))


class IncidentSource(Part, table=True):
    """The documents that incidents rest on."""

    __tablename__ = "incident_source"
    __table_args__ = part_of("incident", index("source", "owner_id"))
    source: str = Field(foreign_key="source.slug")


def complete(shown: Row, row: Row, lookup: Lookup, tier: Access) -> None:
    """Coordinates as the tier may see them, and the parties in words."""
    shown["parties_read_as"] = [of_party(row["title"], one, lookup, tier) for one in shown["parties"]]
    shown["uncertainty_m"] = uncertainty(shown, tier)
    generalise(shown, tier)


DERIVED: dict[str, Any] = UNCERTAINTY | {
    "parties_read_as": (
        list[str],
        Shown(
            description="Its parties as sentences to quote, in their order: which part, and how firmly known.",
            examples=[["Attack on al-Sina prison: Turkey is alleged to be an accomplice (claimed by the SDF)."]],
        ),
    ),
    "figures": (list[dict[str, Any]], Shown(description="Its figures, newest as-of date last; at most 200 of them.")),
    "figures_more": (
        str | None,
        Shown(
            default=None,
            description="Where the rest of the figures stands, when there are more than 200.",
            examples=["/v1/figures?incident=al-sina-prison-attack-2022"],
        ),
    ),
    "claims": (
        list[str],
        Shown(description="The slugs of the claims about it.", examples=[["sdf-turkey-complicit"]]),
    ),
}
INCIDENTS = Collection(
    name="incidents",
    noun="incident",
    about="Attacks, breakouts, escapes, riots, deaths, transfers, with their parties, course and figures.",
    table=Incident,
    body=IncidentBody,
    parts={
        "kinds": IncidentKindListed,
        "facilities": IncidentFacility,
        "parties": IncidentParty,
        "timeline": IncidentTimeline,
        "identifiers": IncidentIdentifier,
        "sources": IncidentSource,
    },
    derived=DERIVED,
    complete=complete,
    called=("title", "identifiers", "place", "admin1"),
    echoed=frozenset({"title"}),
    embedded={
        "figures": Embedded("figure", by="incident", whole=True),
        "claims": Embedded("claim", by="incident"),
    },
)
