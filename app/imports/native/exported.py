"""Exported tables as native records: CSV and NDJSON files that are called after their collection, `figures.csv`.

What the register makes itself is passed over. Coordinates that were generalised for whoever exported them never take
the place of exact ones that they stand for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app.catalogue.collections import COLLECTIONS
from app.catalogue.columns import body_of_cells, columns
from app.database.store import Store
from app.errors import Fault, unlisted
from app.estimates.dates import days
from app.history.codes import Access
from app.imports.progress import Progress
from app.imports.readers import UnreadableFile, read_rows
from app.records.collection import Collection
from app.records.tables import partial_dates, payload
from app.writing.rendering import load_lists, load_rows
from app.writing.validation import Entry
from app.writing.withheld import keep_exact_place

NAMED = re.compile(rf"({'|'.join(COLLECTIONS)})(?![a-z])")
WITHHELD = "a part of this record was withheld from whoever exported it; export it with a key that may see all of it"


def collection_of(file: Path) -> Collection | None:
    """The collection that a file is called after."""
    named = NAMED.match(file.name)
    return COLLECTIONS[named[1]] if named else None


def is_exact(record: Mapping[str, Any]) -> bool:
    """Whether a record's coordinates, if it has any, are those that the register holds."""
    return record.get("uncertainty_m") in {None, ""}


def native(collection: Collection, record: Mapping[str, Any]) -> dict[str, Any] | Fault:
    """A record as a client writes it, from the form it is shown in; what is unknown stays, to be told of."""
    if record.get("withheld"):
        return Fault(WITHHELD)
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


def table_rows(file: Path, collection: Collection, progress: Progress) -> Iterator[tuple[int, bool, Any]]:
    """The records of an exported CSV file, each with its line and whether its coordinates are exact."""
    known = {column.name for column in columns(collection)}
    kinds = {column.name: column.kind for column in columns(collection)}
    try:
        for number, row in enumerate(read_rows(file, progress=progress)):
            unknown = [name for name in row.cells if name not in known] if number == 0 else []
            if unknown:
                message = unlisted(f"a column of an exported table of {collection.name}", unknown[0], known)
                yield 1, True, Fault(f"{message} A table of your own takes a mapping.")
                return
            flaw = row.fatal or next(iter(row.flaws), None)
            if flaw is not None:
                yield row.line, True, Fault(flaw.message)
                continue
            cells: dict[str, Any] = dict(row.cells)
            if cells.get("withheld") == "true":
                yield row.line, True, Fault(WITHHELD)
                continue
            try:
                record = {"collection": collection.name} | body_of_cells(collection, cells)
            except ValueError as wrong:
                name = str(wrong)
                yield row.line, True, Fault(f"{cells[name][:80]!r} is not {kinds[name]}", pointer=f"/{name}")
                continue
            body = native(collection, record | {"collection": collection.name})
            yield row.line, is_exact(cells), body
    except UnreadableFile as unreadable:
        yield 1, True, Fault(str(unreadable).removeprefix(f"{file}: "))


def keep_exact(connection: Connection, collection: Collection, entries: Iterable[Entry]) -> None:
    """Leave coordinates as they stand where those given are what generalising leaves of them."""
    given = {entry.row["slug"]: entry for entry in entries}
    store = Store(connection)
    standing = {row["id"]: row for row in load_rows(store, collection, "slug", given)}
    for row in standing.values():
        keep_exact_place(row, given[row["slug"]].row, Access.public)
    for name, table in collection.part_tables.items():
        if "latitude" in table.columns:
            for owner, parts in load_lists(store, table, standing).items():
                listed = given[standing[owner]["slug"]].parts[name]
                for mine, there in zip(listed, parts, strict=False):
                    keep_exact_place(there, mine, Access.public)
