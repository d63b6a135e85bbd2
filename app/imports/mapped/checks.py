"""What is wrong with a record by itself, told as the row that states it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, get_origin

import orjson

from app.catalogue.collections import NOUNS
from app.database.store import Row
from app.errors import Fault
from app.estimates.codes import EstimateFlag
from app.imports.mapped.expressions import Computed, Named
from app.imports.mapped.mapping import ImportMapping
from app.imports.mapped.record import FIGURE, RecordMapping
from app.imports.mapped.rows import COORDINATES, WITH_COMMA, Draft
from app.imports.mapped.values import Reference, Rejected, is_constant
from app.imports.readers import Flaw
from app.records.collection import Collection
from app.writing.validation import Entry, Refused, validated


def check_subject(draft: Draft, flaws: list[Flaw]) -> None:
    """Check what a row states of a subject by itself; raises `Rejected`, or leaves out what may be."""
    body = _plain(draft.body)
    for name, message in _faults(draft.collection.noun, orjson.dumps(body, option=orjson.OPT_SORT_KEYS)):
        comma = name in COORDINATES and WITH_COMMA.fullmatch(str(body[name]))
        hint = "say in the mapping what parts a fraction: `decimal: ','`" if comma else None
        flaw = Flaw("invalid", message, name, str(body[name])[:200], hint)
        if name not in draft.droppable:
            raise Rejected(flaw)
        del draft.body[name]
        flaws.append(replace(flaw, message=f"{message}; left out"))


@lru_cache(maxsize=8192)
def _faults(noun: str, body: bytes) -> list[tuple[str, str]]:
    """What is wrong with the fields that are there; that others are missing is told when the record is made."""
    data = orjson.loads(body)
    try:
        validated(NOUNS[noun], data, published=True)
    except Refused as refused:
        found = [((fault.pointer or "/").split("/")[1], fault.detail) for _, fault in refused.faults]
        return [(name, detail) for name, detail in dict(found).items() if name in data]
    return []


Steps = tuple[str | int, ...]
"""Where a value stands in a mapping."""


def constant_faults(mapping: ImportMapping) -> Iterator[tuple[Steps, str]]:
    """What is wrong with the values of a mapping that are the same for every row: where each stands, and why."""
    for number, table in enumerate(mapping.tables):
        for name, record in table.records.items():
            for fields, place in _filled(record):
                for field, made in fields.items():
                    yield from _constant(record.of, field, made, ("tables", number, "records", name, *place, field))


def _filled(record: RecordMapping) -> Iterator[tuple[Mapping[str, Any], Steps]]:
    """What fills the fields of a record, and where that stands in it."""
    yield record.fields, ("fields",)
    if isinstance(record.each, list):
        yield from ((item, ("each", at)) for at, item in enumerate(record.each))
    elif record.each is not None:
        for word, texts in record.each.parts.items():
            yield from ((fields, ("each", "parts", word, text)) for text, fields in texts.items())


def _constant(collection: Collection, field: str, made: Any, place: Steps) -> Iterator[tuple[Steps, str]]:
    info = collection.body.model_fields.get(field)
    if info is None or isinstance(made, Named) or field == "as_written":  # words are read beside their bounds
        return
    values: list[tuple[Steps, Any]] = []
    if isinstance(made, Computed):
        texts = {**(made.table or {}), **(made.patterns or {})}
        steps = ("table" if text in (made.table or {}) else "patterns" for text in texts)
        values += (((*place, step, text), value) for step, (text, value) in zip(steps, texts.items(), strict=True))
        values += (((*place, step), getattr(made, step)) for step in ("otherwise", "default"))
    else:
        values.append((place, made))
    for where, value in values:
        if value is None or not is_constant(value) or made == "":
            continue
        listed = isinstance(made, Computed) and get_origin(info.annotation) is list
        body = {field: [value] if listed or (get_origin(info.annotation) is list and isinstance(value, str)) else value}
        for name, message in _faults(collection.noun, orjson.dumps(_unbraced(body), option=orjson.OPT_SORT_KEYS)):
            if name == field:
                yield where, message


def _unbraced(value: Any) -> Any:
    """A constant as it is written to a record: two braces stand for one."""
    if isinstance(value, str):
        return value.replace("{{", "{").replace("}}", "}")
    if isinstance(value, dict):
        return {name: _unbraced(inner) for name, inner in value.items()}
    return [_unbraced(inner) for inner in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """A value in which some slug stands for whatever record it names."""
    if isinstance(value, Reference):
        return "named"
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def validated_row(collection: Collection, body: dict[str, Any], droppable: frozenset[str]) -> tuple[Entry, list[Flaw]]:
    """A record checked as published data; what may be left out where it is wrong is, and told."""
    try:
        return validated(collection, body, published=True), []
    except Refused as refused:
        heads = {(fault.pointer or "/").split("/")[1]: fault for _, fault in refused.faults}
        if not heads.keys() <= droppable:
            raise
    flaws = [
        Flaw("invalid", f"{fault.detail}; left out", name, str(body.get(name))[:200]) for name, fault in heads.items()
    ]
    left = {name: value for name, value in body.items() if name not in heads}
    return validated(collection, left, published=True), flaws


def flaw_of(fault: Fault, body: dict[str, Any] | None = None, more: int = 0) -> Flaw:
    name = (fault.pointer or "/").split("/")[1] or None
    value = None if body is None or name is None else body.get(name)
    message = fault.detail + (f" (and {more} more)" if more > 0 else "")
    return Flaw(
        "invalid" if body is not None else "refused", message, name, None if value is None else str(value)[:200]
    )


def cautions(row: Row, flags: Sequence[str], column: str | None) -> Iterator[Flaw]:
    """What a number of a column was flagged with on its way in."""
    bounds = "/".join("" if row[name] is None else str(row[name]) for name in ("low", "best", "high"))
    if EstimateFlag.bounds_out_of_order in flags:
        yield Flaw("bounds_out_of_order", "low, best and high fall; kept as published", "low/best/high", bounds)
    if EstimateFlag.rounded in flags:
        yield Flaw("rounded", f"a fraction is stored as {row['best']}", column or FIGURE, row["as_written"])
