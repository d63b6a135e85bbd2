"""Keep decisions on likely duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "6c374a0d2c03"
down_revision = "6ef366895a3d"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_plain(
        "decided_pair",
        sa.Column("collection", TEXT, primary_key=True),
        sa.Column("first_id", ID, primary_key=True),
        sa.Column("second_id", ID, primary_key=True),
        sa.Column("decision", TEXT, nullable=False, info={"codes": ["same", "different"]}),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("decided_at", TEXT, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("decided_pair")
