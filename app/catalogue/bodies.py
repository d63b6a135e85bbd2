"""The shapes of records as clients write them, for the OpenAPI document: as posted, as patched, as a batch.

They are made from the collections; nothing here runs when a request is answered.
"""

from functools import cache
from typing import Any

from pydantic import BaseModel, Field, create_model

from app.catalogue.collections import NOUNS
from app.records.collection import Collection
from app.records.shapes import CLOSED, described


@cache
def posted(collection: Collection) -> type[BaseModel]:
    """A new record as POST takes it: a whole new source may stand where a source is asked, figures in an incident."""
    body = collection.body
    changed: dict[str, Any] = {}
    for name, noun in collection.references.items():
        if noun == "source":
            info = body.model_fields[name]
            slug: Any = info.annotation
            optional = {} if info.is_required() else {"default": None}
            changed[name] = (slug | NOUNS["source"].body, described(info, **optional))
    for name, embedded in collection.embedded.items():
        if embedded.whole:
            inner = NOUNS[embedded.collection]
            of_source = "Its source: a slug or a whole new source; the incident's first one when not given."
            own: dict[str, Any] = {
                embedded.by: (
                    str | None,
                    Field(default=None, description="Given by the record it stands in.", examples=[None]),
                ),
                "source": (
                    str | NOUNS["source"].body | None,
                    Field(default=None, description=of_source, examples=["rudaw-2022-01-26"]),
                ),
            }
            nested: Any = create_model(
                f"Nested{inner.table.__name__}", __base__=posted(inner), __doc__=inner.body.__doc__, **own
            )
            of_list = f"Its {name}; each is a record of its own."
            changed[name] = (list[nested], Field(default_factory=list, description=of_list))
    return create_model(f"New{collection.table.__name__}", __base__=body, __doc__=body.__doc__, **changed)


@cache
def patched(collection: Collection) -> type[BaseModel]:
    """A merge patch of a record: any of its fields; null removes, lists are replaced whole."""
    optional: dict[str, Any] = {
        info.alias or name: (info.annotation | None, described(info, default=None))  # type: ignore[operator]
        for name, info in collection.body.model_fields.items()
        if name != "slug"
    }
    about = "A merge patch: the fields to change, null to remove one; a list is replaced whole."
    return create_model(f"{collection.table.__name__}Patch", __doc__=about, __config__=CLOSED, **optional)


@cache
def several(collection: Collection) -> type[BaseModel]:
    """A batch of new records."""
    data = Field(
        description="The records, written in one revision: all of them or none.", min_length=1, max_length=1000
    )
    new: Any = posted(collection)
    about = f"Several new {collection.name}."
    return create_model(f"{collection.table.__name__}Batch", __doc__=about, __config__=CLOSED, data=(list[new], data))
