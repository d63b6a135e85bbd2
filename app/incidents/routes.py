"""HTTP of incidents."""

from app.incidents.queries import LISTING
from app.routes import of_facility, reads

router = reads(LISTING, example="al-sina-prison-attack-2022")
of_facility(router, LISTING)
