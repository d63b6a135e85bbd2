"""One record."""

from typing import Any, NamedTuple

import orjson

from app.database.readers import Fetch, in_one_state
from app.history.access import visible
from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.citing import cite_record
from app.reading.includes import included_records
from app.reading.missing import raise_missing, record_lookup
from app.reading.parameters import parse_query
from app.reading.trimming import trim
from app.reading.view import View, answered_revision, validator, view_at
from app.records.collection import Collection
from app.records.listing import Listing
from app.records.parameters import RecordQuery


class StoredRecord(NamedTuple):
    """One record: the register's state, the revision that last changed the stored JSON, that JSON."""

    head: int
    redacted: int
    own: int
    doc: bytes


async def fetch_record(view: View, collection: Collection, key: str, fetch: Fetch) -> StoredRecord:
    """The record that a path names; raises why it is not shown."""
    rows = await fetch(*record_lookup(view, collection, key))
    if not rows or not visible(rows[0][2], view.tier):
        await raise_missing(view, collection, key, rows)
    head, redacted, _, own, doc = rows[0]
    return StoredRecord(head, redacted, own, doc)


async def record(
    listing: Listing, view: View, path: str, query_string: bytes, model: type[RecordQuery], *, key: str
) -> Answer:
    """One record by its slug or id."""
    query: Any
    parameters, query = parse_query(model, query_string)
    view = await view_at(view, query)
    included: bytes | None = None
    if query.include is None:
        found = await fetch_record(view, listing.collection, key, view.reader.fetch)
    else:

        async def both(fetch: Fetch) -> tuple[StoredRecord, bytes]:
            found = await fetch_record(view, listing.collection, key, fetch)
            return found, await included_records(listing, [found.doc], query.include, view, fetch)

        found, included = await in_one_state(view.reader, both)
    number, doc = answered_revision(view.revision, found.head), found.doc
    if query.fields is not None:
        doc = trim(doc, query.fields)
    else:
        cited = orjson.dumps(cite_record(listing.collection, orjson.loads(doc), view.home))
        doc = b'%b,"cite":%b}' % (doc[:-1], cited)
    if included is not None:
        doc = b'%b,"included":%b}' % (doc[:-1], included)
    whole = query.fields is None and query.include is None
    of = validator(found.own if whole else number, number, found.redacted)
    return Answer(doc, number, of, permalink(path, parameters, number))
