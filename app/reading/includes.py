"""The records that an answer mentions, brought along with it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from app.catalogue.collections import COLLECTIONS, NOUNS
from app.database.readers import Fetch, Rows
from app.errors import BadInput, Fault
from app.reading.statements import MOST_INCLUDED, records_statement
from app.reading.view import View
from app.records.collection import Collection
from app.records.listing import Listing


async def bring(listing: Listing, docs: Sequence[bytes], kinds: Sequence[str], view: View, fetch: Fetch) -> bytes:
    """The records that some wire forms mention, by collection and slug, one statement for each kind."""
    records = [orjson.loads(doc) for doc in docs]
    mentioned: dict[str, set[str]] = defaultdict(set)
    for one in records:
        _mentions(listing.collection, one, mentioned)
    brought = []
    for name in [kind for kind in listing.includes if kind in kinds or "all" in kinds]:
        collection = COLLECTIONS[name]
        by, keys = "slug", mentioned[collection.noun]
        if name in listing.holds:
            by, keys = listing.holds[name], {one["slug"] for one in records}
        rows: Rows = ()
        if keys:
            asked = sorted(keys)
            # A power of two of parameters: few statements to keep, the last value repeated to fill it.
            many = 1 << (len(asked) - 1).bit_length()
            filled = {f"key_{place}": asked[min(place, len(asked) - 1)] for place in range(many)}
            statement = records_statement(collection, by, many, view.at, view.tier)
            rows = await fetch(statement, filled | {"revision": view.revision})
        if len(rows) > MOST_INCLUDED:
            told = f"more than {MOST_INCLUDED} {name} would come along; ask /v1/{name} for them, or for a smaller page"
            raise BadInput.of([Fault(told, parameter="include")])
        inner = b",".join(b"%b:%b" % (orjson.dumps(str(key)), doc) for key, doc in rows)
        brought.append(b'"%b":{%b}' % (name.encode(), inner))
    return b"{%b}" % b",".join(brought)


def _mentions(collection: Collection, record: Mapping[str, Any], found: dict[str, set[str]]) -> None:
    """Collect the slugs that a wire form mentions, by noun."""
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
                _mentions(NOUNS[embedded.collection], held, found)
            else:
                found[embedded.collection].add(held)
