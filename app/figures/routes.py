"""HTTP of figures."""

from app.figures.queries import LISTING
from app.routes import reads
from app.writes import writes

router = reads(LISTING, example="8")
writes(router, LISTING, example="8")
