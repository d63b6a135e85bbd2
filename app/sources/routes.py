"""HTTP of sources."""

from app.routes import reads
from app.sources.queries import LISTING

router = reads(LISTING, example="lister-mei-2022-01-24")
