"""HTTP of the revisions and of the feed."""

from app.errors import BadInput, TooSlow
from app.http.routing import get, router
from app.reading.feed import ChangePage, ChangeQuery, changes
from app.reading.revisions import RevisionPage, RevisionQuery, revisions

routes = router("register")


get(
    routes, "/revisions", revisions, name="list_revisions", summary="List the revisions", model=RevisionPage,
    query=RevisionQuery, problems=(BadInput, TooSlow),
)  # fmt: skip


get(
    routes, "/changes", changes, name="list_changes", summary="Follow the changes", model=ChangePage,
    query=ChangeQuery, problems=(BadInput, TooSlow),
)  # fmt: skip
