"""HTTP of sources."""

from app.routes import reads
from app.sources.queries import LISTING
from app.writes import writes

router = reads(LISTING, example="lister-mei-2022-01-24")
writes(router, LISTING, example="lister-mei-2022-01-24")
