"""A record as a row of a table: its columns, what stands in them, and the way back from a cell to a field.

Text is kept to the letter. A list is joined by semicolons, or is JSON where a part holds one; lists of entries and
mappings are JSON. An incident names its figures by their ids: they are a table of their own.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal, Protocol, get_args, get_origin

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.catalogue.bodies import posted
from app.database.codes import Code
from app.records.collection import Collection
from app.records.shapes import shown

Kind = Literal["text", "integer", "number", "truth", "day", "moment", "texts", "entries", "mapping"]
Record = Mapping[str, Any]
Sources = Mapping[str, Record]
"""Sources by slug."""
OF_SOURCES = {"publisher": "publisher", "title": "title", "url": "address", "licence": "licence"}
"""What a row tells of the sources it names, and what that is in words."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what stands in it, and what it means."""

    name: str
    kind: Kind
    about: str
    codes: tuple[str, ...] = ()
    """The words it may hold, where these are a closed list."""


@cache
def columns(collection: Collection) -> tuple[Column, ...]:
    """The columns of a collection's records: the fields they are shown with, and what their sources are."""
    found = [
        Column(
            name,
            "texts" if name in collection.embedded else _kind_of(info),
            info.description or "",
            _codes(info.annotation),
        )
        for name, info in shown(collection).model_fields.items()
        # What a question found is no part of a record.
        if name not in {"match", "distance_km"}
    ]
    named = names_sources(collection)
    several = named is not None and named.endswith("s")
    for field, word in OF_SOURCES.items() if named else ():
        of = f"{word}s of its sources, in their order" if several else f"{word} of its source"
        found.append(Column(*_of_source(named or "", field), f"The {of}."))
    return tuple(found)


def names_sources(collection: Collection) -> str | None:
    """The field that names the source of a record, or its sources."""
    return next((name for name in ("source", "sources") if name in collection.body.model_fields), None)


def _of_source(named: str, field: str) -> tuple[str, Kind]:
    return (f"source_{field}s", "texts") if named == "sources" else (f"source_{field}", "text")


def _kind_of(info: FieldInfo) -> Kind:
    """What stands in the column of a field; a moment is a text that its schema calls one."""
    extra = info.json_schema_extra
    is_moment = isinstance(extra, dict) and extra.get("format") == "date-time"
    return "moment" if is_moment else _kind(info.annotation)


def _kind(annotation: Any) -> Kind:
    sides = [side for side in (get_args(annotation) or (annotation,)) if side is not type(None)]
    if get_origin(annotation) is list:
        of = get_args(annotation)[0]
        return "entries" if isinstance(of, type) and issubclass(of, BaseModel) else "texts"
    if get_origin(annotation) is dict:
        return "mapping"
    kinds: dict[Any, Kind] = {bool: "truth", int: "integer", float: "number", date: "day"}
    # `Annotated[int, ...]` is an int with a check of its own.
    return kinds.get(getattr(sides[0], "__origin__", sides[0]), "text")


def _codes(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is list:
        return ()
    sides = [side for side in (get_args(annotation) or (annotation,)) if side is not type(None)]
    if len(sides) == 1 and isinstance(sides[0], type) and issubclass(sides[0], Code):
        return tuple(map(str, sides[0]))
    return ()


class Tabular(Protocol):
    """What an encoder of tables needs of one: its name, its columns, and the rows of some records."""

    name: str
    columns: tuple[Column, ...]

    def rows(self, records: Iterable[Record], sources: Sources) -> list[list[Any]]: ...


class ModelTable:
    """The rows of a derived answer, as its model describes them.

    What has members of its own becomes a column for each, `spread_low` and `spread_high`. Of records that a row lists
    with what became of them, a cell says `used figures/35`.
    """

    def __init__(self, name: str, row: type[BaseModel]) -> None:
        self.name = name
        self._taking: list[Callable[[Record], Any]] = []
        found: list[Column] = []
        for field, info in row.model_fields.items():
            for column, take in _columns_of(field, info):
                found.append(column)
                self._taking.append(take)
        self.columns = tuple(found)

    def rows(self, records: Iterable[Record], sources: Sources) -> list[list[Any]]:
        """The values of some rows, as they are; a member that a row leaves out is null."""
        return [[take(record) for take in self._taking] for record in records]


def _columns_of(name: str, info: Any) -> Iterator[tuple[Column, Callable[[Record], Any]]]:
    """The columns of one member of a row, each with what takes its value."""
    about, inner = info.description or "", _model_of(info.annotation)
    if get_origin(info.annotation) is list and inner is not None and inner.model_fields.keys() >= ROLE:
        column = Column(name, "texts", f"{about} Each with what became of it: `used figures/35`.")
        yield column, lambda row: [f"{one['role']} {one['collection']}/{one['id']}" for one in row.get(name) or ()]
    elif inner is not None and get_origin(info.annotation) is not list:
        for member, of in inner.model_fields.items():
            column = Column(f"{name}_{member}", _kind(of.annotation), of.description or "", _codes(of.annotation))
            yield column, lambda row, member=member: (row.get(name) or {}).get(member)  # type: ignore[misc]
    elif (kind := _kind(info.annotation)) == "texts":
        # Numbers too: a list of ids is a list of texts in every format.
        yield Column(name, kind, about), lambda row: [str(one) for one in row.get(name) or ()]
    else:
        yield Column(name, kind, about, _codes(info.annotation)), lambda row: row.get(name)


ROLE = {"collection", "id", "role"}
"""The members by which an entry names a record and what became of it."""


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The model of a member, or of the entries of a list; none for plain values."""
    for side in get_args(annotation) or (annotation,):
        if isinstance(side, type) and issubclass(side, BaseModel):
            return side
    return None


class Table:
    """Records of a collection as rows; with `fields`, of these columns alone."""

    def __init__(self, collection: Collection, fields: Iterable[str] | None = None) -> None:
        self.collection, self.name = collection, collection.name
        self.names_sources = names_sources(collection)
        if fields is not None:
            wanted = set(fields)
            self.names_sources = self.names_sources if self.names_sources in wanted else None
            named = {_of_source(self.names_sources, field)[0] for field in OF_SOURCES} if self.names_sources else set()
            self.columns = tuple(one for one in columns(collection) if one.name in wanted | named)
        else:
            self.columns = columns(collection)
        own = self.columns[: -len(OF_SOURCES)] if self.names_sources else self.columns
        self._own: list[Callable[[Record], Any]] = [_taking(collection, one.name) for one in own]

    def slugs(self, records: Iterable[Record]) -> set[str]:
        """The sources that some records name, as far as the table tells of them."""
        return {slug for record in records for slug in self._named(record)}

    def _named(self, record: Record) -> Sequence[str]:
        if self.names_sources is None:
            return ()
        named = record[self.names_sources]
        return [named] if isinstance(named, str) else named or ()

    def rows(self, records: Iterable[Record], sources: Sources) -> list[list[Any]]:
        """The values of some records, as they are."""
        made = []
        for record in records:
            row = [take(record) for take in self._own]
            if self.names_sources is not None:
                named = [sources.get(slug, {}) for slug in self._named(record)]
                for field in OF_SOURCES:
                    listed = [source.get(field) for source in named]
                    if self.names_sources == "sources":
                        row.append([value or "" for value in listed] if any(listed) else [])
                    else:
                        row.append(listed[0] if listed else None)
            made.append(row)
        return made


def _taking(collection: Collection, name: str) -> Callable[[Record], Any]:
    embedded = collection.embedded.get(name)
    if embedded is not None and embedded.whole:
        return lambda record: [str(held["id"]) for held in record[name]]
    if name == "withheld":
        return lambda record: record.get(name, False)
    return lambda record: record[name]


# --- cells -------------------------------------------------------------------------------------------------------


def as_text(value: Any) -> str | None:
    """A value as the text of a cell; nothing for nothing."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _joined(value)
    return orjson.dumps(value).decode() if isinstance(value, dict) else str(value)


def _joined(listed: list[Any]) -> str | None:
    if not listed:
        return None
    if all(isinstance(one, str) for one in listed):
        # Parts that are all empty would be an empty cell, as of no list at all.
        apart = any(";" in one or one[:1] == "[" or one.strip() != one for one in listed) or not any(listed)
        return orjson.dumps(listed).decode() if apart else ";".join(listed)
    return orjson.dumps(listed).decode()


FORMULA = re.compile("'*[=+\\-@\t\r]")
"""How a text begins that a spreadsheet would take for a formula, apostrophes before it included."""


def safe(text: str | None) -> str | None:
    """A text as no spreadsheet takes it for a formula: with an apostrophe before it, as `plain` takes away."""
    return f"'{text}" if text is not None and FORMULA.match(text) else text


def plain(text: str) -> str:
    """A text as it was before it was made safe."""
    return text[1:] if text[:1] == "'" and FORMULA.match(text) else text


def body_of_cells(collection: Collection, cells: Mapping[str, str | None]) -> dict[str, Any]:
    """A record as a client writes it, from the cells of an exported row; raises `ValueError`, naming the column.

    What the register makes itself, and what belongs to its sources, is passed over.
    """
    kinds = {one.name: one.kind for one in columns(collection)}
    body: dict[str, Any] = {}
    for name in posted(collection).model_fields:
        text = cells.get(name)
        if text in {None, ""} or name in collection.embedded:
            continue
        try:
            body[name] = _value(kinds[name], str(text))
        except ValueError:
            raise ValueError(name) from None
    return body


def _value(kind: Kind, text: str) -> Any:
    if kind == "integer":
        return int(text)
    if kind == "number":
        return float(text)
    text = plain(text)
    if kind in {"entries", "mapping"} or (kind == "texts" and text[:1] == "["):
        return orjson.loads(text)
    return text.split(";") if kind == "texts" else text
