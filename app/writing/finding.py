"""Records found by what they are called, for a write: inside its transaction."""

from collections.abc import Generator
from typing import TypeVar

from app.database.readers import Rows
from app.database.store import Store
from app.records.finding import Step

T = TypeVar("T")


def bring(store: Store, asking: Generator[Step, Rows, T]) -> T:
    """What comes of a search that asks for rows: they are brought from the transaction."""
    try:
        step = next(asking)
        while True:
            step = asking.send(store.run(*step))
    except StopIteration as done:
        found: T = done.value
        return found
