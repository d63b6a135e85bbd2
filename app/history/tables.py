"""The tables of the log: the register's one row, its revisions, the counters of ids, the feed of changes."""

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from app.database.types import CLUSTERED, Id, table
from app.history.codes import Access, ChangeAction, ReasonCode

FOREVER = 2**63 - 1


class Register(SQLModel, table=True):
    """The one row every write begins with: it puts writers in line and numbers what they do."""

    id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    revision: int = Field(sa_type=BigInteger)
    open: bool = Field(description="True while a write is under way; never seen from outside its transaction.")
    redacted: int = Field(
        default=0, sa_type=BigInteger, description="The last revision that reached into what was recorded before it."
    )
    version: str | None = Field(
        default=None, description="The versions of schema and form it was brought to; null while it is being migrated."
    )
    frontier: str | None = Field(
        default=None, description="The outer edge of the tree over its revisions, as `app.history.tree` spells it."
    )


class Revision(SQLModel, table=True):
    """One committed write: when, by whom, why."""

    id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    recorded_at: str = Field(unique=True, description="UTC, RFC 3339 with microseconds; strictly increasing.")
    author: str = Field(description="The public label of the key that wrote, or what else made the revision.")
    reason_code: ReasonCode | None = None
    reason: str | None = None


class Leaf(SQLModel, table=True):
    """A revision as a leaf of the tree over all of them: what seals its content, and how the tree goes on from it."""

    __table_args__ = CLUSTERED

    revision: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    seal: str = Field(description="A salt and a digest of its content, in Base64.")
    node: str = Field(description="The hash of the largest whole subtree that ends with this leaf, in Base64.")


class RemovedVersion(SQLModel, table=True):
    """A version of a record that was removed from the past: its digest alone, so that the log can still be checked."""

    __tablename__ = "removed_version"
    __table_args__ = CLUSTERED

    collection: str = Field(primary_key=True)
    record_id: int = Field(primary_key=True, sa_type=BigInteger)
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    seal: str = Field(description="What was left of its seal: the digest without its salt, in Base64.")


class ImportedRevision(SQLModel, table=True):
    """A revision that an import made: what a later one changed was changed by a person."""

    __tablename__ = "imported_revision"

    revision: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})


class Counter(SQLModel, table=True):
    """The last id given in each collection; ids are never given twice."""

    collection: str = Field(primary_key=True)
    last_id: int = Field(sa_type=BigInteger)


SELDOM = text("\"action\" NOT IN ('create', 'update')")
"""The changes that are looked for by record, said as their index has it: nearly all of the feed is of the others."""


class Change(SQLModel, table=True):
    """One change of one record, in the feed that mirrors follow."""

    revision: int = Field(primary_key=True, sa_type=BigInteger)
    place: int = Field(primary_key=True, description="The change's place in its revision, from 1.")
    collection: str
    record_id: int = Field(sa_type=BigInteger)
    slug: str | None = None
    action: ChangeAction
    before: Access | None = Field(default=None, description="Who could see the record before; null when it is new.")
    after: Access | None = Field(default=None, description="Who can see it now; null when it is retracted.")
    merged_into: str | None = None

    __table_args__ = (
        Index(None, "collection", "record_id", "revision", sqlite_where=SELDOM, postgresql_where=SELDOM),
        CLUSTERED,
    )


REGISTER, REVISIONS, COUNTERS, CHANGES = table(Register), table(Revision), table(Counter), table(Change)
IMPORTED, LEAVES, REMOVED = table(ImportedRevision), table(Leaf), table(RemovedVersion)
