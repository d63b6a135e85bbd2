"""Two records of one place made one, and undone: for a person to decide, never for an import.

A merge gives one facility up in favour of another. What referred to it refers to the survivor from then on; its names,
identifiers and sources go over too, so that the next import finds the survivor by them. Its slug stays taken and leads
to the survivor. A split brings it back as it was, with what the merge moved, wherever that was not changed since.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from app.catalogue.collections import COLLECTIONS
from app.database.store import Row, Store
from app.errors import Conflict, NotFound
from app.facilities.models import FACILITIES
from app.history.codes import ChangeAction, ReasonCode
from app.history.past import EVER, Past
from app.history.tables import CHANGES, SELDOM
from app.records.codes import NameKind
from app.records.collection import Collection, Parts
from app.records.tables import payload
from app.writing.rendering import Loaded, load, load_rows, load_stated, referring
from app.writing.revise import apply
from app.writing.revisions import Why
from app.writing.validation import Aim, Entry

NOUN = FACILITIES.noun
CARRIED = ("names", "identifiers", "sources")
"""The lists that a merge carries over."""


def merge(connection: Connection, gone: str, kept: str, author: str, reason: str) -> int:
    """Give `gone` up in favour of `kept`, both slugs; returns the revision. Raises `NotFound`, `Conflict`."""
    store = Store(connection)
    old, survivor = _standing(store, gone), _standing(store, kept)
    _fit(old.rows, survivor.rows)
    (row,), (into,) = old.rows.values(), survivor.rows.values()
    parts = _all_parts(survivor, into["id"])
    given = old.parts[row["id"]] | {"names": [_as_alias(row), *old.parts[row["id"]].get("names", [])]}
    for name in CARRIED:
        parts[name] = _joined(FACILITIES, name, parts.get(name, []), given.get(name, []))
    parts["related"] = [part for part in parts.get("related", []) if part["facility"] != gone]
    entries = [Entry(FACILITIES, into, parts, aim=Aim.change, old=dict(into))]
    for collection in COLLECTIONS.values():
        ids = referring(connection, collection, NOUN, gone)
        if collection is FACILITIES:
            ids -= {row["id"], into["id"]}
        loaded = load(store, collection, ids)
        entries += _freed(store, loaded, [_moved(collection, loaded, number, gone, kept) for number in sorted(ids)])
    entries.append(Entry(FACILITIES, row, {}, aim=Aim.retract, into=kept))
    return apply(connection, entries, Why(author, ReasonCode.duplicate, reason))


def split(connection: Connection, gone: str, author: str, reason: str) -> int:
    """Undo the merge of `gone`, a slug; returns the revision. Raises `NotFound` when it was not merged."""
    statement = (
        select(CHANGES.c.revision, CHANGES.c.record_id, CHANGES.c.action, CHANGES.c.merged_into)
        .where(CHANGES.c.collection == FACILITIES.name, CHANGES.c.slug == gone, SELDOM)
        .order_by(CHANGES.c.revision.desc())
    )
    last = connection.execute(statement).first()
    if last is None or last.action != ChangeAction.merge or last.merged_into is None:
        raise NotFound(f"No facility called {gone!r} was merged into another.")
    merged, kept, store = last.revision, last.merged_into, Store(connection)
    before = Past(connection, merged - 1)
    was = load(before, FACILITIES, [last.record_id])
    survivor, survivor_was = _standing(store, kept), _standing(before, kept)
    entries = [Entry(FACILITIES, was.rows[last.record_id], _all_parts(was, last.record_id), aim=Aim.restore)]
    ((number, into),) = survivor.rows.items()
    parts = _all_parts(survivor, number)
    for name in CARRIED:
        here = _contents(FACILITIES, name, survivor_was.parts[number].get(name, []))
        came = was.parts[last.record_id].get(name, [])
        came = [_as_alias(was.rows[last.record_id]), *came] if name == "names" else came
        gone_back = [one for one in _contents(FACILITIES, name, came) if one not in here]
        parts[name] = [part for part in parts[name] if _content(FACILITIES, name, part) not in gone_back]
    entries.append(Entry(FACILITIES, into, parts, aim=Aim.change, old=dict(into)))
    for collection in COLLECTIONS.values():
        ids = referring(connection, collection, NOUN, gone, EVER, merged - 1) - {last.record_id}
        now, then = load(store, collection, ids), load(before, collection, ids)
        back = [
            _returned(collection, now, then, number, gone, kept)
            for number in sorted(now.rows)
            if not (collection is FACILITIES and now.rows[number]["slug"] == kept)
        ]
        entries += _freed(store, now, back)
    return apply(connection, entries, Why(author, ReasonCode.our_error, reason))


def _standing(store: Store, slug: str) -> Loaded:
    """A facility by its slug, with its lists."""
    ids = [row["id"] for row in load_rows(store, FACILITIES, "slug", [slug])]
    if not ids:
        raise NotFound(f"There is no facility called {slug!r}.")
    return load(store, FACILITIES, ids)


def _fit(old: Mapping[int, Row], survivor: Mapping[int, Row]) -> None:
    """Raise when two facilities cannot be one."""
    (gone,), (kept,) = old.values(), survivor.values()
    message = None
    if gone["id"] == kept["id"]:
        message = "A facility cannot be merged into itself."
    elif gone["slug"] == kept["parent"] or kept["slug"] == gone["parent"]:
        message = "One of the two is a part of the other; change its parent first."
    elif gone["access"] != kept["access"]:
        message = (
            f"One is {gone['access']}, the other {kept['access']}; make them alike first, so that nothing is laid open."
        )
    if message:
        raise Conflict(message)


# --- what refers -------------------------------------------------------------------------------------------------


def _moved(collection: Collection, loaded: Loaded, number: int, gone: str, kept: str) -> Entry:
    """A record that names the survivor where it named the one given up."""
    row = loaded.rows[number]
    named = [name for name, noun in collection.references.items() if noun == NOUN and row[name] == gone]
    parts = _moved_parts(collection, _all_parts(loaded, number), gone, kept)
    return Entry(collection, row | dict.fromkeys(named, kept), parts, aim=Aim.change, old=row)


def _moved_parts(collection: Collection, parts: Parts, gone: str, kept: str) -> Parts:
    """Lists that name the survivor instead, each entry once."""
    moved: Parts = {}
    for name in collection.part_tables:
        columns = [column for column, noun in collection.part_references[name].items() if noun == NOUN]
        entries = [part | {column: kept for column in columns if part[column] == gone} for part in parts.get(name, [])]
        moved[name] = _joined(collection, name, [], entries) if columns else entries
    return moved


def _returned(collection: Collection, now: Loaded, then: Loaded, number: int, gone: str, kept: str) -> Entry:
    """A record that names the one brought back wherever the merge made it name the survivor."""
    row, was = dict(now.rows[number]), then.rows[number]
    for name, noun in collection.references.items():
        if noun == NOUN and was[name] == gone and row[name] == kept:
            row[name] = gone
            row |= {name: was[name] for name in ("nth",) if name in row}
    parts, before = _all_parts(now, number), _all_parts(then, number)
    made = _moved_parts(collection, before, gone, kept)
    for name in parts:
        untouched = _contents(collection, name, parts[name]) == _contents(collection, name, made[name])
        parts[name] = before[name] if untouched else parts[name]
    return Entry(collection, row, parts, aim=Aim.change, old=now.rows[number])


def _freed(store: Store, loaded: Loaded, entries: list[Entry]) -> list[Entry]:
    """Statements that equal another one now, made the second, third ... of their source."""
    collection = loaded.collection
    if collection.normalise is None or "statement" not in collection.identity:
        return entries
    for entry in entries:
        collection.normalise(entry.row, loaded.lookup, "")
    taken: dict[str, set[int]] = defaultdict(set)
    for row in load_stated(store, collection, (entry.row for entry in entries)):
        taken[row["statement"]] |= {row["nth"]} if row["id"] not in loaded.rows else set()
    for entry in entries:
        nths = taken[entry.row["statement"]]
        entry.row["nth"] = next(n for n in (entry.row["nth"], *range(1, len(nths) + 2)) if n not in nths)
        nths.add(entry.row["nth"])
    return entries


# --- lists -------------------------------------------------------------------------------------------------------


def _as_alias(row: Row) -> Row:
    """The name of a facility as an entry of another's names."""
    return {"name": row["name"], "lang": None, "kind": NameKind.alias.value}


def _all_parts(loaded: Loaded, number: int) -> Parts:
    return {name: list(loaded.parts[number].get(name, [])) for name in loaded.collection.part_tables}


def _content(collection: Collection, name: str, part: Row) -> tuple[Any, ...]:
    return tuple(part[column] for column in payload(collection.part_tables[name]))


def _contents(collection: Collection, name: str, parts: Iterable[Row]) -> list[tuple[Any, ...]]:
    return [_content(collection, name, part) for part in parts]


def _joined(collection: Collection, name: str, parts: Iterable[Row], further: Iterable[Row]) -> list[Row]:
    """A list with further entries at its end; what is there already is not added again."""
    found = {_content(collection, name, part): part for part in parts}
    for part in further:
        found.setdefault(_content(collection, name, part), part)
    return list(found.values())
