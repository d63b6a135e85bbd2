"""Conditions on the records that a record names, and on what those name in turn."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, and_, exists, literal, or_, select

from app.history.codes import Access
from app.records.filters.columns import Condition
from app.records.filters.scope import Binds, Scope, among, few, is_there, listed
from app.records.tables import rows_of

LONGEST_ID = 18
"""Digits of the longest number that can be an id."""


def is_id(key: str) -> bool:
    """Whether a key is a record's number; any other is a slug, or nobody's."""
    return key.isascii() and key.isdigit() and len(key) <= LONGEST_ID


def slug_of(scope: Scope, noun: str, number: BindParameter[Any]) -> Any:
    """The slug of the record with that id."""
    named = scope.at(rows_of(noun))
    return select(named.c.slug).where(named.c.id == number, *scope.shown(named)).scalar_subquery()


@dataclass(frozen=True)
class Named(Condition):
    """Equality on a reference; takes slugs and ids, and a name of no record is refused (see `app.reading`)."""

    noun: str = ""

    def terms(self, values: Any) -> list[Any]:
        return [int(value) if is_id(value) else value for value in values]

    def variant(self, values: Any) -> Hashable:
        return tuple(is_id(value) for value in values)

    def slugs(self, scope: Scope, binds: Binds, variant: Any) -> list[Any]:
        """The slugs asked for; an id is turned into its slug by the statement itself."""
        return [slug_of(scope, self.noun, bind) if is_id else bind for bind, is_id in zip(binds, variant, strict=True)]

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return among(scope.rows.c[self.column or name], self.slugs(scope, binds, variant))


@dataclass(frozen=True)
class OrTotalNamed(Named):
    """A reference that is a dimension: `total` stands for its null."""

    def terms(self, values: Any) -> list[Any]:
        return super().terms([value for value in values if value != "total"])

    def variant(self, values: Any) -> Hashable:
        return "total" in values, super().variant([value for value in values if value != "total"])

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        column = scope.rows.c[self.column or name]
        named = [among(column, self.slugs(scope, binds, variant[1]))] if binds else []
        return or_(*([column.is_(None)] if variant[0] else []), *named)

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        return None if variant[0] else super().found(scope, name, binds, variant)


Met = tuple[FromClause, ColumnElement[bool]]


def through(scope: Scope, by: str, met: Met) -> ColumnElement[bool]:
    """The reference is to one of the records that meet a condition."""
    named, condition = met
    return scope.rows.c[by].in_(select(named.c.slug).where(condition, *scope.shown(named)))


def through_each(scope: Scope, by: str, met: Met) -> ColumnElement[bool]:
    """The same, looked up for one row after another."""
    named, condition = met
    mine = select(literal(1)).select_from(named).where(named.c.slug == scope.rows.c[by], condition, *scope.shown(named))
    return is_there(mine, scope.rows)


def found_through(scope: Scope, by: str, met: Met) -> Select[int]:
    """The ids of the rows, from the records that meet the condition to those that refer to them."""
    named, condition = met
    referring = select(scope.rows.c.id).where(scope.rows.c[by] == named.c.slug, *scope.at.holds(scope.rows))
    return referring.where(condition, *scope.shown(named))


@dataclass(frozen=True)
class SaidBy(Condition):
    """Who stands behind a number, as the reader sees it: nobody does where the party or the document is hidden."""

    def text_of(self, noun: str, name: str) -> tuple[str, str] | None:
        return noun, self.column or name

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        rows = scope.rows
        said = among(rows.c[self.column or name], binds)
        if scope.tier == Access.restricted:
            return said
        actor, source = scope.at(rows_of("actor")), scope.at(rows_of("source"))
        party = exists().where(actor.c.slug == rows.c.attributed_to, *scope.shown(actor))
        document = exists().where(source.c.slug == rows.c.source, *scope.shown(source))
        return and_(said, or_(party, and_(rows.c.attributed_to.is_(None), document)))


@dataclass(frozen=True)
class Through(Condition):
    """Equality on a column of the record that one of this record's references names."""

    noun: str = ""
    by: str = ""
    text: bool = False
    flat = False

    def text_of(self, _noun: str, name: str) -> tuple[str, str] | None:
        return (self.noun, self.column or name) if self.text else None

    def meets(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Met:
        """The records named, and the condition on them."""
        named = scope.at(rows_of(self.noun))
        return named, among(named.c[self.column or name], binds)

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return through(scope, self.by, self.meets(scope, name, binds, variant))

    def along(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return through_each(scope, self.by, self.meets(scope, name, binds, variant))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        return found_through(scope, self.by, self.meets(scope, name, binds, variant))


@dataclass(frozen=True)
class NamedThrough(Named):
    """The same for a reference of that record."""

    via: str = ""
    by: str = ""
    flat = False

    def meets(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Met:
        """The records that lead there, and the condition on them."""
        named = scope.at(rows_of(self.via))
        return named, among(named.c[self.column or name], self.slugs(scope, binds, variant))

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return through(scope, self.by, self.meets(scope, name, binds, variant))

    def along(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return through_each(scope, self.by, self.meets(scope, name, binds, variant))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        return found_through(scope, self.by, self.meets(scope, name, binds, variant))


@dataclass(frozen=True)
class Within(Named):
    """A reference to one of these facilities or to anything that lies under them."""

    noun: str = "facility"
    subtree: bool = True
    flat = False

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return self.under(scope, scope.rows.c[self.column or name], self.slugs(scope, binds, variant))

    def under(self, scope: Scope, column: ColumnElement[Any], roots: list[Any]) -> ColumnElement[bool]:
        """The column names one of the roots, or with `subtree` something under one."""
        return column.in_(select(self.tree(scope, roots).c.slug)) if self.subtree else among(column, roots)

    def tree(self, scope: Scope, roots: list[Any]) -> Any:
        """The slugs of the roots and of what lies under them."""
        facilities = rows_of("facility")
        root = scope.at(facilities)
        tree = select(root.c.slug).where(among(root.c.slug, roots), *scope.shown(root)).cte(recursive=True)
        below = [
            select(child.c.slug).where(child.c.parent == tree.c.slug, *scope.shown(child))
            for child in scope.at.steps(facilities)
        ]
        return tree.union(*below)

    def over(self, scope: Scope, column: ColumnElement[Any], roots: list[Any]) -> ColumnElement[bool]:
        """The same, found out by climbing from what one row names, where very many rows lie under the roots."""
        if not self.subtree:
            return among(column, roots)
        facilities = rows_of("facility")
        own = scope.at(facilities)
        mine = select(own.c.slug, own.c.parent).where(own.c.slug == column, *scope.shown(own))
        path = mine.correlate(column.table).cte(recursive=True, nesting=True)
        steps = [
            select(above.c.slug, above.c.parent).where(above.c.slug == path.c.parent, *scope.shown(above))
            for above in scope.at.steps(facilities)
        ]
        path = path.union(*steps)
        reached = select(literal(1)).select_from(path).where(among(path.c.slug, roots))
        return is_there(reached, column.table)

    def along(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return self.over(scope, scope.rows.c[self.column or name], self.slugs(scope, binds, variant))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        lies = self.among_few(scope, scope.rows.c[self.column or name], self.slugs(scope, binds, variant))
        return select(scope.rows.c.id).where(lies, *scope.at.holds(scope.rows))

    def among_few(self, scope: Scope, column: ColumnElement[Any], roots: list[Any]) -> ColumnElement[bool]:
        """What `under` says, where few facilities are meant; to be counted, no more of them than are counted."""
        if not self.subtree:
            return among(column, roots)
        slugs = select(self.tree(scope, roots).c.slug)
        return few(column, slugs if scope.most is None else slugs.limit(scope.most))


@dataclass(frozen=True)
class TouchingFacility(Within):
    """Incidents that touched one of these facilities, or with `by` what belongs to such an incident."""

    by: str | None = None

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        part = scope.at(rows_of("incident_facility"))
        touched = self.under(scope, part.c.facility, self.slugs(scope, binds, variant))
        owners = select(part.c.owner_id).where(touched, *scope.at.holds(part))
        if self.by is None:
            return listed(scope.at, scope.rows.c.id, owners)
        incident = scope.at(rows_of("incident"))
        slugs = select(incident.c.slug).where(listed(scope.at, incident.c.id, owners), *scope.shown(incident))
        return listed(scope.at, scope.rows.c[self.by], slugs)

    def along(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        incident = scope.rows if self.by is None else scope.at(rows_of("incident"))
        part = scope.at(rows_of("incident_facility"))
        touched = self.over(scope, part.c.facility, self.slugs(scope, binds, variant))
        entry = select(literal(1)).select_from(part).where(part.c.owner_id == incident.c.id, touched)
        touches = is_there(entry.where(*scope.at.holds(part)), incident)
        return touches if self.by is None else through_each(scope, self.by, (incident, touches))

    def found(self, scope: Scope, name: str, binds: Binds, variant: Any) -> Select[int] | None:
        part = scope.at(rows_of("incident_facility"))
        touched = self.among_few(scope, part.c.facility, self.slugs(scope, binds, variant))
        if self.by is None:
            return select(part.c.owner_id).where(touched, *scope.at.holds(part))
        if scope.at.past:
            return select(scope.rows.c.id).where(self.where(scope, name, binds, variant), *scope.at.holds(scope.rows))
        incident = scope.at(rows_of("incident"))
        owns = incident.c.id == part.c.owner_id
        return found_through(scope, self.by, (incident, owns & touched)).where(*scope.at.holds(part))
