"""HTTP of facilities."""

from app.facilities.queries import LISTING
from app.routes import reads

router = reads(LISTING, example="al-sina-prison")
