"""What is wrong with a record by itself, told as the row that states it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from app.catalogue.collections import NOUNS
from app.database.store import Row
from app.errors import Fault
from app.estimates.codes import EstimateFlag
from app.imports.mapped.rows import Draft
from app.imports.mapped.values import Reference, Rejected
from app.imports.readers import Flaw
from app.records.collection import Collection
from app.writing.validation import Entry, Refused, validated


def check_subject(draft: Draft, flaws: list[Flaw]) -> None:
    """Check what a row states of a subject by itself; raises `Rejected`, or leaves out what may be."""
    body = _plain(draft.body)
    for name, message in _faults(draft.collection.noun, orjson.dumps(body, option=orjson.OPT_SORT_KEYS)):
        flaw = Flaw("invalid", message, name, str(body[name])[:200])
        if name not in draft.droppable:
            raise Rejected(flaw)
        del draft.body[name]
        flaws.append(replace(flaw, message=f"{message}; left out"))


@lru_cache(maxsize=8192)
def _faults(noun: str, body: bytes) -> list[tuple[str, str]]:
    """What is wrong with the fields that are there; that others are missing is told when the record is made."""
    given = orjson.loads(body)
    try:
        validated(NOUNS[noun], given, published=True)
    except Refused as refused:
        found = [((fault.pointer or "/").split("/")[1], fault.detail) for _, fault in refused.faults]
        return [(name, detail) for name, detail in dict(found).items() if name in given]
    return []


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


def cautions(row: Row, flags: Sequence[str]) -> Iterator[Flaw]:
    """What a number was flagged with on its way in."""
    bounds = "/".join("" if row[name] is None else str(row[name]) for name in ("low", "best", "high"))
    if EstimateFlag.bounds_out_of_order in flags:
        yield Flaw("bounds_out_of_order", "low, best and high fall; kept as published", "low/best/high", bounds)
    if EstimateFlag.rounded in flags:
        yield Flaw("rounded", f"a fraction is stored as {row['best']}", "figure", row["as_written"])
