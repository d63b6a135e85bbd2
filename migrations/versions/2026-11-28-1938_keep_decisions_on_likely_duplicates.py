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
    op.create_table(
        "decided_pair",
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("first_id", ID, nullable=False),
        sa.Column("second_id", ID, nullable=False),
        sa.Column("decision", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("decided_at", TEXT, nullable=False),
        sa.CheckConstraint(
            "\"decision\" = 'same' OR \"decision\" = 'different'", name=op.f("ck_decided_pair_decision")
        ),
        sa.PrimaryKeyConstraint("collection", "first_id", "second_id", name=op.f("pk_decided_pair")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("decided_pair")
