"""Exported tables as native records: CSV and NDJSON files that are called after their collection, `figures.csv`.

What the register makes itself is passed over. Coordinates that were generalised for whoever exported them never take
the place of exact ones that they stand for.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.catalogue.collections import COLLECTIONS
from app.catalogue.columns import body_of_cells, columns
from app.errors import Fault, unlisted
from app.estimates.dates import days
from app.imports.faults import Place, Withheld
from app.imports.progress import Progress
from app.imports.readers import UnreadableFile, read_rows
from app.records.collection import Collection
from app.records.tables import partial_dates, payload

NAMED = re.compile(rf"({'|'.join(COLLECTIONS)})(?![a-z])")


def collection_of(file: Path) -> Collection | None:
    """The collection that a file is called after."""
    named = NAMED.match(file.name)
    return COLLECTIONS[named[1]] if named else None


def is_exact(record: Mapping[str, Any]) -> bool:
    """Whether a record's coordinates, if it has any, are those that the register holds."""
    return record.get("uncertainty_m") in {None, ""}


def is_withheld(value: Any) -> bool:
    """Whether a part was withheld: whatever a spreadsheet made of the column, unless it says no, or nothing."""
    return value is not None and str(value).strip().casefold() not in {"", "false"}


def stated_in(collection: Collection, names: Iterable[str]) -> list[str]:
    """The fields that a client writes of those that a table has."""
    return [name for name in names if name in collection.body.model_fields]


def cut_off(collection: Collection, names: Container[str]) -> Fault | None:
    """That a table was exported, and cut down to columns that do not say which records its rows are."""
    made = [name for name in collection.fields if name not in collection.body.model_fields and name in names]
    if collection.named and made and "slug" not in names:
        return Fault(f"the table has a column {made[0]} and none of slug, which says which record a row is")
    return None


def native(collection: Collection, record: Mapping[str, Any]) -> dict[str, Any] | Withheld:
    """A record as a client writes it, from the form it is shown in; what is unknown stays, to be told of."""
    if is_withheld(record.get("withheld")):
        return Withheld(str(record.get("slug") or record.get("id") or ""))
    made = set(collection.fields) | {"withheld"}
    body: dict[str, Any] = {"collection": collection.name}
    for name, value in record.items():
        if name in collection.part_tables and len(payload(collection.part_tables[name])) > 1:
            dated = {day for date in partial_dates(collection.part_tables[name]) for day in days(date)}
            listed = value if isinstance(value, list) else [value]
            body[name] = [_without(one, dated | {"withheld"}) for one in listed]
        elif name in collection.body.model_fields or name not in made:
            body[name] = value
    return body


def _without(entry: Any, names: set[str]) -> Any:
    return {name: one for name, one in entry.items() if name not in names} if isinstance(entry, dict) else entry


def table_rows(file: Path, collection: Collection, progress: Progress) -> Iterator[tuple[Place, Any]]:
    """The records of an exported CSV file, each with its place."""
    name = str(file)
    known = {column.name for column in columns(collection)}
    kinds = {column.name: column.kind for column in columns(collection)}
    try:
        for number, row in enumerate(read_rows(file, progress=progress)):
            unknown = [name for name in row.cells if name not in known] if number == 0 else []
            if unknown:
                message = unlisted(f"a column of an exported table of {collection.name}", unknown[0], known)
                yield Place(name, 1, {}), Fault(f"{message} A table of your own takes a mapping.")
                return
            if number == 0 and (fault := cut_off(collection, row.cells)) is not None:
                yield Place(name, 1, {}), fault
                return
            flaw = row.fatal or next(iter(row.flaws), None)
            if flaw is not None:
                yield Place(name, row.line, {}), Fault(flaw.message)
                continue
            cells: dict[str, Any] = dict(row.cells)
            place = Place(name, row.line, {}, is_exact(cells), stated_in(collection, cells))
            if is_withheld(cells.get("withheld")):
                yield place, native(collection, cells)
                continue
            try:
                record = {"collection": collection.name} | body_of_cells(collection, cells)
            except ValueError as wrong:
                at = str(wrong)
                yield place, Fault(f"{cells[at][:80]!r} is not {kinds[at]}", pointer=f"/{at}")
                continue
            yield place, native(collection, record | {"collection": collection.name})
    except UnreadableFile as unreadable:
        yield Place(name, 1, {}), Fault(str(unreadable).removeprefix(f"{file}: "))
