"""Records that a person made one: what an import says of the one that was given up, it says of the other."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from app.catalogue.collections import NOUNS
from app.database.store import Store
from app.history.codes import ChangeAction
from app.history.sight import Sight
from app.history.tables import CHANGES, SELDOM
from app.records.collection import Collection
from app.writing.validation import Entry

Merges = Mapping[str, Mapping[str, str]]
"""By noun: the slugs that were given up, each with that of the record that stands in its place."""


def merges_of(connection: Connection, sight: Sight) -> Merges:
    """What was merged in the register, as far as an importer may see what came of it."""
    found = {noun: _of(connection, collection, sight) for noun, collection in NOUNS.items() if collection.mergeable}
    return {noun: into for noun, into in found.items() if into}


def _of(connection: Connection, collection: Collection, sight: Sight) -> dict[str, str]:
    statement = (
        select(CHANGES.c.slug, CHANGES.c.action, CHANGES.c.merged_into)
        .where(CHANGES.c.collection == collection.name, SELDOM)
        .order_by(CHANGES.c.revision, CHANGES.c.place)
    )
    into: dict[str, str] = {}
    for slug, action, survivor in connection.execute(statement):
        if action == ChangeAction.merge and survivor is not None:
            into[slug] = survivor
        else:
            into.pop(slug, None)
    for slug, survivor in into.items():
        while survivor in into:
            survivor = into[survivor]  # noqa: PLW2901  (along the chain)
        into[slug] = survivor
    if not into:
        return into
    rows = Store(connection).rows(collection.rows, ("slug", "access"), "slug", set(into.values()))
    standing = {row["slug"] for row in rows if sight.sees(row)}
    return {slug: survivor for slug, survivor in into.items() if survivor in standing}


def follow(merges: Merges, entry: Entry) -> str | None:
    """Let a record name what stands in the place of what was given up; returns that of the record itself, if any."""
    collection, row = entry.collection, entry.row
    for name, noun in collection.references.items():
        if noun in merges and row[name] in merges[noun]:
            row[name], entry.statement = merges[noun][row[name]], ""
    for part, names in collection.part_references.items():
        for name, noun in names.items() if part in entry.parts else ():
            for listed in entry.parts[part] if noun in merges else ():
                listed[name] = merges[noun].get(listed[name], listed[name])
    return merges.get(collection.noun, {}).get(row["slug"]) if collection.named else None
