"""Find places by coordinates."""

import sqlalchemy as sa
from alembic import op

revision = "e305bf84ce74"
down_revision = "b81f0c2d94e7"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_kept_index("facility", "latitude", "longitude", where='"latitude" IS NOT NULL')
    op.create_kept_index("incident", "latitude", "longitude", where='"latitude" IS NOT NULL')


def downgrade() -> None:
    op.drop_kept_index("incident", "latitude", "longitude")
    op.drop_kept_index("facility", "latitude", "longitude")
