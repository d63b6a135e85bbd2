"""A collection: one noun of the register, described once by its table, its body and its lists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import cached_property
from typing import Any

from sqlalchemy import Table

from app.database.store import Row
from app.database.types import table
from app.estimates.dates import days
from app.history.access import DOCS
from app.history.codes import Access
from app.history.lookup import Lookup
from app.records.bodies import Body
from app.records.tables import INHERENT, Part, Record, partial_dates, references

Parts = dict[str, list[Row]]
Complete = Callable[[Row, Row, Lookup, Access], None]


@dataclass(frozen=True)
class Embedded:
    """Records of another collection that a record's stored JSON holds: whole, or by their slugs."""

    collection: str
    by: str
    whole: bool = False
    most: int = 200


@dataclass(frozen=True, eq=False)
class Collection:
    """One noun of the register: what is stored, what is written, what is shown."""

    name: str
    noun: str
    about: str
    table: type[Record]
    body: type[Body]
    parts: Mapping[str, type[Part]] = attribute(default_factory=dict)
    derived: Mapping[str, Any] = attribute(default_factory=dict)
    """Shown fields that no client writes: their name, and a pydantic field definition."""
    complete: Complete | None = None
    """Fills the derived fields of one record's JSON: shown, row, lookup, tier."""
    normalise: Callable[[Row, Lookup, str], None] | None = None
    """Fills the derived columns of a row before it is written; its statement is given where it was digested before."""
    identity: tuple[str, ...] = ()
    """The columns by which a record without a slug is known."""
    stated: tuple[str, ...] = ()
    """The fields that make two records without a slug the same statement; the first is what they are about."""
    found_by: tuple[str, ...] = ("statement",)
    """The columns that lead the index in which a statement is looked for."""
    echoed: frozenset[str] = frozenset()
    """Fields that the stored JSON of referrers repeat in words."""
    embedded: Mapping[str, Embedded] = attribute(default_factory=dict)
    subject: bool = False
    """Whether the rows of a table speak of it and do not state it: an import joins all that they say of one."""
    called: tuple[str, ...] = ()
    """The fields by whose texts it is found, beside its slug: its names first."""
    mergeable: bool = False
    """Whether two records can be made one, the address of the one leading to the other."""

    @property
    def rows(self) -> Table:
        """The table, as SQLAlchemy knows it."""
        return table(self.table)

    @cached_property
    def shown_by_name(self) -> tuple[str, ...]:
        """The columns that the stored JSON of referrers are made of."""
        return ("slug", "access", *sorted(self.echoed))

    @cached_property
    def named(self) -> bool:
        """Whether its records have slugs."""
        return "slug" in self.rows.columns

    @cached_property
    def part_tables(self) -> dict[str, Table]:
        """The tables of the record's lists, by field."""
        return {name: table(part) for name, part in self.parts.items()}

    @cached_property
    def fields(self) -> list[str]:
        """The stored JSON's fields in order: what every record has, what is written, what is derived."""
        first = ["id", *(["slug"] if self.named else []), "revision", "recorded_at", "access"]
        shown = list(first)
        for name in self.body.model_fields:
            if name not in first:
                shown.append(name)
                shown += [day for day in days(name) if day in self.rows.columns]
        return shown + [name for name in self.derived if name not in shown]

    @cached_property
    def columns(self) -> list[str]:
        """The columns that hold what was written and what was derived from it."""
        return [column.name for column in self.rows.columns if column.name not in INHERENT - {"access", "slug"}]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every column."""
        return tuple(self.rows.columns.keys())

    @cached_property
    def names_but_docs(self) -> tuple[str, ...]:
        """Every column but the stored JSON, which are long."""
        return tuple(name for name in self.names if name not in DOCS)

    @cached_property
    def references(self) -> dict[str, str]:
        """The record's own fields that name another record, and the noun each names."""
        return references(self.rows)

    @cached_property
    def own_references(self) -> list[str]:
        """Those that name another record of the same noun."""
        return [name for name, noun in self.references.items() if noun == self.noun]

    @cached_property
    def part_references(self) -> dict[str, dict[str, str]]:
        """The same for the entries of its lists."""
        return {name: references(rows) for name, rows in self.part_tables.items()}

    @cached_property
    def nouns(self) -> frozenset[str]:
        """The nouns that its records name, its own perhaps among them."""
        of_lists = (noun for named in self.part_references.values() for noun in named.values())
        return frozenset(self.references.values()).union(of_lists)

    @cached_property
    def needs(self) -> frozenset[str]:
        """The other nouns that its records name: those are written before."""
        return self.nouns - {self.noun}

    @cached_property
    def partial_dates(self) -> list[str]:
        """The fields that hold partial dates."""
        return partial_dates(self.rows)
