"""What a query string asks of a list: which records, of which moment, and from where on."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from app.errors import BadInput, Fault
from app.estimates.dates import parse_partial_date
from app.reading.addresses import canonical
from app.reading.cursor import UNBOUND, Cursor, decode_cursor
from app.reading.finding import hits
from app.reading.nearness import nearest
from app.reading.parameters import parse_query
from app.reading.spellings import Texts, with_spellings
from app.reading.statements import head_statement, recorded_statement
from app.reading.view import View, answered_revision, check_day, view_at
from app.records.filters import OfOne
from app.records.finding import Found
from app.records.keys import storable
from app.records.listing import Listing
from app.records.parameters import ListQuery


class ListRequest(NamedTuple):
    """What is asked of a list."""

    parameters: Mapping[str, Any]
    """As they stand in the address."""
    query: Any
    """The same as values, each checked."""
    view: View
    filters: str
    """The address of the list with its filters and its order: a cursor belongs to one such."""
    cursor: Cursor | None
    texts: Texts
    """What is asked for as text, as it was given."""
    found: Mapping[int, Found] | None = None
    """What was found by name, where that is asked."""
    distances: Mapping[int, float] | None = None
    """How far each is, in kilometres, where what is near is asked."""


async def list_request(
    listing: Listing, view: View, path: str, query_string: bytes, model: type[ListQuery], facility: str | None
) -> ListRequest:
    """What a query string asks of a list; the path may name the facility. Raises `BadInput`, `NoSuchMoment`."""
    query: Any
    parameters, query = parse_query(model, query_string)
    check_bounds(listing, query)
    if facility is not None:
        query = _narrowed_to(facility, parameters, query)
    view = await view_at(view, query)
    filters = canonical(path, {name: value for name, value in parameters.items() if name not in UNBOUND})
    cursor = decode_cursor(query.cursor, filters) if query.cursor is not None else None
    if cursor is not None:
        if view.revision not in {None, cursor.revision}:
            raise BadInput.of([Fault("the cursor belongs to another revision", parameter="revision")])
        view = view._replace(revision=cursor.revision)
    if listing.latest is not None and (query.latest_per or query.as_of):
        answered, day = await _day_of_revision(view)
        if query.as_of is None:
            view, query = answered, query.model_copy(update={"as_of": day})
        check_day(parse_partial_date(query.as_of, today=date.max).end, date.fromisoformat(day))
    found = None
    if getattr(query, "q", None) is not None:
        view, found = await hits(view, listing.collection.name, query.q)
        query = query.model_copy(update={"q": list(found)})
    query, texts = await with_spellings(view.reader.fetch, listing, query)
    distances = None
    if getattr(query, "near", None) is not None:
        view, distances = await nearest(view, listing, query)
        query = query.model_copy(update={"near": list(distances)})
    return ListRequest(parameters, query, view, filters, cursor, texts, found, distances)


def check_bounds(listing: Listing, query: Any) -> None:
    """Raise when a window ends before it begins, and for bounds of nothing: all would find nothing for ever."""
    faults = []
    begins, ends, least, most = (getattr(query, name, None) for name in ("from_", "to", "value_min", "value_max"))
    days = [parse_partial_date(day, today=date.max) for day in (begins, ends) if day is not None]
    if len(days) == 2 and days[0].start > days[1].end:
        faults.append(Fault("from lies after to", parameter="from"))
    if least is not None and most is not None and least > most:
        faults.append(Fault("value_min lies above value_max", parameter="value_min"))
    for name in ("value_min", "value_max"):
        if (
            isinstance(listing.conditions.get(name), OfOne)
            and getattr(query, name, None) is not None
            and not query.measure
        ):
            message = f"{name} speaks of a figure: say which measure, as in measure=killed"
            faults.append(Fault(message, parameter=name))
    if getattr(query, "radius_km", None) is not None and query.near is None:
        faults.append(Fault("radius_km is round a point: say which, as in near=36.5,40.7", parameter="radius_km"))
    read = [name for name, condition in listing.conditions.items() if condition.is_read]
    if getattr(query, "match", None) is not None and all(getattr(query, name, None) is None for name in read):
        names = [listing.query.model_fields[name].alias or name for name in read]
        *first, last = sorted(names, key=list(BOUNDS).index)
        message = f"match says how {', '.join(first)} and {last} are read; none of them is given"
        faults.append(Fault(message, parameter="match"))
    if faults:
        raise BadInput.of(faults)


BOUNDS = ("from", "to", "value_min", "value_max", "bbox", "near")
"""The filters that `match` reads, as a sentence lists them."""


def _narrowed_to(facility: str, parameters: Mapping[str, Any], query: Any) -> Any:
    """The query, narrowed to the facility that the path names."""
    for name in {"facility", "within"} & parameters.keys():
        raise BadInput.of([Fault("the path names the facility already", parameter=name)])
    return query.model_copy(update={"within" if query.subtree else "facility": [storable(facility)]})


async def _day_of_revision(view: View) -> tuple[View, str]:
    """The day of the answered revision: what `as_of` is when a client does not say."""
    rows = await view.reader.fetch(recorded_statement(), {"revision": view.revision})
    if not rows:
        ((head,),) = await view.reader.fetch(head_statement(), {})
        # The empty register has no day, and on any day it holds nothing.
        return view._replace(revision=answered_revision(view.revision, head)), date.max.isoformat()
    ((number, recorded_at),) = rows
    return view._replace(revision=number), recorded_at[:10]
