"""Conditions on the records that a record names, and on what those name in turn."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, exists, or_, select

from app.history.codes import Access
from app.records.filters.columns import Condition
from app.records.filters.scope import Binds, Scope, among, listed
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


@dataclass(frozen=True)
class SaidBy(Condition):
    """Who stands behind a number, as the reader sees it: nobody does where the party or the document is hidden."""

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

    def where(self, scope: Scope, name: str, binds: Binds, _variant: Any) -> ColumnElement[bool]:
        named = scope.at(rows_of(self.noun))
        slugs = select(named.c.slug).where(among(named.c[self.column or name], binds), *scope.shown(named))
        return scope.rows.c[self.by].in_(slugs)


@dataclass(frozen=True)
class NamedThrough(Named):
    """The same for a reference of that record."""

    via: str = ""
    by: str = ""

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        named = scope.at(rows_of(self.via))
        column = among(named.c[self.column or name], self.slugs(scope, binds, variant))
        return scope.rows.c[self.by].in_(select(named.c.slug).where(column, *scope.shown(named)))


@dataclass(frozen=True)
class Within(Named):
    """A reference to one of these facilities or to anything that lies under them."""

    noun: str = "facility"
    subtree: bool = True

    def where(self, scope: Scope, name: str, binds: Binds, variant: Any) -> ColumnElement[bool]:
        return self.under(scope, scope.rows.c[self.column or name], self.slugs(scope, binds, variant))

    def under(self, scope: Scope, column: ColumnElement[Any], roots: list[Any]) -> ColumnElement[bool]:
        """The column names one of the roots, or with `subtree` something under one."""
        if not self.subtree:
            return among(column, roots)
        root, child = (scope.at(rows_of("facility")) for _ in range(2))
        tree = select(root.c.slug).where(among(root.c.slug, roots), *scope.shown(root)).cte(recursive=True)
        below = select(child.c.slug).where(child.c.parent == tree.c.slug, *scope.shown(child))
        return column.in_(select(tree.union(below).c.slug))


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
