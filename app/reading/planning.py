"""From the parameters of a list to the statement that answers it: what its text depends on, and its values."""

from datetime import date
from typing import Any

from app.database.readers import Values
from app.estimates.dates import parse_partial_date
from app.reading.cursor import Cursor, foreign_cursor
from app.reading.list_statements import Plan, bind_name, key_types
from app.reading.view import View, check_revision
from app.records.filters import RANKED, After, Beside, ranks
from app.records.listing import Listing


def plan_of(listing: Listing, view: View, query: Any, cursor: Cursor | None) -> tuple[Plan, Values]:
    """What the statement of a page depends on, and the values it takes."""
    filters = [
        (name, condition, value)
        for name, condition in listing.conditions.items()
        if (value := getattr(query, name)) is not None
    ]
    terms = {name: [_plain(term) for term in condition.terms(value)] for name, condition, value in filters}
    latest = listing.latest if listing.latest is not None and query.as_of is not None else None
    plan = Plan(
        at=view.at,
        tier=view.tier,
        filters=tuple(
            (name, condition.variant(value), tuple(type(term) for term in terms[name]))
            for name, condition, value in filters
        ),
        order=_order(listing, query),
        cursor=cursor is not None,
        latest=(query.latest_per or latest.per) if latest else None,
        match=getattr(query, "match", None) or "stated",
    )
    values: Values = {
        bind_name(name, place): term for name, several in terms.items() for place, term in enumerate(several)
    }
    values |= {"revision": view.revision, "limit": query.limit + 1}
    if _is_ranked(plan):
        values["ranks"] = ranks(query.near if getattr(query, "q", None) is None else query.q)
    if latest:
        values["as_of"] = parse_partial_date(query.as_of, today=date.max).end
    if cursor is not None:
        values |= _cursor_values(listing, plan, cursor)
    return plan, values


def _order(listing: Listing, query: Any) -> tuple[tuple[str, bool], ...]:
    """The columns of the order asked for, each with whether it descends; what was found is best, or nearest, first."""
    if query.sort is None and any(getattr(query, name, None) is not None for name in ("q", "near")):
        return ((RANKED, False),)
    return tuple((listing.sorts[key.removeprefix("-")], key.startswith("-")) for key in query.sort or [listing.default])


def _is_ranked(plan: Plan) -> bool:
    return RANKED in dict(plan.order)


def reads_bounds(listing: Listing, plan: Plan) -> bool:
    """Whether some filter depends on how numbers, dates and places known within bounds are read.

    What is near was found in one reading.
    """
    used = [listing.conditions[name] for name, _, _ in plan.filters]
    return any(one.is_read for one in used) and not any(isinstance(one, Beside) for one in used)


def check_revisions(listing: Listing, query: Any, head: int) -> None:
    """Raise for a filter that begins after a revision that has not been made: it would hold nothing for ever."""
    for name, condition in listing.conditions.items():
        if isinstance(condition, After):
            check_revision(getattr(query, name), head, parameter=name)


def _cursor_values(listing: Listing, plan: Plan, cursor: Cursor) -> Values:
    """The keys of a cursor as the statement takes them; raises `BadInput` for keys that no page ends with."""
    values: Values = {}
    types = key_types(listing, plan.order)
    try:
        for number, (kind, value) in enumerate(zip(types, cursor.keys, strict=True)):
            values[f"key_{number}"] = date.fromisoformat(value) if kind is date else value
    except (ValueError, TypeError):
        raise foreign_cursor() from None
    if any(type(value) is not kind for kind, value in zip(types, values.values(), strict=True)):
        raise foreign_cursor()
    return values


def _plain(term: Any) -> Any:
    return str(term) if isinstance(term, str) else term
