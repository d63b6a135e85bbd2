"""What a mapping says of one record: which it is, from which rows it is made, and what fills its fields."""

from typing import Annotated, Any, Literal, Self, get_args, get_origin

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.catalogue.collections import COLLECTIONS, CollectionName
from app.errors import unlisted
from app.imports.mapped.each import EachColumns
from app.imports.mapped.expressions import Computed, Entry, Expression, Strict
from app.records.collection import Collection

FIGURE = "figure"
"""The field that takes a number as published, and becomes its bounds."""
KEYED = [name for name, one in COLLECTIONS.items() if "identifiers" in one.body.model_fields]
"""The collections whose records are known by keys in lists."""
COUNTED = [name for name, one in COLLECTIONS.items() if "as_written" in one.body.model_fields]
"""Those whose records hold a number."""
Conditions = dict[str, str | list[str | None] | None]
"""Columns, and the texts they may hold; null for none."""


class Identity(Strict):
    """What identifies a facility or an incident: a scheme, for example a list of prisons, and the key in it."""

    scheme: Annotated[str, StringConstraints(pattern=r"^[^\s:]+$", max_length=60)] = Field(
        description="A word of your own for the list that the key comes from. Use the same in every import of that "
        "list."
    )
    value: str = Field(description="The key, with columns in braces. If one of them is missing, there is no key.")
    within: list[str] | None = Field(
        None,
        description="Columns. If a key occurs again in rows that agree in these columns, it is taken for another "
        "record, and a number is added to the key.",
    )


class RecordMapping(Strict):
    """One record that is made from a row."""

    collection: CollectionName = Field(description="The collection of the record.")
    where: Conditions = Field(
        default_factory=dict,
        description="Make the record only from rows in which each of these columns contains one of these texts; `*` "
        "is any text. A name with `*` stands for any one of the columns of that pattern.",
    )
    unless: Conditions = Field(
        default_factory=dict,
        description="Make no record from rows in which all these columns contain one of these texts.",
    )
    identity: list[Identity] = Field(
        default_factory=list,
        description="What identifies a facility or an incident. If there are several, the first that the register "
        "knows decides.",
    )
    slug: str | None = Field(
        None,
        description="The text that the slug of a new record is made from. Without `identity`, the slug also "
        "identifies the record.",
    )
    existing: Literal["update", "leave", "only"] | None = Field(
        None,
        description=f"What to do if the register has the record already. `update` writes what the rows state (the "
        f"default for {' and '.join(KEYED)}). `leave` does not change it (the default for the others). `only` does "
        "not change it either, and rejects rows of records that the register does not have.",
    )
    newest: Expression | None = Field(
        None,
        description="A column with a date. Where rows state a field of the record differently, the one with the newest "
        "date counts; without it the later row does, and the report tells of both.",
    )
    fields: dict[str, Expression] = Field(
        default_factory=dict,
        description="The fields of the record, and the value of each. A population or a figure has the additional "
        "field `figure`: the number as published.",
    )
    for_each: dict[Annotated[str, StringConstraints(pattern=r"^\w+$")], Expression] = Field(
        default_factory=dict,
        max_length=1,
        description="To make a record for each part of a cell: a column of your own for the part, and what it is "
        'a part of, `{url: {from: "{links}", split: ";"}}`. A list that names the record names them all; a population '
        "or a figure is made for each.",
    )
    each: EachColumns | list[dict[str, Expression]] | None = Field(
        None,
        description="To make several populations or figures from one row, one for each entry. The number is in "
        "`column`, or is the `sum` of columns; all other keys are fields of this one record.",
    )

    @model_validator(mode="before")
    @classmethod
    def _identities(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if isinstance(data.get("identity"), dict):
            data = data | {"identity": [data["identity"]]}
        newest = data.get("newest")
        column = newest["column"] if isinstance(newest, dict) and "column" in newest else newest
        if isinstance(column, str) and "{" not in column:
            data = data | {"newest": f"{{{column}}}"}
        if isinstance(fields := data.get("fields"), dict) and data.get("collection") in COLLECTIONS:
            body = COLLECTIONS[data["collection"]].body
            named = {name: _with_from(value) for name, value in fields.items() if _has_from(body, name)}
            data = data | {"fields": fields | named}
        return data

    @property
    def of(self) -> Collection:
        """The collection."""
        return COLLECTIONS[self.collection]

    def _items(self) -> list[dict[str, Any]]:
        """What `each` lists."""
        if isinstance(self.each, EachColumns):
            return [one for part in self.each.parts.values() for one in part.values()]
        return self.each or []

    @model_validator(mode="after")
    def _known(self) -> Self:
        fields = _fields(self.of)
        of_items = {name for item in self._items() for name in item} - {"column", "sum"}
        for name in (*self.fields, *sorted(of_items)):
            if name not in fields:
                message = unlisted(f"a field of {self.collection}", name, fields)
                raise PydanticCustomError("field", "{message}", {"message": message, "key": name})
        if self.for_each and not self.of.subject:
            subjects = " or ".join(name for name, one in COLLECTIONS.items() if one.subject)
            raise PydanticCustomError("for_each", f"`for_each` makes {subjects}")
        if self.identity and "identifiers" not in fields:
            raise PydanticCustomError("identity", f"only {' and '.join(KEYED)} have identifiers; give `slug`")
        if self.of.named and not self.identity and self.slug is None:
            message = "`identity` or `slug`" if "identifiers" in fields else "`slug`"
            raise PydanticCustomError("identity", "{message} says which record it is", {"message": message})
        if not self.of.named and (self.slug is not None or self.existing is not None):
            raise PydanticCustomError("identity", "a {one} has no slug", {"one": self.of.noun})
        if self.newest is not None and not self.of.subject:
            raise PydanticCustomError("newest", "`newest` decides between rows about facilities, sources and actors")
        if self.each is not None and self.of.named:
            raise PydanticCustomError("each", f"`each` makes {' or '.join(COUNTED)}")
        if self.each is not None and FIGURE in self.fields:
            raise PydanticCustomError("each", "`each` gives the `figure` from its columns")
        return self


def _fields(collection: Collection) -> set[str]:
    """The fields a mapping may fill: those a client writes, but for what identity and slug say; and the figure."""
    fields = set(collection.body.model_fields) - {"slug"}
    return fields | {FIGURE} if "as_written" in fields else fields


def entry_of(body: type[BaseModel], name: str) -> type[BaseModel] | None:
    """What the objects of a list are that a field holds."""
    info = body.model_fields.get(name)
    inner = get_args(info.annotation) if info is not None and get_origin(info.annotation) is list else ()
    return inner[0] if inner and isinstance(inner[0], type) and issubclass(inner[0], BaseModel) else None


def _has_from(body: type[BaseModel], name: str) -> bool:
    entry = entry_of(body, name)
    return entry is not None and any(info.alias == "from" for info in entry.model_fields.values())


def _with_from(value: Any) -> Any:
    """Objects, the field `from` of which is one of theirs unless a step of a computed value stands beside it."""
    if isinstance(value, list):
        return [_with_from(one) for one in value]
    steps = {info.alias or name for name, info in Computed.model_fields.items()} - {"from"}
    return Entry(value) if isinstance(value, dict) and not steps & value.keys() else value
