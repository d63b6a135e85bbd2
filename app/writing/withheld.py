"""What a writer may not see of a record that it changes, and what therefore stays as it is."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.catalogue.collections import NOUNS
from app.database.store import Row, Store
from app.estimates.dates import days
from app.history.codes import Access
from app.history.sight import Hidden, Sight
from app.records.collection import Collection, Parts
from app.records.places import generalise
from app.records.references import named_in
from app.records.tables import payload
from app.writing.rendering import load_lists, load_named
from app.writing.validation import Entry, validated

PLACE = ("latitude", "longitude", "location_precision")


def lists_of(store: Store, collection: Collection, rows: Sequence[Row]) -> dict[int, Parts]:
    """The lists of some records, by id."""
    lists: dict[int, Parts] = {row["id"]: {} for row in rows}
    for name, table in collection.part_tables.items():
        for owner, listed in load_lists(store, table, lists).items():
            lists[owner][name] = listed
    return lists


def hidden_in(store: Store, collection: Collection, records: Iterable[tuple[Row, Parts]], sight: Sight) -> Hidden:
    """What some records name that a writer may not see."""
    named: dict[str, set[str]] = defaultdict(set)
    for row, parts in () if sight.full else records:
        for noun, slug in named_in(collection, row, parts):
            named[noun].add(slug)
    found = {noun: load_named(store, NOUNS[noun], slugs) for noun, slugs in named.items()}
    return sight.hidden({noun: {row["slug"]: row for row in rows} for noun, rows in found.items()})


def leave_hidden(store: Store, collection: Collection, known: Sequence[tuple[Entry, Row]], sight: Sight) -> None:
    """Leave in records that stand what the writer of others in their place may not see of them."""
    lists = lists_of(store, collection, [old for _, old in known])
    hidden = hidden_in(store, collection, [(old, lists[old["id"]]) for _, old in known], sight)
    for entry, old in known:
        new, was = body_of(collection, entry.row, entry.parts), body_of(collection, old, lists[old["id"]])
        body, places = with_hidden(collection, was, new, new, hidden, sight.tier)
        if body != new:
            again = validated(collection, body, published=True)
            entry.row, entry.parts, entry.unchanged = again.row, again.parts, places


def body_of(collection: Collection, row: Row, parts: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """A record as a client would write it."""
    body: dict[str, Any] = {}
    for name in collection.body.model_fields:
        if name not in collection.part_tables:
            body[name] = row[name]
            continue
        columns = payload(collection.part_tables[name])
        entries = [{column.removesuffix("_"): part[column] for column in columns} for part in parts.get(name, ())]
        dated = {day for column in columns for day in days(column)}
        body[name] = [
            part[columns[0]]
            if len(columns) == 1
            else {column: value for column, value in entry.items() if column not in dated}
            for part, entry in zip(parts.get(name, ()), entries, strict=True)
        ]
    return body


def with_hidden(
    collection: Collection,
    was: Mapping[str, Any],
    new: Mapping[str, Any],
    stated: Container[str],
    hidden: Hidden,
    tier: Access,
) -> tuple[dict[str, Any], frozenset[str]]:
    """A record's new body with what its old one names that is hidden, and the places in it that name what that did.

    A stated field that named something hidden keeps it unless another record is named instead; so do the entries of a
    list, in their places. Coordinates that are as they were shown stay as they are.
    """
    body, places = dict(new), set[str]()
    for name, noun in collection.references.items():
        if name not in stated or (body.get(name) is None and (noun, was[name]) in hidden):
            body[name] = was[name]
            places.add(f"/{name}")
    for name, nouns in collection.part_references.items():
        if name not in stated:
            places.update(_places(name, [(entry, list(nouns)) for entry in was[name]]))
        elif isinstance(body.get(name), list):
            merged = _merged(nouns, hidden, was[name], body[name])
            body[name] = [entry for entry, _ in merged]
            places.update(_places(name, merged))
    if tier != Access.restricted and "latitude" in was:
        keep_exact_place(was, body, tier)
        for mine, there in zip(_dicts(body.get("phases")), _dicts(was.get("phases")), strict=False):
            keep_exact_place(there, mine, tier)
    return body, frozenset(places)


def seen_of(collection: Collection, body: Mapping[str, Any], hidden: Hidden) -> dict[str, Any]:
    """A body without what it names that is hidden; `with_hidden` brings that back."""
    seen = dict(body)
    for name, noun in collection.references.items():
        if (noun, body[name]) in hidden:
            seen[name] = None
    for name, nouns in collection.part_references.items():
        seen[name] = [entry for entry in body[name] if not _columns(nouns, hidden, entry)]
    return seen


_Merged = list[tuple[Any, list[str]]]
"""The entries of a list, each with those of its columns that name what was named before."""


def _places(name: str, entries: _Merged) -> Iterator[str]:
    for number, (entry, columns) in enumerate(entries):
        for column in columns:
            yield f"/{name}/{number}" + (f"/{column}" if isinstance(entry, dict) else "")


def _merged(nouns: Mapping[str, str], hidden: Hidden, was: Sequence[Any], new: Sequence[Any]) -> _Merged:
    """A list given in the place of another by somebody who may not see all of that."""
    withheld = {number: columns for number, entry in enumerate(was) if (columns := _columns(nouns, hidden, entry))}
    result: _Merged = [(entry, []) for entry in new]
    met: dict[int, int] = {}
    # As it was shown; else, what is marked as such is one of them in which something else was changed.
    for is_it in (_as_shown, _marked):
        for number in sorted(withheld.keys() - met.keys()):
            for place in set(range(len(new))) - set(met.values()):
                if is_it(new[place], was[number], withheld[number]):
                    met[number], result[place] = place, _filled(new[place], was[number], withheld[number])
                    break
    after: dict[int, _Merged] = defaultdict(list)
    place = -1
    for number, entry in enumerate(was):
        if number in met:
            place = met[number]
        elif number in withheld:
            after[place].append((entry, withheld[number]))
        else:
            place = next((one for one in range(len(new)) if _is(new[one], entry)), place)
    return after[-1] + [each for at, one in enumerate(result) for each in (one, *after[at])]


def _columns(nouns: Mapping[str, str], hidden: Hidden, entry: Any) -> list[str]:
    """The columns of an entry that name what is hidden."""
    named = entry if isinstance(entry, dict) else dict.fromkeys(nouns, entry)
    return [column for column, noun in nouns.items() if (noun, named.get(column)) in hidden]


def _is(new: Any, entry: Any) -> bool:
    if isinstance(new, dict) and isinstance(entry, dict):
        return all(new.get(name) == value for name, value in entry.items())
    return bool(new == entry)


def _as_shown(new: Any, entry: Any, columns: Sequence[str]) -> bool:
    return isinstance(new, dict) and isinstance(entry, dict) and _is(new, entry | dict.fromkeys(columns))


def _marked(new: Any, entry: Any, _columns: Sequence[str]) -> bool:
    return isinstance(new, dict) and isinstance(entry, dict) and new.get("withheld") is True


def _filled(new: Row, entry: Row, columns: Sequence[str]) -> tuple[Row, list[str]]:
    """An entry that was shown without what is hidden, with that again."""
    own = {name: value for name, value in new.items() if name != "withheld"}
    empty = [name for name in columns if own.get(name) is None]
    return own | {name: entry[name] for name in empty}, empty


def _dicts(listed: Any) -> list[dict[str, Any]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def keep_exact_place(was: Mapping[str, Any], new: dict[str, Any], tier: Access) -> None:
    """Leave coordinates as they were where those given are what the tier was shown of them."""
    shown = {name: was[name] for name in PLACE if name in was}
    generalise(shown, tier)
    if all(new.get(name) == value for name, value in shown.items()):
        new.update({name: was[name] for name in shown})
