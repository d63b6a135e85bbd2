"""HTTP of sources."""

from app.sources.queries import LISTING
from app.routes import reads

router = reads(LISTING, example="lister-mei-2022-01-24")
