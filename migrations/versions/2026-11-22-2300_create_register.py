"""Create the register: every table, its twin, its triggers and its view.

A twin `T_history` has the columns of `T` and `until`, and its indexes as of a revision.
"""

import sqlalchemy as sa
from alembic import op

from app.db import OneOf
from app.history import GUARDS, keep

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COLLECTIONS = ("sources", "actors", "facilities", "incidents", "populations", "figures", "claims")
TABLES = (
    "actor",
    "change",
    "counter",
    "idempotency",
    "import_job",
    "incident",
    "key",
    "register",
    "revision",
    "slug",
    "source",
    "actor_name",
    "facility",
    "figure",
    "incident_identifier",
    "incident_kind",
    "incident_party",
    "incident_source",
    "incident_timeline",
    "claim",
    "facility_identifier",
    "facility_name",
    "facility_phase",
    "facility_related",
    "facility_source",
    "facility_supporter",
    "incident_facility",
    "population",
    "claim_assessment",
)
KEPT = (
    "actor",
    "incident",
    "source",
    "actor_name",
    "facility",
    "figure",
    "incident_identifier",
    "incident_kind",
    "incident_party",
    "incident_source",
    "incident_timeline",
    "claim",
    "facility_identifier",
    "facility_name",
    "facility_phase",
    "facility_related",
    "facility_source",
    "facility_supporter",
    "incident_facility",
    "population",
    "claim_assessment",
)


def upgrade() -> None:
    op.create_table(
        "actor",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("short_name", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("part_of", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.CheckConstraint(OneOf("access", ["public", "partner", "restricted"]), name=op.f("ck_actor_access")),
        sa.CheckConstraint(
            OneOf(
                "kind",
                [
                    "state",
                    "state_force",
                    "armed_group",
                    "coalition",
                    "intergovernmental",
                    "ngo",
                    "company",
                    "authority",
                    "other",
                ],
            ),
            name=op.f("ck_actor_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["part_of"], ["actor.slug"], name="fk_actor_part_of", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_actor"),
        sa.UniqueConstraint("slug", name="uq_actor_slug"),
    )
    op.create_index("ix_actor_country_slug", "actor", ["country", "slug"], unique=False)
    op.create_index("ix_actor_kind_slug", "actor", ["kind", "slug"], unique=False)
    op.create_index(
        "ix_actor_part_of_slug",
        "actor",
        ["part_of", "slug"],
        unique=False,
        sqlite_where=sa.text('"part_of" IS NOT NULL'),
        postgresql_where=sa.text('"part_of" IS NOT NULL'),
    )
    op.create_index("ix_actor_revision", "actor", ["revision"], unique=False)
    op.create_table(
        "actor_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("short_name", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("part_of", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "until", name="pk_actor_history"),
    )
    op.create_index(
        "ix_actor_history_country_slug", "actor_history", ["country", "slug", "until", "revision"], unique=False
    )
    op.create_index("ix_actor_history_kind_slug", "actor_history", ["kind", "slug", "until", "revision"], unique=False)
    op.create_index(
        "ix_actor_history_part_of_slug",
        "actor_history",
        ["part_of", "slug", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"part_of" IS NOT NULL'),
        postgresql_where=sa.text('"part_of" IS NOT NULL'),
    )
    op.create_index("ix_actor_history_revision", "actor_history", ["revision", "until"], unique=False)
    op.create_index("ix_actor_history_slug", "actor_history", ["slug", "until", "revision"], unique=False)
    op.create_index("ix_actor_history_until", "actor_history", ["until"], unique=False)
    op.create_table(
        "actor_name_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_actor_name_history"),
    )
    op.create_index("ix_actor_name_history_until", "actor_name_history", ["until"], unique=False)
    op.create_table(
        "change",
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("slug", TEXT, nullable=True),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("before", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=True),
        sa.Column("merged_into", TEXT, nullable=True),
        sa.CheckConstraint(
            OneOf("action", ["create", "update", "retract", "merge", "split", "redact"]), name=op.f("ck_change_action")
        ),
        sa.CheckConstraint(OneOf("after", ["public", "partner", "restricted"]), name=op.f("ck_change_after")),
        sa.CheckConstraint(OneOf("before", ["public", "partner", "restricted"]), name=op.f("ck_change_before")),
        sa.PrimaryKeyConstraint("revision", "place", name="pk_change"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_change_collection_record_id_revision", "change", ["collection", "record_id", "revision"], unique=False
    )
    op.create_table(
        "claim_assessment_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_claim_assessment_history"),
    )
    op.create_index(
        "ix_claim_assessment_history_source_owner_id",
        "claim_assessment_history",
        ["source", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_claim_assessment_history_until", "claim_assessment_history", ["until"], unique=False)
    op.create_index(
        "ix_claim_assessment_history_verdict_owner_id",
        "claim_assessment_history",
        ["verdict", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_table(
        "claim_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("made_by", TEXT, nullable=True),
        sa.Column("author", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("facility", TEXT, nullable=True),
        sa.Column("incident", TEXT, nullable=True),
        sa.Column("about", TEXT, nullable=True),
        sa.Column("topic", TEXT, nullable=True),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("modality", TEXT, nullable=False),
        sa.Column("made_on", TEXT, nullable=True),
        sa.Column("made_on_earliest", sa.Date(), nullable=True),
        sa.Column("made_on_latest", sa.Date(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "until", name="pk_claim_history"),
    )
    op.create_index(
        "ix_claim_history_about_slug",
        "claim_history",
        ["about", "slug", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"about" IS NOT NULL'),
        postgresql_where=sa.text('"about" IS NOT NULL'),
    )
    op.create_index(
        "ix_claim_history_facility_slug",
        "claim_history",
        ["facility", "slug", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"facility" IS NOT NULL'),
        postgresql_where=sa.text('"facility" IS NOT NULL'),
    )
    op.create_index(
        "ix_claim_history_incident_slug",
        "claim_history",
        ["incident", "slug", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"incident" IS NOT NULL'),
        postgresql_where=sa.text('"incident" IS NOT NULL'),
    )
    op.create_index(
        "ix_claim_history_made_by_slug",
        "claim_history",
        ["made_by", "slug", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"made_by" IS NOT NULL'),
        postgresql_where=sa.text('"made_by" IS NOT NULL'),
    )
    op.create_index(
        "ix_claim_history_made_on_earliest_id",
        "claim_history",
        ["made_on_earliest", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_claim_history_modality_slug", "claim_history", ["modality", "slug", "until", "revision"], unique=False
    )
    op.create_index("ix_claim_history_revision", "claim_history", ["revision", "until"], unique=False)
    op.create_index("ix_claim_history_slug", "claim_history", ["slug", "until", "revision"], unique=False)
    op.create_index(
        "ix_claim_history_source_slug", "claim_history", ["source", "slug", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_claim_history_topic_slug", "claim_history", ["topic", "slug", "until", "revision"], unique=False
    )
    op.create_index("ix_claim_history_until", "claim_history", ["until"], unique=False)
    op.create_table(
        "counter",
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("collection", name="pk_counter"),
    )
    op.create_table(
        "facility_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("parent", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("kind_as_written", TEXT, nullable=True),
        sa.Column("legal_basis", TEXT, nullable=False),
        sa.Column("built_as", TEXT, nullable=False),
        sa.Column("security", TEXT, nullable=False),
        sa.Column("operator", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("opened", TEXT, nullable=True),
        sa.Column("closed", TEXT, nullable=True),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("admin1", TEXT, nullable=True),
        sa.Column("admin2", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("location_precision", TEXT, nullable=False),
        sa.Column("opened_earliest", sa.Date(), nullable=True),
        sa.Column("opened_latest", sa.Date(), nullable=True),
        sa.Column("closed_earliest", sa.Date(), nullable=True),
        sa.Column("closed_latest", sa.Date(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "until", name="pk_facility_history"),
    )
    op.create_index(
        "ix_facility_history_country_admin1_slug",
        "facility_history",
        ["country", "admin1", "slug", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_facility_history_country_kind_slug",
        "facility_history",
        ["country", "kind", "slug", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_facility_history_kind_slug", "facility_history", ["kind", "slug", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_facility_history_legal_basis_slug",
        "facility_history",
        ["legal_basis", "slug", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_facility_history_level_slug", "facility_history", ["level", "slug", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_facility_history_name_id", "facility_history", ["name", "id", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_facility_history_operator_slug",
        "facility_history",
        ["operator", "slug", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"operator" IS NOT NULL'),
        postgresql_where=sa.text('"operator" IS NOT NULL'),
    )
    op.create_index(
        "ix_facility_history_parent_slug",
        "facility_history",
        ["parent", "slug", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"parent" IS NOT NULL'),
        postgresql_where=sa.text('"parent" IS NOT NULL'),
    )
    op.create_index("ix_facility_history_revision", "facility_history", ["revision", "until"], unique=False)
    op.create_index("ix_facility_history_slug", "facility_history", ["slug", "until", "revision"], unique=False)
    op.create_index(
        "ix_facility_history_status_slug", "facility_history", ["status", "slug", "until", "revision"], unique=False
    )
    op.create_index("ix_facility_history_until", "facility_history", ["until"], unique=False)
    op.create_table(
        "facility_identifier_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_facility_identifier_history"),
    )
    op.create_index(
        "ix_facility_identifier_history_scheme_value_owner_id",
        "facility_identifier_history",
        ["scheme", "value", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_facility_identifier_history_until", "facility_identifier_history", ["until"], unique=False)
    op.create_table(
        "facility_name_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_facility_name_history"),
    )
    op.create_index("ix_facility_name_history_until", "facility_name_history", ["until"], unique=False)
    op.create_table(
        "facility_phase_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("from_", TEXT, nullable=True),
        sa.Column("to", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column("operator", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("from_earliest", sa.Date(), nullable=True),
        sa.Column("from_latest", sa.Date(), nullable=True),
        sa.Column("to_earliest", sa.Date(), nullable=True),
        sa.Column("to_latest", sa.Date(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_facility_phase_history"),
    )
    op.create_index(
        "ix_facility_phase_history_operator_owner_id",
        "facility_phase_history",
        ["operator", "owner_id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"operator" IS NOT NULL'),
        postgresql_where=sa.text('"operator" IS NOT NULL'),
    )
    op.create_index(
        "ix_facility_phase_history_source_owner_id",
        "facility_phase_history",
        ["source", "owner_id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"source" IS NOT NULL'),
        postgresql_where=sa.text('"source" IS NOT NULL'),
    )
    op.create_index("ix_facility_phase_history_until", "facility_phase_history", ["until"], unique=False)
    op.create_table(
        "facility_related_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("facility", TEXT, nullable=False),
        sa.Column("relation", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_facility_related_history"),
    )
    op.create_index(
        "ix_facility_related_history_facility_owner_id",
        "facility_related_history",
        ["facility", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_facility_related_history_until", "facility_related_history", ["until"], unique=False)
    op.create_table(
        "facility_source_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_facility_source_history"),
    )
    op.create_index(
        "ix_facility_source_history_source_owner_id",
        "facility_source_history",
        ["source", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_facility_source_history_until", "facility_source_history", ["until"], unique=False)
    op.create_table(
        "facility_supporter_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_facility_supporter_history"),
    )
    op.create_index(
        "ix_facility_supporter_history_actor_owner_id",
        "facility_supporter_history",
        ["actor", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_facility_supporter_history_until", "facility_supporter_history", ["until"], unique=False)
    op.create_table(
        "figure_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("best", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("qualifier", TEXT, nullable=False),
        sa.Column("as_written", TEXT, nullable=True),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("tally", TEXT, nullable=False),
        sa.Column("as_of", TEXT, nullable=False),
        sa.Column("period_start", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("locator", TEXT, nullable=True),
        sa.Column("attributed_to", TEXT, nullable=True),
        sa.Column("attribution_note", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("flags", TEXT, nullable=False),
        sa.Column("missing_reason", TEXT, nullable=True),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("incident", TEXT, nullable=False),
        sa.Column("measure", TEXT, nullable=False),
        sa.Column("of", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=True),
        sa.Column("by", TEXT, nullable=True),
        sa.Column("cause", TEXT, nullable=True),
        sa.Column("cause_as_written", TEXT, nullable=True),
        sa.Column("sex", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("as_of_start", sa.Date(), nullable=False),
        sa.Column("as_of_end", sa.Date(), nullable=False),
        sa.Column("period_start_earliest", sa.Date(), nullable=True),
        sa.Column("period_start_latest", sa.Date(), nullable=True),
        sa.Column("originator", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "until", name="pk_figure_history"),
    )
    op.create_index(
        "ix_figure_history_actor_id",
        "figure_history",
        ["actor", "id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"actor" IS NOT NULL'),
        postgresql_where=sa.text('"actor" IS NOT NULL'),
    )
    op.create_index(
        "ix_figure_history_as_of_end_id", "figure_history", ["as_of_end", "id", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_figure_history_attributed_to_id",
        "figure_history",
        ["attributed_to", "id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"attributed_to" IS NOT NULL'),
        postgresql_where=sa.text('"attributed_to" IS NOT NULL'),
    )
    op.create_index(
        "ix_figure_history_by_id",
        "figure_history",
        ["by", "id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"by" IS NOT NULL'),
        postgresql_where=sa.text('"by" IS NOT NULL'),
    )
    op.create_index(
        "ix_figure_history_incident_measure_as_of_end_id",
        "figure_history",
        ["incident", "measure", "as_of_end", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_figure_history_measure_as_of_end_id",
        "figure_history",
        ["measure", "as_of_end", "id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_figure_history_revision", "figure_history", ["revision", "until"], unique=False)
    op.create_index(
        "ix_figure_history_source_id", "figure_history", ["source", "id", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_figure_history_statement_nth", "figure_history", ["statement", "nth", "until", "revision"], unique=False
    )
    op.create_index("ix_figure_history_until", "figure_history", ["until"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("answered_at", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("holder", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_answered_at", "idempotency", ["answered_at"], unique=False)
    op.create_table(
        "import_job",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("mapping", TEXT, nullable=True),
        sa.Column("files", TEXT, nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("updated_at", TEXT, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("report", TEXT, nullable=True),
        sa.Column("faults", TEXT, nullable=False),
        sa.CheckConstraint(
            OneOf("state", ["queued", "running", "done", "failed", "interrupted"]), name=op.f("ck_import_job_state")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_job"),
    )
    op.create_table(
        "incident",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("kinds_as_written", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("status_as_of", TEXT, nullable=True),
        sa.Column("started", TEXT, nullable=False),
        sa.Column("ended", TEXT, nullable=True),
        sa.Column("part_of_day", TEXT, nullable=True),
        sa.Column("parent", TEXT, nullable=True),
        sa.Column("summary", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("admin1", TEXT, nullable=True),
        sa.Column("admin2", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("location_precision", TEXT, nullable=False),
        sa.Column("started_earliest", sa.Date(), nullable=False),
        sa.Column("started_latest", sa.Date(), nullable=False),
        sa.Column("ended_earliest", sa.Date(), nullable=True),
        sa.Column("ended_latest", sa.Date(), nullable=True),
        sa.Column("status_as_of_start", sa.Date(), nullable=True),
        sa.Column("status_as_of_end", sa.Date(), nullable=True),
        sa.CheckConstraint(OneOf("access", ["public", "partner", "restricted"]), name=op.f("ck_incident_access")),
        sa.CheckConstraint(
            OneOf("location_precision", ["exact", "near", "area", "region", "country", "unknown"]),
            name=op.f("ck_incident_location_precision"),
        ),
        sa.CheckConstraint(
            OneOf("outcome", ["succeeded", "partly", "foiled", "disputed", "unknown"]), name=op.f("ck_incident_outcome")
        ),
        sa.CheckConstraint(
            OneOf("part_of_day", ["night", "morning", "afternoon", "evening", "unknown"]),
            name=op.f("ck_incident_part_of_day"),
        ),
        sa.CheckConstraint(OneOf("severity", ["minor", "major", "critical"]), name=op.f("ck_incident_severity")),
        sa.CheckConstraint(
            OneOf("status", ["ongoing", "contained", "ended", "unconfirmed", "unknown"]),
            name=op.f("ck_incident_status"),
        ),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_incident_coordinates_in_pairs")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_incident_latitude_on_globe")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_incident_longitude_on_globe")),
        sa.CheckConstraint("parent <> slug", name=op.f("ck_incident_not_its_own_parent")),
        sa.CheckConstraint("started_earliest <= started_latest", name=op.f("ck_incident_days_in_order")),
        sa.ForeignKeyConstraint(
            ["parent"], ["incident.slug"], name="fk_incident_parent", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
        sa.UniqueConstraint("slug", name="uq_incident_slug"),
    )
    op.create_index(
        "ix_incident_country_started_earliest_id", "incident", ["country", "started_earliest", "id"], unique=False
    )
    op.create_index(
        "ix_incident_outcome_started_earliest_id", "incident", ["outcome", "started_earliest", "id"], unique=False
    )
    op.create_index(
        "ix_incident_parent_started_earliest_id",
        "incident",
        ["parent", "started_earliest", "id"],
        unique=False,
        sqlite_where=sa.text('"parent" IS NOT NULL'),
        postgresql_where=sa.text('"parent" IS NOT NULL'),
    )
    op.create_index("ix_incident_revision", "incident", ["revision"], unique=False)
    op.create_index("ix_incident_started_earliest_id", "incident", ["started_earliest", "id"], unique=False)
    op.create_index(
        "ix_incident_status_started_earliest_id", "incident", ["status", "started_earliest", "id"], unique=False
    )
    op.create_table(
        "incident_facility_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("facility", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_incident_facility_history"),
    )
    op.create_index(
        "ix_incident_facility_history_facility_owner_id",
        "incident_facility_history",
        ["facility", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_incident_facility_history_until", "incident_facility_history", ["until"], unique=False)
    op.create_table(
        "incident_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("kinds_as_written", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("status_as_of", TEXT, nullable=True),
        sa.Column("started", TEXT, nullable=False),
        sa.Column("ended", TEXT, nullable=True),
        sa.Column("part_of_day", TEXT, nullable=True),
        sa.Column("parent", TEXT, nullable=True),
        sa.Column("summary", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("admin1", TEXT, nullable=True),
        sa.Column("admin2", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("location_precision", TEXT, nullable=False),
        sa.Column("started_earliest", sa.Date(), nullable=False),
        sa.Column("started_latest", sa.Date(), nullable=False),
        sa.Column("ended_earliest", sa.Date(), nullable=True),
        sa.Column("ended_latest", sa.Date(), nullable=True),
        sa.Column("status_as_of_start", sa.Date(), nullable=True),
        sa.Column("status_as_of_end", sa.Date(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "until", name="pk_incident_history"),
    )
    op.create_index(
        "ix_incident_history_country_started_earliest_id",
        "incident_history",
        ["country", "started_earliest", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_incident_history_outcome_started_earliest_id",
        "incident_history",
        ["outcome", "started_earliest", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_incident_history_parent_started_earliest_id",
        "incident_history",
        ["parent", "started_earliest", "id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"parent" IS NOT NULL'),
        postgresql_where=sa.text('"parent" IS NOT NULL'),
    )
    op.create_index("ix_incident_history_revision", "incident_history", ["revision", "until"], unique=False)
    op.create_index("ix_incident_history_slug", "incident_history", ["slug", "until", "revision"], unique=False)
    op.create_index(
        "ix_incident_history_started_earliest_id",
        "incident_history",
        ["started_earliest", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_incident_history_status_started_earliest_id",
        "incident_history",
        ["status", "started_earliest", "id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_incident_history_until", "incident_history", ["until"], unique=False)
    op.create_table(
        "incident_identifier_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_incident_identifier_history"),
    )
    op.create_index(
        "ix_incident_identifier_history_scheme_value_owner_id",
        "incident_identifier_history",
        ["scheme", "value", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_incident_identifier_history_until", "incident_identifier_history", ["until"], unique=False)
    op.create_table(
        "incident_kind_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_incident_kind_history"),
    )
    op.create_index(
        "ix_incident_kind_history_kind_owner_id",
        "incident_kind_history",
        ["kind", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_incident_kind_history_until", "incident_kind_history", ["until"], unique=False)
    op.create_table(
        "incident_party_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("standing", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_incident_party_history"),
    )
    op.create_index(
        "ix_incident_party_history_actor_role_owner_id",
        "incident_party_history",
        ["actor", "role", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_incident_party_history_source_owner_id",
        "incident_party_history",
        ["source", "owner_id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"source" IS NOT NULL'),
        postgresql_where=sa.text('"source" IS NOT NULL'),
    )
    op.create_index("ix_incident_party_history_until", "incident_party_history", ["until"], unique=False)
    op.create_table(
        "incident_source_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_incident_source_history"),
    )
    op.create_index(
        "ix_incident_source_history_source_owner_id",
        "incident_source_history",
        ["source", "owner_id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_incident_source_history_until", "incident_source_history", ["until"], unique=False)
    op.create_table(
        "incident_timeline_history",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("date", TEXT, nullable=True),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("part_of_day", TEXT, nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("date_earliest", sa.Date(), nullable=True),
        sa.Column("date_latest", sa.Date(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "position", "until", name="pk_incident_timeline_history"),
    )
    op.create_index(
        "ix_incident_timeline_history_source_owner_id",
        "incident_timeline_history",
        ["source", "owner_id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"source" IS NOT NULL'),
        postgresql_where=sa.text('"source" IS NOT NULL'),
    )
    op.create_index("ix_incident_timeline_history_until", "incident_timeline_history", ["until"], unique=False)
    op.create_table(
        "key",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=True),
        sa.Column("revoked_at", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_key"),
    )
    op.create_table(
        "population_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("best", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("qualifier", TEXT, nullable=False),
        sa.Column("as_written", TEXT, nullable=True),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("tally", TEXT, nullable=False),
        sa.Column("as_of", TEXT, nullable=False),
        sa.Column("period_start", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("locator", TEXT, nullable=True),
        sa.Column("attributed_to", TEXT, nullable=True),
        sa.Column("attribution_note", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("flags", TEXT, nullable=False),
        sa.Column("missing_reason", TEXT, nullable=True),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("facility", TEXT, nullable=False),
        sa.Column("measure", TEXT, nullable=False),
        sa.Column("statistic", TEXT, nullable=False),
        sa.Column("sex", TEXT, nullable=True),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("legal_status", TEXT, nullable=True),
        sa.Column("nationality", TEXT, nullable=True),
        sa.Column("affiliation", TEXT, nullable=True),
        sa.Column("dimensions", TEXT, nullable=False),
        sa.Column("group", TEXT, nullable=True),
        sa.Column("as_of_start", sa.Date(), nullable=False),
        sa.Column("as_of_end", sa.Date(), nullable=False),
        sa.Column("period_start_earliest", sa.Date(), nullable=True),
        sa.Column("period_start_latest", sa.Date(), nullable=True),
        sa.Column("originator", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "until", name="pk_population_history"),
    )
    op.create_index(
        "ix_population_history_affiliation_id",
        "population_history",
        ["affiliation", "id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"affiliation" IS NOT NULL'),
        postgresql_where=sa.text('"affiliation" IS NOT NULL'),
    )
    op.create_index(
        "ix_population_history_as_of_end_id",
        "population_history",
        ["as_of_end", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_population_history_attributed_to_id",
        "population_history",
        ["attributed_to", "id", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"attributed_to" IS NOT NULL'),
        postgresql_where=sa.text('"attributed_to" IS NOT NULL'),
    )
    op.create_index(
        "ix_population_history_facility_measure_as_of_end_id",
        "population_history",
        ["facility", "measure", "as_of_end", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_population_history_measure_as_of_end_id",
        "population_history",
        ["measure", "as_of_end", "id", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_population_history_revision", "population_history", ["revision", "until"], unique=False)
    op.create_index(
        "ix_population_history_source_id", "population_history", ["source", "id", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_population_history_statement_nth",
        "population_history",
        ["statement", "nth", "until", "revision"],
        unique=False,
    )
    op.create_index("ix_population_history_until", "population_history", ["until"], unique=False)
    op.create_table(
        "register",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("redacted", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_register"),
    )
    op.create_table(
        "revision",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("recorded_at", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("reason_code", TEXT, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.CheckConstraint(
            OneOf(
                "reason_code",
                ["new_report", "source_corrected", "our_error", "duplicate", "out_of_scope", "safety", "legal"],
            ),
            name=op.f("ck_revision_reason_code"),
        ),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("recorded_at", name="uq_revision_recorded_at"),
    )
    op.create_table(
        "slug",
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slug", "collection", name="pk_slug"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("publisher", TEXT, nullable=True),
        sa.Column("authors", TEXT, nullable=False),
        sa.Column("views_of", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("published_on", TEXT, nullable=True),
        sa.Column("url", TEXT, nullable=True),
        sa.Column("archive_url", TEXT, nullable=True),
        sa.Column("accessed_on", TEXT, nullable=True),
        sa.Column("language", TEXT, nullable=True),
        sa.Column("licence", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("published_on_earliest", sa.Date(), nullable=True),
        sa.Column("published_on_latest", sa.Date(), nullable=True),
        sa.Column("accessed_on_earliest", sa.Date(), nullable=True),
        sa.Column("accessed_on_latest", sa.Date(), nullable=True),
        sa.CheckConstraint(OneOf("access", ["public", "partner", "restricted"]), name=op.f("ck_source_access")),
        sa.CheckConstraint(
            OneOf("kind", ["article", "report", "dataset", "bulletin", "statement", "video", "court_record", "other"]),
            name=op.f("ck_source_kind"),
        ),
        sa.CheckConstraint(OneOf("views_of", ["authors", "publisher"]), name=op.f("ck_source_views_of")),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("slug", name="uq_source_slug"),
    )
    op.create_index("ix_source_kind_slug", "source", ["kind", "slug"], unique=False)
    op.create_index("ix_source_published_on_earliest_id", "source", ["published_on_earliest", "id"], unique=False)
    op.create_index("ix_source_publisher_slug", "source", ["publisher", "slug"], unique=False)
    op.create_index("ix_source_revision", "source", ["revision"], unique=False)
    op.create_index(
        "ix_source_url",
        "source",
        ["url"],
        unique=False,
        sqlite_where=sa.text('"url" IS NOT NULL'),
        postgresql_where=sa.text('"url" IS NOT NULL'),
    )
    op.create_table(
        "source_history",
        sa.Column("id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("publisher", TEXT, nullable=True),
        sa.Column("authors", TEXT, nullable=False),
        sa.Column("views_of", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("published_on", TEXT, nullable=True),
        sa.Column("url", TEXT, nullable=True),
        sa.Column("archive_url", TEXT, nullable=True),
        sa.Column("accessed_on", TEXT, nullable=True),
        sa.Column("language", TEXT, nullable=True),
        sa.Column("licence", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("published_on_earliest", sa.Date(), nullable=True),
        sa.Column("published_on_latest", sa.Date(), nullable=True),
        sa.Column("accessed_on_earliest", sa.Date(), nullable=True),
        sa.Column("accessed_on_latest", sa.Date(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "until", name="pk_source_history"),
    )
    op.create_index(
        "ix_source_history_kind_slug", "source_history", ["kind", "slug", "until", "revision"], unique=False
    )
    op.create_index(
        "ix_source_history_published_on_earliest_id",
        "source_history",
        ["published_on_earliest", "id", "until", "revision"],
        unique=False,
    )
    op.create_index(
        "ix_source_history_publisher_slug", "source_history", ["publisher", "slug", "until", "revision"], unique=False
    )
    op.create_index("ix_source_history_revision", "source_history", ["revision", "until"], unique=False)
    op.create_index("ix_source_history_slug", "source_history", ["slug", "until", "revision"], unique=False)
    op.create_index("ix_source_history_until", "source_history", ["until"], unique=False)
    op.create_index(
        "ix_source_history_url",
        "source_history",
        ["url", "until", "revision"],
        unique=False,
        sqlite_where=sa.text('"url" IS NOT NULL'),
        postgresql_where=sa.text('"url" IS NOT NULL'),
    )
    op.create_table(
        "actor_name",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.CheckConstraint(
            OneOf("kind", ["official", "alias", "transliteration", "former"]), name=op.f("ck_actor_name_kind")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["actor.id"], name="fk_actor_name_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_actor_name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "facility",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("parent", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("kind_as_written", TEXT, nullable=True),
        sa.Column("legal_basis", TEXT, nullable=False),
        sa.Column("built_as", TEXT, nullable=False),
        sa.Column("security", TEXT, nullable=False),
        sa.Column("operator", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("opened", TEXT, nullable=True),
        sa.Column("closed", TEXT, nullable=True),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("admin1", TEXT, nullable=True),
        sa.Column("admin2", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("location_precision", TEXT, nullable=False),
        sa.Column("opened_earliest", sa.Date(), nullable=True),
        sa.Column("opened_latest", sa.Date(), nullable=True),
        sa.Column("closed_earliest", sa.Date(), nullable=True),
        sa.Column("closed_latest", sa.Date(), nullable=True),
        sa.CheckConstraint(OneOf("access", ["public", "partner", "restricted"]), name=op.f("ck_facility_access")),
        sa.CheckConstraint(
            OneOf("built_as", ["purpose_built", "converted", "tents", "unknown"]), name=op.f("ck_facility_built_as")
        ),
        sa.CheckConstraint(
            OneOf(
                "kind",
                [
                    "prison",
                    "pretrial",
                    "police_custody",
                    "military",
                    "intelligence",
                    "immigration",
                    "juvenile",
                    "psychiatric",
                    "hospital",
                    "rehabilitation",
                    "labour",
                    "camp",
                    "transit",
                    "hotel",
                    "improvised",
                    "unofficial",
                    "supervision",
                    "other",
                    "unknown",
                ],
            ),
            name=op.f("ck_facility_kind"),
        ),
        sa.CheckConstraint(
            OneOf(
                "legal_basis",
                [
                    "criminal",
                    "administrative",
                    "migration",
                    "military",
                    "security",
                    "health",
                    "none_claimed",
                    "unknown",
                ],
            ),
            name=op.f("ck_facility_legal_basis"),
        ),
        sa.CheckConstraint(OneOf("level", ["network", "facility", "unit"]), name=op.f("ck_facility_level")),
        sa.CheckConstraint(
            OneOf("location_precision", ["exact", "near", "area", "region", "country", "unknown"]),
            name=op.f("ck_facility_location_precision"),
        ),
        sa.CheckConstraint(
            OneOf("security", ["open", "low", "medium", "high", "mixed", "unknown"]), name=op.f("ck_facility_security")
        ),
        sa.CheckConstraint(
            OneOf("status", ["open", "closed", "damaged", "destroyed", "planned", "unknown"]),
            name=op.f("ck_facility_status"),
        ),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("ck_facility_coordinates_in_pairs")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_facility_latitude_on_globe")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_facility_longitude_on_globe")),
        sa.CheckConstraint("parent <> slug", name=op.f("ck_facility_not_its_own_parent")),
        sa.ForeignKeyConstraint(
            ["operator"], ["actor.slug"], name="fk_facility_operator", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["parent"], ["facility.slug"], name="fk_facility_parent", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_facility"),
        sa.UniqueConstraint("slug", name="uq_facility_slug"),
    )
    op.create_index("ix_facility_country_admin1_slug", "facility", ["country", "admin1", "slug"], unique=False)
    op.create_index("ix_facility_country_kind_slug", "facility", ["country", "kind", "slug"], unique=False)
    op.create_index("ix_facility_kind_slug", "facility", ["kind", "slug"], unique=False)
    op.create_index("ix_facility_legal_basis_slug", "facility", ["legal_basis", "slug"], unique=False)
    op.create_index("ix_facility_level_slug", "facility", ["level", "slug"], unique=False)
    op.create_index("ix_facility_name_id", "facility", ["name", "id"], unique=False)
    op.create_index(
        "ix_facility_operator_slug",
        "facility",
        ["operator", "slug"],
        unique=False,
        sqlite_where=sa.text('"operator" IS NOT NULL'),
        postgresql_where=sa.text('"operator" IS NOT NULL'),
    )
    op.create_index(
        "ix_facility_parent_slug",
        "facility",
        ["parent", "slug"],
        unique=False,
        sqlite_where=sa.text('"parent" IS NOT NULL'),
        postgresql_where=sa.text('"parent" IS NOT NULL'),
    )
    op.create_index("ix_facility_revision", "facility", ["revision"], unique=False)
    op.create_index("ix_facility_status_slug", "facility", ["status", "slug"], unique=False)
    op.create_table(
        "figure",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("best", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("qualifier", TEXT, nullable=False),
        sa.Column("as_written", TEXT, nullable=True),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("tally", TEXT, nullable=False),
        sa.Column("as_of", TEXT, nullable=False),
        sa.Column("period_start", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("locator", TEXT, nullable=True),
        sa.Column("attributed_to", TEXT, nullable=True),
        sa.Column("attribution_note", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("flags", TEXT, nullable=False),
        sa.Column("missing_reason", TEXT, nullable=True),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("incident", TEXT, nullable=False),
        sa.Column("measure", TEXT, nullable=False),
        sa.Column("of", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=True),
        sa.Column("by", TEXT, nullable=True),
        sa.Column("cause", TEXT, nullable=True),
        sa.Column("cause_as_written", TEXT, nullable=True),
        sa.Column("sex", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("as_of_start", sa.Date(), nullable=False),
        sa.Column("as_of_end", sa.Date(), nullable=False),
        sa.Column("period_start_earliest", sa.Date(), nullable=True),
        sa.Column("period_start_latest", sa.Date(), nullable=True),
        sa.Column("originator", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.CheckConstraint(OneOf("access", ["public", "partner", "restricted"]), name=op.f("ck_figure_access")),
        sa.CheckConstraint(
            OneOf(
                "basis",
                ["counted", "documented", "official", "estimated", "claimed", "reported", "extrapolated", "derived"],
            ),
            name=op.f("ck_figure_basis"),
        ),
        sa.CheckConstraint(
            OneOf(
                "cause",
                ["violence", "use_of_force", "suicide", "illness", "accident", "undetermined", "pending", "not_stated"],
            ),
            name=op.f("ck_figure_cause"),
        ),
        sa.CheckConstraint(
            OneOf(
                "measure",
                [
                    "killed",
                    "died",
                    "injured",
                    "ill",
                    "escaped",
                    "attempted_escape",
                    "recaptured",
                    "surrendered",
                    "arrested",
                    "at_large",
                    "hostages",
                    "rescued",
                    "missing",
                    "released",
                    "transferred",
                    "displaced",
                    "attackers",
                    "participants",
                    "forces_engaged",
                    "vehicle_bombs",
                    "related_attacks",
                    "checkpoints_passed",
                    "other",
                ],
            ),
            name=op.f("ck_figure_measure"),
        ),
        sa.CheckConstraint(
            OneOf(
                "missing_reason",
                ["not_collected", "not_published", "not_applicable", "suppressed", "pending", "unreadable"],
            ),
            name=op.f("ck_figure_missing_reason"),
        ),
        sa.CheckConstraint(
            OneOf(
                "qualifier",
                [
                    "exact",
                    "approximately",
                    "at_least",
                    "more_than",
                    "at_most",
                    "fewer_than",
                    "between",
                    "magnitude",
                    "unknown",
                ],
            ),
            name=op.f("ck_figure_qualifier"),
        ),
        sa.CheckConstraint(OneOf("sex", ["female", "male", "other", "unknown"]), name=op.f("ck_figure_sex")),
        sa.CheckConstraint(OneOf("tally", ["total", "current", "additional"]), name=op.f("ck_figure_tally")),
        sa.CheckConstraint(OneOf("unit", ["persons", "families", "things", "events"]), name=op.f("ck_figure_unit")),
        sa.CheckConstraint(
            "((low IS NULL OR best IS NULL OR low <= best) AND (best IS NULL OR high IS NULL OR best <= high) AND (low IS NULL OR high IS NULL OR low <= high)) OR flags LIKE '%\"bounds_out_of_order\"%'",
            name=op.f("ck_figure_bounds_in_order"),
        ),
        sa.CheckConstraint("as_of_start <= as_of_end", name=op.f("ck_figure_days_in_order")),
        sa.CheckConstraint("best >= 0", name=op.f("ck_figure_best_not_negative")),
        sa.CheckConstraint("high >= 0", name=op.f("ck_figure_high_not_negative")),
        sa.CheckConstraint("low >= 0", name=op.f("ck_figure_low_not_negative")),
        sa.CheckConstraint("nth >= 1", name=op.f("ck_figure_nth_from_one")),
        sa.ForeignKeyConstraint(
            ["actor"], ["actor.slug"], name="fk_figure_actor", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["attributed_to"], ["actor.slug"], name="fk_figure_attributed_to", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["by"], ["actor.slug"], name="fk_figure_by", initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(
            ["incident"], ["incident.slug"], name="fk_figure_incident", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_figure_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_figure"),
    )
    op.create_index(
        "ix_figure_actor_id",
        "figure",
        ["actor", "id"],
        unique=False,
        sqlite_where=sa.text('"actor" IS NOT NULL'),
        postgresql_where=sa.text('"actor" IS NOT NULL'),
    )
    op.create_index("ix_figure_as_of_end_id", "figure", ["as_of_end", "id"], unique=False)
    op.create_index(
        "ix_figure_attributed_to_id",
        "figure",
        ["attributed_to", "id"],
        unique=False,
        sqlite_where=sa.text('"attributed_to" IS NOT NULL'),
        postgresql_where=sa.text('"attributed_to" IS NOT NULL'),
    )
    op.create_index(
        "ix_figure_by_id",
        "figure",
        ["by", "id"],
        unique=False,
        sqlite_where=sa.text('"by" IS NOT NULL'),
        postgresql_where=sa.text('"by" IS NOT NULL'),
    )
    op.create_index(
        "ix_figure_incident_measure_as_of_end_id", "figure", ["incident", "measure", "as_of_end", "id"], unique=False
    )
    op.create_index("ix_figure_measure_as_of_end_id", "figure", ["measure", "as_of_end", "id"], unique=False)
    op.create_index("ix_figure_revision", "figure", ["revision"], unique=False)
    op.create_index("ix_figure_source_id", "figure", ["source", "id"], unique=False)
    op.create_index("uq_figure_statement_nth", "figure", ["statement", "nth"], unique=True)
    op.create_table(
        "incident_identifier",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["incident.id"], name="fk_incident_identifier_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_incident_identifier"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_incident_identifier_scheme_value_owner_id",
        "incident_identifier",
        ["scheme", "value", "owner_id"],
        unique=False,
    )
    op.create_table(
        "incident_kind",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.CheckConstraint(
            OneOf(
                "kind",
                [
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
                ],
            ),
            name=op.f("ck_incident_kind_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["incident.id"], name="fk_incident_kind_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_incident_kind"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_incident_kind_kind_owner_id", "incident_kind", ["kind", "owner_id"], unique=False)
    op.create_table(
        "incident_party",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("standing", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=True),
        sa.CheckConstraint(
            OneOf(
                "role",
                [
                    "attacker",
                    "defender",
                    "operator",
                    "supporter",
                    "accomplice",
                    "belligerent",
                    "victim",
                    "mediator",
                    "other",
                ],
            ),
            name=op.f("ck_incident_party_role"),
        ),
        sa.CheckConstraint(
            OneOf("standing", ["established", "reported", "alleged", "denied"]), name=op.f("ck_incident_party_standing")
        ),
        sa.ForeignKeyConstraint(
            ["actor"], ["actor.slug"], name="fk_incident_party_actor", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["incident.id"], name="fk_incident_party_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_incident_party_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_incident_party"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_incident_party_actor_role_owner_id", "incident_party", ["actor", "role", "owner_id"], unique=False
    )
    op.create_index(
        "ix_incident_party_source_owner_id",
        "incident_party",
        ["source", "owner_id"],
        unique=False,
        sqlite_where=sa.text('"source" IS NOT NULL'),
        postgresql_where=sa.text('"source" IS NOT NULL'),
    )
    op.create_table(
        "incident_source",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["incident.id"], name="fk_incident_source_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_incident_source_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_incident_source"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_incident_source_source_owner_id", "incident_source", ["source", "owner_id"], unique=False)
    op.create_table(
        "incident_timeline",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("date", TEXT, nullable=True),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("part_of_day", TEXT, nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("date_earliest", sa.Date(), nullable=True),
        sa.Column("date_latest", sa.Date(), nullable=True),
        sa.CheckConstraint(
            OneOf("part_of_day", ["night", "morning", "afternoon", "evening", "unknown"]),
            name=op.f("ck_incident_timeline_part_of_day"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["incident.id"], name="fk_incident_timeline_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_incident_timeline_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_incident_timeline"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_incident_timeline_source_owner_id",
        "incident_timeline",
        ["source", "owner_id"],
        unique=False,
        sqlite_where=sa.text('"source" IS NOT NULL'),
        postgresql_where=sa.text('"source" IS NOT NULL'),
    )
    op.create_table(
        "claim",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("made_by", TEXT, nullable=True),
        sa.Column("author", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("facility", TEXT, nullable=True),
        sa.Column("incident", TEXT, nullable=True),
        sa.Column("about", TEXT, nullable=True),
        sa.Column("topic", TEXT, nullable=True),
        sa.Column("statement", TEXT, nullable=False),
        sa.Column("modality", TEXT, nullable=False),
        sa.Column("made_on", TEXT, nullable=True),
        sa.Column("made_on_earliest", sa.Date(), nullable=True),
        sa.Column("made_on_latest", sa.Date(), nullable=True),
        sa.CheckConstraint(OneOf("access", ["public", "partner", "restricted"]), name=op.f("ck_claim_access")),
        sa.CheckConstraint(
            OneOf("modality", ["asserted", "probable", "possible", "questioned", "assumed", "forecast", "recommended"]),
            name=op.f("ck_claim_modality"),
        ),
        sa.CheckConstraint("(made_by IS NULL) <> (author IS NULL)", name=op.f("ck_claim_one_maker")),
        sa.CheckConstraint(
            "facility IS NOT NULL OR incident IS NOT NULL OR about IS NOT NULL", name=op.f("ck_claim_about_something")
        ),
        sa.ForeignKeyConstraint(
            ["about"], ["actor.slug"], name="fk_claim_about", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["facility"], ["facility.slug"], name="fk_claim_facility", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["incident"], ["incident.slug"], name="fk_claim_incident", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["actor.slug"], name="fk_claim_made_by", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_claim_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.UniqueConstraint("slug", name="uq_claim_slug"),
    )
    op.create_index(
        "ix_claim_about_slug",
        "claim",
        ["about", "slug"],
        unique=False,
        sqlite_where=sa.text('"about" IS NOT NULL'),
        postgresql_where=sa.text('"about" IS NOT NULL'),
    )
    op.create_index(
        "ix_claim_facility_slug",
        "claim",
        ["facility", "slug"],
        unique=False,
        sqlite_where=sa.text('"facility" IS NOT NULL'),
        postgresql_where=sa.text('"facility" IS NOT NULL'),
    )
    op.create_index(
        "ix_claim_incident_slug",
        "claim",
        ["incident", "slug"],
        unique=False,
        sqlite_where=sa.text('"incident" IS NOT NULL'),
        postgresql_where=sa.text('"incident" IS NOT NULL'),
    )
    op.create_index(
        "ix_claim_made_by_slug",
        "claim",
        ["made_by", "slug"],
        unique=False,
        sqlite_where=sa.text('"made_by" IS NOT NULL'),
        postgresql_where=sa.text('"made_by" IS NOT NULL'),
    )
    op.create_index("ix_claim_made_on_earliest_id", "claim", ["made_on_earliest", "id"], unique=False)
    op.create_index("ix_claim_modality_slug", "claim", ["modality", "slug"], unique=False)
    op.create_index("ix_claim_revision", "claim", ["revision"], unique=False)
    op.create_index("ix_claim_source_slug", "claim", ["source", "slug"], unique=False)
    op.create_index("ix_claim_topic_slug", "claim", ["topic", "slug"], unique=False)
    op.create_table(
        "facility_identifier",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["facility.id"], name="fk_facility_identifier_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_facility_identifier"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_facility_identifier_scheme_value_owner_id",
        "facility_identifier",
        ["scheme", "value", "owner_id"],
        unique=False,
    )
    op.create_table(
        "facility_name",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.CheckConstraint(
            OneOf("kind", ["official", "alias", "transliteration", "former"]), name=op.f("ck_facility_name_kind")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["facility.id"], name="fk_facility_name_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_facility_name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "facility_phase",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("from_", TEXT, nullable=True),
        sa.Column("to", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column("operator", TEXT, nullable=True),
        sa.Column("status", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("from_earliest", sa.Date(), nullable=True),
        sa.Column("from_latest", sa.Date(), nullable=True),
        sa.Column("to_earliest", sa.Date(), nullable=True),
        sa.Column("to_latest", sa.Date(), nullable=True),
        sa.CheckConstraint(
            OneOf(
                "kind",
                [
                    "prison",
                    "pretrial",
                    "police_custody",
                    "military",
                    "intelligence",
                    "immigration",
                    "juvenile",
                    "psychiatric",
                    "hospital",
                    "rehabilitation",
                    "labour",
                    "camp",
                    "transit",
                    "hotel",
                    "improvised",
                    "unofficial",
                    "supervision",
                    "other",
                    "unknown",
                ],
            ),
            name=op.f("ck_facility_phase_kind"),
        ),
        sa.CheckConstraint(
            OneOf("status", ["open", "closed", "damaged", "destroyed", "planned", "unknown"]),
            name=op.f("ck_facility_phase_status"),
        ),
        sa.ForeignKeyConstraint(
            ["operator"], ["actor.slug"], name="fk_facility_phase_operator", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["facility.id"], name="fk_facility_phase_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_facility_phase_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_facility_phase"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_facility_phase_operator_owner_id",
        "facility_phase",
        ["operator", "owner_id"],
        unique=False,
        sqlite_where=sa.text('"operator" IS NOT NULL'),
        postgresql_where=sa.text('"operator" IS NOT NULL'),
    )
    op.create_index(
        "ix_facility_phase_source_owner_id",
        "facility_phase",
        ["source", "owner_id"],
        unique=False,
        sqlite_where=sa.text('"source" IS NOT NULL'),
        postgresql_where=sa.text('"source" IS NOT NULL'),
    )
    op.create_table(
        "facility_related",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("facility", TEXT, nullable=False),
        sa.Column("relation", TEXT, nullable=False),
        sa.CheckConstraint(
            OneOf("relation", ["predecessor", "successor", "annex", "same_site"]),
            name=op.f("ck_facility_related_relation"),
        ),
        sa.ForeignKeyConstraint(
            ["facility"], ["facility.slug"], name="fk_facility_related_facility", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["facility.id"], name="fk_facility_related_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_facility_related"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_facility_related_facility_owner_id", "facility_related", ["facility", "owner_id"], unique=False)
    op.create_table(
        "facility_source",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["facility.id"], name="fk_facility_source_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_facility_source_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_facility_source"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_facility_source_source_owner_id", "facility_source", ["source", "owner_id"], unique=False)
    op.create_table(
        "facility_supporter",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["actor"], ["actor.slug"], name="fk_facility_supporter_actor", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["facility.id"], name="fk_facility_supporter_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_facility_supporter"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_facility_supporter_actor_owner_id", "facility_supporter", ["actor", "owner_id"], unique=False)
    op.create_table(
        "incident_facility",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("facility", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.CheckConstraint(
            OneOf("role", ["site", "custody", "place_of_death", "other"]), name=op.f("ck_incident_facility_role")
        ),
        sa.ForeignKeyConstraint(
            ["facility"], ["facility.slug"], name="fk_incident_facility_facility", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["incident.id"], name="fk_incident_facility_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_incident_facility"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_incident_facility_facility_owner_id", "incident_facility", ["facility", "owner_id"], unique=False
    )
    op.create_table(
        "population",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("access", TEXT, nullable=False),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("best", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        sa.Column("qualifier", TEXT, nullable=False),
        sa.Column("as_written", TEXT, nullable=True),
        sa.Column("basis", TEXT, nullable=False),
        sa.Column("tally", TEXT, nullable=False),
        sa.Column("as_of", TEXT, nullable=False),
        sa.Column("period_start", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("locator", TEXT, nullable=True),
        sa.Column("attributed_to", TEXT, nullable=True),
        sa.Column("attribution_note", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("flags", TEXT, nullable=False),
        sa.Column("missing_reason", TEXT, nullable=True),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("facility", TEXT, nullable=False),
        sa.Column("measure", TEXT, nullable=False),
        sa.Column("statistic", TEXT, nullable=False),
        sa.Column("sex", TEXT, nullable=True),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("legal_status", TEXT, nullable=True),
        sa.Column("nationality", TEXT, nullable=True),
        sa.Column("affiliation", TEXT, nullable=True),
        sa.Column("dimensions", TEXT, nullable=False),
        sa.Column("group", TEXT, nullable=True),
        sa.Column("as_of_start", sa.Date(), nullable=False),
        sa.Column("as_of_end", sa.Date(), nullable=False),
        sa.Column("period_start_earliest", sa.Date(), nullable=True),
        sa.Column("period_start_latest", sa.Date(), nullable=True),
        sa.Column("originator", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.CheckConstraint(OneOf("access", ["public", "partner", "restricted"]), name=op.f("ck_population_access")),
        sa.CheckConstraint(
            OneOf(
                "basis",
                ["counted", "documented", "official", "estimated", "claimed", "reported", "extrapolated", "derived"],
            ),
            name=op.f("ck_population_basis"),
        ),
        sa.CheckConstraint(
            OneOf(
                "legal_status",
                [
                    "sentenced",
                    "unsentenced",
                    "administrative",
                    "migration",
                    "security",
                    "without_charge",
                    "family_member",
                    "unknown",
                ],
            ),
            name=op.f("ck_population_legal_status"),
        ),
        sa.CheckConstraint(
            OneOf("measure", ["held", "capacity", "admitted", "released", "died", "staff"]),
            name=op.f("ck_population_measure"),
        ),
        sa.CheckConstraint(
            OneOf(
                "missing_reason",
                ["not_collected", "not_published", "not_applicable", "suppressed", "pending", "unreadable"],
            ),
            name=op.f("ck_population_missing_reason"),
        ),
        sa.CheckConstraint(
            OneOf(
                "qualifier",
                [
                    "exact",
                    "approximately",
                    "at_least",
                    "more_than",
                    "at_most",
                    "fewer_than",
                    "between",
                    "magnitude",
                    "unknown",
                ],
            ),
            name=op.f("ck_population_qualifier"),
        ),
        sa.CheckConstraint(OneOf("sex", ["female", "male", "other", "unknown"]), name=op.f("ck_population_sex")),
        sa.CheckConstraint(
            OneOf(
                "statistic",
                [
                    "point",
                    "midnight",
                    "daily_average",
                    "flow",
                    "official",
                    "operational",
                    "design",
                    "emergency",
                    "contracted",
                    "out_of_use",
                    "unknown",
                ],
            ),
            name=op.f("ck_population_statistic"),
        ),
        sa.CheckConstraint(OneOf("tally", ["total", "current", "additional"]), name=op.f("ck_population_tally")),
        sa.CheckConstraint(
            "((low IS NULL OR best IS NULL OR low <= best) AND (best IS NULL OR high IS NULL OR best <= high) AND (low IS NULL OR high IS NULL OR low <= high)) OR flags LIKE '%\"bounds_out_of_order\"%'",
            name=op.f("ck_population_bounds_in_order"),
        ),
        sa.CheckConstraint("as_of_start <= as_of_end", name=op.f("ck_population_days_in_order")),
        sa.CheckConstraint("best >= 0", name=op.f("ck_population_best_not_negative")),
        sa.CheckConstraint("high >= 0", name=op.f("ck_population_high_not_negative")),
        sa.CheckConstraint("low >= 0", name=op.f("ck_population_low_not_negative")),
        sa.CheckConstraint("min_age <= max_age", name=op.f("ck_population_ages_in_order")),
        sa.CheckConstraint("nth >= 1", name=op.f("ck_population_nth_from_one")),
        sa.ForeignKeyConstraint(
            ["affiliation"], ["actor.slug"], name="fk_population_affiliation", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["attributed_to"], ["actor.slug"], name="fk_population_attributed_to", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["facility"], ["facility.slug"], name="fk_population_facility", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_population_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("id", name="pk_population"),
    )
    op.create_index(
        "ix_population_affiliation_id",
        "population",
        ["affiliation", "id"],
        unique=False,
        sqlite_where=sa.text('"affiliation" IS NOT NULL'),
        postgresql_where=sa.text('"affiliation" IS NOT NULL'),
    )
    op.create_index("ix_population_as_of_end_id", "population", ["as_of_end", "id"], unique=False)
    op.create_index(
        "ix_population_attributed_to_id",
        "population",
        ["attributed_to", "id"],
        unique=False,
        sqlite_where=sa.text('"attributed_to" IS NOT NULL'),
        postgresql_where=sa.text('"attributed_to" IS NOT NULL'),
    )
    op.create_index(
        "ix_population_facility_measure_as_of_end_id",
        "population",
        ["facility", "measure", "as_of_end", "id"],
        unique=False,
    )
    op.create_index("ix_population_measure_as_of_end_id", "population", ["measure", "as_of_end", "id"], unique=False)
    op.create_index("ix_population_revision", "population", ["revision"], unique=False)
    op.create_index("ix_population_source_id", "population", ["source", "id"], unique=False)
    op.create_index("uq_population_statement_nth", "population", ["statement", "nth"], unique=True)
    op.create_table(
        "claim_assessment",
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=True),
        sa.CheckConstraint(
            OneOf("verdict", ["supported", "likely", "unverified", "disputed", "refuted", "misinformation"]),
            name=op.f("ck_claim_assessment_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["claim.id"], name="fk_claim_assessment_owner_id", initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["source"], ["source.slug"], name="fk_claim_assessment_source", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("owner_id", "position", name="pk_claim_assessment"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_claim_assessment_source_owner_id", "claim_assessment", ["source", "owner_id"], unique=False)
    op.create_index("ix_claim_assessment_verdict_owner_id", "claim_assessment", ["verdict", "owner_id"], unique=False)

    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for statement in GUARDS:
            op.execute(statement)
    for table in KEPT:
        keep(connection, table)
    op.bulk_insert(
        sa.table(
            "register", sa.column("id"), sa.column("revision"), sa.column("open", sa.Boolean), sa.column("redacted")
        ),
        [{"id": 1, "revision": 0, "open": False, "redacted": 0}],
    )
    op.bulk_insert(
        sa.table("counter", sa.column("collection"), sa.column("last_id")),
        [{"collection": name, "last_id": 0} for name in COLLECTIONS],
    )


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for table in reversed(TABLES):
        if table in KEPT:
            op.execute(f"DROP VIEW {table}_all")
            op.drop_table(f"{table}_history")
    for table in reversed(TABLES):
        op.drop_table(table)
    if postgres:
        for function in (*(f"{table}_kept" for table in KEPT), "register_is_open", "register_is_not_truncated"):
            op.execute(f"DROP FUNCTION {function}()")
