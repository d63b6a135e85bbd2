"""Two records of one thing made one, and undone: for a person to decide, never for an import.

A merge gives one facility, actor or source up in favour of another. What referred to it refers to the survivor from
then on; its names, identifiers and sources go over too, so that the next import finds the survivor by them. Its slug
stays taken and leads to the survivor. A split brings it back as it was, with what the merge moved, wherever that was
not changed since.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from app.catalogue.collections import COLLECTIONS
from app.database.store import Row, Store
from app.errors import BadInput, Conflict, Fault, NotFound
from app.history.codes import ChangeAction, ReasonCode
from app.history.past import EVER, Past
from app.history.tables import CHANGES, SELDOM
from app.records.codes import NameKind
from app.records.collection import Collection, Parts
from app.records.keys import keyed
from app.records.near import Near
from app.records.tables import payload
from app.writing.changing import standing
from app.writing.cycles import MOST_LEVELS
from app.writing.naming import unknown_slug
from app.writing.rendering import Loaded, load, load_rows, load_stated, referring
from app.writing.revise import Done, apply, stored
from app.writing.revisions import Why
from app.writing.validation import Aim, Entry

CARRIED = ("names", "identifiers", "sources")
"""The lists that a merge carries over, of those that a record has."""


def merge(
    connection: Connection, collection: Collection, gone: str, target: str, match: frozenset[int] | None, why: Why
) -> Done:
    """Give the record of a slug or id up in favour of that of a slug; brings back the survivor.

    Raises `NotFound`, `Gone`, `Stale` for the one, `BadInput` for the other, `Conflict` when they cannot be one.
    """
    store, why = Store(connection), _because(why, ReasonCode.duplicate)
    row = standing(connection, collection, gone, match, why.sight)
    gone = row["slug"]
    into = next(filter(why.sight.sees, load_rows(store, collection, "slug", [target])), None)
    if into is None:
        message = unknown_slug(store, collection.noun, target, Near(), why.sight)
        raise BadInput.of([Fault(message, pointer="/into")])
    _fit(store, collection, row, into)
    was, parts = (_all_parts(load(store, collection, [one["id"]]), one["id"]) for one in (row, into))
    carried = _carried(row, was, into)
    parts |= {name: _joined(collection, name, parts[name], carried[name]) for name in carried}
    parts |= {name: _others(collection, name, parts[name], gone) for name in _tied(collection)}
    _short_enough(collection, parts, carried)
    entries = [Entry(collection, into, parts, aim=Aim.change, old=dict(into))]
    for other in COLLECTIONS.values():
        ids = referring(connection, other, collection.noun, gone)
        if other is collection:
            ids -= {row["id"], into["id"]}
        loaded = _load(store, other, ids, collection, into)
        moved = [_moved(loaded, number, collection, gone, target) for number in sorted(ids)]
        entries += _freed(store, loaded, moved)
    entries.append(Entry(collection, row, {}, aim=Aim.retract, into=target))
    try:
        number = apply(connection, entries, why)
    except BadInput as refused:
        # What was a part of the one would lie too deep in the other.
        raise Conflict(f"The two cannot be one: {refused.detail}; change that first.") from None
    return Done(number, collection, stored(connection, collection, [into["id"]]))


def split(connection: Connection, collection: Collection, gone: str, why: Why) -> Done:
    """Undo the merge of the record of a slug or id; brings it back. Raises `NotFound` when it was not merged."""
    store, why = Store(connection), _because(why, ReasonCode.our_error)
    by, key = keyed(collection, gone)
    statement = (
        select(CHANGES.c.revision, CHANGES.c.record_id, CHANGES.c.slug, CHANGES.c.action, CHANGES.c.merged_into)
        .where(CHANGES.c.collection == collection.name, SELDOM)
        .where(CHANGES.c["record_id" if by == "id" else "slug"] == key)
        .order_by(CHANGES.c.revision.desc())
    )
    last = connection.execute(statement).first()
    if last is None or last.action != ChangeAction.merge or last.merged_into is None:
        raise NotFound(f"No {collection.noun} called {gone[:120]!r} was merged into another.")
    before, number = Past(connection, last.revision - 1), last.record_id
    gone, target = last.slug, last.merged_into
    then = load(before, collection, [number])
    row, was = then.rows[number], _all_parts(then, number)
    into = next(load_rows(store, collection, "slug", [target]), None)
    if into is None:
        raise Conflict(f"What {gone!r} was merged into, {target!r}, is gone itself; bring that back first.")
    entries = [Entry(collection, row, was, aim=Aim.restore)]
    survivor, survivor_then = (load(at, collection, [into["id"]]) for at in (store, before))
    parts, parts_then = (_all_parts(one, into["id"]) for one in (survivor, survivor_then))
    for name, came in _carried(row, was, survivor_then.rows[into["id"]]).items():
        here = _contents(collection, name, parts_then[name])
        moved = [one for one in _contents(collection, name, came) if one not in here]
        parts[name] = [part for part in parts[name] if _content(collection, name, part) not in moved]
    for name in _tied(collection):
        left = _others(collection, name, parts_then[name], gone)
        untouched = _contents(collection, name, parts[name]) == _contents(collection, name, left)
        ties = [part for part in parts_then[name] if part not in left]
        parts[name] = parts_then[name] if untouched else _joined(collection, name, parts[name], ties)
    entries.append(Entry(collection, into, parts, aim=Aim.change, old=dict(into)))
    for other in COLLECTIONS.values():
        ids = referring(connection, other, collection.noun, gone, EVER, last.revision - 1) - {number}
        if other is collection:
            ids -= {into["id"]}
        now, earlier = _load(store, other, ids, collection, row), load(before, other, ids)
        back = [_returned(now, earlier, one, collection, gone, target) for one in sorted(now.rows)]
        entries += _freed(store, now, back)
    done = apply(connection, entries, why)
    return Done(done, collection, stored(connection, collection, [number]))


def _because(why: Why, code: ReasonCode) -> Why:
    """Who writes and why, with the reason of a merge or a split where none other is given."""
    return Why(why.author, why.code or code, why.text, why.sight)


def _fit(store: Store, collection: Collection, gone: Row, target: Row) -> None:
    """Raise when two records cannot be one."""
    message = None
    if gone["id"] == target["id"]:
        message = f"{_a(collection.noun).capitalize()} cannot be merged into itself."
    elif tie := next(
        (
            name
            for name in collection.own_references
            if target["slug"] in _above(store, collection, name, gone)
            or gone["slug"] in _above(store, collection, name, target)
        ),
        None,
    ):
        message = f"One of the two is a part of the other; change its {tie} first."
    elif gone["access"] != target["access"]:
        both = f"One is {gone['access']}, the other {target['access']}"
        message = f"{both}; make them alike first, so that nothing is laid open."
    if message:
        raise Conflict(message)


def _above(store: Store, collection: Collection, name: str, row: Row) -> Iterator[str]:
    """The slugs of what a record is a part of, however many levels up."""
    for _ in range(MOST_LEVELS):
        if row[name] is None:
            break
        yield row[name]
        (row,) = store.rows(collection.rows, (name,), "slug", [row[name]])


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _short_enough(collection: Collection, parts: Parts, carried: Iterable[str]) -> None:
    """Raise when a list would become longer than a record may have it: nobody could change it then."""
    for name in carried:
        limits = (getattr(one, "max_length", None) for one in collection.body.model_fields[name].metadata)
        most = next(filter(None, limits))
        if len(parts[name]) > most:
            message = f"Together they have {len(parts[name])} {name}, more than the {most} of one; remove some first."
            raise Conflict(message)


# --- what refers -------------------------------------------------------------------------------------------------


def _load(store: Store, other: Collection, ids: Iterable[int], collection: Collection, further: Row) -> Loaded:
    """Some records with what they name, and the one they are to name instead."""
    loaded = load(store, other, ids)
    return replace(loaded, lookup=loaded.lookup.knowing(collection.noun, further))


def _moved(loaded: Loaded, number: int, of: Collection, gone: str, target: str) -> Entry:
    """A record that names the survivor where it named the one given up."""
    collection, row = loaded.collection, loaded.rows[number]
    named = [name for name, noun in collection.references.items() if noun == of.noun and row[name] == gone]
    parts = _moved_parts(collection, _all_parts(loaded, number), of, gone, target)
    return Entry(collection, row | dict.fromkeys(named, target), parts, aim=Aim.change, old=row)


def _moved_parts(collection: Collection, parts: Parts, of: Collection, gone: str, target: str) -> Parts:
    """Lists that name the survivor instead; what then says the same as another entry stands there once."""
    moved: Parts = {}
    for name, listed in parts.items():
        columns = [column for column, noun in collection.part_references[name].items() if noun == of.noun]
        entries = [part | {column: target for column in columns if part[column] == gone} for part in listed]
        moved[name] = _joined(collection, name, [], entries) if entries != listed else listed
    return moved


def _returned(now: Loaded, then: Loaded, number: int, of: Collection, gone: str, target: str) -> Entry:
    """A record that names the one brought back wherever the merge made it name the survivor."""
    collection, row, was = now.collection, dict(now.rows[number]), then.rows[number]
    for name, noun in collection.references.items():
        if noun == of.noun and was[name] == gone and row[name] == target:
            row[name] = gone
            row |= {name: was[name] for name in ("nth",) if name in row}
    parts, before = _all_parts(now, number), _all_parts(then, number)
    made = _moved_parts(collection, before, of, gone, target)
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


def _carried(row: Row, parts: Parts, into: Row) -> Parts:
    """What a record that is given up gives to another: its name as an alias, and the lists that go over."""
    carried = {name: parts[name] for name in CARRIED if name in parts}
    if "names" in carried and row["name"] != into["name"]:
        alias = {"name": row["name"], "lang": None, "kind": NameKind.alias.value}
        carried["names"] = [alias, *carried["names"]]
    return carried


def _tied(collection: Collection) -> list[str]:
    """The lists that name other records of the same collection."""
    return [name for name, nouns in collection.part_references.items() if collection.noun in nouns.values()]


def _others(collection: Collection, name: str, parts: Iterable[Row], gone: str) -> list[Row]:
    """A list without the entries that name the record given up."""
    columns = [column for column, noun in collection.part_references[name].items() if noun == collection.noun]
    return [part for part in parts if gone not in {part[column] for column in columns}]


def _all_parts(loaded: Loaded, number: int) -> Parts:
    return {name: list(loaded.parts[number].get(name, [])) for name in loaded.collection.part_tables}


def _content(collection: Collection, name: str, part: Row) -> tuple[Any, ...]:
    return tuple(part[column] for column in payload(collection.part_tables[name]))


def _contents(collection: Collection, name: str, parts: Iterable[Row]) -> list[tuple[Any, ...]]:
    return [_content(collection, name, part) for part in parts]


def _joined(collection: Collection, name: str, parts: Iterable[Row], further: Iterable[Row]) -> list[Row]:
    """A list with further entries at its end; what is there already is not added again."""
    joined = list(parts)
    there = set(_contents(collection, name, joined))
    for part in further:
        if (content := _content(collection, name, part)) not in there:
            there.add(content)
            joined.append(part)
    return joined
