"""Records found by what they are called, for a read: of the moment it asks for, by what its reader may see."""

from collections.abc import Generator, Mapping
from typing import NamedTuple, TypeVar

from app.database.readers import Rows
from app.reading.statements import head_statement
from app.reading.view import View, answered_revision
from app.records.finding import Found, Question, Step, finding

T = TypeVar("T")


class Hits(NamedTuple):
    """What was found, the best first, and of which moment."""

    view: View
    """The reader's view, of the revision that was searched."""
    found: Mapping[int, Found]


async def bring(view: View, asking: Generator[Step, Rows, T]) -> T:
    """What comes of a search that asks for rows: they are brought from the reader's engine."""
    try:
        step = next(asking)
        while True:
            step = asking.send(await view.reader.fetch(*step, slow=True))
    except StopIteration as done:
        found: T = done.value
        return found


async def present(view: View) -> View:
    """A view of the present as one of its newest revision, so that what follows sees the same."""
    if view.revision is not None:
        return view
    ((head,),) = await view.reader.fetch(head_statement(), {})
    view.reader.newest = head
    return view._replace(revision=answered_revision(None, head))


async def hits(view: View, collection: str, text: str) -> Hits:
    """What a list asked with `q` holds."""
    view = await present(view)
    found = await bring(view, finding(Question(collection, text, view.tier, view.revision)))
    return Hits(view, {one.record_id: one for one in found})
