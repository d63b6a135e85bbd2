"""Seal revisions: each becomes a leaf of a tree over all of them, and each record says what it is sealed by."""

import sqlalchemy as sa
from alembic import op

revision = "seals"
down_revision = "da13697fb1ea"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PARTS = (
    "actor_name facility_identifier facility_name facility_phase facility_related facility_source facility_supporter "
    "incident_facility incident_identifier incident_kind incident_party incident_source incident_timeline "
    "claim_assessment"
)
COLLECTIONS = ("source", "actor", "facility", "incident", "population", "figure", "claim")


def upgrade() -> None:
    # What is removed from the past is deleted from the history tables, in the revision that says so.
    op.create_guards()
    for table in PARTS.split():
        op.release(table)
        op.keep(table)
    for table in COLLECTIONS:
        op.add_kept_column(table, sa.Column("seal", TEXT, nullable=True))
    op.create_table(
        "leaf",
        sa.Column("revision", ID, autoincrement=False, nullable=False),
        sa.Column("seal", TEXT, nullable=False),
        sa.Column("node", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_leaf")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "removed_version",
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("seal", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("collection", "record_id", "revision", name=op.f("pk_removed_version")),
        sqlite_with_rowid=False,
    )
    op.guard("leaf")
    op.guard("removed_version")
    # By hand: the table keeps its triggers so.
    collation = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"ALTER TABLE register ADD COLUMN frontier TEXT{collation}")


def downgrade() -> None:
    op.execute("ALTER TABLE register DROP COLUMN frontier")
    op.drop_table("removed_version")
    op.drop_table("leaf")
    for table in COLLECTIONS:
        op.drop_kept_column(table, "seal")
