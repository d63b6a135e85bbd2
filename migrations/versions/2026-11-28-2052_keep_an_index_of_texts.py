"""Keep an index of texts."""

import sqlalchemy as sa
from alembic import op

revision = "b81f0c2d94e7"
down_revision = "6c374a0d2c03"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "text_value",
        sa.Column("field", TEXT, nullable=False),
        sa.Column("folded", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("field", "folded", "value", name=op.f("pk_text_value")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("text_value")
