"""What a write does to the register: create, change, retract, each one revision inside a transaction that is given.

Here is checked what only the database knows: what stands there now, and whether it is what `If-Match` says.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import Connection

from app.absence import keyed
from app.affected import holders
from app.catalogue import COLLECTIONS, NOUNS
from app.codes import Access
from app.errors import BadInput, Fault, Gone, Hidden, NotFound, Stale
from app.estimates import BOUNDS
from app.history import Why, opened, revision, revisions
from app.naming import numbered, slug_of
from app.prefetch import Prefetch
from app.records import Collection, Embedded, Row, doc_of, named_in, payload, visible
from app.rendering import load_rows
from app.sight import Sight
from app.statements import tombstone, was_retracted
from app.store import Store
from app.validation import Aim, Entry, Fate, Refused, validated
from app.withheld import body_of, hidden_in, kept, lists_of
from app.writing import Batch

T = TypeVar("T")


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
    names = Names(set(_said(given)))
    unfolded = (part for number, one in enumerate(given) for part in _unfolded(collection, one, at(number), names))
    return _checked(unfolded)


Unfolded = tuple[Collection, object, str, bool]


def _checked(unfolded: Iterable[Unfolded | Fault]) -> list[Entry]:
    """The entries of new records; raises `BadInput` with every fault of all of them."""
    entries: list[Entry] = []
    faults: list[Fault] = []
    for part in unfolded:
        if isinstance(part, Fault):
            faults.append(part)
            continue
        collection, body, place, made_up = part
        try:
            entry = validated(collection, body)
        except Refused as refused:
            faults += [Fault(fault.detail, pointer=place + (fault.pointer or "")) for _, fault in refused.faults]
            continue
        entry.aim, entry.place, entry.slug_is_free = Aim.create, place, made_up
        entries.append(entry)
    if faults:
        raise BadInput.of(faults)
    return entries


@dataclass(slots=True)
class Names:
    """The slugs of a request: what it says itself, and what was made up for its records.

    One made up is never one the request says: that means a record which is there already.
    """

    taken: set[str]
    sources: dict[bytes, str] = field(default_factory=dict)
    """The slugs of the whole sources given, by what was given: the same one again is the same source."""

    def made_up(self, collection: Collection, body: Row) -> str:
        """A slug for a record that came without one."""
        stem = slug_of(collection, body)
        slug = next(one for one in numbered(stem) if one not in self.taken)
        self.taken.add(slug)
        return slug


def _said(value: object, *, slug: bool = False) -> Iterator[str]:
    """Every slug that a request gives or refers to."""
    if isinstance(value, str) and slug:
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _said(inner, slug=slug)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _said(inner, slug=name in _slug_fields())


@cache
def _slug_fields() -> frozenset[str]:
    names = {"slug"}
    for collection in COLLECTIONS.values():
        names.update(collection.references, collection.part_references, *collection.part_references.values())
    return frozenset(names)


def _unfolded(collection: Collection, given: object, place: str, names: Names) -> Iterator[Unfolded | Fault]:
    """A new record and those nested in it, each with its place and whether its slug was made up.

    Nested are whole sources where a source is asked, and the figures of an incident, which take the incident's first
    source unless they name one.
    """
    if not isinstance(given, dict):
        yield collection, given, place, False
        return
    body, made_up = dict(given), False
    yield from _sources(collection, body, place, names)
    whole = {name: embedded for name, embedded in collection.embedded.items() if embedded.whole}
    nested = {name: body.pop(name) for name in whole if name in body}
    if nested and body.get("slug") is None and isinstance(body.get("title"), str):
        body["slug"], made_up = names.made_up(collection, body), True
    listed = body.get("sources") if whole else None
    default = {"source": listed[0]} if isinstance(listed, list) and listed else {}
    for name, nouns in collection.part_references.items():
        if default and "source" in nouns and isinstance(body.get(name), list):
            body[name] = [default | entry if isinstance(entry, dict) else entry for entry in body[name]]
    yield collection, body, place, made_up
    for name, inner in nested.items():
        yield from _nested(whole[name], inner, f"{place}/{name}", default | {whole[name].by: body.get("slug")}, names)


def _nested(
    embedded: Embedded, given: object, place: str, default: dict[str, Any], names: Names
) -> Iterator[Unfolded | Fault]:
    """The records that a new record holds; they say nothing else of what holds them."""
    if not isinstance(given, list):
        yield Fault("a list is needed here", pointer=place)
        return
    for number, one in enumerate(given):
        at, by = f"{place}/{number}", embedded.by
        body = default | one | {by: default[by]} if isinstance(one, dict) else one
        if isinstance(one, dict) and one.get(by) not in (None, default[by]):
            yield Fault(f"the {by} is the one it stands in", pointer=f"{at}/{by}")
        yield from _unfolded(NOUNS[embedded.collection], body, at, names)


def _sources(collection: Collection, body: dict[str, Any], place: str, names: Names) -> Iterator[Unfolded]:
    """Take out each whole source that stands where a source is asked, leaving its slug there."""
    source = NOUNS["source"]
    for holder, key, at in _asking(collection, body, place):
        given = holder[key]
        if isinstance(given, dict):
            same = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
            if same in names.sources:
                holder[key] = names.sources[same]
                continue
            made_up = given.get("slug") is None and isinstance(given.get("title"), str)
            whole = given | ({"slug": names.made_up(source, given)} if made_up else {})
            holder[key] = names.sources[same] = whole.get("slug", "")
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
    number = apply(connection, entries, why)
    ids = [entry.row["id"] for entry in entries if entry.collection is collection]
    return Done(number, collection, _stored(connection, collection, ids))


class New(Generic[T]):
    """New records of one request, to be written in a revision of their own: a job that can be done with others."""

    def __init__(
        self, collection: Collection, check: Callable[[], Sequence[Entry]], why: Why, answer: Callable[[Done], T]
    ) -> None:
        self.collection, self._check, self.why, self.answer = collection, check, why, answer
        self.entries = check()

    def anew(self) -> None:
        """Check them again: an attempt to write them that failed has left its traces."""
        self.entries = self._check()

    def __call__(self, connection: Connection) -> T:
        """Write them by themselves."""
        return self.answer(create(connection, self.collection, self.entries, self.why))

    def ties(self) -> tuple[set[tuple[str, str]], ...]:
        """What the records are called, what they name, and whose wire forms show them: each slug after its noun."""
        slugs: set[tuple[str, str]] = set()
        named: set[tuple[str, str]] = set()
        shown_in: set[tuple[str, str]] = set()
        for entry in self.entries:
            row = entry.row
            if row.get("slug"):
                slugs.add((entry.collection.noun, row["slug"]))
            named.update(named_in(entry.collection, row, entry.parts))
            shown_in.update((noun, row[by]) for noun, by in holders(entry.collection) if row[by] is not None)
        return slugs, named, shown_in


def independent(asked: Iterable[New[T]]) -> list[New[T]]:
    """Those of several requests that can be written at once: what they do is the same in whatever order it is done.

    All of them see the same: what one names, another must not find hidden.
    """
    chosen: list[New[T]] = []
    slugs: set[tuple[str, str]] = set()
    named: set[tuple[str, str]] = set()
    for one in asked:
        mine, others, shown_in = one.ties()
        if chosen and one.why.sight != chosen[0].why.sight:
            continue
        # What stands there already and shows one of them would have to be rendered anew.
        if not shown_in <= mine or mine & slugs or mine & named or others & slugs:
            continue
        chosen.append(one)
        slugs |= mine
        named |= others - mine
    return chosen


def create_together(store: Store, asked: Sequence[New[T]]) -> list[T]:
    """Write the new records of several independent requests at once, each in a revision of its own.

    What each of them costs by itself is mostly statements: here they share those. Raises when any of them cannot be
    written; each is to be tried by itself then, `anew`.
    """
    everything = list(chain.from_iterable(one.entries for one in asked))
    opening, known = opened(store, len(asked)), Prefetch(store, everything)
    with revisions(store, [one.why for one in asked], opening) as recorded:
        for number, one in zip(recorded, asked, strict=True):
            for entry in one.entries:
                entry.revision = number
        Batch(store, max(recorded), everything, recorded, known, why=asked[0].why).write()
    answers = []
    for number, one in zip(recorded, asked, strict=True):
        rows = [entry.row for entry in one.entries if entry.collection is one.collection]
        answers.append(one.answer(Done(number, one.collection, rows)))
    return answers


# --- records that stand there ------------------------------------------------------------------------------------


def change(
    connection: Connection,
    collection: Collection,
    key: str,
    patch: Mapping[str, Any],
    match: frozenset[int] | None,
    why: Why,
) -> Done:
    """Apply a merge patch (RFC 7396) to one record; what the writer may not see of it stays."""
    row, store = _standing(connection, collection, key, match, why.sight), Store(connection)
    lists = lists_of(store, collection, [row])[row["id"]]
    was = body_of(collection, row, lists)
    body, patch = dict(was), {name: value for name, value in patch.items() if (name, value) != ("access", None)}
    if "slug" in patch and patch["slug"] != row.get("slug"):
        raise BadInput.of([Fault("a slug never changes", pointer="/slug")])
    if "as_written" in body:
        _reread(body, patch)
    # A field that is unknown is so with a null too.
    after = merged(body, patch) | {name: None for name in patch if name not in collection.body.model_fields}
    hidden = hidden_in(store, collection, [(row, lists)], why.sight)
    after, places = kept(collection, was, after, patch, hidden, why.sight.tier)
    names = Names(set(_said(patch)))
    *entries, entry = _checked([*_sources(collection, after, "", names), (collection, after, "", False)])
    entry.aim, entry.old, entry.kept = Aim.change, row, places
    if problem := why.sight.may_turn(row["access"], entry.row["access"], {"reason_code": why.code, "reason": why.text}):
        raise problem
    number = apply(connection, [*entries, entry], why)
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


def retract(connection: Connection, collection: Collection, key: str, match: frozenset[int] | None, why: Why) -> Done:
    """Retract one record, and with an incident its own figures; raises `Conflict` naming what refers to it."""
    row = _standing(connection, collection, key, match, why.sight)
    entries = [Entry(collection, row, {}, aim=Aim.retract)]
    for embedded in collection.embedded.values():
        if embedded.whole:
            inner = NOUNS[embedded.collection]
            held = load_rows(Store(connection), inner, embedded.by, [row["slug"]])
            entries += [Entry(inner, one, {}, aim=Aim.retract) for one in held if why.sight.sees(one)]
    return Done(apply(connection, entries, why), collection, [])


def _standing(
    connection: Connection, collection: Collection, key: str, match: frozenset[int] | None, sight: Sight
) -> Row:
    """The record that a change is about; raises when it is not there, not to be seen, or not as `If-Match` says."""
    by, value = keyed(collection, key)
    found = next(load_rows(Store(connection), collection, by, [value]), None)
    if found is None or found["access"] == Access.restricted != sight.tier:
        past = connection.execute(tombstone(collection, by), {"key": value, "revision": None}).first()
        if past is not None and found is None and visible(past.access, sight.tier):
            raise Gone(was_retracted(collection.noun, past))
        raise NotFound(f"There is no {collection.noun} with that key.")
    if not sight.sees(found):
        raise Hidden(f"This {collection.noun} is shown to partners of the register only.")
    if match is not None and found["revision"] not in match:
        raise Stale(f"The record is at revision {found['revision']}, not at {' or '.join(map(str, sorted(match)))}.")
    return found


def apply(connection: Connection, entries: Sequence[Entry], why: Why) -> int:
    """Write entries in a revision of their own; one that changes nothing is taken back."""
    store = Store(connection)
    store.savepoint()
    try:
        with revision(connection, why.author, why.code, why.text) as number:
            try:
                Batch(store, number, entries, why=why).write()
            except Refused as refused:
                faults = [(entries[at].place, fault) for at, fault in refused.faults]
                pointed = [Fault(fault.detail, pointer=place + (fault.pointer or "")) for place, fault in faults]
                raise BadInput.of(pointed) from None
    except Exception:
        store.back()
        raise
    if all(entry.fate is Fate.unchanged for entry in entries):
        store.back()
        return number - 1
    store.release()
    return number


def _stored(connection: Connection, collection: Collection, ids: Sequence[int]) -> list[Row]:
    rows = {row["id"]: row for row in load_rows(Store(connection), collection, "id", ids, docs=True)}
    return [rows[number] for number in ids]
