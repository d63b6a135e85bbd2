"""From rows to stored JSON: records loaded with all that their `doc` is made of, and rendered.

The write path stores what comes out; `detention verify` compares it with what is stored.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Table, select

from app.catalogue.collections import NOUNS
from app.database.store import Key, Row, Store
from app.history.access import DOCS, doc_of, visible
from app.history.codes import Access
from app.history.lookup import Lookup
from app.history.past import PRESENT, At
from app.history.tables import REVISIONS
from app.records.collection import Collection, Embedded, Parts
from app.records.references import named_in
from app.records.wire import docs

Held = Mapping[Access, Row]
"""What a record's stored JSON holds of other collections, by tier."""
Members = Callable[[Embedded, Sequence[str]], Iterable[Row]]
"""Brings the records that some records hold, in the order they are held in."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Some records of a collection, by id, with their lists, what they name and what they hold of other collections."""

    collection: Collection
    rows: Mapping[int, Row]
    parts: Mapping[int, Parts]
    lookup: Lookup
    held: Mapping[str, Held]

    def rendered(self, number: int, **instead: Any) -> Row:
        """A record's row with its derived columns and `doc` columns made anew; `instead` replaces columns of it."""
        row = self.rows[number] | instead
        if self.collection.normalise is not None:
            self.collection.normalise(row, self.lookup, "")
        content = self.held.get(row.get("slug", ""))
        return row | docs(self.collection, row, self.parts[number], self.lookup, content)


def load(store: Store, collection: Collection, ids: Iterable[int], *revisions: int) -> Loaded:
    """The records of those ids as they stand now; further revisions are those they may be rendered at."""
    rows = {row["id"]: row for row in load_rows(store, collection, "id", ids, docs=True)}
    parts: dict[int, Parts] = {number: {} for number in rows}
    for name, table in collection.part_tables.items():
        for owner, listed in load_lists(store, table, rows).items():
            parts[owner][name] = listed
    lookup = _lookup(store, collection, rows, parts, revisions)
    held: Mapping[str, Held] = {}
    if collection.embedded:
        held = held_by(collection, [row["slug"] for row in rows.values()], partial(members, store))
    return Loaded(collection, rows, parts, lookup, held)


def load_rows(
    store: Store, collection: Collection, key: Key, values: Iterable[Any], *, docs: bool = False
) -> Iterator[Row]:
    """The rows of a collection whose key is among the values, their docs left out unless asked for."""
    return store.rows(collection.rows, collection.names if docs else collection.names_but_docs, key, values)


def load_named(store: Store, collection: Collection, slugs: Iterable[str]) -> Iterator[Row]:
    """What the stored JSON of referrers is made of, of the records of those slugs."""
    return store.rows(collection.rows, collection.shown_by_name, "slug", slugs)


def load_stated(store: Store, collection: Collection, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows of a collection that state what some rows state."""
    by = collection.found_by
    key: Key = by[0] if len(by) == 1 else by
    return load_rows(store, collection, key, set(map(itemgetter(*by), rows)))


def load_lists(store: Store, table: Table, owners: Iterable[int]) -> dict[int, list[Row]]:
    """The entries of a list, in their places, by the id of their record."""
    lists: dict[int, list[Row]] = defaultdict(list)
    names = tuple(table.columns.keys())
    for row in store.rows(table, names, "owner_id", owners, order=("owner_id", "position")):
        lists[row["owner_id"]].append(row)
    return lists


def referring(
    connection: Connection, other: Collection, noun: str, slug: str, at: At = PRESENT, revision: int | None = None
) -> set[int]:
    """The ids of a collection's records that name a record, in themselves or in their lists, now or at a revision."""
    places = [(other.rows, "id", name) for name, named in other.references.items() if named == noun]
    for part, nouns in other.part_references.items():
        places += [(other.part_tables[part], "owner_id", name) for name, named in nouns.items() if named == noun]
    found: set[int] = set()
    for table, key, name in places:
        rows = at(table)
        statement = select(rows.c[key]).where(rows.c[name] == slug, *at.holds(rows))
        found.update(connection.execute(statement, {"revision": revision} if at.past else {}).scalars())
    return found


def _lookup(
    store: Store,
    collection: Collection,
    rows: Mapping[int, Row],
    parts: Mapping[int, Parts],
    revisions: Iterable[int],
) -> Lookup:
    """What some records name, and when their revisions were recorded."""
    named_slugs: dict[str, set[str]] = defaultdict(set)
    for number, row in rows.items():
        for noun, slug in named_in(collection, row, parts[number]):
            named_slugs[noun].add(slug)
    named = {
        noun: {row["slug"]: row for row in load_named(store, NOUNS[noun], slugs)} for noun, slugs in named_slugs.items()
    }
    numbers = {row["revision"] for row in rows.values()}.union(revisions)
    recorded = {row["id"]: row["recorded_at"] for row in store.rows(REVISIONS, ("id", "recorded_at"), "id", numbers)}
    return Lookup(named, recorded)


def members(store: Store, embedded: Embedded, slugs: Sequence[str]) -> Iterable[Row]:
    """The stored records that some records hold, in the order they are held in."""
    inner = NOUNS[embedded.collection]
    order = ("as_of_end", "id") if embedded.whole else ("slug",)
    names = (*DOCS, "access", embedded.by, *order)
    return store.rows(inner.rows, names, embedded.by, slugs, order=order)


def held_by(collection: Collection, slugs: Sequence[str], members: Members) -> dict[str, Held]:
    """What the stored JSON of some records holds of other collections, by slug and tier."""
    found: dict[str, dict[str, list[Row]]] = {slug: {name: [] for name in collection.embedded} for slug in slugs}
    for name, embedded in collection.embedded.items():
        for row in members(embedded, slugs):
            if row[embedded.by] in found:
                found[row[embedded.by]][name].append(row)
    return {slug: _by_tier(collection, slug, content) for slug, content in found.items()}


def _by_tier(collection: Collection, slug: str, content: Mapping[str, Sequence[Row]]) -> Held:
    """What one record's stored JSON holds; the very same for every tier where everybody may see all of it."""
    rows = [row for listed in content.values() for row in listed]
    if all(row["access"] == Access.public and row["doc_partner"] is row["doc_restricted"] is None for row in rows):
        return dict.fromkeys(Access, _shown(collection, slug, content, Access.public))
    return {tier: _shown(collection, slug, content, tier) for tier in Access}


def _shown(collection: Collection, slug: str, content: Mapping[str, Sequence[Row]], tier: Access) -> Row:
    shown: Row = {}
    for name, embedded in collection.embedded.items():
        rows = [row for row in content[name] if visible(row["access"], tier)]
        if embedded.whole:
            last = rows[-embedded.most :]
            shown[name] = [orjson.Fragment(doc_of(row, tier)) for row in last]
            shown[f"{name}_more"] = f"/v1/{name}?{embedded.by}={slug}" if len(last) < len(rows) else None
        else:
            shown[name] = [row["slug"] for row in rows[-embedded.most :]]
    return shown
