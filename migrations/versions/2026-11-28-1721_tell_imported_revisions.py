"""Tell imported revisions."""

import sqlalchemy as sa
from alembic import op

revision = "9e5c70a4acb6"
down_revision = "indexes"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "import_line",
        sa.Column("job", TEXT, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("job", "place", name=op.f("pk_import_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "imported_revision",
        sa.Column("revision", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_imported_revision")),
    )
    with op.batch_alter_table("import_job", schema=None) as batch_op:
        batch_op.add_column(sa.Column("options", TEXT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("import_job", schema=None) as batch_op:
        batch_op.drop_column("options")

    op.drop_table("imported_revision")
    op.drop_table("import_line")
