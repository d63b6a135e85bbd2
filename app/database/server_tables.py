"""What a server keeps beside the records: keys, answers to an `Idempotency-Key`, imports, decisions on duplicates."""

from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from app.database.codes import Code
from app.database.types import CLUSTERED, Id, JSONText, table


class Key(SQLModel, table=True):
    """A key of somebody's; the secret itself is never kept."""

    id: str = Field(primary_key=True)
    name: str = Field(description="Whose it is; private.")
    label: str = Field(description="The author shown on its revisions.")
    scopes: list[str] = Field(sa_type=JSONText)
    digest: str = Field(description="SHA-256 of the secret, in hex.")
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None


class Idempotency(SQLModel, table=True):
    """What a POST with an `Idempotency-Key` was answered, kept in the transaction that wrote its data."""

    __table_args__ = (Index(None, "answered_at"),)

    holder: str = Field(primary_key=True, description="The id of the key that asked.")
    key: str = Field(primary_key=True, description="The Idempotency-Key it sent.")
    digest: str = Field(description="SHA-256 of the route and the body.")
    answered_at: str
    status: int
    headers: dict[str, str] = Field(sa_type=JSONText)
    body: str


class ImportState(Code):
    """How an import that the server was asked for stands."""

    queued = "queued", "It waits until earlier imports have ended."
    running = "running", "Its files are being read and written."
    done = "done", "It has ended; the report says what was done with each row."
    failed = "failed", "It ended before everything was read; `faults` says why. What was written before is kept."
    interrupted = "interrupted", "The server stopped before it ended. Send the same import again to complete it."


class ImportJob(SQLModel, table=True):
    """One import: what was asked, how far it is, and what became of it."""

    __tablename__ = "import_job"

    id: str = Field(primary_key=True)
    author: str
    scopes: list[str] = Field(sa_type=JSONText, description="What the key allowed that asked for it.")
    reason: str | None = None
    state: ImportState
    mapping: str | None = None
    files: list[str] = Field(sa_type=JSONText)
    dry_run: bool
    created_at: str
    updated_at: str
    bytes: int = Field(sa_type=BigInteger)
    bytes_read: int = Field(sa_type=BigInteger)
    rows: int = Field(sa_type=BigInteger)
    report: dict[str, Any] | None = Field(sa_type=JSONText, default=None)
    faults: list[str] = Field(sa_type=JSONText)
    options: dict[str, Any] | None = Field(sa_type=JSONText, default=None, description="What else was asked for.")


class ImportLine(SQLModel, table=True):
    """What became of one row of an import that was asked to tell of every row."""

    __tablename__ = "import_line"
    __table_args__ = CLUSTERED

    job: str = Field(primary_key=True)
    place: int = Field(primary_key=True, sa_type=BigInteger, description="Its place in the report, from 1.")
    line: dict[str, Any] = Field(sa_type=JSONText)


class DuplicateDecision(Code):
    """What somebody decided of two records that looked alike."""

    same = "same", "They are of the same thing; merging them is a step of its own."
    different = "different", "They are of two things."


class DecidedPair(SQLModel, table=True):
    """Two records of a collection that somebody compared: they are not asked about again."""

    __tablename__ = "decided_pair"
    __table_args__ = CLUSTERED

    collection: str = Field(primary_key=True)
    first_id: int = Field(primary_key=True, sa_type=Id, description="The lower of the two numbers.")
    second_id: int = Field(primary_key=True, sa_type=Id)
    decision: DuplicateDecision
    note: str | None = None
    author: str = Field(description="The label of the key that decided.")
    decided_at: str


KEYS, IDEMPOTENCY, JOBS = table(Key), table(Idempotency), table(ImportJob)
LINES, DECIDED = table(ImportLine), table(DecidedPair)
