"""Rows of exported tables beside the records they came from: what a table does not show stays as it stands.

A table may lack columns, may show places generalised and leave out what was hidden from whoever exported it. None of
that is a statement of anybody's, so none of it takes the place of what the register holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.catalogue.collections import NOUNS
from app.database.store import Row, Store
from app.errors import Fault
from app.estimates.dates import days
from app.history.codes import Access
from app.history.sight import Sight
from app.imports.faults import Place
from app.imports.pipeline import key_of
from app.records.collection import Collection, Parts
from app.records.places import generalise
from app.records.tables import payload
from app.writing.edits import NUMBER, PLACE
from app.writing.rendering import load_named, load_rows, load_stated
from app.writing.validation import Entry, Refused, validated
from app.writing.withheld import body_of, hidden_in, keep_exact_place, lists_of, seen_of, with_hidden

PUBLIC = Sight(Access.public)


def keep_unshown(
    store: Store, collection: Collection, rows: Sequence[tuple[Place, Entry]], sight: Sight, *, stood: bool
) -> None:
    """Put into entries what stands in the register and their tables do not show; raises `Refused`.

    `stood` says whether the register held any record of the collection before: else there is nothing to look for.
    """
    tabled = [(number, place, entry) for number, (place, entry) in enumerate(rows) if place.stated is not None]
    if not tabled or not stood:
        return
    known, new = list[tuple[Place, Entry, Row]](), list[tuple[int, Place, Entry]]()
    standing = _standing(store, collection, [entry for _, _, entry in tabled])
    for number, place, entry in tabled:
        old = standing.get(key_of(entry))
        if old is None:
            new.append((number, place, entry))
        else:
            known.append((place, entry, old))
    lists = lists_of(store, collection, [old for _, _, old in known])
    _keep_hidden(store, collection, known, lists)
    hidden = hidden_in(store, collection, [(old, lists[old["id"]]) for _, _, old in known], sight)
    for place, entry, old in known:
        stated = set(place.stated or ())
        _keep_place(entry.row, old, stated, exact=place.exact)
        _keep_fields(collection, entry, old, stated)
        _keep_lists(collection, entry, lists[old["id"]], stated)
        if hidden:
            # What the writer may not see stays too, but that is not for it to name.
            body = seen_of(collection, body_of(collection, entry.row, entry.parts), hidden)
            seen = validated(collection, body, published=True)
            entry.row, entry.parts, entry.unchanged = seen.row, seen.parts, frozenset()
    if not collection.named and (faults := list(_unclear(store, collection, new))):
        raise Refused(faults)


def _keep_hidden(
    store: Store, collection: Collection, known: Sequence[tuple[Place, Entry, Row]], lists: Mapping[int, Parts]
) -> None:
    """Leave in records what is hidden from the public, where it is not given: nobody knows who exported the table."""
    hidden = hidden_in(store, collection, [(old, lists[old["id"]]) for _, _, old in known], PUBLIC)
    for place, entry, old in known if hidden else ():
        new, was = body_of(collection, entry.row, entry.parts), body_of(collection, old, lists[old["id"]])
        seen = seen_of(collection, was, hidden)
        lost = {name: [one for one in was[name] if one not in seen[name]] for name in collection.part_tables}
        whole = {name for name, entries in lost.items() if all(one in new[name] for one in entries)}
        stated = set(place.stated or ()) - whole
        body, _ = with_hidden(collection, was, new, stated, hidden, Access.restricted)
        body |= {name: new[name] for name in new if name not in (place.stated or ())}
        if body != new:
            again = validated(collection, body, published=True)
            entry.row, entry.parts = again.row, again.parts


def _standing(store: Store, collection: Collection, entries: Sequence[Entry]) -> dict[Any, Row]:
    """What stands under the slugs of some entries, or makes their statements."""
    if collection.named:
        return {row["slug"]: row for row in load_rows(store, collection, "slug", [one.row["slug"] for one in entries])}
    wanted = []
    for entry in entries:
        key: Any = key_of(entry)
        wanted.append(entry.row | {"statement": key[0]})
    return {(row["statement"], row["nth"]): row for row in load_stated(store, collection, wanted)}


def _keep_fields(collection: Collection, entry: Entry, old: Row, stated: set[str]) -> None:
    """Leave as they are the fields that a table has no column for; what belongs together stays together."""
    row = entry.row
    for group in (NUMBER, PLACE):
        shown = [name for name in group if name in stated and name in row]
        # Flags are found anew from the rest of a number, so where a part of that is missing they say nothing.
        if len(shown) < len(group) and all(row[name] == old[name] for name in shown if name != "flags"):
            row.update({name: old[name] for name in group if name in row})
    for name in collection.body.model_fields:
        if name in row and name not in stated and name not in {*NUMBER, *PLACE, "slug", "nth", "access"}:
            row.update({column: old[column] for column in (name, *days(name)) if column in row})


def _keep_lists(collection: Collection, entry: Entry, lists: Parts, stated: set[str]) -> None:
    """Leave as they are the lists that a table has no column for, and in the others what was generalised."""
    for name, table in collection.part_tables.items():
        listed = lists.get(name, [])
        if name not in stated:
            entry.parts[name] = [{column: part[column] for column in payload(table)} for part in listed]
        elif "latitude" in table.columns:
            for mine, there in zip(entry.parts[name], listed, strict=False):
                keep_exact_place(there, mine, Access.public)


def _keep_place(row: Row, old: Row, stated: set[str], *, exact: bool) -> None:
    """Leave a place as it is where the one given is coarser, as generalising leaves it."""
    if "latitude" not in row or old["latitude"] is None:
        return
    coarse = {name: old[name] for name in PLACE}
    generalise(coarse, Access.public)
    same = all(row[name] == coarse[name] for name in PLACE if name in stated)
    if row["latitude"] is None and (not same or "latitude" in stated):
        return
    if not exact or same or (_is_coarse(row) and not _is_coarse(old)):
        row.update({name: old[name] for name in PLACE})


def _is_coarse(row: Row) -> bool:
    return all(row[name] == round(row[name], 1) for name in ("latitude", "longitude"))


def _unclear(
    store: Store, collection: Collection, rows: Iterable[tuple[int, Place, Entry]]
) -> Iterator[tuple[int, Fault]]:
    """The rows that may be some statement of the register, of which the table does not show enough to tell."""
    listed, about = list(rows), collection.stated[0]
    held: dict[Any, list[Row]] = defaultdict(list)
    if listed:
        for row in load_rows(store, collection, about, {entry.row[about] for _, _, entry in listed}):
            held[row[about]].append(row)
    named: dict[str, set[Any]] = defaultdict(set)
    for row in (row for some in held.values() for row in some):
        for name, noun in collection.references.items():
            named[noun].add(row[name])
    found = {noun: load_named(store, NOUNS[noun], slugs - {None}) for noun, slugs in named.items()}
    hidden = PUBLIC.hidden({noun: {row["slug"]: row for row in some} for noun, some in found.items()})
    for number, place, entry in listed:
        stated = [name for name in (*collection.stated, "nth") if name in (place.stated or ())]
        for row in held[entry.row[about]]:
            differing = [name for name in stated if row[name] != entry.row[name]]
            unseen = {name for name, noun in collection.references.items() if (noun, row[name]) in hidden}
            if all(entry.row[name] is None and name in unseen for name in differing):
                lacking = [name for name in (*collection.stated, "nth") if name not in stated]
                message = f"it may be {collection.name} {row['id']}, and the table does not show enough to tell"
                hint = f": it has no column {', '.join(lacking)}" if lacking else ": a part of that was withheld"
                yield number, Fault(message + hint)
                break
