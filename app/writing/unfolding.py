"""New records as clients write them, unfolded: whole sources and nested figures become records of their own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.store import Row
from app.errors import BadInput, Fault
from app.records.collection import Collection, Embedded
from app.records.slugs import numbered, slug_of
from app.records.tables import payload
from app.writing.validation import Aim, Entry, Refused, validated


def new_entries(collection: Collection, bodies: Sequence[object], at: Callable[[int], str]) -> list[Entry]:
    """Check new records as clients write them, and the records nested in them; raises `BadInput` with every fault.

    `at` gives the pointer of the n-th record in the request.
    """
    names = Names(set(slugs_in(bodies)))
    unfolded = (part for number, one in enumerate(bodies) for part in _unfolded(collection, one, at(number), names))
    return checked_entries(unfolded)


Unfolded = tuple[Collection, object, str, bool]


def checked_entries(unfolded: Iterable[Unfolded | Fault]) -> list[Entry]:
    """The entries of new records; raises `BadInput` with every fault of all of them."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    for part in unfolded:
        if isinstance(part, Fault):
            faults.append(part)
            continue
        collection, body, place, made_up = part
        try:
            entry = validated(collection, body)
        except Refused as refused:
            faults += [Fault(fault.detail, pointer=place + (fault.pointer or "")) for _, fault in refused.faults]
            continue
        entry.aim, entry.place, entry.slug_is_free = Aim.create, place, made_up
        entries.append(entry)
    if faults:
        raise BadInput.of(faults)
    return entries


@dataclass(slots=True)
class Names:
    """The slugs of a request: what it says itself, and what was made up for its records.

    One made up is never one the request says: that means a record which is there already.
    """

    taken: set[str]
    sources: dict[bytes, str] = field(default_factory=dict)
    """The slugs of the whole sources given, by what was given: the same one again is the same source."""

    def made_up(self, collection: Collection, body: Row) -> str:
        """A slug for a record that came without one."""
        stem = slug_of(collection, body)
        slug = next(one for one in numbered(stem) if one not in self.taken)
        self.taken.add(slug)
        return slug


def slugs_in(value: object, *, slug: bool = False) -> Iterator[str]:
    """Every slug that a request gives or refers to."""
    if isinstance(value, str) and slug:
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from slugs_in(inner, slug=slug)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from slugs_in(inner, slug=name in _slug_fields())


@cache
def _slug_fields() -> frozenset[str]:
    names = {"slug"}
    for collection in COLLECTIONS.values():
        names.update(collection.references, collection.part_references, *collection.part_references.values())
    return frozenset(names)


def _unfolded(collection: Collection, value: object, place: str, names: Names) -> Iterator[Unfolded | Fault]:
    """A new record and those nested in it, each with its place and whether its slug was made up.

    Nested are whole sources where a source is asked, and the figures of an incident, which take the incident's first
    source unless they name one.
    """
    if not isinstance(value, dict):
        yield collection, value, place, False
        return
    body, made_up = dict(value), False
    yield from whole_sources(collection, body, place, names)
    whole = {name: embedded for name, embedded in collection.embedded.items() if embedded.whole}
    nested = {name: body.pop(name) for name in whole if name in body}
    if nested and body.get("slug") is None and isinstance(body.get("title"), str):
        body["slug"], made_up = names.made_up(collection, body), True
    listed = body.get("sources") if whole else None
    default = {"source": listed[0]} if isinstance(listed, list) and listed else {}
    for name, nouns in collection.part_references.items():
        if default and "source" in nouns and isinstance(body.get(name), list):
            body[name] = [default | entry if isinstance(entry, dict) else entry for entry in body[name]]
    yield collection, body, place, made_up
    for name, inner in nested.items():
        yield from _nested(whole[name], inner, f"{place}/{name}", default | {whole[name].by: body.get("slug")}, names)


def _nested(
    embedded: Embedded, value: object, place: str, default: dict[str, Any], names: Names
) -> Iterator[Unfolded | Fault]:
    """The records that a new record holds; they say nothing else of what holds them."""
    if not isinstance(value, list):
        yield Fault("a list is needed here", pointer=place)
        return
    for number, one in enumerate(value):
        at, by = f"{place}/{number}", embedded.by
        body = default | one | {by: default[by]} if isinstance(one, dict) else one
        if isinstance(one, dict) and one.get(by) not in (None, default[by]):
            yield Fault(f"the {by} is the one it stands in", pointer=f"{at}/{by}")
        yield from _unfolded(NOUNS[embedded.collection], body, at, names)


def whole_sources(collection: Collection, body: dict[str, Any], place: str, names: Names) -> Iterator[Unfolded]:
    """Take out each whole source that stands where a source is asked, leaving its slug there."""
    source = NOUNS["source"]
    for holder, key, at in _asking(collection, body, place):
        value = holder[key]
        if isinstance(value, dict):
            same = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
            if same in names.sources:
                holder[key] = names.sources[same]
                continue
            called = any(isinstance(value.get(name), str) for name in ("title", "publisher"))
            made_up = value.get("slug") is None and called
            whole = value | ({"slug": names.made_up(source, value)} if made_up else {})
            holder[key] = names.sources[same] = whole.get("slug", "")
            yield source, whole, at, made_up


def _asking(collection: Collection, body: dict[str, Any], place: str) -> Iterator[tuple[Any, Any, str]]:
    """Where a body asks for sources: what holds the place, its key there, and its pointer. Lists are copied first."""
    for name, noun in collection.references.items():
        if noun == "source" and name in body:
            yield body, name, f"{place}/{name}"
    for name, nouns in collection.part_references.items():
        if "source" not in nouns.values() or not isinstance(body.get(name), list):
            continue
        listed = body[name] = [dict(entry) if isinstance(entry, dict) else entry for entry in body[name]]
        bare = len(payload(collection.part_tables[name])) == 1
        for number, entry in enumerate(listed):
            if bare:
                yield listed, number, f"{place}/{name}/{number}"
            elif isinstance(entry, dict) and "source" in entry:
                yield entry, "source", f"{place}/{name}/{number}/source"
