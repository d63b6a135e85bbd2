"""HTTP of claims."""

from app.claims.queries import LISTING
from app.routes import of_facility, reads
from app.writes import writes

router = reads(LISTING, example="sdf-turkey-complicit")
writes(router, LISTING, example="sdf-turkey-complicit")
of_facility(router, LISTING)
