<%!
    def bare(text):
        """The operations alone, without the lines in which Alembic says that it wrote them."""
        return "\n".join(line for line in text.splitlines() if "# ###" not in line).strip()
%>\
"""${message.capitalize()}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    ${bare(upgrades) if upgrades else "pass"}


def downgrade() -> None:
    ${bare(downgrades) if downgrades else "pass"}
