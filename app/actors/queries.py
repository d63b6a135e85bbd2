"""What can be asked of actors."""

from app.actors.codes import ActorKind
from app.actors.models import ACTORS
from app.filters import Actors, OneOf
from app.listing import Listing
from app.paging import ListQuery
from app.records import Country


class ActorFilters(ListQuery):
    """The filters of actors."""

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
