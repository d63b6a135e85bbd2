"""What a filter's condition speaks about: the rows of a collection as they stood at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, Table, literal

from app.database.functions import among_few
from app.database.types import NUMBER
from app.history.access import seen
from app.history.codes import Access
from app.history.past import At

Binds = Sequence[BindParameter[Any]]


@dataclass(frozen=True)
class Scope:
    """What a condition speaks about: the rows of a collection, and other tables at the same moment."""

    at: At
    rows: FromClause
    tier: Access = Access.public
    match: str = "stated"
    """How bounds, partial dates and coarse places are read: as stated, or true for every, or for some one, allowed."""
    own: Table | None = None
    """The table that the rows are of."""
    most: BindParameter[int] | None = None
    """Up to how many rows are counted, where they are no more than counted."""

    def again(self) -> "Scope":
        """The same rows once more, for a statement of their own."""
        return self if self.own is None else replace(self, rows=self.at(self.own))

    def shown(self, *others: FromClause) -> list[ColumnElement[bool]]:
        """What narrows other records to the moment, and to those that the reader may see."""
        return [*self.at.holds(*others), *(condition for rows in others for condition in seen(rows, self.tier))]


def listed(at: At, column: ColumnElement[Any], found: Select[Any]) -> ColumnElement[bool]:
    """The column holds one of the few values that a statement brings.

    Of a view PostgreSQL knows no distribution: it takes any list for half of all there is, and walks through everything
    in order until a page is full. Worked out first, the list is looked up.
    """
    return few(column, found) if at.past else column.in_(found)


def few(column: ColumnElement[Any], found: Select[Any]) -> ColumnElement[bool]:
    """The same, of values that are known to be few: they are worked out first, on either engine."""
    return among_few(column, found.scalar_subquery())


def is_there(found: Select[Any], rows: FromClause) -> ColumnElement[bool]:
    """A statement brings anything, run for one of some rows after another.

    It is not `EXISTS`, of which PostgreSQL makes a join, and goes through all there is before the first row is out.
    """
    return found.correlate(rows).limit(literal(1, NUMBER)).scalar_subquery().is_not(None)


def among(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """The column holds one of the values."""
    return column == values[0] if len(values) == 1 else column.in_(values)
