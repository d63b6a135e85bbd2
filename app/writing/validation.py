"""From what a client wrote to what is stored: every fault of a record named at once, or the rows it is stored as."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from functools import cache, lru_cache

from pydantic import ValidationError
from sqlalchemy import Table
from sqlmodel import SQLModel

from app.database.codes import VOCABULARIES
from app.database.store import Row
from app.errors import Fault, article, sentence_of, unlisted
from app.estimates.dates import days, parse_partial_date
from app.records.bodies import Body
from app.records.collection import Collection, Parts
from app.records.tables import partial_dates, payload
from app.writing.texts import lined, one_lined, unwritable


class Fate(StrEnum):
    """What became of one record of a batch."""

    created = "created"
    updated = "updated"
    unchanged = "unchanged"
    retracted = "retracted"


class Aim(StrEnum):
    """What is to be done with one record of a batch."""

    put = "put"
    """Create it, or make the one there is equal to it."""
    create = "create"
    change = "change"
    retract = "retract"
    restore = "restore"
    """Make one that was given up anew, under the id and the slug it had."""


@dataclass(frozen=True, slots=True)
class Spared:
    """What an import left as a person made it: a field with the value it states, or without one a whole record."""

    name: str | None
    stated: object
    standing: object
    revision: int
    """The revision in which the person changed it."""


@dataclass(slots=True)
class Entry:
    """One record of a batch: what it is to be, what it was, and what became of it."""

    collection: Collection
    row: Row
    parts: Parts
    fate: Fate = Fate.created
    old: Row | None = None
    old_parts: Parts = field(default_factory=dict)
    aim: Aim = Aim.put
    removed: bool = False
    """Whether one that is retracted goes from the past too."""
    slug_is_free: bool = False
    """Whether the slug was made up for it, and may be another where it is taken."""
    place: str = ""
    """Where in a request's body it stands, as a JSON pointer."""
    into: str | None = None
    """The record in whose favour this one is given up."""
    statement: str = ""
    """The digest of what it states, where that was made before."""
    stated_as: str = ""
    """The digest of what it stated before it named what stands in the place of what was given up; else nothing."""
    says_access: bool = True
    """Whether it is stated who may see it; where not, that stays as it is."""
    unchanged: frozenset[str] = frozenset()
    """The places in it that name what it named before: the writer need not see that."""
    revision: int = 0
    """The revision it is written in, where a batch has several; else the batch's."""
    spared: list[Spared] = field(default_factory=list)
    """What a person changed and an import would have undone: it was left as it is."""


class Refused(Exception):
    """Records that cannot be written: each fault with the place of its record in the batch."""

    def __init__(self, faults: Sequence[tuple[int, Fault]]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def validated(collection: Collection, value: object, *, published: bool = False) -> Entry:
    """Check one record as written; raises `Refused` with every fault. `published` data may break its own bounds."""
    lines = lined(collection.body)
    value = one_lined(value, lines) if published else value
    if unreadable := unwritable(value, lines):
        raise Refused([(0, fault) for fault in unreadable])
    try:
        # As `model_validate`, without what SQLModel adds to it for tables.
        body = collection.body.__new__(collection.body)
        collection.body.__pydantic_validator__.validate_python(
            value, context={"published": published}, self_instance=body
        )
    except ValidationError as error:
        faults = list(_faults(collection, error))
        for name, message in collection.body.unread(value) if isinstance(value, Mapping) else ():
            faults += (
                [] if any(fault.pointer == f"/{name}" for fault in faults) else [Fault(message, pointer=f"/{name}")]
            )
        raise Refused([(0, fault) for fault in faults]) from None
    entry = _entry(collection, body)
    entry.says_access = "access" in body.model_fields_set
    return entry


def _faults(collection: Collection, error: ValidationError) -> Iterator[Fault]:
    for fault in error.errors(include_url=False):
        steps = [str(step) for step in fault["loc"] if step != "[key]"]
        context = fault.get("ctx", {})
        if "field" in context:
            steps.append(context["field"])
        message = sentence_of(fault)
        if fault["type"] == "extra_forbidden":
            message = unlisted(f"a field of {collection.name}", steps[-1], collection.body.model_fields)
        elif fault["type"] == "enum":
            codes = [code.strip("' ") for code in context["expected"].replace(" or ", ", ").split(",")]
            message = unlisted(_vocabulary(codes), str(fault["input"]), codes)
        elif fault["type"] == "missing":
            message = f"{steps[-1]} is required"
        yield Fault(message, pointer="".join(f"/{step}" for step in steps))


def _vocabulary(codes: Sequence[str]) -> str:
    return next((article(name) for name, listed in VOCABULARIES.items() if list(listed) == list(codes)), "a known code")


def _entry(collection: Collection, body: Body) -> Entry:
    """The rows a body is stored as."""
    row: Row = dict(body.__dict__)
    for name, code, text in _coded(collection.body):
        if row[name] is code:
            row[name] = text
    parts: Parts = {}
    for name, table in collection.part_tables.items():
        columns = payload(table)
        parts[name] = [
            entry.model_dump(mode="json") if isinstance(entry, SQLModel) else {columns[0]: entry}
            for entry in row.pop(name)
        ]
    return laid_out(collection, row, parts)


@cache
def _coded(body: type[Body]) -> list[tuple[str, Enum, str]]:
    """The fields that are a code when they are left out, with its text: what it holds is plain text already."""
    codes = ((name, field.default) for name, field in body.model_fields.items())
    return [(name, code, code.value) for name, code in codes if isinstance(code, Enum)]


def laid_out(collection: Collection, row: Row, parts: Parts) -> Entry:
    """The entry of a record that was checked, its days laid beside its dates."""
    for name, listed in parts.items():
        for part in listed:
            _dated(part, collection.part_tables[name])
    return Entry(collection, _dated(row, collection.rows), parts)


@lru_cache(maxsize=4096)
def _day_range(text: str) -> tuple[date, date]:
    parsed = parse_partial_date(text)
    return parsed.start, parsed.end


def _dated(row: Row, table: Table) -> Row:
    """Lay the day range of each partial date beside it."""
    for name, first, last in _dates(table):
        text = row[name]
        row[first], row[last] = _day_range(text) if text else (None, None)
    return row


@cache
def _dates(table: Table) -> list[tuple[str, str, str]]:
    """The partial dates of a table, each with the columns of its first and last day."""
    return [(name, *days(name)) for name in partial_dates(table)]
