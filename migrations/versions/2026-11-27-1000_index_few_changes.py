"""Index few of the changes: those that are looked for by their record. Nearly all are of its making.

Every write had an entry to make there that nothing asked for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NAME, COLUMNS = "ix_change_collection_record_id_revision", ["collection", "record_id", "revision"]
SELDOM = sa.text("\"action\" NOT IN ('create', 'update')")


def upgrade() -> None:
    op.drop_index(NAME, "change")
    op.create_index(NAME, "change", COLUMNS, sqlite_where=SELDOM, postgresql_where=SELDOM)


def downgrade() -> None:
    op.drop_index(NAME, "change")
    op.create_index(NAME, "change", COLUMNS)
