"""One record."""

from typing import Any, NamedTuple

from app.database.readers import Fetch
from app.history.access import visible
from app.reading.addresses import pinned
from app.reading.answer import Answer
from app.reading.includes import bring
from app.reading.missing import asking, refuse
from app.reading.pages import of_json, trimmed
from app.reading.parameters import asked_in
from app.reading.view import View, checked, moved, validator
from app.records.collection import Collection
from app.records.listing import Listing


class FoundRecord(NamedTuple):
    """One record: the register's state, the revision of the record's form, the form."""

    head: int
    redacted: int
    own: int
    doc: bytes


async def found_record(view: View, collection: Collection, key: str, fetch: Fetch) -> FoundRecord:
    """The record that a path names; raises why it is not shown."""
    rows = await fetch(*asking(view, collection, key))
    if not rows or not visible(rows[0][2], view.tier):
        await refuse(view, collection, key, rows)
    head, redacted, _, own, doc = rows[0]
    return FoundRecord(head, redacted, own, doc)


async def record(listing: Listing, view: View, path: str, raw: bytes, key: str) -> Answer:
    """One record by its slug or id."""
    asked: Any
    sent, asked = asked_in(listing.record_query, raw)
    of_json(asked)
    view = await moved(view, asked)
    included: bytes | None = None
    if asked.include is None:
        found = await found_record(view, listing.collection, key, view.reader.fetch)
    else:
        async with view.reader.snapshot() as fetch:
            found = await found_record(view, listing.collection, key, fetch)
            included = await bring(listing, [found.doc], asked.include, view, fetch)
    number, doc = checked(view.revision, found.head), found.doc
    if asked.fields is not None:
        doc = trimmed(doc, asked.fields)
    if included is not None:
        doc = b'%b,"included":%b}' % (doc[:-1], included)
    whole = asked.fields is None and asked.include is None
    of = validator(found.own if whole else number, number, found.redacted)
    return Answer(doc, number, of, pinned(path, sent, number))
