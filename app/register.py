"""The register: every collection, in the order in which their records depend on each other."""

from app.actors.models import ACTORS
from app.claims.models import CLAIMS
from app.facilities.models import FACILITIES
from app.figures.models import FIGURES
from app.history import add_twins
from app.incidents.models import INCIDENTS
from app.populations.models import POPULATIONS
from app.records import Collection
from app.sources.models import SOURCES

COLLECTIONS = {
    collection.name: collection for collection in (SOURCES, ACTORS, FACILITIES, INCIDENTS, POPULATIONS, FIGURES, CLAIMS)
}

Collection.known.update({collection.noun: collection for collection in COLLECTIONS.values()})
add_twins(table for one in COLLECTIONS.values() for table in (one.rows, *one.part_tables.values()))
