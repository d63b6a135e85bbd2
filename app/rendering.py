"""From rows to wire forms: records loaded with all that their `doc` is made of, and rendered.

The write path stores what comes out; `detention verify` compares it with what is stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Table, select

from app.codes import Access
from app.history import REVISIONS
from app.records import DOCS, Collection, Lookup, Parts, Row, doc_of, docs, named_in, visible

T = TypeVar("T")
CHUNK = 500
"""How many keys one statement asks for at a time."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Some records of a collection, by id, with their lists, what they name and what they hold of other collections."""

    collection: Collection
    rows: Mapping[int, Row]
    parts: Mapping[int, Parts]
    lookup: Lookup
    held: Mapping[str, Mapping[Access, Row]]

    def rendered(self, number: int, **instead: Any) -> Row:
        """A record's row with its derived columns and `doc` columns made anew; `instead` replaces columns of it."""
        row = self.rows[number] | instead
        if self.collection.normalise is not None:
            self.collection.normalise(row, self.lookup)
        content = self.held.get(row.get("slug", ""))
        return row | docs(self.collection, row, self.parts[number], self.lookup, content)


def load(connection: Connection, collection: Collection, ids: Iterable[int], *revisions: int) -> Loaded:
    """The records of those ids as they stand now; further revisions are those they may be rendered at."""
    rows = {row["id"]: row for row in load_rows(connection, collection, "id", ids, docs=True)}
    parts: dict[int, Parts] = {number: {} for number in rows}
    for name, table in collection.part_tables.items():
        for owner, listed in load_lists(connection, table, rows).items():
            parts[owner][name] = listed
    lookup = _lookup(connection, collection, rows, parts, revisions)
    held = _held(connection, collection, [row["slug"] for row in rows.values()]) if collection.embedded else {}
    return Loaded(collection, rows, parts, lookup, held)


def load_rows(
    connection: Connection, collection: Collection, key: str, values: Iterable[Any], *, docs: bool = False
) -> Iterator[Row]:
    """The rows of a collection whose key is among the values, their docs left out unless asked for."""
    table = collection.rows
    columns = [column for column in table.columns if docs or column.name not in DOCS]
    for some in chunks(values):
        for row in connection.execute(select(*columns).where(table.c[key].in_(some))).mappings():
            yield dict(row)


def load_lists(connection: Connection, table: Table, owners: Iterable[int]) -> dict[int, list[Row]]:
    """The entries of a list, in their places, by the id of their record."""
    lists: dict[int, list[Row]] = defaultdict(list)
    for some in chunks(owners):
        statement = select(table).where(table.c.owner_id.in_(some)).order_by(table.c.owner_id, table.c.position)
        for row in connection.execute(statement).mappings():
            lists[row["owner_id"]].append(dict(row))
    return lists


def _lookup(
    connection: Connection,
    collection: Collection,
    rows: Mapping[int, Row],
    parts: Mapping[int, Parts],
    revisions: Iterable[int],
) -> Lookup:
    """What some records name, and when their revisions were recorded."""
    asked: dict[str, set[str]] = defaultdict(set)
    for number, row in rows.items():
        for noun, slug, _place in named_in(collection, row, parts[number]):
            asked[noun].add(slug)
    named = {
        noun: {row["slug"]: row for row in load_rows(connection, Collection.known[noun], "slug", slugs)}
        for noun, slugs in asked.items()
    }
    recorded: dict[int, str] = {}
    for some in chunks({row["revision"] for row in rows.values()}.union(revisions)):
        statement = select(REVISIONS.c.id, REVISIONS.c.recorded_at).where(REVISIONS.c.id.in_(some))
        recorded.update((row.id, row.recorded_at) for row in connection.execute(statement))
    return Lookup(named, recorded)


def _held(connection: Connection, collection: Collection, slugs: Sequence[str]) -> dict[str, dict[Access, Row]]:
    """What the wire forms of some records hold of other collections, by slug and tier."""
    held: dict[str, dict[Access, Row]] = {slug: {tier: {} for tier in Access} for slug in slugs}
    for name, embedded in collection.embedded.items():
        table = Collection.known[embedded.collection].rows
        order = (table.c.as_of_end, table.c.id) if embedded.whole else (table.c.slug,)
        columns = [table.c[column] for column in (*DOCS, "access", embedded.by)]
        columns += [] if embedded.whole else [table.c.slug]
        members: dict[str, list[Any]] = defaultdict(list)
        for some in chunks(slugs):
            statement = select(*columns).where(table.c[embedded.by].in_(some)).order_by(*order)
            for row in connection.execute(statement).mappings():
                members[row[embedded.by]].append(row)
        for slug, tier in product(slugs, Access):
            into = held[slug][tier]
            shown = [row for row in members[slug] if visible(row["access"], tier)]
            last = shown[-embedded.most :]
            into[name] = [orjson.Fragment(doc_of(row, tier)) if embedded.whole else row["slug"] for row in last]
            if embedded.whole:
                more = f"/v1/{name}?{embedded.by}={slug}" if len(last) < len(shown) else None
                into[f"{name}_more"] = more
    return held


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    some: list[T] = []
    for item in items:
        some.append(item)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some
