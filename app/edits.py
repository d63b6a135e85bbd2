"""What a write does to the register: create, change, retract, each one revision inside a transaction that is given.

Here is checked what only the database knows: what stands there now, and whether it is what `If-Match` says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.codes import Access, ReasonCode
from app.errors import BadInput, Fault, Gone, Hidden, NotFound, Stale
from app.estimates import BOUNDS
from app.history import revision
from app.reading import keyed
from app.records import Collection, Parts, Row, days, doc_of, payload, visible
from app.rendering import load_lists, load_rows
from app.statements import tombstone, was_retracted
from app.store import Store
from app.validation import Aim, Entry, Fate, Refused, validated
from app.writing import Batch, slug_of


@dataclass(frozen=True, slots=True)
class Why:
    """Who writes, and the reason given; shown with the revision."""

    author: str
    code: ReasonCode | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a write did: the register's revision after it, and the records it was asked to write, as they are now."""

    revision: int
    collection: Collection
    rows: Sequence[Row]

    def docs(self, tier: Access) -> list[str]:
        """The records' wire forms as a tier sees them."""
        return [doc_of(row, tier) for row in self.rows]


# --- new records -------------------------------------------------------------------------------------------------


def new_entries(collection: Collection, given: Sequence[object], at: Callable[[int], str]) -> list[Entry]:
    """Check new records as clients write them, and the records nested in them; raises `BadInput` with every fault.

    `at` gives the pointer of the n-th record in the request.
    """
    entries: list[Entry] = []
    faults: list[Fault] = []
    for number, one in enumerate(given):
        for part, body, place, made_up in _unfolded(collection, one, at(number)):
            try:
                entry = validated(part, body)
            except Refused as refused:
                faults += [Fault(fault.detail, pointer=place + (fault.pointer or "")) for _, fault in refused.faults]
                continue
            entry.aim, entry.place, entry.slug_is_free = Aim.create, place, made_up
            entries.append(entry)
    if faults:
        raise BadInput.of(faults)
    return entries


Unfolded = tuple[Collection, object, str, bool]


def _unfolded(collection: Collection, given: object, place: str) -> Iterator[Unfolded]:
    """A new record and those nested in it, each with its place and whether its slug was made up.

    Nested are whole sources where a source is asked, and the figures of an incident, which take the incident's first
    source unless they name one.
    """
    if not isinstance(given, dict):
        yield collection, given, place, False
        return
    body, made_up, first = dict(given), False, None
    yield from _sources(collection, body, place)
    nested = {name: body.pop(name) for name, embedded in collection.embedded.items() if embedded.whole and name in body}
    if nested:
        if body.get("slug") is None and isinstance(body.get("title"), str):
            body["slug"], made_up = slug_of(collection, body), True
        first = next(iter(body.get("sources") or []), None)
        for name in collection.part_references:
            if "source" in collection.part_references[name] and isinstance(body.get(name), list):
                body[name] = [{"source": first} | entry if isinstance(entry, dict) else entry for entry in body[name]]
    yield collection, body, place, made_up
    for name, listed in nested.items():
        inner = Collection.known[collection.embedded[name].collection]
        if not isinstance(listed, list):
            raise BadInput.of([Fault("a list is needed here", pointer=f"{place}/{name}")])
        for number, one in enumerate(listed):
            if isinstance(one, dict):
                default = {"source": first} if first is not None else {}
                one = default | one | {collection.embedded[name].by: body.get("slug")}  # noqa: PLW2901
            yield from _unfolded(inner, one, f"{place}/{name}/{number}")


def _sources(collection: Collection, body: dict[str, Any], place: str) -> Iterator[Unfolded]:
    """Take out each whole source that stands where a source is asked, leaving its slug there."""
    source = Collection.known["source"]
    for holder, key, at in _asking(collection, body, place):
        given = holder[key]
        if isinstance(given, dict):
            made_up = given.get("slug") is None and isinstance(given.get("title"), str)
            whole = given | ({"slug": slug_of(source, given)} if made_up else {})
            holder[key] = whole.get("slug")
            yield source, whole, at, made_up


def _asking(collection: Collection, body: dict[str, Any], place: str) -> Iterator[tuple[Any, Any, str]]:
    """Where a body asks for sources: what holds the place, its key there, and its pointer. Lists are copied first."""
    for name, noun in collection.references.items():
        if noun == "source" and name in body:
            yield body, name, f"{place}/{name}"
    for name, nouns in collection.part_references.items():
        if "source" not in nouns.values() or not isinstance(body.get(name), list):
            continue
        listed = body[name] = [dict(entry) if isinstance(entry, dict) else entry for entry in body[name]]
        bare = len(payload(collection.part_tables[name])) == 1
        for number, entry in enumerate(listed):
            if bare:
                yield listed, number, f"{place}/{name}/{number}"
            elif isinstance(entry, dict) and "source" in entry:
                yield entry, "source", f"{place}/{name}/{number}/source"


def create(connection: Connection, collection: Collection, entries: Sequence[Entry], why: Why) -> Done:
    """Write new records; brings back those of the collection, without what was nested in them."""
    number = _write(connection, entries, why)
    ids = [entry.row["id"] for entry in entries if entry.collection is collection]
    return Done(number, collection, _stored(connection, collection, ids))


# --- records that stand there ------------------------------------------------------------------------------------


def change(
    connection: Connection,
    collection: Collection,
    key: str,
    patch: Mapping[str, Any],
    match: int | None,
    tier: Access,
    why: Why,
) -> Done:
    """Apply a merge patch (RFC 7396) to one record."""
    row = _standing(connection, collection, key, match, tier)
    lists = {
        name: load_lists(Store(connection), table, [row["id"]]).get(row["id"], [])
        for name, table in collection.part_tables.items()
    }
    body = body_of(collection, row, lists)
    if "slug" in patch and patch["slug"] != row.get("slug"):
        raise BadInput.of([Fault("a slug never changes", pointer="/slug")])
    if "as_written" in body:
        _reread(body, patch)
    try:
        entry = validated(collection, merged(body, patch))
    except Refused as refused:
        raise BadInput.of([fault for _, fault in refused.faults]) from None
    entry.aim, entry.old = Aim.change, row
    number = _write(connection, [entry], why)
    return Done(number, collection, _stored(connection, collection, [row["id"]]))


def _reread(body: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """New words without bounds are read again; new bounds say which words they stand beside."""
    bounds = patch.keys() & set(BOUNDS)
    if bounds and "as_written" not in patch:
        told = "new bounds need as_written too: the words they stand beside, or null"
        raise BadInput.of([Fault(told, pointer="/as_written")])
    if "as_written" in patch and not bounds:
        body.update(dict.fromkeys(BOUNDS))
    elif bounds and "qualifier" not in patch:
        body["qualifier"] = None


def merged(value: Any, patch: Any) -> Any:
    """The merge patch of RFC 7396: an object merges field by field, null removes, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(value) if isinstance(value, Mapping) else {}
    for name, inner in patch.items():
        if inner is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), inner)
    return result


def body_of(collection: Collection, row: Row, parts: Parts) -> dict[str, Any]:
    """A record as a client would write it."""
    body: dict[str, Any] = {}
    for name in collection.body.model_fields:
        if name not in collection.part_tables:
            body[name] = row[name]
            continue
        columns = payload(collection.part_tables[name])
        entries = [{column.removesuffix("_"): part[column] for column in columns} for part in parts[name]]
        dated = {day for column in columns for day in days(column)}
        body[name] = [
            part[columns[0]]
            if len(columns) == 1
            else {column: value for column, value in entry.items() if column not in dated}
            for part, entry in zip(parts[name], entries, strict=True)
        ]
    return body


def retract(
    connection: Connection, collection: Collection, key: str, match: int | None, tier: Access, why: Why
) -> Done:
    """Retract one record, and with an incident its own figures; raises `Conflict` naming what refers to it."""
    row = _standing(connection, collection, key, match, tier)
    entries = [Entry(collection, row, {}, aim=Aim.retract)]
    for embedded in collection.embedded.values():
        if embedded.whole:
            inner = Collection.known[embedded.collection]
            held = load_rows(Store(connection), inner, embedded.by, [row["slug"]])
            entries += [Entry(inner, one, {}, aim=Aim.retract) for one in held]
    return Done(_write(connection, entries, why), collection, [])


def _standing(connection: Connection, collection: Collection, key: str, match: int | None, tier: Access) -> Row:
    """The record that a change is about; raises when it is not there, not to be seen, or not as `If-Match` says."""
    by, value = keyed(collection, key)
    found = next(load_rows(Store(connection), collection, by, [value]), None)
    if found is None or found["access"] == Access.restricted != tier:
        past = connection.execute(tombstone(collection, by), {"key": value, "revision": None}).first()
        if past is not None and found is None and visible(past.access, tier):
            raise Gone(was_retracted(collection.noun, past))
        raise NotFound(f"There is no {collection.noun} with that key.")
    if not visible(found["access"], tier):
        raise Hidden(f"This {collection.noun} is shown to partners of the register only.")
    if match is not None and match != found["revision"]:
        raise Stale(f"The record is at revision {found['revision']}, not at {match}.")
    return found


def _write(connection: Connection, entries: Sequence[Entry], why: Why) -> int:
    """Write entries in a revision of their own; one that changes nothing is taken back."""
    with connection.begin_nested() as savepoint:
        with revision(connection, why.author, why.code, why.text) as number:
            try:
                Batch(connection, number, entries).write()
            except Refused as refused:
                faults = [(entries[at].place, fault) for at, fault in refused.faults]
                pointed = [Fault(fault.detail, pointer=place + (fault.pointer or "")) for place, fault in faults]
                raise BadInput.of(pointed) from None
        if all(entry.fate is Fate.unchanged for entry in entries):
            savepoint.rollback()
            return number - 1
    return number


def _stored(connection: Connection, collection: Collection, ids: Sequence[int]) -> list[Row]:
    rows = {row["id"]: row for row in load_rows(Store(connection), collection, "id", ids, docs=True)}
    return [rows[number] for number in ids]
