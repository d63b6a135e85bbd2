"""HTTP of facilities."""

from app.facilities.queries import LISTING
from app.routes import reads
from app.writes import writes

router = reads(LISTING, example="al-sina-prison")
writes(router, LISTING, example="al-sina-prison")
