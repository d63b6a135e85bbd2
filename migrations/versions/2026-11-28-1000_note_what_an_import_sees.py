"""Note with every import what the key that asked for it may see; one that was asked for before sees what everybody does."""

import sqlalchemy as sa
from alembic import op

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_job", sa.Column("scopes", TEXT, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("import_job", "scopes")
