"""The shapes of records as answers show them, for the OpenAPI document and the contract tests.

They are made from the collections; nothing here runs when a request is answered.
"""

from datetime import date
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import Table

from app.estimates.dates import days
from app.records.collection import Collection
from app.records.tables import partial_dates, references

CLOSED = ConfigDict(extra="forbid")


class MatchShown(BaseModel):
    """The name of a record that is most like what was asked for."""

    model_config = CLOSED

    score: float = Field(description="How like it is, from 0 to 1.", examples=[0.963])
    field: str = Field(description="The field the name stands in; `slug` for the slug.", examples=["names"])
    text: str = Field(description="The name, as the record has it.", examples=["Ghwayran"])


@cache
def shown(collection: Collection) -> type[BaseModel]:
    """A record as an answer shows it."""
    definitions: dict[str, Any] = {
        "id": (int, Field(description="The record's number; never used again.", examples=[1])),
        "revision": (int, Field(description="The revision that last changed what is shown here.", examples=[1])),
        "recorded_at": (
            str,
            Field(
                description="The moment of that revision, UTC.",
                examples=["2022-02-03T09:00:00.000000Z"],
                json_schema_extra={"format": "date-time"},
            ),
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
            definitions[name] = (kind | None if name in collection.references else kind, described(info))
        elif name not in definitions:
            definitions[name] = _day("first" if name.endswith(("_start", "_earliest")) else "last")
    ordered = {name: definitions[name] for name in [*collection.fields, "withheld"]}
    if len(collection.called) > 0:
        of_match = "In a list asked with `q`: which name of the record matched, and how well."
        ordered["match"] = (MatchShown | None, Field(default=None, description=of_match))
    if "latitude" in collection.fields:
        of_distance = "In a list asked with `near`: kilometres from that point, by the coordinates shown."
        ordered["distance_km"] = (float | None, Field(default=None, description=of_distance, examples=[12.34]))
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
        definitions[info.alias or name] = (kind | None if name in references(rows) else kind, described(info))
        if name in partial_dates(rows):
            definitions |= {day: _day(which) for which, day in zip(("first", "last"), days(name), strict=True)}
    definitions["withheld"] = (bool, Field(default=False, description="True where a reference is left out here."))
    return create_model(item.__name__, __doc__=item.__doc__, __config__=CLOSED, **definitions)


def described(info: Any, **options: Any) -> Any:
    """A field's sentence and example, for another type or default than its own."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return Field(description=info.description, examples=info.examples or extra.get("examples"), **options)
