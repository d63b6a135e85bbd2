"""Changes of a record that stands: a merge patch, a retraction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from app.catalogue.collections import NOUNS
from app.database.store import Row, Store
from app.errors import BadInput, Fault, Gone, Hidden, NotFound, Stale
from app.estimates.bounds import BOUNDS
from app.history.access import visible
from app.history.codes import Access
from app.history.sight import Sight
from app.records.collection import Collection
from app.records.keys import keyed
from app.records.tombstones import tombstone, was_retracted
from app.writing.rendering import load_rows
from app.writing.revise import Done, apply, stored
from app.writing.revisions import Why
from app.writing.unfolding import Names, checked_entries, slugs_in, whole_sources
from app.writing.validation import Aim, Entry
from app.writing.withheld import body_of, hidden_in, lists_of, with_hidden


def change(
    connection: Connection,
    collection: Collection,
    key: str,
    patch: Mapping[str, Any],
    match: frozenset[int] | None,
    why: Why,
) -> Done:
    """Apply a merge patch (RFC 7396) to one record; what the writer may not see of it stays."""
    row, store = standing(connection, collection, key, match, why.sight), Store(connection)
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
    after, places = with_hidden(collection, was, after, patch, hidden, why.sight.tier)
    names = Names(set(slugs_in(patch)))
    *entries, entry = checked_entries([*whole_sources(collection, after, "", names), (collection, after, "", False)])
    entry.aim, entry.old, entry.unchanged = Aim.change, row, places
    if problem := why.sight.may_turn(row["access"], entry.row["access"], {"reason_code": why.code, "reason": why.text}):
        raise problem
    number = apply(connection, [*entries, entry], why)
    return Done(number, collection, stored(connection, collection, [row["id"]]))


def _reread(body: dict[str, Any], patch: Mapping[str, Any]) -> None:
    """New words without bounds are read again; new bounds say which words they stand beside."""
    bounds = patch.keys() & set(BOUNDS)
    if bounds and "as_written" not in patch:
        message = "new bounds need as_written too: the words they stand beside, or null"
        raise BadInput.of([Fault(message, pointer="/as_written")])
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
    row = standing(connection, collection, key, match, why.sight)
    entries = [Entry(collection, row, {}, aim=Aim.retract)]
    for embedded in collection.embedded.values():
        if embedded.whole:
            inner = NOUNS[embedded.collection]
            held = load_rows(Store(connection), inner, embedded.by, [row["slug"]])
            entries += [Entry(inner, one, {}, aim=Aim.retract) for one in held if why.sight.sees(one)]
    return Done(apply(connection, entries, why), collection, [])


def standing(
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
