"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
from app.history import keep

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
    # After altering a kept table: keep(op.get_bind(), "table")


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
