"""HTTP of figures."""

from app.figures.queries import LISTING
from app.routes import reads

router = reads(LISTING, example="8")
