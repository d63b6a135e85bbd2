"""The shapes of records on the wire, for the OpenAPI document and the contract tests: as shown, as posted, as patched.

They are made from the collections; nothing here runs when a request is answered.
"""

from datetime import date
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import Table

from app.records import Collection, days, partial_dates, references

CLOSED = ConfigDict(extra="forbid")


@cache
def shown(collection: Collection) -> type[BaseModel]:
    """A record as an answer shows it."""
    definitions: dict[str, Any] = {
        "id": (int, Field(description="The record's number; never used again.", examples=[1])),
        "revision": (int, Field(description="The revision that last changed what is shown here.", examples=[1])),
        "recorded_at": (
            str,
            Field(description="The moment of that revision, UTC.", examples=["2022-02-03T09:00:00.000000Z"]),
        ),
        "withheld": (
            bool,
            Field(default=False, description="True where a reference is left out that you may not see."),
        ),
    }
    for name in collection.fields:
        if name in collection.derived:
            definitions[name] = collection.derived[name]
        elif name in collection.body.model_fields:
            info = collection.body.model_fields[name]
            kind = str if name == "slug" else _listed(collection, name, info.annotation)
            definitions[name] = (kind | None if name in collection.references else kind, _described(info))
        elif name not in definitions:
            definitions[name] = _day("first" if name.endswith(("_start", "_earliest")) else "last")
    ordered = {name: definitions[name] for name in [*collection.fields, "withheld"]}
    name = collection.table.__name__
    return create_model(name, __doc__=collection.table.__doc__, __config__=CLOSED, **ordered)


def _day(which: str) -> Any:
    return date | None, Field(description=f"The {which} day the date beside it can mean.", examples=["2022-01-24"])


def _listed(collection: Collection, name: str, annotation: Any) -> Any:
    """The entries of a list have the day ranges of their dates, and may lack a reference the reader may not see."""
    item = next(iter(get_args(annotation)), None)
    if get_origin(annotation) is not list or not (isinstance(item, type) and issubclass(item, BaseModel)):
        return annotation
    entry: Any = _entry(item, collection.part_tables[name])
    return list[entry]


@cache
def _entry(item: type[BaseModel], rows: Table) -> type[BaseModel]:
    definitions: dict[str, Any] = {}
    for name, info in item.model_fields.items():
        kind: Any = info.annotation
        definitions[info.alias or name] = (kind | None if name in references(rows) else kind, _described(info))
        if name in partial_dates(rows):
            definitions |= {day: _day(which) for which, day in zip(("first", "last"), days(name), strict=True)}
    definitions["withheld"] = (bool, Field(default=False, description="True where a reference is left out here."))
    return create_model(item.__name__, __doc__=item.__doc__, __config__=CLOSED, **definitions)


def _described(info: Any, **options: Any) -> Any:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return Field(description=info.description, examples=info.examples or extra.get("examples"), **options)


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
            changed[name] = (slug | Collection.known["source"].body, _described(info, **optional))
    for name, embedded in collection.embedded.items():
        if embedded.whole:
            inner = Collection.known[embedded.collection]
            told = "Its source: a slug or a whole new source; the incident's first one when not given."
            own: dict[str, Any] = {
                embedded.by: (
                    str | None,
                    Field(default=None, description="Given by the record it stands in.", examples=[None]),
                ),
                "source": (
                    str | Collection.known["source"].body | None,
                    Field(default=None, description=told, examples=["rudaw-2022-01-26"]),
                ),
            }
            nested: Any = create_model(
                f"Nested{inner.table.__name__}", __base__=posted(inner), __doc__=inner.body.__doc__, **own
            )
            told = f"Its {name}; each is a record of its own."
            changed[name] = (list[nested], Field(default_factory=list, description=told))
    return create_model(f"New{collection.table.__name__}", __base__=body, __doc__=body.__doc__, **changed)


@cache
def patched(collection: Collection) -> type[BaseModel]:
    """A merge patch of a record: any of its fields; null removes, lists are replaced whole."""
    optional: dict[str, Any] = {
        info.alias or name: (info.annotation | None, _described(info, default=None))  # type: ignore[operator]
        for name, info in collection.body.model_fields.items()
        if name != "slug"
    }
    told = "A merge patch: the fields to change, null to remove one; a list is replaced whole."
    return create_model(f"{collection.table.__name__}Patch", __doc__=told, __config__=CLOSED, **optional)


@cache
def several(collection: Collection) -> type[BaseModel]:
    """A batch of new records."""
    told = Field(
        description="The records, written in one revision: all of them or none.", min_length=1, max_length=1000
    )
    new: Any = posted(collection)
    about = f"Several new {collection.name}."
    return create_model(f"{collection.table.__name__}Batch", __doc__=about, __config__=CLOSED, data=(list[new], told))
