"""HTTP of actors."""

from app.actors.queries import LISTING
from app.routes import reads
from app.writes import writes

router = reads(LISTING, example="sdf")
writes(router, LISTING, example="sdf")
