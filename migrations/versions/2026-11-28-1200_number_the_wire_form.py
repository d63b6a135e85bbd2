"""Let the register say which versions of the schema and of the stored JSON it was brought to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("register", sa.Column("version", sa.Text().with_variant(sa.Text(collation="C"), "postgresql")))


def downgrade() -> None:
    op.drop_column("register", "version")
