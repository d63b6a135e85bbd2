"""What the statements of a page bring: one statement for most pages, several of one state for some."""

from dataclasses import dataclass, replace
from typing import Any

from app.database.readers import Fetch, Rows, Values, in_one_state
from app.reading.cursor import Cursor
from app.reading.includes import included_records
from app.reading.list_statements import Plan, count_statement, page_statement, state_statement
from app.reading.planning import plan_of, reads_bounds
from app.reading.statements import FEW, changed_statement
from app.reading.view import View
from app.reading.weighing import weighed
from app.records.listing import Listing
from app.records.parameters import MATCHES


@dataclass(slots=True)
class PageRows:
    """The rows of a page, and the state of the register they were read from."""

    rows: Rows
    head: int
    redacted: int
    known: int
    """How many of the names in the filters are those of records that the reader may see."""
    count: int | None = None
    included: bytes | None = None
    readings: dict[str, int] | None = None
    """How many records there are by each reading of bounds, where filters have any."""


async def fetch_page(listing: Listing, view: View, query: Any, cursor: Cursor | None) -> tuple[Plan, Values, PageRows]:
    """What a page's statements bring, and what they were: those of the present where the revision is the newest."""
    reader = view.reader
    if view.revision is not None and view.revision == reader.newest:
        present = View(reader, view.tier, None)
        plan, values = await _planned(listing, present, query, cursor)
        page = await _fetch(listing, present, plan, values, query)
        if page.head == view.revision:
            return plan, values, page
    elif view.revision is not None and reader.takes_hints:
        ((changed,),) = await reader.fetch(changed_statement(), {"revision": view.revision})
        view = view._replace(near=changed <= FEW)
    plan, values = await _planned(listing, view, query, cursor)
    page = await _fetch(listing, view, plan, values, query)
    reader.newest = page.head
    return plan, values, page


async def _planned(listing: Listing, view: View, query: Any, cursor: Cursor | None) -> tuple[Plan, Values]:
    plan, values = plan_of(listing, view, query, cursor)
    return await weighed(view.reader, listing, plan, values), values


async def _fetch(listing: Listing, view: View, plan: Plan, values: Values, query: Any) -> PageRows:
    """One statement; more, of one state, for an empty page or one that counts or includes others."""
    reader = view.reader
    statement = page_statement(listing, plan)
    slow = plan.latest is not None or query.count is not None
    if query.include is None and query.count is None:
        rows = await reader.fetch(statement, values, slow=slow)
        if rows:
            return PageRows(rows, *rows[0][:3])

    async def whole(fetch: Fetch) -> PageRows:
        rows = await fetch(statement, values)
        (state,) = [rows[0][:3]] if rows else await fetch(state_statement(listing, plan), values)
        page = PageRows(rows, *state)
        if query.count is not None:
            ((page.count,),) = await fetch(count_statement(listing, plan), values)
            if reads_bounds(listing, plan):
                counts = [count_statement(listing, replace(plan, match=match)) for match in MATCHES]
                found = [(await fetch(statement, values))[0][0] for statement in counts]
                page.readings = dict(zip(MATCHES, found, strict=True))
        if query.include is not None:
            docs = [row[3] for row in rows[: query.limit]]
            page.included = await included_records(listing, docs, query.include, view, fetch)
        return page

    return await in_one_state(reader, whole, slow=slow)
