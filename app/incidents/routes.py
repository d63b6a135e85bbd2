"""HTTP of incidents."""

from app.incidents.queries import LISTING
from app.routes import of_facility, reads
from app.writes import writes

router = reads(LISTING, example="al-sina-prison-attack-2022")
writes(router, LISTING, example="al-sina-prison-attack-2022")
of_facility(router, LISTING)
