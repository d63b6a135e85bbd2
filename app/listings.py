"""How every collection is read, by name, in the order in which their records depend on each other."""

from app.actors.queries import LISTING as ACTORS
from app.claims.queries import LISTING as CLAIMS
from app.facilities.queries import LISTING as FACILITIES
from app.figures.queries import LISTING as FIGURES
from app.incidents.queries import LISTING as INCIDENTS
from app.populations.queries import LISTING as POPULATIONS
from app.register import COLLECTIONS
from app.sources.queries import LISTING as SOURCES

_ALL = {
    listing.collection.name: listing
    for listing in (SOURCES, ACTORS, FACILITIES, INCIDENTS, POPULATIONS, FIGURES, CLAIMS)
}
LISTINGS = {name: _ALL[name] for name in COLLECTIONS}
