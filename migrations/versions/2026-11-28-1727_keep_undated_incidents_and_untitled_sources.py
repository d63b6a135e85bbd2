"""Keep undated incidents, untitled sources, codes of areas, and who alleges."""

import sqlalchemy as sa
from alembic import op

revision = "dc6fbd8d9668"
down_revision = "9e5c70a4acb6"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_kept_column("claim", sa.Column("locator", TEXT, nullable=True))
    op.add_kept_column("facility", sa.Column("admin1_code", TEXT, nullable=True))
    op.add_kept_column("facility", sa.Column("admin2_code", TEXT, nullable=True))
    op.create_kept_index("facility", "admin1_code", "slug", where='"admin1_code" IS NOT NULL')
    op.create_kept_index("facility", "admin2_code", "slug", where='"admin2_code" IS NOT NULL')
    op.create_kept_index("facility", "admin2", "slug", where='"admin2" IS NOT NULL')
    op.add_kept_column(
        "incident",
        sa.Column(
            "missing_reason",
            TEXT,
            nullable=True,
            info={"codes": ["not_collected", "not_published", "not_applicable", "suppressed", "pending", "unreadable"]},
        ),
    )
    op.add_kept_column("incident", sa.Column("notes", TEXT, nullable=True))
    op.add_kept_column("incident", sa.Column("admin1_code", TEXT, nullable=True))
    op.add_kept_column("incident", sa.Column("admin2_code", TEXT, nullable=True))
    op.create_kept_index("incident", "admin1_code", "started_earliest", "id", where='"admin1_code" IS NOT NULL')
    op.create_kept_index("incident", "missing_reason", "started_earliest", "id", where='"missing_reason" IS NOT NULL')
    op.create_kept_check("incident", "dated_or_says_why", "(started IS NULL) = (missing_reason IS NOT NULL)")
    op.release("incident")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.alter_column("started", existing_type=TEXT, nullable=True)
        batch_op.alter_column("started_earliest", existing_type=sa.DATE(), nullable=True)
        batch_op.alter_column("started_latest", existing_type=sa.DATE(), nullable=True)

    with op.batch_alter_table("incident_history", schema=None) as batch_op:
        batch_op.alter_column("started", existing_type=TEXT, nullable=True)
        batch_op.alter_column("started_earliest", existing_type=sa.DATE(), nullable=True)
        batch_op.alter_column("started_latest", existing_type=sa.DATE(), nullable=True)

    op.keep("incident")
    op.add_kept_column("incident_party", sa.Column("alleged_by", TEXT, sa.ForeignKey("actor.slug"), nullable=True))
    op.create_kept_index("incident_party", "alleged_by", "owner_id", where='"alleged_by" IS NOT NULL')
    op.add_kept_column("source", sa.Column("compiled_from", TEXT, sa.ForeignKey("source.slug"), nullable=True))
    op.create_kept_index("source", "compiled_from", "slug", where='"compiled_from" IS NOT NULL')
    op.create_kept_check("source", "called_something", "title IS NOT NULL OR publisher IS NOT NULL OR authors <> '[]'")
    op.create_kept_check("source", "not_compiled_from_itself", "compiled_from <> slug")
    op.release("source")
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.alter_column("title", existing_type=TEXT, nullable=True)

    with op.batch_alter_table("source_history", schema=None) as batch_op:
        batch_op.alter_column("title", existing_type=TEXT, nullable=True)

    op.keep("source")
    op.change_kept_codes(
        "incident_kind",
        "kind",
        "armed_attack",
        "armed_clash",
        "bombardment",
        "killing",
        "prison_break",
        "escape",
        "abscond",
        "attempted_escape",
        "riot",
        "disturbance",
        "protest",
        "hunger_strike",
        "self_harm",
        "threat_of_self_harm",
        "assault",
        "abusive_behaviour",
        "hostage_taking",
        "death_in_custody",
        "execution",
        "ill_treatment",
        "use_of_force",
        "isolation",
        "injury",
        "medical_emergency",
        "epidemic",
        "fire",
        "property_damage",
        "contraband",
        "transfer",
        "release",
        "removal",
        "repatriation",
        "opening",
        "closure",
        "change_of_control",
        "system_failure",
        "complaint",
        "birth",
        "other",
    )


def downgrade() -> None:
    op.change_kept_codes(
        "incident_kind",
        "kind",
        "armed_attack",
        "armed_clash",
        "bombardment",
        "killing",
        "prison_break",
        "escape",
        "abscond",
        "attempted_escape",
        "riot",
        "disturbance",
        "protest",
        "hunger_strike",
        "self_harm",
        "assault",
        "hostage_taking",
        "death_in_custody",
        "execution",
        "ill_treatment",
        "use_of_force",
        "injury",
        "medical_emergency",
        "epidemic",
        "fire",
        "property_damage",
        "contraband",
        "transfer",
        "release",
        "removal",
        "repatriation",
        "opening",
        "closure",
        "change_of_control",
        "system_failure",
        "complaint",
        "birth",
        "other",
    )
    op.drop_kept_check("source", "not_compiled_from_itself")
    op.drop_kept_check("source", "called_something")
    op.drop_kept_column("source", "compiled_from")
    op.release("source")
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.alter_column("title", existing_type=TEXT, nullable=False)

    with op.batch_alter_table("source_history", schema=None) as batch_op:
        batch_op.alter_column("title", existing_type=TEXT, nullable=False)

    op.keep("source")
    op.drop_kept_column("incident_party", "alleged_by")
    op.drop_kept_check("incident", "dated_or_says_why")
    op.drop_kept_column("incident", "admin2_code")
    op.drop_kept_column("incident", "admin1_code")
    op.drop_kept_column("incident", "notes")
    op.drop_kept_column("incident", "missing_reason")
    op.release("incident")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.alter_column("started_latest", existing_type=sa.DATE(), nullable=False)
        batch_op.alter_column("started_earliest", existing_type=sa.DATE(), nullable=False)
        batch_op.alter_column("started", existing_type=TEXT, nullable=False)

    with op.batch_alter_table("incident_history", schema=None) as batch_op:
        batch_op.alter_column("started_latest", existing_type=sa.DATE(), nullable=False)
        batch_op.alter_column("started_earliest", existing_type=sa.DATE(), nullable=False)
        batch_op.alter_column("started", existing_type=TEXT, nullable=False)

    op.keep("incident")
    op.drop_kept_index("facility", "admin2", "slug")
    op.drop_kept_column("facility", "admin2_code")
    op.drop_kept_column("facility", "admin1_code")
    op.drop_kept_column("claim", "locator")
