"""Claims: statements in words about a facility, an incident or an actor, and how sources assess them."""

from datetime import date

from pydantic import model_validator
from pydantic_core import PydanticCustomError
from sqlmodel import SQLModel

from app.claims.codes import ClaimModality, ClaimVerdict
from app.claims.sentences import DERIVED, complete
from app.database.fields import check, field, index, refers, sparse
from app.estimates.dates import PartialDay
from app.records.bodies import NamedBody
from app.records.collection import Collection
from app.records.tables import NamedRecord, Part, part_of, record_indexes


class ClaimFields(SQLModel):
    """A statement in words by an actor or by the author of a source."""

    made_by: str | None = refers("actor", "The actor that makes it; null where the author does.", example="sdf")
    author: str | None = field(
        "The author of the source, where the claim is theirs.", example="Charles Lister", default=None, max_length=200
    )
    source: str = refers("source", "The document it stands in.", example="lister-mei-2022-01-24", default=...)
    locator: str | None = field(
        "Where in the document: page, paragraph.", example="paragraph 6", default=None, max_length=200
    )
    facility: str | None = refers("facility", "The facility it is about.", example="al-sina-prison")
    incident: str | None = refers("incident", "The incident it is about.", example="al-sina-prison-attack-2022")
    about: str | None = refers("actor", "The actor it is about.", example="turkey")
    topic: str | None = field(
        "What it is about, in a word or two.", example="responsibility", default=None, max_length=100
    )
    statement: str = field(
        "What is claimed, in this register's words.",
        example="The SDF says that Turkey was complicit in the attack.",
        min_length=1,
        max_length=2000,
    )
    modality: ClaimModality = field("How its maker puts it.", example="asserted", default=ClaimModality.asserted)
    made_on: PartialDay | None = field("When it was made.", example="2022-01-24", default=None)


class Assessment(SQLModel):
    """What a source thinks of the claim."""

    source: str = refers("source", "The document that assesses it.", example="lister-mei-2022-01-24", default=...)
    verdict: ClaimVerdict = field("Its verdict.", example="misinformation")
    note: str | None = field(
        "What the verdict rests on.", example="Called misinformation.", default=None, max_length=2000
    )


class ClaimBody(NamedBody, ClaimFields):
    """A claim as a client writes it."""

    assessments: list[Assessment] = field("What sources think of it.", default_factory=list, max_length=200)

    @model_validator(mode="after")
    def _made_about(self) -> "ClaimBody":
        if (self.made_by is None) == (self.author is None):
            raise PydanticCustomError("maker", "name the maker once: made_by or author", {"field": "made_by"})
        if self.facility is None and self.incident is None and self.about is None:
            raise PydanticCustomError(
                "subject", "say what it is about: facility, incident or about", {"field": "incident"}
            )
        return self


class Claim(ClaimFields, NamedRecord, table=True):
    """A statement in words by an actor or author about a facility, an incident or an actor."""

    __table_args__ = (
        check("one_maker", "(made_by IS NULL) <> (author IS NULL)"),
        check("about_something", "facility IS NOT NULL OR incident IS NOT NULL OR about IS NOT NULL"),
        *record_indexes(),
        *(index(name, "slug") for name in ("source", "topic", "modality")),
        *(sparse(name, "slug") for name in ("facility", "incident", "about", "made_by")),
        index("made_on_earliest", "id"),
    )

    made_on_earliest: date | None = None
    made_on_latest: date | None = None


class ClaimAssessment(Assessment, Part, table=True):
    """The assessments of claims."""

    __tablename__ = "claim_assessment"
    __table_args__ = part_of("claim", index("verdict", "owner_id"), index("source", "owner_id"))


CLAIMS = Collection(
    name="claims",
    noun="claim",
    about="Statements in words by actors and authors, and how sources assess them.",
    table=Claim,
    body=ClaimBody,
    parts={"assessments": ClaimAssessment},
    derived=DERIVED,
    complete=complete,
)
