"""Add what medicine says: a clinic's own rules, tries on history, studies, scores, showings.

Safe while the code before it runs: new columns are nullable or have a default.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.create_table(
        "rule_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("first_in_force_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_rule_texts_clinic_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_texts")),
        sa.UniqueConstraint(
            "clinic_id", "rule", "version", name=op.f("uq_rule_texts_clinic_id_rule_version")
        ),
    )
    with op.batch_alter_table("rule_texts", schema=None) as batch_op:
        batch_op.create_index(
            "uq_rule_texts_everywhere",
            ["rule", "version"],
            unique=True,
            postgresql_where=sa.text("clinic_id IS NULL"),
            sqlite_where=sa.text("clinic_id IS NULL"),
        )

    op.create_table(
        "lab_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=True),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.CheckConstraint("kind IN ('replay', 'audience')", name=op.f("ck_lab_runs_kind")),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'stopped')",
            name=op.f("ck_lab_runs_state"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name=op.f("fk_lab_runs_asked_by")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_lab_runs_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_runs")),
    )
    with op.batch_alter_table("lab_runs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_lab_runs_clinic_id_subject_id_asked_at"),
            ["clinic_id", "subject_id", "asked_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_lab_runs_unfinished",
            ["asked_at"],
            unique=False,
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
        )

    op.create_table(
        "rule_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("is_off", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shadow_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_by", sa.Uuid(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'shadow', 'active', 'retired')", name=op.f("ck_rule_drafts_status")
        ),
        sa.CheckConstraint("activated_by <> written_by", name=op.f("ck_rule_drafts_second_person")),
        sa.ForeignKeyConstraint(
            ["activated_by"], ["accounts.id"], name=op.f("fk_rule_drafts_activated_by")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_rule_drafts_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["retired_by"], ["accounts.id"], name=op.f("fk_rule_drafts_retired_by")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["accounts.id"], name=op.f("fk_rule_drafts_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_drafts")),
        sa.UniqueConstraint(
            "clinic_id",
            "rule",
            "rule_version",
            name=op.f("uq_rule_drafts_clinic_id_rule_rule_version"),
        ),
    )
    with op.batch_alter_table("rule_drafts", schema=None) as batch_op:
        batch_op.create_index(
            "uq_rule_drafts_active",
            ["clinic_id", "rule"],
            unique=True,
            postgresql_where=sa.text("status = 'active'"),
            sqlite_where=sa.text("status = 'active'"),
        )
        batch_op.create_index(
            "uq_rule_drafts_shadow",
            ["clinic_id", "rule"],
            unique=True,
            postgresql_where=sa.text("status = 'shadow'"),
            sqlite_where=sa.text("status = 'shadow'"),
        )

    op.create_table(
        "study_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed')", name=op.f("ck_study_imports_state")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_study_imports_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["started_by"], ["accounts.id"], name=op.f("fk_study_imports_started_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_imports")),
    )
    with op.batch_alter_table("study_imports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_study_imports_clinic_id_started_at"),
            ["clinic_id", "started_at"],
            unique=False,
        )

    op.create_table(
        "feed_showings",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_feed_showings_patient_id")
        ),
        sa.PrimaryKeyConstraint("patient_id", "slug", name=op.f("pk_feed_showings")),
    )
    op.create_table(
        "lab_findings",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_type", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=True),
        sa.Column("by_draft", sa.String(length=10), nullable=True),
        sa.Column("in_force", sa.String(length=10), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_lab_findings_patient_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["lab_runs.id"], name=op.f("fk_lab_findings_run_id")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_lab_findings")),
    )
    op.create_table(
        "shadow_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=True),
        sa.Column("severity", sa.String(length=10), nullable=True),
        sa.Column("queue", sa.String(length=20), nullable=True),
        sa.Column("spoke", sa.Boolean(), server_default="1", nullable=False),
        sa.Column("in_force_too", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["rule_drafts.id"], name=op.f("fk_shadow_findings_draft_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_shadow_findings_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_findings")),
    )
    with op.batch_alter_table("shadow_findings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_shadow_findings_draft_id_at_id"), ["draft_id", "at", "id"], unique=False
        )

    op.create_table(
        "studies",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("nct_id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column("study_type", sa.String(length=40), nullable=False),
        sa.Column("phases", sa.JSON(), nullable=False),
        sa.Column("tab", sa.String(length=20), nullable=False),
        sa.Column("is_phase_1", sa.Boolean(), nullable=False),
        sa.Column("sex", sa.String(length=10), nullable=False),
        sa.Column("minimum_age_days", sa.Integer(), nullable=True),
        sa.Column("maximum_age_days", sa.Integer(), nullable=True),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("keywords", sa.JSON(), nullable=False),
        sa.Column("interventions", sa.JSON(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("sites", sa.JSON(), nullable=False),
        sa.Column("contacts", sa.JSON(), nullable=False),
        sa.Column("organization", sa.String(length=300), nullable=True),
        sa.Column("registry_updated_on", sa.Date(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_studies_clinic_id")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["study_imports.id"], name=op.f("fk_studies_import_id")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "nct_id", name=op.f("pk_studies")),
    )
    with op.batch_alter_table("studies", schema=None) as batch_op:
        batch_op.create_index(
            "ix_studies_shown",
            ["clinic_id", "nct_id"],
            unique=False,
            postgresql_where=sa.text("is_shown"),
            sqlite_where=sa.text("is_shown"),
        )

    op.create_table(
        "study_marks",
        sa.Column("nct_id", sa.String(length=20), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("question_id", sa.Uuid(), nullable=True),
        sa.Column("seen", sa.String(length=64), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_change_no", sa.BigInteger(), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_study_marks_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_study_marks_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_marks")),
    )
    with op.batch_alter_table("study_marks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_study_marks_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    with op.batch_alter_table("article_revisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("publish_on", sa.Date(), nullable=True))
        batch_op.create_index(
            "ix_article_revisions_waiting",
            ["publish_on"],
            unique=False,
            postgresql_where=sa.text("publish_on IS NOT NULL AND status = 'reviewed'"),
            sqlite_where=sa.text("publish_on IS NOT NULL AND status = 'reviewed'"),
        )

    with op.batch_alter_table("clinics", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("rules_release", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("content_release", sa.Integer(), server_default="0", nullable=False)
        )

    op.add_column("support_requests", sa.Column("faith", sa.String(length=20), nullable=True))
    op.add_column("patients", sa.Column("phone", sa.String(length=40), nullable=True))

    with op.batch_alter_table("questionnaire_responses", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scores", sa.JSON(), nullable=True))


def downgrade():
    op.drop_column("patients", "phone")
    op.drop_column("support_requests", "faith")

    with op.batch_alter_table("questionnaire_responses", schema=None) as batch_op:
        batch_op.drop_column("scores")

    with op.batch_alter_table("clinics", schema=None) as batch_op:
        batch_op.drop_column("content_release")
        batch_op.drop_column("rules_release")

    with op.batch_alter_table("article_revisions", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_article_revisions_waiting",
            postgresql_where=sa.text("publish_on IS NOT NULL AND status = 'reviewed'"),
            sqlite_where=sa.text("publish_on IS NOT NULL AND status = 'reviewed'"),
        )
        batch_op.drop_column("publish_on")

    with op.batch_alter_table("study_marks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_study_marks_patient_id_change_no"))

    op.drop_table("study_marks")
    with op.batch_alter_table("studies", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_studies_shown",
            postgresql_where=sa.text("is_shown"),
            sqlite_where=sa.text("is_shown"),
        )

    op.drop_table("studies")
    with op.batch_alter_table("shadow_findings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shadow_findings_draft_id_at_id"))

    op.drop_table("shadow_findings")
    op.drop_table("lab_findings")
    op.drop_table("feed_showings")
    with op.batch_alter_table("study_imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_study_imports_clinic_id_started_at"))

    op.drop_table("study_imports")
    with op.batch_alter_table("rule_drafts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_rule_drafts_shadow",
            postgresql_where=sa.text("status = 'shadow'"),
            sqlite_where=sa.text("status = 'shadow'"),
        )
        batch_op.drop_index(
            "uq_rule_drafts_active",
            postgresql_where=sa.text("status = 'active'"),
            sqlite_where=sa.text("status = 'active'"),
        )

    op.drop_table("rule_drafts")
    with op.batch_alter_table("lab_runs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_lab_runs_unfinished",
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
        )
        batch_op.drop_index(batch_op.f("ix_lab_runs_clinic_id_subject_id_asked_at"))

    op.drop_table("lab_runs")
    with op.batch_alter_table("rule_texts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_rule_texts_everywhere",
            postgresql_where=sa.text("clinic_id IS NULL"),
            sqlite_where=sa.text("clinic_id IS NULL"),
        )

    op.drop_table("rule_texts")
