"""Index originators causes and missing reasons."""

import sqlalchemy as sa
from alembic import op

revision = "e32ef9498966"
down_revision = "register"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_kept_index("figure", "cause", "as_of_end", "id", where='"cause" IS NOT NULL')
    op.create_kept_index("figure", "missing_reason", "as_of_end", "id", where='"missing_reason" IS NOT NULL')
    op.create_kept_index("figure", "originator", "as_of_end", "id")
    op.create_kept_index("population", "missing_reason", "as_of_end", "id", where='"missing_reason" IS NOT NULL')
    op.create_kept_index("population", "originator", "as_of_end", "id")


def downgrade() -> None:
    op.drop_kept_index("population", "originator", "as_of_end", "id")
    op.drop_kept_index("population", "missing_reason", "as_of_end", "id")
    op.drop_kept_index("figure", "originator", "as_of_end", "id")
    op.drop_kept_index("figure", "missing_reason", "as_of_end", "id")
    op.drop_kept_index("figure", "cause", "as_of_end", "id")
