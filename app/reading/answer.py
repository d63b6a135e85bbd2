"""What a read found, and its entity tag."""

from typing import NamedTuple

from app.catalogue.versions import form as form_version
from app.history.codes import Access

JSON = "application/json"


class Answer(NamedTuple):
    """What a read found: the body, the revision it was answered from, and what validates it."""

    body: bytes
    revision: int
    validator: str
    permalink: str
    """The address that gives the same answer for ever."""
    next: str | None = None
    media: str = JSON
    format: str | None = None
    """The name of the format it was asked for in, where that is not JSON."""
    described: str = "/v1/datapackage.json"
    """Where it is described what its fields mean."""
    rows: int | None = None
    """How many records or rows the body holds, where it is a list or a table."""


def etag_of(validator: str, tier: Access, format_name: str | None = None) -> str:
    """The entity tag of what is validated so, as a tier sees it, in the form version of the stored JSON."""
    tag = f"{validator}.{form_version()}.{tier}"
    return f'"{tag}"' if format_name is None else f'"{tag}.{format_name}"'
