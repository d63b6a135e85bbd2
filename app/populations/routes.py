"""HTTP of populations."""

from app.populations.queries import LISTING
from app.routes import of_facility, reads

router = reads(LISTING, example="1")
of_facility(router, LISTING)
