"""Keep fractions of averages."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "da13697fb1ea"
down_revision = "dc6fbd8d9668"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _hold(sa.Numeric())
    op.create_kept_check(
        "population",
        "fractions_of_averages",
        "statistic = 'daily_average' OR (low = round(low) AND best = round(best) AND high = round(high))",
    )


def downgrade() -> None:
    op.drop_kept_check("population", "fractions_of_averages")
    _hold(sa.BigInteger())


def _hold(kind: sa.types.TypeEngine[Any]) -> None:
    """Change what the bounds hold; an integer column of SQLite holds a fraction as it is."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.release("population")
    for table in ("population", "population_history"):
        for name in ("low", "best", "high"):
            op.alter_column(table, name, type_=kind)
    op.keep("population")
