"""Keep fewer indexes: one for the figures of an incident and their statements, and few of the changes by their record.

Every write has an entry to make in each; nothing is asked of those that go.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHANGES, COLUMNS = "ix_change_collection_record_id_revision", ["collection", "record_id", "revision"]
SELDOM = sa.text("\"action\" NOT IN ('create', 'update')")
STATED, BY_DAY = ["incident", "statement", "nth"], ["incident", "measure", "as_of_end", "id"]
ENDED = ["until", "revision"]


def upgrade() -> None:
    op.drop_index("uq_figure_statement_nth", "figure")
    op.drop_index("ix_figure_incident_measure_as_of_end_id", "figure")
    op.create_index("uq_figure_incident_statement_nth", "figure", STATED, unique=True)
    op.drop_index("ix_figure_history_statement_nth", "figure_history")
    op.drop_index("ix_figure_history_incident_measure_as_of_end_id", "figure_history")
    op.create_index("ix_figure_history_incident_statement_nth", "figure_history", [*STATED, *ENDED])
    op.drop_index(CHANGES, "change")
    op.create_index(CHANGES, "change", COLUMNS, sqlite_where=SELDOM, postgresql_where=SELDOM)


def downgrade() -> None:
    op.drop_index(CHANGES, "change")
    op.create_index(CHANGES, "change", COLUMNS)
    op.drop_index("ix_figure_history_incident_statement_nth", "figure_history")
    op.create_index("ix_figure_history_incident_measure_as_of_end_id", "figure_history", [*BY_DAY, *ENDED])
    op.create_index("ix_figure_history_statement_nth", "figure_history", [*STATED[1:], *ENDED])
    op.drop_index("uq_figure_incident_statement_nth", "figure")
    op.create_index("ix_figure_incident_measure_as_of_end_id", "figure", BY_DAY)
    op.create_index("uq_figure_statement_nth", "figure", STATED[1:], unique=True)
