"""Keep an index of names."""

import sqlalchemy as sa
from alembic import op

revision = "6ef366895a3d"
down_revision = "seals"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "name_entry",
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("field", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("collection", "record_id", "revision", "place", name=op.f("pk_name_entry")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name_key",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("word", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("key", "word", name=op.f("pk_name_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name_word",
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("word", TEXT, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "word", "record_id", "revision", "place", name=op.f("pk_name_word")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("name_word")
    op.drop_table("name_key")
    op.drop_table("name_entry")
