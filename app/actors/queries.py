"""What can be asked of actors."""

from app.actors.codes import ActorKind
from app.actors.models import ACTORS
from app.records.bodies import Country
from app.records.filters import Actors, OneOf, SearchText
from app.records.listing import Listing
from app.records.parameters import ListQuery


class ActorFilters(ListQuery):
    """The filters of actors."""

    q: SearchText = None
    kind: OneOf[ActorKind] = None
    part_of: Actors = None
    country: OneOf[Country] = None


LISTING = Listing(
    ACTORS,
    ActorFilters,
    sorts={"slug": "slug", "name": "name", "country": "country", "revision": "revision", "id": "id"},
    default="slug",
    example="sdf",
    summary="Armed groups, states, forces, coalitions and organisations: who operates, attacks, claims, is counted.",
)
