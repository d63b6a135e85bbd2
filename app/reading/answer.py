"""What a read found, and its entity tag."""

from typing import NamedTuple

from app.catalogue.versions import form as stored_form
from app.history.codes import Access
from app.records.formats import JSON, Format


class Answer(NamedTuple):
    """What a read found: the body, the revision it was answered from, and what validates it."""

    body: bytes
    revision: int
    validator: str
    pinned: str
    """The address that gives the same answer for ever."""
    next: str | None = None
    form: Format = JSON


def etag_of(validator: str, tier: Access, form: Format = JSON) -> str:
    """The entity tag of what is validated so, as a tier sees it in the version of the stored JSON."""
    tag = f"{validator}.{stored_form()}.{tier}"
    return f'"{tag}"' if form is JSON else f'"{tag}.{form.name}"'
