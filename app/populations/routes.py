"""HTTP of populations."""

from app.populations.queries import LISTING
from app.routes import of_facility, reads
from app.writes import writes

router = reads(LISTING, example="1")
writes(router, LISTING, example="1")
of_facility(router, LISTING)
