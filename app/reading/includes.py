"""The records that an answer mentions, included in it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.readers import Fetch, Rows
from app.errors import BadInput, Fault
from app.reading.statements import MOST_INCLUDED, key_values, records_statement
from app.reading.view import View
from app.records.collection import Collection
from app.records.listing import Listing


async def included_records(
    listing: Listing, docs: Sequence[bytes], kinds: Sequence[str], view: View, fetch: Fetch
) -> bytes:
    """The records that others mention, from their stored JSON, by collection and slug: a statement for each kind."""
    records = [orjson.loads(doc) for doc in docs]
    mentioned: dict[str, set[str]] = defaultdict(set)
    for one in records:
        _collect_mentions(listing.collection, one, mentioned)
    by_kind = []
    for name in [kind for kind in listing.includes if kind in kinds or "all" in kinds]:
        collection = COLLECTIONS[name]
        by, keys = "slug", mentioned[collection.noun]
        if name in listing.holds:
            by, keys = listing.holds[name], {one["slug"] for one in records}
        rows: Rows = ()
        if keys:
            values = key_values(keys)
            statement = records_statement(collection, by, len(values), view.at, view.tier)
            rows = await fetch(statement, values | {"revision": view.revision})
        if len(rows) > MOST_INCLUDED:
            message = (
                f"more than {MOST_INCLUDED} {name} would come along; ask /v1/{name} for them, or for a smaller page"
            )
            raise BadInput.of([Fault(message, parameter="include")])
        inner = b",".join(b"%b:%b" % (orjson.dumps(str(key)), doc) for key, doc in rows)
        by_kind.append(b'"%b":{%b}' % (name.encode(), inner))
    return b"{%b}" % b",".join(by_kind)


def _collect_mentions(collection: Collection, record: Mapping[str, Any], found: dict[str, set[str]]) -> None:
    """Collect the slugs that a record mentions, by noun."""
    for name, noun in collection.references.items():
        if record.get(name) is not None:
            found[noun].add(record[name])
    for name, nouns in collection.part_references.items():
        for entry in record.get(name, ()):
            for column, noun in nouns.items():
                slug = entry if isinstance(entry, str) else entry.get(column.removesuffix("_"))
                if slug is not None:
                    found[noun].add(slug)
    for name, embedded in collection.embedded.items():
        for held in record.get(name, ()):
            if embedded.whole:
                _collect_mentions(NOUNS[embedded.collection], held, found)
            else:
                found[embedded.collection].add(held)
