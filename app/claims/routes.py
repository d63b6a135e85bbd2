"""HTTP of claims."""

from app.claims.queries import LISTING
from app.routes import of_facility, reads

router = reads(LISTING, example="sdf-turkey-complicit")
of_facility(router, LISTING)
