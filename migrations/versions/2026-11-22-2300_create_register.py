"""Create the register: every table, and for those that are kept their history, triggers and view."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "register"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COLLECTIONS = ("sources", "actors", "facilities", "incidents", "populations", "figures", "claims")
KEPT = (
    "actor incident source actor_name facility figure incident_identifier incident_kind incident_party "
    "incident_source incident_timeline claim facility_identifier facility_name facility_phase "
    "facility_related facility_source facility_supporter incident_facility population claim_assessment"
)
PLAIN = ("change", "counter", "idempotency", "import_job", "key", "register", "revision", "slug")


def record() -> tuple[sa.Column[Any], ...]:
    """The columns of every record."""
    return (
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger(), nullable=False, index=True),
        codes("access", "public partner restricted"),
        sa.Column("doc", TEXT, nullable=False),
        sa.Column("doc_partner", TEXT, nullable=True),
        sa.Column("doc_restricted", TEXT, nullable=True),
    )


def named_record() -> tuple[sa.Column[Any], ...]:
    """Those of a record with a slug of its own."""
    return (*record(), sa.Column("slug", TEXT, nullable=False, unique=True))


def part_of(noun: str) -> tuple[sa.Column[Any], ...]:
    """Those of an entry in a record's list."""
    return (
        sa.Column("owner_id", ID, sa.ForeignKey(f"{noun}.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    )


def codes(name: str, words: str, *, nullable: bool = False) -> sa.Column[Any]:
    """A column that holds one of some codes."""
    return sa.Column(name, TEXT, nullable=nullable, info={"codes": words.split()})


def where(condition: str) -> dict[str, Any]:
    """The rows that an index holds, where that is not all of them."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def sparse(*columns: str) -> sa.Index:
    """An index of the rows that have a value in its first column."""
    return sa.Index(None, *columns, **where(f'"{columns[0]}" IS NOT NULL'))


def upgrade() -> None:
    op.create_guards()
    op.create_kept(
        "actor",
        *named_record(),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("short_name", TEXT, nullable=True),
        codes("kind", "state state_force armed_group coalition intergovernmental ngo company authority other"),
        sa.Column("part_of", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Index(None, "country", "slug"),
        sa.Index(None, "kind", "slug"),
        sparse("part_of", "slug"),
    )
    op.create_plain(
        "change",
        sa.Column("revision", sa.BigInteger(), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("slug", TEXT, nullable=True),
        codes("action", "create update retract merge split redact"),
        codes("before", "public partner restricted", nullable=True),
        codes("after", "public partner restricted", nullable=True),
        sa.Column("merged_into", TEXT, nullable=True),
        sa.Index(None, "collection", "record_id", "revision", **where("\"action\" NOT IN ('create', 'update')")),
        sqlite_with_rowid=False,
    )
    op.create_plain(
        "counter",
        sa.Column("collection", TEXT, primary_key=True),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
    )
    op.create_plain(
        "idempotency",
        sa.Column("holder", TEXT, primary_key=True),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("answered_at", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Index(None, "answered_at"),
    )
    op.create_plain(
        "import_job",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        codes("state", "queued running done failed interrupted"),
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
    )
    op.create_kept(
        "incident",
        *named_record(),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("kinds_as_written", TEXT, nullable=False),
        codes("severity", "minor major critical", nullable=True),
        codes("outcome", "succeeded partly foiled disputed unknown"),
        codes("status", "ongoing contained ended unconfirmed unknown"),
        sa.Column("status_as_of", TEXT, nullable=True),
        sa.Column("started", TEXT, nullable=False),
        sa.Column("ended", TEXT, nullable=True),
        codes("part_of_day", "night morning afternoon evening unknown", nullable=True),
        sa.Column("parent", TEXT, sa.ForeignKey("incident.slug"), nullable=True),
        sa.Column("summary", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("admin1", TEXT, nullable=True),
        sa.Column("admin2", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        codes("location_precision", "exact near area region country unknown"),
        sa.Column("started_earliest", sa.Date(), nullable=False),
        sa.Column("started_latest", sa.Date(), nullable=False),
        sa.Column("ended_earliest", sa.Date(), nullable=True),
        sa.Column("ended_latest", sa.Date(), nullable=True),
        sa.Column("status_as_of_start", sa.Date(), nullable=True),
        sa.Column("status_as_of_end", sa.Date(), nullable=True),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="coordinates_in_pairs"),
        sa.CheckConstraint("started_earliest <= started_latest", name="days_in_order"),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_on_globe"),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_on_globe"),
        sa.CheckConstraint("parent <> slug", name="not_its_own_parent"),
        sa.Index(None, "country", "started_earliest", "id"),
        sa.Index(None, "outcome", "started_earliest", "id"),
        sparse("parent", "started_earliest", "id"),
        sa.Index(None, "started_earliest", "id"),
        sa.Index(None, "status", "started_earliest", "id"),
    )
    op.create_plain(
        "key",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("expires_at", TEXT, nullable=True),
        sa.Column("revoked_at", TEXT, nullable=True),
    )
    op.create_plain(
        "register",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("redacted", sa.BigInteger(), nullable=False),
        sa.Column("version", TEXT, nullable=True),
    )
    op.create_plain(
        "revision",
        sa.Column("id", ID, primary_key=True, autoincrement=False),
        sa.Column("recorded_at", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        codes(
            "reason_code",
            "new_report source_corrected our_error duplicate out_of_scope safety legal",
            nullable=True,
        ),
        sa.Column("reason", TEXT, nullable=True),
        sa.UniqueConstraint("recorded_at"),
    )
    op.create_plain(
        "slug",
        sa.Column("slug", TEXT, primary_key=True),
        sa.Column("collection", TEXT, primary_key=True),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "source",
        *named_record(),
        codes("kind", "article report dataset bulletin statement video court_record other"),
        sa.Column("publisher", TEXT, nullable=True),
        sa.Column("authors", TEXT, nullable=False),
        codes("views_of", "authors publisher"),
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
        sa.Index(None, "kind", "slug"),
        sa.Index(None, "published_on_earliest", "id"),
        sa.Index(None, "publisher", "slug"),
        sparse("url"),
    )
    op.create_kept(
        "actor_name",
        *part_of("actor"),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=True),
        codes("kind", "official alias transliteration former"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "facility",
        *named_record(),
        codes("level", "network facility unit"),
        sa.Column("parent", TEXT, sa.ForeignKey("facility.slug"), nullable=True),
        sa.Column("name", TEXT, nullable=False),
        codes(
            "kind",
            "prison pretrial police_custody military intelligence immigration juvenile psychiatric hospital "
            "rehabilitation labour camp transit hotel improvised unofficial supervision other unknown",
        ),
        sa.Column("kind_as_written", TEXT, nullable=True),
        codes("legal_basis", "criminal administrative migration military security health none_claimed unknown"),
        codes("built_as", "purpose_built converted tents unknown"),
        codes("security", "open low medium high mixed unknown"),
        sa.Column("operator", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        codes("status", "open closed damaged destroyed planned unknown"),
        sa.Column("opened", TEXT, nullable=True),
        sa.Column("closed", TEXT, nullable=True),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("admin1", TEXT, nullable=True),
        sa.Column("admin2", TEXT, nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        codes("location_precision", "exact near area region country unknown"),
        sa.Column("opened_earliest", sa.Date(), nullable=True),
        sa.Column("opened_latest", sa.Date(), nullable=True),
        sa.Column("closed_earliest", sa.Date(), nullable=True),
        sa.Column("closed_latest", sa.Date(), nullable=True),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="coordinates_in_pairs"),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_on_globe"),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_on_globe"),
        sa.CheckConstraint("parent <> slug", name="not_its_own_parent"),
        sa.Index(None, "country", "admin1", "slug"),
        sa.Index(None, "country", "kind", "slug"),
        sa.Index(None, "kind", "slug"),
        sa.Index(None, "legal_basis", "slug"),
        sa.Index(None, "level", "slug"),
        sa.Index(None, "name", "id"),
        sparse("operator", "slug"),
        sparse("parent", "slug"),
        sa.Index(None, "status", "slug"),
    )
    op.create_kept(
        "figure",
        *record(),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("best", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        codes("qualifier", "exact approximately at_least more_than at_most fewer_than between magnitude unknown"),
        sa.Column("as_written", TEXT, nullable=True),
        codes("basis", "counted documented official estimated claimed reported extrapolated derived"),
        codes("tally", "total current additional"),
        sa.Column("as_of", TEXT, nullable=False),
        sa.Column("period_start", TEXT, nullable=True),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=False),
        sa.Column("locator", TEXT, nullable=True),
        sa.Column("attributed_to", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        sa.Column("attribution_note", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("flags", TEXT, nullable=False),
        codes(
            "missing_reason",
            "not_collected not_published not_applicable suppressed pending unreadable",
            nullable=True,
        ),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("incident", TEXT, sa.ForeignKey("incident.slug"), nullable=False),
        codes(
            "measure",
            "killed died injured ill escaped attempted_escape recaptured surrendered arrested at_large hostages "
            "rescued missing released transferred displaced attackers participants forces_engaged vehicle_bombs "
            "related_attacks checkpoints_passed other",
        ),
        sa.Column("of", TEXT, nullable=False),
        sa.Column("actor", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        sa.Column("by", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        codes(
            "cause",
            "violence use_of_force suicide illness accident undetermined pending not_stated",
            nullable=True,
        ),
        sa.Column("cause_as_written", TEXT, nullable=True),
        codes("sex", "female male other unknown", nullable=True),
        codes("unit", "persons families things events"),
        sa.Column("as_of_start", sa.Date(), nullable=False),
        sa.Column("as_of_end", sa.Date(), nullable=False),
        sa.Column("period_start_earliest", sa.Date(), nullable=True),
        sa.Column("period_start_latest", sa.Date(), nullable=True),
        sa.Column("originator", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.CheckConstraint("best >= 0", name="best_not_negative"),
        sa.CheckConstraint(
            "((low IS NULL OR best IS NULL OR low <= best) AND (best IS NULL OR high IS NULL OR best <= high) AND (low IS NULL OR high IS NULL OR low <= high)) OR flags LIKE '%\"bounds_out_of_order\"%'",
            name="bounds_in_order",
        ),
        sa.CheckConstraint("as_of_start <= as_of_end", name="days_in_order"),
        sa.CheckConstraint("high >= 0", name="high_not_negative"),
        sa.CheckConstraint("low >= 0", name="low_not_negative"),
        sa.CheckConstraint("nth >= 1", name="nth_from_one"),
        sparse("actor", "id"),
        sa.Index(None, "as_of_end", "id"),
        sparse("attributed_to", "id"),
        sparse("by", "id"),
        sa.Index(None, "measure", "as_of_end", "id"),
        sa.Index(None, "source", "id"),
        sa.Index("uq_figure_incident_statement_nth", "incident", "statement", "nth", unique=True),
    )
    op.create_kept(
        "incident_identifier",
        *part_of("incident"),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Index(None, "scheme", "value", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "incident_kind",
        *part_of("incident"),
        codes(
            "kind",
            "armed_attack armed_clash bombardment killing prison_break escape abscond attempted_escape riot "
            "disturbance protest hunger_strike self_harm assault hostage_taking death_in_custody execution "
            "ill_treatment use_of_force injury medical_emergency epidemic fire property_damage contraband "
            "transfer release removal repatriation opening closure change_of_control system_failure complaint "
            "birth other",
        ),
        sa.Index(None, "kind", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "incident_party",
        *part_of("incident"),
        sa.Column("actor", TEXT, sa.ForeignKey("actor.slug"), nullable=False),
        codes("role", "attacker defender operator supporter accomplice belligerent victim mediator other"),
        codes("standing", "established reported alleged denied"),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=True),
        sa.Index(None, "actor", "role", "owner_id"),
        sparse("source", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "incident_source",
        *part_of("incident"),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=False),
        sa.Index(None, "source", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "incident_timeline",
        *part_of("incident"),
        sa.Column("date", TEXT, nullable=True),
        sa.Column("order", sa.Integer(), nullable=False),
        codes("part_of_day", "night morning afternoon evening unknown", nullable=True),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=True),
        sa.Column("date_earliest", sa.Date(), nullable=True),
        sa.Column("date_latest", sa.Date(), nullable=True),
        sparse("source", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "claim",
        *named_record(),
        sa.Column("made_by", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        sa.Column("author", TEXT, nullable=True),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=False),
        sa.Column("facility", TEXT, sa.ForeignKey("facility.slug"), nullable=True),
        sa.Column("incident", TEXT, sa.ForeignKey("incident.slug"), nullable=True),
        sa.Column("about", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        sa.Column("topic", TEXT, nullable=True),
        sa.Column("statement", TEXT, nullable=False),
        codes("modality", "asserted probable possible questioned assumed forecast recommended"),
        sa.Column("made_on", TEXT, nullable=True),
        sa.Column("made_on_earliest", sa.Date(), nullable=True),
        sa.Column("made_on_latest", sa.Date(), nullable=True),
        sa.CheckConstraint("facility IS NOT NULL OR incident IS NOT NULL OR about IS NOT NULL", name="about_something"),
        sa.CheckConstraint("(made_by IS NULL) <> (author IS NULL)", name="one_maker"),
        sparse("about", "slug"),
        sparse("facility", "slug"),
        sparse("incident", "slug"),
        sparse("made_by", "slug"),
        sa.Index(None, "made_on_earliest", "id"),
        sa.Index(None, "modality", "slug"),
        sa.Index(None, "source", "slug"),
        sa.Index(None, "topic", "slug"),
    )
    op.create_kept(
        "facility_identifier",
        *part_of("facility"),
        sa.Column("scheme", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Index(None, "scheme", "value", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "facility_name",
        *part_of("facility"),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("lang", TEXT, nullable=True),
        codes("kind", "official alias transliteration former"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "facility_phase",
        *part_of("facility"),
        sa.Column("from_", TEXT, nullable=True),
        sa.Column("to", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=True),
        codes(
            "kind",
            "prison pretrial police_custody military intelligence immigration juvenile psychiatric hospital "
            "rehabilitation labour camp transit hotel improvised unofficial supervision other unknown",
            nullable=True,
        ),
        sa.Column("operator", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        codes("status", "open closed damaged destroyed planned unknown", nullable=True),
        sa.Column("place", TEXT, nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=True),
        sa.Column("from_earliest", sa.Date(), nullable=True),
        sa.Column("from_latest", sa.Date(), nullable=True),
        sa.Column("to_earliest", sa.Date(), nullable=True),
        sa.Column("to_latest", sa.Date(), nullable=True),
        sparse("operator", "owner_id"),
        sparse("source", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "facility_related",
        *part_of("facility"),
        sa.Column("facility", TEXT, sa.ForeignKey("facility.slug"), nullable=False),
        codes("relation", "predecessor successor annex same_site"),
        sa.Index(None, "facility", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "facility_source",
        *part_of("facility"),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=False),
        sa.Index(None, "source", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "facility_supporter",
        *part_of("facility"),
        sa.Column("actor", TEXT, sa.ForeignKey("actor.slug"), nullable=False),
        sa.Index(None, "actor", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "incident_facility",
        *part_of("incident"),
        sa.Column("facility", TEXT, sa.ForeignKey("facility.slug"), nullable=False),
        codes("role", "site custody place_of_death other"),
        sa.Index(None, "facility", "owner_id"),
        sqlite_with_rowid=False,
    )
    op.create_kept(
        "population",
        *record(),
        sa.Column("low", sa.BigInteger(), nullable=True),
        sa.Column("best", sa.BigInteger(), nullable=True),
        sa.Column("high", sa.BigInteger(), nullable=True),
        codes("qualifier", "exact approximately at_least more_than at_most fewer_than between magnitude unknown"),
        sa.Column("as_written", TEXT, nullable=True),
        codes("basis", "counted documented official estimated claimed reported extrapolated derived"),
        codes("tally", "total current additional"),
        sa.Column("as_of", TEXT, nullable=False),
        sa.Column("period_start", TEXT, nullable=True),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=False),
        sa.Column("locator", TEXT, nullable=True),
        sa.Column("attributed_to", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        sa.Column("attribution_note", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("flags", TEXT, nullable=False),
        codes(
            "missing_reason",
            "not_collected not_published not_applicable suppressed pending unreadable",
            nullable=True,
        ),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("facility", TEXT, sa.ForeignKey("facility.slug"), nullable=False),
        codes("measure", "held capacity admitted released died staff"),
        codes(
            "statistic",
            "point midnight daily_average flow official operational design emergency contracted out_of_use unknown",
        ),
        codes("sex", "female male other unknown", nullable=True),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        codes(
            "legal_status",
            "sentenced unsentenced administrative migration security without_charge family_member unknown",
            nullable=True,
        ),
        sa.Column("nationality", TEXT, nullable=True),
        sa.Column("affiliation", TEXT, sa.ForeignKey("actor.slug"), nullable=True),
        sa.Column("dimensions", TEXT, nullable=False),
        sa.Column("group", TEXT, nullable=True),
        sa.Column("as_of_start", sa.Date(), nullable=False),
        sa.Column("as_of_end", sa.Date(), nullable=False),
        sa.Column("period_start_earliest", sa.Date(), nullable=True),
        sa.Column("period_start_latest", sa.Date(), nullable=True),
        sa.Column("originator", TEXT, nullable=False),
        sa.Column("statement", TEXT, nullable=False),
        sa.CheckConstraint("min_age <= max_age", name="ages_in_order"),
        sa.CheckConstraint("best >= 0", name="best_not_negative"),
        sa.CheckConstraint(
            "((low IS NULL OR best IS NULL OR low <= best) AND (best IS NULL OR high IS NULL OR best <= high) AND (low IS NULL OR high IS NULL OR low <= high)) OR flags LIKE '%\"bounds_out_of_order\"%'",
            name="bounds_in_order",
        ),
        sa.CheckConstraint("as_of_start <= as_of_end", name="days_in_order"),
        sa.CheckConstraint("high >= 0", name="high_not_negative"),
        sa.CheckConstraint("low >= 0", name="low_not_negative"),
        sa.CheckConstraint("nth >= 1", name="nth_from_one"),
        sparse("affiliation", "id"),
        sa.Index(None, "as_of_end", "id"),
        sparse("attributed_to", "id"),
        sa.Index(None, "facility", "measure", "as_of_end", "id"),
        sa.Index(None, "measure", "as_of_end", "id"),
        sa.Index(None, "source", "id"),
        sa.Index("uq_population_statement_nth", "statement", "nth", unique=True),
    )
    op.create_kept(
        "claim_assessment",
        *part_of("claim"),
        sa.Column("source", TEXT, sa.ForeignKey("source.slug"), nullable=False),
        codes("verdict", "supported likely unverified disputed refuted misinformation"),
        sa.Column("note", TEXT, nullable=True),
        sa.Index(None, "source", "owner_id"),
        sa.Index(None, "verdict", "owner_id"),
        sqlite_with_rowid=False,
    )
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
    op.guard_log()


def downgrade() -> None:
    for name in reversed(KEPT.split()):
        op.drop_kept(name)
    for name in PLAIN:
        op.drop_table(name)
    op.drop_guards()
