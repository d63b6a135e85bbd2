"""Records to be, and what names several of them: a row makes one for each part of a cell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from app.imports.mapped.values import Key, Reference
from app.records.collection import Collection


@dataclass(slots=True)
class Draft:
    """One record to be."""

    name: str
    """What the mapping calls it."""
    collection: Collection
    body: dict[str, Any]
    keys: tuple[Key, ...] = ()
    """What it is known by, the first found decides."""
    slug: str | None = None
    words: str = ""
    """What the slug is made of: two texts that make one slug are two records."""
    spelled: bool = False
    """Whether that is written as the slug itself: a key, and nothing that others are written like."""
    existing: str = "update"
    newest: str | None = None
    """The day it is stated on, where the newest row counts."""
    droppable: frozenset[str] = frozenset()
    """Fields that are left out where their value is wrong."""
    column: str | None = None
    """The column that its number stands in."""


Several = Mapping[str, Sequence[str]]
"""Records of which a row makes several, each with the names that tell those apart."""


def spread(made: Iterable[tuple[str, Iterable[Draft]]]) -> Iterator[Draft]:
    """The drafts of a row's records; what names one of which there are several names them all."""
    listed = [(name, list(drafts)) for name, drafts in made]
    several: dict[str, list[str]] = {}
    for name, drafts in listed:
        if len(drafts) > 1 and drafts[0].collection.subject:
            several[name] = [name, *(f"{name} {number}" for number in range(2, len(drafts) + 1))]
            for draft, called in zip(drafts, several[name], strict=True):
                draft.name = called
    for _, drafts in listed:
        for draft in drafts:
            yield from _each(draft, several) if several else [draft]


def _each(draft: Draft, several: Several) -> Iterator[Draft]:
    """A draft, or one for each of the records that a field of it names."""
    body = {name: _listed(value, several) if isinstance(value, list) else value for name, value in draft.body.items()}
    for one in _combined(body, several):
        yield replace(draft, body=one)
        if draft.collection.named:
            return


def _listed(values: Sequence[Any], several: Several) -> list[Any]:
    made: list[Any] = []
    for value in values:
        if isinstance(value, Reference):
            made += (replace(value, name=name) for name in several.get(value.name, [value.name]))
        else:
            made += _combined(value, several) if isinstance(value, dict) else [value]
    return made


def _combined(fields: Mapping[str, Any], several: Several) -> Iterator[dict[str, Any]]:
    """An object for each of the records that its fields name."""
    named = {name: value for name, value in fields.items() if isinstance(value, Reference) and value.name in several}
    for names in product(*(several[value.name] for value in named.values())):
        made = {field: replace(value, name=name) for (field, value), name in zip(named.items(), names, strict=True)}
        yield {**fields, **made}
