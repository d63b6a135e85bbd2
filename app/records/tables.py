"""The columns of every record and of every entry of its lists, and the registry of slugs."""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Table
from sqlmodel import Field, SQLModel

from app.database.fields import index, partial
from app.database.types import CLUSTERED, Id, Words, metadata, table
from app.estimates.dates import days
from app.history.access import DOCS
from app.history.codes import Access


class Record(SQLModel):
    """The columns of every record."""

    id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    revision: int = Field(sa_type=BigInteger)
    access: Access = Field(default=Access.public)
    doc: str = Field(sa_type=Words)
    doc_partner: str | None = Field(default=None, sa_type=Words)
    doc_restricted: str | None = Field(default=None, sa_type=Words)
    seal: str | None = Field(default=None, sa_type=Words)


def record_indexes() -> tuple[Index, ...]:
    """The indexes that every table of records has: by what changed last, and of what is not for everybody."""
    return index("revision", "id"), partial("access", "id", where=HIDDEN)


HIDDEN = "access <> 'public'"
"""The records that not everybody sees, said as their index has it: of most collections they are few."""


class NamedRecord(Record):
    """A record with a slug of its own."""

    slug: str = Field(unique=True)


class Part(SQLModel):
    """One entry of a record's list, in its place."""

    owner_id: int = Field(primary_key=True, sa_type=Id)
    position: int = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)


class Slug(SQLModel, table=True):
    """Every slug ever given: one that is retracted or merged stays taken."""

    __table_args__ = CLUSTERED

    # Led by the slug: a write asks whether some slugs were given before, whatever to.
    slug: str = Field(primary_key=True)
    collection: str = Field(primary_key=True)
    record_id: int = Field(sa_type=BigInteger)
    revision: int = Field(sa_type=BigInteger, description="The revision that gave it.")


SLUGS = table(Slug)
INHERENT = {"id", "slug", "revision", "access", "seal", *DOCS}


def part_of(noun: str, *indexes: Index) -> tuple[Any, ...]:
    """The table arguments of a record's list."""
    owner = ForeignKeyConstraint(["owner_id"], [f"{noun}.id"], deferrable=True, initially="DEFERRED")
    return (*indexes, owner, CLUSTERED)


def rows_of(noun: str) -> Table:
    """The table that references to a noun lead to."""
    return metadata.tables[noun]


@cache
def references(rows: Table) -> dict[str, str]:
    """The columns of a table that hold the slug of a record, and the noun of that record."""
    return {
        column.name: key.column.table.name
        for column in rows.columns
        for key in column.foreign_keys
        if key.column.name == "slug"
    }


@cache
def partial_dates(rows: Table) -> list[str]:
    """The columns of a table that have a day range beside them."""
    return [column.name for column in rows.columns if days(column.name)[0] in rows.columns]


@cache
def payload(rows: Table) -> list[str]:
    """The columns of a part that hold what was written: all but its place and its revision."""
    return [column.name for column in rows.columns if column.name not in {"owner_id", "position", "revision"}]
