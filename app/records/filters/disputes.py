"""Conditions on what is disputed: numbers that cannot all be true, parts that are denied, claims that are refuted.

Two statements about one thing conflict where no number is allowed by both, and they speak of one day; or, of different
originators, of two days that follow each other, or of an earlier total above what a later one allows, unless the
originator of the earlier has stated another since. `app.answers.disputes` says the same of values.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)

from app.database.functions import day_after, day_before, unindexed
from app.estimates.codes import Tally
from app.history.codes import Access
from app.records.filters.bounds import range_allowed
from app.records.filters.columns import Condition
from app.records.filters.scope import Binds, Scope, is_there
from app.records.tables import references, rows_of

AGAINST = ("disputed", "refuted", "misinformation")
"""Verdicts on a claim that contest it."""


def _read(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(unindexed(column), column.type)


@dataclass(frozen=True)
class Disputed(Condition, ABC):
    """Whether a record is disputed; the base of the conditions on each noun."""

    flat: ClassVar[bool] = False

    def terms(self, values: Any) -> list[Any]:
        return []

    def variant(self, values: Any) -> Hashable:
        return bool(values)

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        contested = self.contested(scope)
        return contested if variant else not_(contested)

    def along(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return self.where(scope, name, binds, variant)

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        """No index tells: it is worked out for one row after another."""

    @abstractmethod
    def contested(self, scope: Scope) -> ColumnElement[bool]:
        """The condition that a row is disputed."""


@dataclass(frozen=True)
class DisputedNumber(Disputed):
    """A statement with another about the same thing that cannot be true beside it."""

    same: tuple[str, ...] = ()
    """What the two have in common, the reference that leads there first."""
    growing: bool = False
    """Whether a total can only grow, as of what has happened."""

    def contested(self, scope: Scope) -> ColumnElement[bool]:
        rows, other = scope.rows, scope.at(rows_of(self.noun))
        one_day = _read(other.c.as_of_end) == rows.c.as_of_end
        after = self._against(scope, rows, other)
        before = self._against(scope, other, rows)
        apart = and_(other.c.originator != rows.c.originator, or_(after, before))
        near = (
            []
            if self.growing
            else [other.c.as_of_end.between(day_before(rows.c.as_of_end), day_after(rows.c.as_of_end))]
        )
        found = select(other.c.id).where(
            *self._same(rows, other),
            *near,
            other.c.id != rows.c.id,
            _unlike(rows, other),
            or_(one_day, apart),
            *self._comparable(scope, other),
            *scope.shown(other),
        )
        return and_(*self._comparable(scope, rows), is_there(found, rows))

    @property
    def noun(self) -> str:
        """The noun whose statements these are."""
        return "figure" if self.growing else "population"

    def _same(self, one: FromClause, other: FromClause) -> list[ColumnElement[bool]]:
        led, read = self.same[: self.led], self.same[self.led :]
        alike = (_read(other.c[name]).is_not_distinct_from(one.c[name]) for name in read)
        return [*(other.c[name] == one.c[name] for name in led), *alike]

    @property
    def led(self) -> int:
        """How many of what they have in common lead the index in which others are found, with the day behind them.

        Of one incident figures are few, and in no order.
        """
        return 1 if self.growing else 2

    def _day(self, rows: FromClause) -> ColumnElement[Any]:
        return _read(rows.c.as_of_end) if self.growing else rows.c.as_of_end

    def _comparable(self, scope: Scope, rows: FromClause) -> list[ColumnElement[bool]]:
        """A number of its subject, of which its reader may know everything."""
        where = [or_(*(rows.c[side].is_not(None) for side in ("low", "best", "high")))]
        where.append(rows.c.tally != Tally.additional)
        if self.growing:
            incident = scope.at(rows_of("incident"))
            begun = select(incident.c.started_latest).where(
                incident.c.slug == rows.c.incident, *scope.at.holds(incident)
            )
            started = begun.correlate(rows).scalar_subquery()
            since = rows.c.period_start_earliest
            where.append(or_(rows.c.tally != Tally.total, since.is_(None), started.is_(None), since <= started))
        if scope.tier != Access.restricted:
            where += [self._shown(scope, rows, name, noun) for name, noun in references(rows_of(self.noun)).items()]
        return where

    def _shown(self, scope: Scope, rows: FromClause, name: str, noun: str) -> ColumnElement[bool]:
        named = scope.at(rows_of(noun))
        seen = exists().where(named.c.slug == rows.c[name], *scope.shown(named)).correlate(rows)
        return or_(rows.c[name].is_(None), seen)

    def _against(self, scope: Scope, earlier: FromClause, later: FromClause) -> ColumnElement[bool]:
        """An earlier statement still stands, and is of the day before, or a total above what the later allows."""
        since = scope.at(rows_of(self.noun))
        newer = select(since.c.id).where(
            *self._same(earlier, since),
            _read(since.c.originator) == earlier.c.originator,
            self._day(since) > earlier.c.as_of_end,
            self._day(since) <= later.c.as_of_end,
            *self._comparable(scope, since),
            *scope.shown(since),
        )
        near = earlier.c.as_of_end >= day_before(later.c.as_of_end)
        if self.growing:
            above = range_allowed(earlier)[0] > range_allowed(later)[1]
            near = or_(near, and_(earlier.c.tally == Tally.total, above))
        superseded = newer.correlate(earlier, later).exists()
        return and_(earlier.c.as_of_end < later.c.as_of_end, near, not_(superseded))


def _unlike(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """No number is allowed by both; a side left open allows any, and is never less nor greater."""
    (low, high), (least, most) = range_allowed(one), range_allowed(other)
    return or_(_known(low > most), _known(least > high))


def _known(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return case((condition, literal_column("1")), else_=literal_column("0")) == literal_column("1")


COUNTED = ("incident", "measure", "of", "actor", "cause", "sex", "unit", "tally")
"""What two figures have in common that may be compared."""
SAME_GROUP = (
    *("facility", "measure", "statistic", "sex", "min_age", "max_age", "legal_status", "nationality", "affiliation"),
    *("dimensions", "tally", "period_start"),
)
"""The same of two populations."""
DISPUTED_POPULATION = DisputedNumber(same=SAME_GROUP)
DISPUTED_FIGURE = DisputedNumber(same=COUNTED, growing=True)


@dataclass(frozen=True)
class DisputedClaim(Disputed):
    """A claim that a source disputes, refutes or calls misinformation."""

    def contested(self, scope: Scope) -> ColumnElement[bool]:
        return against(scope, scope.rows)


def against(scope: Scope, claims: FromClause) -> ColumnElement[bool]:
    """Whether some source that the reader may see contests a claim."""
    verdicts, sources = scope.at(rows_of("claim_assessment")), scope.at(rows_of("source"))
    seen: Sequence[ColumnElement[bool]] = []
    if scope.tier != Access.restricted:
        seen = [exists().where(sources.c.slug == verdicts.c.source, *scope.shown(sources)).correlate(verdicts)]
    against_it = select(verdicts.c.owner_id).where(
        verdicts.c.owner_id == claims.c.id,
        or_(*(verdicts.c.verdict == one for one in AGAINST)),
        *seen,
        *scope.at.holds(verdicts),
    )
    return is_there(against_it, claims)


@dataclass(frozen=True)
class DisputedIncident(Disputed):
    """An incident with numbers that cannot all be true, a part that is denied, or a claim that is contested."""

    def contested(self, scope: Scope) -> ColumnElement[bool]:
        rows = scope.rows
        parties = scope.at(rows_of("incident_party"))
        denied = select(parties.c.owner_id).where(parties.c.owner_id == rows.c.id, parties.c.standing == "denied")
        denied = denied.where(*scope.at.holds(parties))
        if scope.tier != Access.restricted:
            actors = scope.at(rows_of("actor"))
            shown = exists().where(actors.c.slug == parties.c.actor, *scope.shown(actors)).correlate(parties)
            denied = denied.where(shown)
        claims, figures = scope.at(rows_of("claim")), scope.at(rows_of("figure"))
        about = select(claims.c.id).where(
            claims.c.incident == rows.c.slug, against(scope, claims), *scope.shown(claims)
        )
        of_one = Scope(scope.at, figures, scope.tier)
        numbers = select(figures.c.id).where(
            figures.c.incident == rows.c.slug, DISPUTED_FIGURE.contested(of_one), *scope.shown(figures)
        )
        return or_(rows.c.outcome == "disputed", is_there(denied, rows), is_there(about, rows), is_there(numbers, rows))
