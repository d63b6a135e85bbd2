"""Records that a person made one: what an import says of the one that was given up, it says of the other."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from app.catalogue.collections import NOUNS
from app.database.store import Store
from app.estimates.bounds import statement_of
from app.history.codes import ChangeAction
from app.history.past import Past
from app.history.sight import Sight
from app.history.tables import CHANGES, SELDOM
from app.records.collection import Collection
from app.writing.rendering import load, load_rows
from app.writing.validation import Entry
from app.writing.withheld import body_of, lists_of


class GivenUp(NamedTuple):
    """A record that was given up in favour of another."""

    into: str
    """The slug of the one that stands in its place."""
    number: int
    revision: int
    """The merge."""


Merges = Mapping[str, Mapping[str, GivenUp]]
"""By noun: what was given up, by the slug that it had."""
Former = tuple[str, dict[str, Any]]
"""The slug of a record that was given up, and what it said when it was."""


def merges_of(connection: Connection, sight: Sight) -> Merges:
    """What was merged in the register, as far as an importer may see what came of it."""
    found = {noun: _of(connection, collection, sight) for noun, collection in NOUNS.items() if collection.mergeable}
    return {noun: into for noun, into in found.items() if into}


def _of(connection: Connection, collection: Collection, sight: Sight) -> dict[str, GivenUp]:
    statement = (
        select(CHANGES.c.slug, CHANGES.c.action, CHANGES.c.merged_into, CHANGES.c.record_id, CHANGES.c.revision)
        .where(CHANGES.c.collection == collection.name, SELDOM)
        .order_by(CHANGES.c.revision, CHANGES.c.place)
    )
    found: dict[str, GivenUp] = {}
    for slug, action, survivor, number, revision in connection.execute(statement):
        if action == ChangeAction.merge and survivor is not None:
            found[slug] = GivenUp(survivor, number, revision)
        else:
            found.pop(slug, None)
    for slug, one in found.items():
        survivor = one.into
        while survivor in found:
            survivor = found[survivor].into
        found[slug] = one._replace(into=survivor)
    if not found:
        return found
    rows = Store(connection).rows(collection.rows, ("slug", "access"), "slug", {one.into for one in found.values()})
    standing = {row["slug"] for row in rows if sight.sees(row)}
    return {slug: one for slug, one in found.items() if one.into in standing}


def keys_given_up(
    connection: Connection, collection: Collection, merges: Merges, survivor: str
) -> dict[tuple[str, str], Former]:
    """The keys that a record has of those that were given up in its favour, each with the one that bore it."""
    found: dict[tuple[str, str], Former] = {}
    given_up = {slug: one for slug, one in merges.get(collection.noun, {}).items() if one.into == survivor}
    for slug, one in given_up.items():
        loaded = load(Past(connection, one.revision - 1), collection, [one.number])
        if one.number not in loaded.rows:
            continue  # its past was removed
        body = body_of(collection, loaded.rows[one.number], loaded.parts[one.number])
        found |= {(key["scheme"], key["value"]): (slug, body) for key in body["identifiers"]}
    before = Past(connection, min(one.revision for one in given_up.values()) - 1)
    for row in load_rows(before, collection, "slug", [survivor]):
        own = body_of(collection, row, lists_of(before, collection, [row])[row["id"]])["identifiers"]
        found = {key: former for key, former in found.items() if {"scheme": key[0], "value": key[1]} not in own}
    return found


def follow(merges: Merges, entry: Entry) -> str | None:
    """Let a record name what stands in the place of what was given up; returns that of the record itself, if any."""
    collection, row = entry.collection, entry.row
    for name, noun in collection.references.items():
        if noun in merges and row[name] in merges[noun]:
            if name in collection.stated and not entry.stated_as:
                entry.stated_as = entry.statement or statement_of(row, collection.stated)
            row[name], entry.statement = merges[noun][row[name]].into, ""
    for part, names in collection.part_references.items():
        for name, noun in names.items() if part in entry.parts else ():
            for listed in entry.parts[part] if noun in merges else ():
                listed[name] = merges[noun][listed[name]].into if listed[name] in merges[noun] else listed[name]
    own = merges.get(collection.noun, {}).get(row["slug"]) if collection.named else None
    return own.into if own is not None else None
