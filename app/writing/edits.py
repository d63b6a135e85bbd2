"""What a person changed since it was stated: an import that states only what stood before leaves it as it is.

The log tells who changed a field last, an import or a person, and what stood before. A value that stood there before
the person's change is no news; any other is, and is written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from operator import itemgetter
from typing import Any

from sqlalchemy import select

from app.database.store import Key, Row
from app.estimates.dates import days
from app.history.past import Past, history_of
from app.history.tables import IMPORTED
from app.records.collection import Collection, Parts
from app.records.tables import payload
from app.writing.comparison import differs, list_differs
from app.writing.context import Context
from app.writing.rendering import load_lists
from app.writing.validation import Aim, Entry, Fate, Spared

NUMBER = ("low", "best", "high", "qualifier", "as_written", "flags", "missing_reason")
PLACE = ("latitude", "longitude", "location_precision")
Version = tuple[int, Any]
"""A revision, and the value that a field, or the content that a list, had from then on."""


def spare_edits(batch: Context, collection: Collection, entries: Sequence[Entry]) -> None:
    """Leave in records that are to be updated what a person changed, where no more is stated than stood before."""
    changed = {entry.old["id"]: entry for entry in entries if entry.old is not None and _is_update(entry)}
    history = history_of(collection.rows)
    past: dict[int, list[Row]] = defaultdict(list)
    if changed:
        for row in batch.store.rows(history, collection.names_but_docs, "id", changed, order=("id", "until")):
            past[row["id"]].append(row)
    if not past:
        return
    versions = {number: [*rows, changed[number].old or {}] for number, rows in past.items()}
    imported = imported_of(batch, (row["revision"] for rows in versions.values() for row in rows))
    # The first version is what it all began with, whoever made it: it changed nothing.
    edited = {number: rows for number, rows in versions.items() if {row["revision"] for row in rows[1:]} - imported}
    for number, rows in edited.items():
        _spare_fields(collection, changed[number], rows, imported)
    for name in collection.part_tables:
        differing = {number: rows for number, rows in edited.items() if list_differs(changed[number], name)}
        for number, listed in _lists_of(batch, collection, name, differing).items():
            _spare_entries(collection, name, changed[number], listed, imported)
    for number in edited:
        changed[number].fate = Fate.updated if differs(changed[number]) else Fate.unchanged


def spare_absent(batch: Context, collection: Collection, entries: Sequence[Entry]) -> None:
    """Make no statement anew that a person retracted, or made another one of."""
    new = [entry for entry in entries if entry.fate is Fate.created and entry.aim is Aim.put]
    history, by = history_of(collection.rows), collection.found_by
    if not new or batch.store.connection.execute(select(history.c.id).limit(1)).first() is None:
        return
    key: Key = by[0] if len(by) == 1 else by
    wanted = set(map(itemgetter(*by), (entry.row for entry in new)))
    ended: dict[Any, int] = {}
    for row in batch.store.rows(history, (*collection.identity, "until"), key, wanted):
        identity = itemgetter(*collection.identity)(row)
        ended[identity] = max(row["until"], ended.get(identity, 0))
    imported = imported_of(batch, ended.values()) if ended else set()
    for entry in new:
        revision = ended.get(itemgetter(*collection.identity)(entry.row))
        if revision is not None and revision not in imported:
            entry.fate = Fate.unchanged
            entry.spared.append(Spared(None, None, None, revision))


def imported_of(batch: Context, revisions: Iterable[int]) -> set[int]:
    """Those of some revisions that an import made."""
    rows = batch.store.rows(IMPORTED, ("revision",), "revision", set(revisions))
    return {row["revision"] for row in rows}


def _is_update(entry: Entry) -> bool:
    return entry.aim is Aim.put and entry.fate is Fate.updated


@cache
def _units(collection: Collection) -> list[tuple[str, tuple[str, ...]]]:
    """The fields that change together, by the name that stands for them, with the columns that hold them."""
    columns, units = collection.rows.columns, list[tuple[str, tuple[str, ...]]]()
    grouped = {name: group for group in (NUMBER, PLACE) if all(name in columns for name in group) for name in group}
    for name in collection.body.model_fields:
        if name in collection.part_tables or name not in columns or name in {"slug", "access", "nth"}:
            continue
        if name not in grouped:
            units.append((name, (name, *(day for day in days(name) if day in columns))))
        elif grouped[name][0] == name:
            units.append(("best" if name == NUMBER[0] else name, grouped[name]))
    return units


def _spare_fields(collection: Collection, entry: Entry, rows: Sequence[Row], imported: set[int]) -> None:
    for name, columns in _units(collection):
        stated, *values = (tuple(row[one] for one in columns) for row in (entry.row, *rows))
        standing = values[-1]
        if stated == standing:
            continue
        versions = [(row["revision"], value) for row, value in zip(rows, values, strict=True)]
        revision = _edited_at(versions, stated, imported)
        if revision is not None:
            entry.row.update(zip(columns, standing, strict=True))
            at = next(at for at in (columns.index(name), *range(len(columns))) if stated[at] != standing[at])
            entry.spared.append(Spared(columns[at], stated[at], standing[at], revision))


def _edited_at(versions: Sequence[Version], stated: Any, imported: set[int]) -> int | None:
    """The revision in which a person gave a field the value it has, if what is stated stood there before."""
    standing = versions[-1][1]
    place = len(versions) - 1
    while place and versions[place - 1][1] == standing:
        place -= 1
    before = [value for _, value in versions[:place]]
    return versions[place][0] if stated in before and versions[place][0] not in imported else None


# --- lists -------------------------------------------------------------------------------------------------------


def _lists_of(
    batch: Context, collection: Collection, name: str, versions: Mapping[int, Sequence[Row]]
) -> dict[int, list[Version]]:
    """What a list held in each version of some records, by id."""
    table = collection.part_tables[name]
    by_revision: dict[int, set[int]] = defaultdict(set)
    for number, rows in versions.items():
        for row in rows[:-1]:
            by_revision[row["revision"]].add(number)
    found: dict[tuple[int, int], list[Row]] = {}
    for revision, numbers in by_revision.items():
        lists = load_lists(Past(batch.store.connection, revision), table, numbers)
        found |= {(number, revision): lists[number] for number in numbers}
    now = load_lists(batch.store, table, versions)
    return {
        number: [
            *((row["revision"], _contents(collection, name, found[number, row["revision"]])) for row in rows[:-1]),
            (rows[-1]["revision"], _contents(collection, name, now[number])),
        ]
        for number, rows in versions.items()
    }


def _spare_entries(
    collection: Collection, name: str, entry: Entry, versions: Sequence[Version], imported: set[int]
) -> None:
    """Leave out of a list what a person took out of it, and leave in it what a person added."""
    standing = versions[-1][1]
    columns = payload(collection.part_tables[name])
    listed: Parts = {name: []}
    contents = set()
    for part, content in zip(entry.parts[name], _contents(collection, name, entry.parts[name]), strict=True):
        contents.add(content)
        if content not in standing and name == "names" and part["name"] == entry.row["name"]:
            continue  # the name that a person gave it, taken for a former one before that was known
        revision = _turned(versions, content, imported) if content not in standing else None
        if revision is None:
            listed[name].append(part)
        else:
            entry.spared.append(Spared(name, _plain(columns, content), None, revision))
    for content in standing:
        revision = _turned(versions, content, imported) if content not in contents else None
        if revision is not None:
            listed[name].append(dict(zip(columns, content, strict=True)))
            entry.spared.append(Spared(name, None, _plain(columns, content), revision))
    entry.parts[name] = listed[name]


def _turned(versions: Sequence[Version], content: Any, imported: set[int]) -> int | None:
    """The revision in which a person took an entry out of a list, or put it in, last; none where an import did."""
    turns = [after[0] for before, after in pairwise(versions) if (content in before[1]) != (content in after[1])]
    return turns[-1] if turns and turns[-1] not in imported else None


def _contents(collection: Collection, name: str, parts: Iterable[Row]) -> list[tuple[Any, ...]]:
    columns = payload(collection.part_tables[name])
    return [tuple(part[column] for column in columns) for part in parts]


def _plain(columns: Sequence[str], content: Sequence[Any]) -> Any:
    """An entry as it is read: the value of its one column, or those that it fills."""
    if len(columns) == 1:
        return content[0]
    return dict(_filled(columns, content))


def _filled(columns: Sequence[str], content: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    dated = {day for column in columns for day in days(column)}
    return (
        (name, value) for name, value in zip(columns, content, strict=True) if value is not None and name not in dated
    )
