"""Conditions on a number that is a bounded claim: on what it states, or on every value or some value it allows.

What a statement allows is the rule of `app.estimates.ranges`, said in SQL.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sqlalchemy import ColumnElement, FromClause, and_, case, func, or_

from app.estimates.codes import Qualifier
from app.estimates.ranges import TENTHS
from app.records.filters.columns import Condition
from app.records.filters.scope import Binds, Scope
from app.records.tables import rows_of


@dataclass(frozen=True)
class Value(Condition):
    """A number that is at least, or at most, the filter's."""

    side: Literal["least", "most"] = "least"
    read: ClassVar[bool] = True
    flat: ClassVar[bool] = False

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> None:
        """No index tells."""

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        rows, (value,) = scope.rows, binds
        low, best, high = rows.c.low, rows.c.best, rows.c.high
        least, most = _allowed(rows)
        stated: ColumnElement[Any] = func.coalesce(best, low, high)

        def fits(one: ColumnElement[Any]) -> ColumnElement[bool]:
            return one >= value if self.side == "least" else one <= value

        if scope.match == "stated":
            return fits(stated)
        if scope.match == "certain":
            # What is out of order allows all that it names.
            named = [or_(one.is_(None), fits(one)) for one in (low, best, high)]
            return (
                and_(stated.is_not(None), fits(func.coalesce(least, 0)), *named)
                if self.side == "least"
                else and_(most.is_not(None), fits(most), *named)
            )
        end = most if self.side == "least" else least
        return and_(rows.c.missing_reason.is_(None), or_(end.is_(None), *map(fits, (end, low, best, high))))


def _allowed(rows: FromClause) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The least and the greatest value that a statement allows; null is a side left open."""
    low, best, high = rows.c.low, rows.c.best, rows.c.high
    about = rows.c.qualifier == Qualifier.approximately.value
    alone = and_(low.is_(None), high.is_(None))
    tenth = best / float(TENTHS)
    least = func.coalesce(low, case((about, best - tenth), (alone, best)))
    return least, func.coalesce(high, case((about, best + tenth), (alone, best)))


def range_allowed(rows: FromClause) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The same in order: what was published out of order lies between all that it names."""
    least, most = _allowed(rows)
    return case((least > most, most), else_=least), case((least > most, least), else_=most)


EQUAL = Condition()


@dataclass(frozen=True)
class OfOne(Condition):
    """A condition on one record that names this one. Several of them speak of the same record."""

    noun: str = ""
    by: str = ""
    inner: Condition = EQUAL
    flat: ClassVar[bool] = False

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> None:
        """It is looked up with the others that speak of the same record."""

    @property
    def is_read(self) -> bool:
        """Whether it depends on how a statement is read."""
        return self.inner.is_read

    def terms(self, values: Any) -> list[Any]:
        return self.inner.terms(values)

    def variant(self, values: Any) -> Any:
        return self.inner.variant(values)

    def entry(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        """The condition on the other record: `scope` speaks of those."""
        return self.inner.where(scope, name, binds, variant)

    def others(self, scope: Scope) -> Scope:
        """The records that it speaks about."""
        return Scope(scope.at, scope.at(rows_of(self.noun)), scope.tier, scope.match)
