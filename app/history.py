"""Revisions, and the twins that keep what every table held before.

Each kept table `T` has a twin `T_history`: the same columns and `until`, the revision that closed the row. Triggers
copy a row there before it is changed or deleted, whoever changes it, and refuse a change outside an open revision. `T`
alone is the present; the view `T_all` is every row there ever was, from its `revision` up to, and without, its `until`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    Subquery,
    Table,
    Update,
    bindparam,
    case,
    column,
    inspect,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.engine.reflection import Inspector
from sqlmodel import Field, SQLModel

from app.codes import Access, ChangeAction, ReasonCode
from app.db import CLUSTERED, Id, metadata, table
from app.errors import NotReady
from app.records import DOCS
from app.sight import FULL, Sight
from app.store import Answer, Key, Row, Store, chunks
from app.versions import unwritable

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


class Revision(SQLModel, table=True):
    """One committed write: when, by whom, why."""

    id: int = Field(primary_key=True, sa_type=Id, sa_column_kwargs={"autoincrement": False})
    recorded_at: str = Field(unique=True, description="UTC, RFC 3339 with microseconds; strictly increasing.")
    author: str = Field(description="The public label of the key that wrote, or what else made the revision.")
    reason_code: ReasonCode | None = None
    reason: str | None = None


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


_views = MetaData()


def add_twins(kept: Iterable[Table]) -> None:
    """Declare the twin of every kept table, with that table's indexes as of a revision."""
    for own in kept:
        twin = Table(
            f"{own.name}_history",
            metadata,
            *(Column(column.name, column.type, nullable=column.nullable) for column in own.columns),
            Column("until", BigInteger, nullable=False),
            PrimaryKeyConstraint(*(column.name for column in own.primary_key), "until"),
        )
        Index(f"ix_{twin.name}_until", twin.c.until)
        if "slug" in twin.columns:
            Index(f"ix_{twin.name}_slug", twin.c.slug, twin.c.until, twin.c.revision)
        for index in sorted(own.indexes, key=lambda index: str(index.name)):
            names = [column.name for column in index.columns]
            ended = [name for name in ("until", "revision") if name not in names]
            columns = (twin.c[name] for name in (*names, *ended))
            Index(f"ix_{twin.name}_{'_'.join(names)}", *columns, **index.dialect_kwargs)
        Table(
            f"{own.name}_all",
            _views,
            *(Column(column.name, column.type, nullable=column.nullable) for column in twin.columns),
        )


def twin(own: Table) -> Table:
    """The table of a kept table's earlier rows."""
    return metadata.tables[f"{own.name}_history"]


def kept_tables() -> list[Table]:
    """Every kept table, by name."""
    return sorted((own for own in metadata.tables.values() if f"{own.name}_history" in metadata.tables), key=str)


@dataclass(frozen=True, slots=True)
class At:
    """What the rows of a table are read from: the table itself for the present, else its view at `:revision`."""

    past: bool
    near: bool = False
    """Whether few rows were closed since: SQLite then looks through these, and not through its twins' other indexes."""

    def __call__(self, own: Table) -> FromClause:
        """A fresh reference to the rows of a table."""
        if self.near:
            return _near(own).alias()
        return (_views.tables[f"{own.name}_all"] if self.past else own).alias()

    def holds(self, *rows: FromClause) -> list[ColumnElement[bool]]:
        """The conditions that narrow views to the revision asked for; none for the present."""
        if not self.past:
            return []
        asked = bindparam("revision", type_=BigInteger)
        return [side for row in rows for side in (row.c.revision <= asked, row.c.until > asked)]


PRESENT, EVER, NEAR = At(past=False), At(past=True), At(past=True, near=True)


@cache
def _near(own: Table) -> Subquery:
    """The view of a kept table, its twin read by the revision that closed a row; SQLite alone can be told so."""
    index = f"ix_{own.name}_history_until"
    closed: Select[Any] = select(*(column(one.name, one.type) for one in own.columns), column("until", BigInteger))
    standing: Select[Any] = select(
        *own.columns, literal_column(f"CAST({FOREVER} AS BIGINT)", BigInteger).label("until")
    )
    return standing.union_all(closed.select_from(text(f"{own.name}_history INDEXED BY {index}"))).subquery()


class Past(Store):
    """The kept tables as they stood at a revision, over one connection inside a transaction; the others as they are."""

    def __init__(self, connection: Connection, revision: int) -> None:
        super().__init__(connection)
        self._connection, self._revision = connection, revision

    def rows(
        self, table: Table, columns: tuple[str, ...], key: Key, values: Iterable[Any], order: tuple[str, ...] = ()
    ) -> Iterator[Row]:
        """The rows whose key is among the values."""
        kept = f"{table.name}_all" in _views.tables
        own = EVER(table) if kept else table
        mine = own.c[key] if isinstance(key, str) else tuple_(*(own.c[name] for name in key))
        for some in chunks(values):
            found = select(*(own.c[name] for name in columns)).where(mine.in_(some))
            if kept:
                found = found.where(*EVER.holds(own))
            found = found.order_by(*(own.c[name] for name in order))
            yield from map(dict, self._connection.execute(found, {"revision": self._revision}).mappings())


# --- writing -----------------------------------------------------------------------------------------------------


RECORDED = select(REVISIONS.c.recorded_at).where(REVISIONS.c.id == bindparam("last", type_=BigInteger))
_MANY: BindParameter[int] = bindparam("many", type_=BigInteger)
_BEFORE = select(REVISIONS.c.recorded_at).where(REVISIONS.c.id == REGISTER.c.revision - _MANY).correlate(REGISTER)
_OPEN = (
    update(REGISTER)
    .values(revision=REGISTER.c.revision + _MANY, open=True)
    .returning(REGISTER.c.revision, _BEFORE.scalar_subquery(), REGISTER.c.version)
)
_CLOSE = update(REGISTER).values(open=False)


@dataclass(frozen=True, slots=True)
class Why:
    """Who writes, and the reason given, both shown with the revision; and what the writer sees."""

    author: str
    code: ReasonCode | None = None
    text: str | None = None
    sight: Sight = FULL


@contextmanager
def revision(
    connection: Connection, author: str, reason_code: ReasonCode | None = None, reason: str | None = None
) -> Iterator[int]:
    """Open the next revision inside a transaction and close it again; the caller commits, or rolls all of it back."""
    with revisions(Store(connection), [Why(author, reason_code, reason)]) as recorded:
        yield from recorded


def opened(store: Store, many: int) -> Answer:
    """Ask for the next revisions: whatever is asked after it is answered when no other writer is at work."""
    return store.ask(_OPEN, {"many": many})


@contextmanager
def revisions(store: Store, asked: Sequence[Why], opening: Answer | None = None) -> Iterator[Mapping[int, str]]:
    """The same for several that follow each other: their numbers in order, each with the moment it is recorded at.

    Rows may be added in any of them; those that stand there already may be changed in the last one only. `opening` is
    what was asked before, if it was.
    """
    ((newest, last, version),) = (opening or opened(store, len(asked))).rows()
    # Read from the row that a migration changes too: whoever waited for it to end learns of it here.
    if (missing := unwritable(version)) is not None:
        raise NotReady(missing)
    first = _after(last)
    recorded = {newest - left: _told(first, len(asked) - 1 - left) for left in reversed(range(len(asked)))}
    store.insert(
        REVISIONS,
        (
            {"id": number, "recorded_at": at, "author": why.author, "reason_code": why.code, "reason": why.text}
            for (number, at), why in zip(recorded.items(), asked, strict=True)
        ),
    )
    yield recorded
    store.do(_CLOSE)


def _after(last: str | None) -> datetime:
    """Now, or a microsecond after the last revision where the clock has not moved on."""
    now = datetime.now(UTC)
    return now if last is None else max(now, datetime.fromisoformat(last) + timedelta(microseconds=1))


def _told(moment: datetime, later: int) -> str:
    """A moment, some microseconds later, as the register writes it."""
    return (moment + timedelta(microseconds=later)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def take_ids(store: Store, many: Mapping[str, int]) -> Answer:
    """Take so many new ids of some collections, in the order of the revisions that take them.

    The answer is each collection with its last one.
    """
    return store.ask(_taken(tuple(many)), many)


@cache
def _taken(collections: tuple[str, ...]) -> Update:
    own = COUNTERS.c.collection
    many = {name: bindparam(name, type_=BigInteger) for name in collections}
    taken = update(COUNTERS).where(or_(*(own == name for name in collections))).returning(own, COUNTERS.c.last_id)
    return taken.values(last_id=COUNTERS.c.last_id + case(many, value=own))


# --- triggers and views ------------------------------------------------------------------------------------------


def keep(connection: Connection, name: str) -> None:
    """(Re)make the triggers and the view of one kept table from the columns it has now.

    A migration calls it after creating or altering the table: SQLite drops triggers with a table it rebuilds.
    """
    inspector: Inspector = inspect(connection)
    names = [column["name"] for column in inspector.get_columns(name)]
    keys: Sequence[str] = inspector.get_pk_constraint(name)["constrained_columns"]
    make = _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE
    parts = {
        "table": f'"{name}"',
        "name": name,
        "columns": ", ".join(f'"{name}"' for name in names),
        "old": ", ".join(f'OLD."{name}"' for name in names),
        "moved": " OR ".join(f'OLD."{key}" <> NEW."{key}"' for key in keys),
        "forever": FOREVER,
    }
    for statement in make:
        connection.exec_driver_sql(statement.format(**parts))
    if make is _POSTGRES and connection.exec_driver_sql(_LZ4).scalar():
        for column in DOCS:
            for own in (name, f"{name}_history") if column in names else ():
                connection.exec_driver_sql(f'ALTER TABLE "{own}" ALTER COLUMN {column} SET COMPRESSION lz4')


_VIEW = (
    "DROP VIEW IF EXISTS {name}_all",
    """CREATE VIEW {name}_all AS SELECT {columns}, CAST({forever} AS BIGINT) AS until FROM {table}
UNION ALL SELECT {columns}, until FROM {name}_history""",
)

_SQLITE = (
    *_VIEW,
    "DROP TRIGGER IF EXISTS {name}_kept_on_update",
    """CREATE TRIGGER {name}_kept_on_update BEFORE UPDATE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: the row must be stamped with the open revision, under its own key')
  WHERE {moved} OR NOT EXISTS (SELECT 1 FROM register WHERE open AND revision = NEW.revision);
  INSERT INTO {name}_history ({columns}, until) SELECT {old}, NEW.revision WHERE OLD.revision < NEW.revision;
END""",
    "DROP TRIGGER IF EXISTS {name}_kept_on_delete",
    """CREATE TRIGGER {name}_kept_on_delete BEFORE DELETE ON {table} BEGIN
  SELECT RAISE(ABORT, '{name}: no revision is open') WHERE NOT EXISTS (SELECT 1 FROM register WHERE open);
  INSERT INTO {name}_history ({columns}, until)
  SELECT {old}, register.revision FROM register WHERE OLD.revision < register.revision;
END""",
)

_POSTGRES = (
    *_VIEW,
    """CREATE OR REPLACE FUNCTION {name}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE now_open bigint;
BEGIN
  SELECT revision INTO now_open FROM register WHERE open;
  IF now_open IS NULL THEN RAISE EXCEPTION '{name}: no revision is open'; END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.revision <> now_open OR {moved} THEN
      RAISE EXCEPTION '{name}: the row must be stamped with the open revision, under its own key';
    END IF;
  END IF;
  IF OLD.revision < now_open THEN
    INSERT INTO {name}_history ({columns}, until) VALUES ({old}, now_open);
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$""",
    "DROP TRIGGER IF EXISTS {name}_kept ON {table}",
    "CREATE TRIGGER {name}_kept BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}_kept()",
    "DROP TRIGGER IF EXISTS {name}_guarded ON {table}",
    "CREATE TRIGGER {name}_guarded BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION register_is_open()",
    "DROP TRIGGER IF EXISTS {name}_not_truncated ON {table}",
    """CREATE TRIGGER {name}_not_truncated BEFORE TRUNCATE ON {table} FOR EACH STATEMENT
EXECUTE FUNCTION register_is_not_truncated()""",
)

_LZ4 = "SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"
"""Whether the server was built with it: it takes a fifth of the time that the compression of old takes."""

GUARDS = (
    """CREATE OR REPLACE FUNCTION register_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM register WHERE open) THEN
    RAISE EXCEPTION '%: no revision is open', TG_TABLE_NAME;
  END IF;
  RETURN NULL;
END $$""",
    """CREATE OR REPLACE FUNCTION register_is_not_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: a kept table is never truncated', TG_TABLE_NAME;
END $$""",
)
"""Functions the PostgreSQL triggers share; made by the first migration."""
