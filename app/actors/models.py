"""Actors: armed groups, states, forces, coalitions, organisations: who operates, attacks, claims."""

from sqlmodel import SQLModel

from app.actors.codes import ActorKind
from app.database.fields import field, index, refers, sparse
from app.records.bodies import Country, Name, NamedBody
from app.records.collection import Collection
from app.records.tables import NamedRecord, Part, part_of, record_indexes


class ActorFields(SQLModel):
    """An armed group, state, force, coalition or organisation."""

    name: str = field("Its name.", example="Syrian Democratic Forces", min_length=1, max_length=300)
    short_name: str | None = field(
        "The short form used in sentences.", example="SDF", default=None, min_length=1, max_length=60
    )
    kind: ActorKind = field("What sort of actor it is.", example="armed_group")
    part_of: str | None = refers("actor", "The larger actor it belongs to.", example="us-led-coalition")
    country: Country | None = field("Its country (ISO 3166-1 alpha-3).", example="SYR", default=None)


class ActorBody(NamedBody, ActorFields):
    """An actor as a client writes it."""

    names: list[Name] = field("Its other names.", default_factory=list, max_length=200)


class Actor(ActorFields, NamedRecord, table=True):
    """An armed group, state, force, coalition or organisation."""

    __table_args__ = (
        *record_indexes(),
        *(index(name, "slug") for name in ("kind", "country")),
        sparse("part_of", "slug"),
        *(index(name, "id") for name in ("name", "country")),
    )


class ActorName(Name, Part, table=True):
    """The names of actors."""

    __tablename__ = "actor_name"
    __table_args__ = part_of("actor")


ACTORS = Collection(
    name="actors",
    noun="actor",
    about="Who operates, attacks, claims: armed groups, states, forces, coalitions, organisations.",
    table=Actor,
    body=ActorBody,
    parts={"names": ActorName},
    echoed=frozenset({"name", "short_name"}),
    called=("name", "short_name", "names"),
    mergeable=True,
    subject=True,
)
