"""The stored JSON of a record (its `doc`), made by one function from its rows, as each tier sees it."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any

import orjson

from app.database.store import Row
from app.history.access import TIERS
from app.history.codes import Access
from app.history.lookup import Lookup
from app.records.collection import Collection, Parts
from app.records.tables import payload


def wire(
    collection: Collection, row: Row, parts: Parts, lookup: Lookup, tier: Access, *, all_seen: bool = False
) -> Row:
    """The stored JSON of one record as a tier sees it, from its own row, the rows of its lists and those it names.

    `all_seen` says that the tier may see all that the record names.
    """
    shown = _shown_as_stored(collection)(row)
    shown["recorded_at"] = lookup.recorded[row["revision"]]
    withheld = False
    for name in collection.part_tables:
        listed = parts.get(name)
        if not listed:
            shown[name] = []
            continue
        shown[name] = entries = _entries_of(collection, name, listed, lookup, tier, all_seen=all_seen)
        withheld = withheld or len(entries) < len(listed)
    for name, noun in () if all_seen else collection.references.items():
        if row[name] is not None and lookup.seen(noun, row[name], tier) is None:
            shown[name], withheld = None, True
    if withheld:
        shown["withheld"] = True
    if collection.complete is not None:
        collection.complete(shown, row, lookup, tier)
    return shown


@cache
def _shown_as_stored(collection: Collection) -> Callable[[Row], Row]:
    """What copies the shown fields of a row in their order; what no column holds may be missing."""
    columns = [name for name in collection.fields if name in collection.rows.columns]
    further = [name for name in collection.fields if name not in columns]
    blank, values = dict.fromkeys(collection.fields), itemgetter(*columns)

    def shown(row: Row) -> Row:
        copied: Row = blank.copy()
        copied.update(zip(columns, values(row), strict=True))
        for name in further:
            copied[name] = row.get(name)
        return copied

    return shown


def _entries_of(
    collection: Collection, name: str, rows: Iterable[Row], lookup: Lookup, tier: Access, *, all_seen: bool
) -> list[Any]:
    """A list's entries: bare values where an entry has one column; a bare reference that is hidden is left out."""
    nouns, columns = collection.part_references[name], payload(collection.part_tables[name])
    if all_seen and len(columns) == 1:
        return [row[columns[0]] for row in rows]
    if all_seen:
        return [{column.removesuffix("_"): row[column] for column in columns} for row in rows]
    entries: list[Any] = []
    for row in rows:
        hidden = [
            column
            for column, noun in nouns.items()
            if row[column] is not None and lookup.seen(noun, row[column], tier) is None
        ]
        if len(columns) == 1:
            if not hidden:
                entries.append(row[columns[0]])
            continue
        entry = {column.removesuffix("_"): None if column in hidden else row[column] for column in columns}
        entries.append(entry | ({"withheld": True} if hidden else {}))
    return entries


def docs(
    collection: Collection, row: Row, parts: Parts, lookup: Lookup, held: Mapping[Access, Row] | None = None
) -> Row:
    """The `doc` columns of a row: the public JSON, and the stricter tiers' where they differ from it.

    `held` has, by tier, the records of other collections that this one's stored JSON holds.
    """
    if (held is None or held[Access.public] is held[Access.restricted]) and _all_public(collection, row, parts, lookup):
        full = row if held is None else row | held[Access.public]
        form = wire(collection, full, parts, lookup, Access.public, all_seen=True)
        return {"doc": orjson.dumps(form).decode(), "doc_partner": None, "doc_restricted": None}
    forms = [row if held is None else row | held[tier] for tier in TIERS]
    public, partner, restricted = (
        orjson.dumps(wire(collection, full, parts, lookup, tier)).decode()
        for full, tier in zip(forms, TIERS, strict=True)
    )
    return {
        "doc": public,
        "doc_partner": partner if partner != public else None,
        "doc_restricted": restricted if restricted != partner else None,
    }


def _all_public(collection: Collection, row: Row, parts: Parts, lookup: Lookup) -> bool:
    """Whether all a record shows is public, so that every tier's form is the same."""
    if row.get("latitude") is not None or any(part.get("latitude") is not None for part in parts.get("phases", [])):
        return False
    if lookup.all_public:
        return True
    for name, noun in collection.references.items():
        if row[name] is not None and lookup.seen(noun, row[name], Access.public) is None:
            return False
    return all(
        part[column] is None or lookup.seen(noun, part[column], Access.public) is not None
        for name, listed in parts.items()
        for part in listed
        for column, noun in collection.part_references[name].items()
    )
