"""A page of a list: the stored JSON of its records, joined into the answer."""

from collections.abc import Mapping

import orjson

from app.reading.addresses import permalink
from app.reading.answer import Answer
from app.reading.cursor import Cursor
from app.reading.fetching import fetch_page
from app.reading.list_request import list_request
from app.reading.missing import unknown_names
from app.reading.planning import check_revisions
from app.reading.spellings import are_several, check_texts
from app.reading.trimming import trim
from app.reading.view import View, answered_revision, validator
from app.records.finding import Found
from app.records.listing import Listing
from app.records.parameters import ListQuery


async def page(
    listing: Listing, view: View, path: str, query_string: bytes, model: type[ListQuery], *, facility: str | None = None
) -> Answer:
    """The page of a list that a query string asks for; the path may name the facility."""
    request = await list_request(listing, view, path, query_string, model, facility)
    parameters, query, view = request.parameters, request.query, request.view
    plan, values, found = await fetch_page(listing, view, query, request.cursor)
    number = answered_revision(view.revision, found.head)
    check_revisions(listing, query, found.head)
    if found.known < plan.names(listing):
        raise await unknown_names(listing, view, plan, values, facility)
    if request.texts and request.cursor is None and (not found.rows or are_several(request.texts)):
        await check_texts(view, listing, request.texts)
    docs = [row[3] for row in found.rows[: query.limit]]
    following = None
    if len(found.rows) > query.limit:
        last = Cursor(number, tuple(found.rows[query.limit - 1][4:])).encode(request.filters)
        following = permalink(path, parameters, number, cursor=last)
    numbers = [_number(doc) for doc in docs] if request.distances is not None else []
    matches = [_match(doc, request.found) for doc in docs] if request.found is not None else []
    if query.fields is not None:
        docs = [trim(doc, query.fields) for doc in docs]
    if matches:
        docs = [b'%b,"match":%b}' % (doc[:-1], match) for doc, match in zip(docs, matches, strict=True)]
    if request.distances is not None:
        docs = [
            b'%b,"distance_km":%b}' % (doc[:-1], orjson.dumps(request.distances[number]))
            for doc, number in zip(docs, numbers, strict=True)
        ]
    body = b'{"data":[%b],"next":%b,"revision":%d' % (b",".join(docs), orjson.dumps(following), number)
    body += b',"count":%d' % found.count if found.count is not None else b""
    body += b',"readings":%b' % orjson.dumps(found.readings) if found.readings is not None else b""
    body += b',"included":%b' % found.included if found.included is not None else b""
    own = permalink(path, parameters, number)
    return Answer(body + b"}", number, validator(number, number, found.redacted), own, following, rows=len(docs))


def _number(doc: bytes) -> int:
    """The id that stored JSON begins with."""
    return int(doc[len(b'{"id":') : doc.index(b",")])


def _match(doc: bytes, found: Mapping[int, Found]) -> bytes:
    """Which name of a record matched, and how well."""
    match = found[_number(doc)].match
    return orjson.dumps({"score": match.score, "field": match.name.field, "text": match.name.text})
