"""HTTP of actors."""

from app.actors.queries import LISTING
from app.routes import reads

router = reads(LISTING, example="sdf")
