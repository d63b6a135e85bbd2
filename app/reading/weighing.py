"""How many records a filter holds, which decides whether they are looked up, or it is checked along a page's order.

SQLite has no statistics, and those of PostgreSQL say nothing of what a reference leads to. So what matters is counted,
up to a bound, in the index that would be used; it is remembered for a while, as either way gives the same answer.
"""

from dataclasses import replace
from math import isqrt

from app.database.readers import Reader, Values
from app.reading.list_statements import Plan, bind_name, met_statement, size_statement
from app.records.listing import Listing

PAGE = 100
"""How many records a page usually holds."""


async def weighed(reader: Reader, listing: Listing, plan: Plan, values: Values) -> Plan:
    """The plan, with what is known of how many records its filters hold."""
    if not plan.filters or plan.latest is not None or not _matters(listing, plan):
        return plan
    weights: dict[bool, set[str]] = {True: set(), False: set()}
    for name, variant, types in plan.filters:
        terms = {key: values[key] for key in (bind_name(name, place) for place in range(len(types)))}
        key = (listing.collection.name, name, variant, *terms.values())
        if (many := reader.weights.get(key)) is None:
            statement = met_statement(listing, name, variant, types)
            if statement is None:
                continue
            most = await _most(reader, listing)
            ((count,),) = await reader.fetch(statement, terms | {"most": most})
            many = reader.weights[key] = count >= most
        weights[bool(many)].add(name)
    return replace(plan, often=frozenset(weights[True]), seldom=frozenset(weights[False]))


async def _most(reader: Reader, listing: Listing) -> int:
    """From how many records on a filter is checked along the order, rather than that all it holds are sorted.

    Of N records of which M are held, a page is full after N/M of its length: that and sorting M cost alike where M is
    the root of N times the length.
    """
    if (most := reader.weights.get(listing.collection.name)) is None:
        ((newest,),) = await reader.fetch(size_statement(listing), {})
        most = reader.weights[listing.collection.name] = max(PAGE, isqrt(PAGE * (newest or 0)))
    return most


def _matters(listing: Listing, plan: Plan) -> bool:
    """Whether it matters: not of one filter whose index gives the order of the page as well."""
    (name, _, types), *others = plan.filters
    default = listing.default.removeprefix("-")
    own_order = plan.order[0][0] == listing.sorts[default]
    return bool(others) or len(types) > 1 or not own_order or not listing.conditions[name].flat
