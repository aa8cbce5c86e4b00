"""Add the answer: holds, absences, shifts, the cascade, silence, notes, drafts, drills, measures.

Rows that exist: alerts get the clock that runs for them now, and every request and every unclosed
alert of social work and chaplaincy its place on the cascade.  Safe while the code before it runs:
new columns are nullable or have a default.
"""

from datetime import timedelta
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

# Whom the panel can be narrowed down to, each an index of those alone.
NARROWED = (
    ("alerts", "urgent_alerts + soon_alerts + info_alerts > 0"),
    ("severe", "worst_grade >= 3"),
    ("distressed", "distress >= 4"),
    ("low_adherence", "adherence_percent < 80"),
)


def upgrade():
    op.create_table(
        "measure_weeks",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_measure_weeks_clinic_id")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "week", name=op.f("pk_measure_weeks")),
    )
    with op.batch_alter_table("measure_weeks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_measure_weeks_count_again_at"), ["count_again_at"], unique=False
        )

    op.create_table(
        "absences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stand_in_id", sa.Uuid(), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_absences_ends_after")),
        sa.CheckConstraint("stand_in_id <> account_id", name=op.f("ck_absences_somebody_else")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_absences_account_id")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_absences_clinic_id")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_absences_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["stand_in_id"], ["accounts.id"], name=op.f("fk_absences_stand_in_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_absences_clinic_id_ends_at"), ["clinic_id", "ends_at"], unique=False
        )

    op.create_table(
        "article_revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("front", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'in_review', 'reviewed', 'published', 'retired')",
            name=op.f("ck_article_revisions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_article_revisions_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["accounts.id"], name=op.f("fk_article_revisions_published_by")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"], ["accounts.id"], name=op.f("fk_article_revisions_reviewed_by")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["accounts.id"], name=op.f("fk_article_revisions_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_revisions")),
        sa.UniqueConstraint(
            "clinic_id",
            "slug",
            "language",
            "number",
            name=op.f("uq_article_revisions_clinic_id_slug_language_number"),
        ),
    )
    with op.batch_alter_table("article_revisions", schema=None) as batch_op:
        batch_op.create_index(
            "uq_article_revisions_published",
            ["clinic_id", "slug", "language"],
            unique=True,
            postgresql_where=sa.text("status = 'published'"),
            sqlite_where=sa.text("status = 'published'"),
        )

    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_saved_views_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_views_account_id_name")),
    )
    op.create_table(
        "support_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'retired')", name=op.f("ck_support_entries_status")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_support_entries_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["accounts.id"], name=op.f("fk_support_entries_published_by")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["accounts.id"], name=op.f("fk_support_entries_written_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_entries")),
        sa.UniqueConstraint(
            "clinic_id", "slug", "number", name=op.f("uq_support_entries_clinic_id_slug_number")
        ),
    )
    op.create_table(
        "away_periods",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_change_no", sa.BigInteger(), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "kind IN ('inpatient', 'holiday', 'other', 'paused')",
            name=op.f("ck_away_periods_kind"),
        ),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_away_periods_ends_after")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_away_periods_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_away_periods_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away_periods")),
    )
    with op.batch_alter_table("away_periods", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_away_periods_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_away_periods_patient_id_starts_on_id"),
            ["patient_id", "starts_on", "id"],
            unique=False,
        )

    op.create_table(
        "care_notes",
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "by_role",
            sa.Enum(
                "patient",
                "caregiver",
                "nurse",
                "physician",
                "social_worker",
                "chaplain",
                "coordinator",
                "editor",
                "administrator",
                "privacy_officer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
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
            ["entered_by"], ["accounts.id"], name=op.f("fk_care_notes_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_care_notes_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_notes")),
    )
    with op.batch_alter_table("care_notes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_care_notes_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_care_notes_patient_id_written_at_id"),
            ["patient_id", "written_at", "id"],
            unique=False,
        )

    op.create_table(
        "drills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("scenario", sa.String(length=40), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_drills_clinic_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["accounts.id"], name=op.f("fk_drills_ended_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_drills_patient_id")),
        sa.ForeignKeyConstraint(["started_by"], ["accounts.id"], name=op.f("fk_drills_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drills")),
    )
    with op.batch_alter_table("drills", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_drills_clinic_id_started_at_id"),
            ["clinic_id", "started_at", "id"],
            unique=False,
        )

    op.create_table(
        "questions",
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
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
            ["entered_by"], ["accounts.id"], name=op.f("fk_questions_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_questions_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_questions_patient_id_asked_at_id"),
            ["patient_id", "asked_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_questions_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "safety_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sections", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column(
            "by_role",
            sa.Enum(
                "patient",
                "caregiver",
                "nurse",
                "physician",
                "social_worker",
                "chaplain",
                "coordinator",
                "editor",
                "administrator",
                "privacy_officer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name=op.f("fk_safety_plans_by")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_safety_plans_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_plans")),
    )
    with op.batch_alter_table("safety_plans", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_safety_plans_patient_id_made_at_id"),
            ["patient_id", "made_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "uq_safety_plans_in_force",
            ["patient_id"],
            unique=True,
            postgresql_where=sa.text("superseded_at IS NULL"),
            sqlite_where=sa.text("superseded_at IS NULL"),
        )

    op.create_table(
        "alert_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "nursing",
                "social_work",
                "chaplaincy",
                "coordination",
                name="queue",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "urgent",
                "soon",
                "info",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("priority", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column(
            "by_role",
            sa.Enum(
                "patient",
                "caregiver",
                "nurse",
                "physician",
                "social_worker",
                "chaplain",
                "coordinator",
                "editor",
                "administrator",
                "privacy_officer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("suppressed", sa.Integer(), nullable=False),
        sa.Column("last_suppressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_holds_alert_id")),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name=op.f("fk_alert_holds_by")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_alert_holds_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_alert_holds_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_holds")),
    )
    with op.batch_alter_table("alert_holds", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_alert_holds_clinic_id_started_at"),
            ["clinic_id", "started_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_alert_holds_in_force",
            ["patient_id", "queue", "rule", "subject"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "cascades",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column(
            "queue",
            sa.Enum(
                "nursing",
                "social_work",
                "chaplaincy",
                "coordination",
                name="queue",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("need", sa.Text(), nullable=True),
        sa.Column("follow_up_on", sa.Date(), nullable=True),
        sa.Column("followed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_as", sa.String(length=20), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_drill", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(alert_id IS NULL) <> (request_id IS NULL)", name=op.f("ck_cascades_one_source")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_as IS NOT NULL", name=op.f("ck_cascades_ended_says_how")
        ),
        sa.CheckConstraint("step BETWEEN 1 AND 4", name=op.f("ck_cascades_step")),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_cascades_alert_id")),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["accounts.id"], name=op.f("fk_cascades_assignee_id")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_cascades_clinic_id")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_cascades_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name=op.f("fk_cascades_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cascades")),
    )
    with op.batch_alter_table("cascades", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cascades_clinic_id_opened_at_id"),
            ["clinic_id", "opened_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_cascades_patient_id_opened_at"),
            ["patient_id", "opened_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_cascades_running",
            ["clinic_id", "queue", "opened_at", "id"],
            unique=False,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_cascades_alert",
            ["alert_id"],
            unique=True,
            postgresql_where=sa.text("alert_id IS NOT NULL AND ended_at IS NULL"),
            sqlite_where=sa.text("alert_id IS NOT NULL AND ended_at IS NULL"),
        )
        batch_op.create_index("uq_cascades_request", ["request_id"], unique=True)
        batch_op.create_index(
            batch_op.f("ix_cascades_remind_at"),
            ["remind_at"],
            unique=False,
            postgresql_where=sa.text("remind_at IS NOT NULL"),
            sqlite_where=sa.text("remind_at IS NOT NULL"),
        )

    op.create_table(
        "cascade_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cascade_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column(
            "by_role",
            sa.Enum(
                "patient",
                "caregiver",
                "nurse",
                "physician",
                "social_worker",
                "chaplain",
                "coordinator",
                "editor",
                "administrator",
                "privacy_officer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name=op.f("fk_cascade_steps_by")),
        sa.ForeignKeyConstraint(
            ["cascade_id"], ["cascades.id"], name=op.f("fk_cascade_steps_cascade_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cascade_steps")),
    )
    with op.batch_alter_table("cascade_steps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cascade_steps_cascade_id_at"), ["cascade_id", "at"], unique=False
        )

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_accounts_staff",
            ["clinic_id", "display_name", "id"],
            unique=False,
            postgresql_where=sa.text("role NOT IN ('patient', 'caregiver')"),
            sqlite_where=sa.text("role NOT IN ('patient', 'caregiver')"),
        )

    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.create_index(
            "ix_access_log_by_others",
            ["clinic_id", "at", "id"],
            unique=False,
            postgresql_where=sa.text("role <> 'patient'"),
            sqlite_where=sa.text("role <> 'patient'"),
        )

    with op.batch_alter_table("alert_reasons", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("patient_can_decline", sa.Boolean(), server_default="0", nullable=False)
        )

    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("unanswered_since", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("is_drill", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("safety_plan", sa.String(length=20), nullable=True))
        batch_op.drop_index(
            batch_op.f("ix_alerts_queue"), sqlite_where=sa.text("state <> 'closed'")
        )
        batch_op.create_index(
            "ix_alerts_queue",
            ["clinic_id", "queue", "rank", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(
            "ix_alerts_closed",
            ["clinic_id", "queue", "rank", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'closed'"),
            sqlite_where=sa.text("state = 'closed'"),
        )
        batch_op.create_index(
            "ix_alerts_assignee",
            ["assignee_id"],
            unique=False,
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(
            batch_op.f("ix_alerts_clinic_id_opened_at"), ["clinic_id", "opened_at"], unique=False
        )
        batch_op.create_index(
            "ix_alerts_unanswered",
            ["clinic_id"],
            unique=False,
            postgresql_where=sa.text("unanswered_since IS NOT NULL"),
            sqlite_where=sa.text("unanswered_since IS NOT NULL"),
        )

    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("duties", sa.JSON(), server_default="[]", nullable=False))

    with op.batch_alter_table("patient_summaries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rhythm_days", sa.Double(), nullable=True))
        batch_op.add_column(
            sa.Column("missed_check_ins", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("silence_score", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("adherence_percent", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("is_drill", sa.Boolean(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_patient_summaries_silence",
            ["clinic_id", "silence_score", "patient_id"],
            unique=False,
            postgresql_where=sa.text("silence_score > 0"),
            sqlite_where=sa.text("silence_score > 0"),
        )
        for name, where in NARROWED:
            batch_op.create_index(
                f"ix_patient_summaries_{name}",
                ["clinic_id", "risk", "patient_id"],
                unique=False,
                postgresql_where=sa.text(where),
                sqlite_where=sa.text(where),
            )
    if op.get_bind().dialect.name == "postgresql":
        # SQLite sorts by code point anyway.
        op.alter_column("patient_summaries", "name_key", type_=sa.String(200, collation="C"))

    with op.batch_alter_table("patients", schema=None) as batch_op:
        batch_op.add_column(sa.Column("what_matters", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("is_drill", sa.Boolean(), server_default="0", nullable=False))

    with op.batch_alter_table("roster_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("days", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("from_time", sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column("to_time", sa.String(length=5), nullable=True))
    _let_the_clock_run()
    _begin_cascades()


def downgrade():
    with op.batch_alter_table("roster_entries", schema=None) as batch_op:
        batch_op.drop_column("to_time")
        batch_op.drop_column("from_time")
        batch_op.drop_column("days")

    with op.batch_alter_table("patients", schema=None) as batch_op:
        batch_op.drop_column("is_drill")
        batch_op.drop_column("what_matters")

    for name, _ in NARROWED:
        op.drop_index(f"ix_patient_summaries_{name}", "patient_summaries")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("patient_summaries", "name_key", type_=sa.String(200))
    op.drop_index("ix_patient_summaries_silence", "patient_summaries")
    # Not by copying the table, as SQLite is otherwise made to: its ``risk`` is worked out.
    for name in (
        "is_drill", "adherence_percent", "silence_score", "missed_check_ins", "rhythm_days",
    ):  # fmt: skip
        op.drop_column("patient_summaries", name)

    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_column("duties")

    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_alerts_unanswered",
            postgresql_where=sa.text("unanswered_since IS NOT NULL"),
            sqlite_where=sa.text("unanswered_since IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_alerts_clinic_id_opened_at"))
        batch_op.drop_index(
            "ix_alerts_assignee",
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index(
            "ix_alerts_closed",
            postgresql_where=sa.text("state = 'closed'"),
            sqlite_where=sa.text("state = 'closed'"),
        )
        batch_op.drop_index(
            "ix_alerts_queue",
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(
            batch_op.f("ix_alerts_queue"),
            ["clinic_id", "queue", "rank", "acknowledge_by", "id"],
            unique=False,
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_column("safety_plan")
        batch_op.drop_column("is_drill")
        batch_op.drop_column("unanswered_since")
        batch_op.drop_column("due_at")

    with op.batch_alter_table("alert_reasons", schema=None) as batch_op:
        batch_op.drop_column("patient_can_decline")

    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_accounts_staff",
            postgresql_where=sa.text("role NOT IN ('patient', 'caregiver')"),
            sqlite_where=sa.text("role NOT IN ('patient', 'caregiver')"),
        )

    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_access_log_by_others",
            postgresql_where=sa.text("role <> 'patient'"),
            sqlite_where=sa.text("role <> 'patient'"),
        )

    with op.batch_alter_table("cascade_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cascade_steps_cascade_id_at"))

    op.drop_table("cascade_steps")
    with op.batch_alter_table("cascades", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_cascades_remind_at"),
            postgresql_where=sa.text("remind_at IS NOT NULL"),
            sqlite_where=sa.text("remind_at IS NOT NULL"),
        )
        batch_op.drop_index("uq_cascades_request")
        batch_op.drop_index(
            "uq_cascades_alert",
            postgresql_where=sa.text("alert_id IS NOT NULL AND ended_at IS NULL"),
            sqlite_where=sa.text("alert_id IS NOT NULL AND ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_cascades_running",
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_cascades_patient_id_opened_at"))
        batch_op.drop_index(batch_op.f("ix_cascades_clinic_id_opened_at_id"))

    op.drop_table("cascades")
    with op.batch_alter_table("alert_holds", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alert_holds_in_force",
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_alert_holds_clinic_id_started_at"))

    op.drop_table("alert_holds")
    with op.batch_alter_table("safety_plans", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_safety_plans_in_force",
            postgresql_where=sa.text("superseded_at IS NULL"),
            sqlite_where=sa.text("superseded_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_safety_plans_patient_id_made_at_id"))

    op.drop_table("safety_plans")
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questions_patient_id_change_no"))
        batch_op.drop_index(batch_op.f("ix_questions_patient_id_asked_at_id"))

    op.drop_table("questions")
    with op.batch_alter_table("drills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drills_clinic_id_started_at_id"))

    op.drop_table("drills")
    with op.batch_alter_table("care_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_notes_patient_id_written_at_id"))
        batch_op.drop_index(batch_op.f("ix_care_notes_patient_id_change_no"))

    op.drop_table("care_notes")
    with op.batch_alter_table("away_periods", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_away_periods_patient_id_starts_on_id"))
        batch_op.drop_index(batch_op.f("ix_away_periods_patient_id_change_no"))

    op.drop_table("away_periods")
    op.drop_table("support_entries")
    op.drop_table("saved_views")
    with op.batch_alter_table("article_revisions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_article_revisions_published",
            postgresql_where=sa.text("status = 'published'"),
            sqlite_where=sa.text("status = 'published'"),
        )

    op.drop_table("article_revisions")
    with op.batch_alter_table("absences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_absences_clinic_id_ends_at"))

    op.drop_table("absences")
    with op.batch_alter_table("measure_weeks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_measure_weeks_count_again_at"))

    op.drop_table("measure_weeks")


_UUID = sa.Uuid()
_MOMENT = sa.DateTime(timezone=True)
_ALERTS = sa.table(
    "alerts",
    sa.column("id", _UUID),
    sa.column("clinic_id", _UUID),
    sa.column("patient_id", _UUID),
    sa.column("queue"),
    sa.column("state"),
    sa.column("opened_at", _MOMENT),
    sa.column("raised_at", _MOMENT),
    sa.column("acknowledge_by", _MOMENT),
    sa.column("contact_by", _MOMENT),
    sa.column("contacted_at", _MOMENT),
    sa.column("due_at", _MOMENT),
    sa.column("assignee_id", _UUID),
)
_REQUESTS = sa.table(
    "support_requests",
    sa.column("id", _UUID),
    sa.column("clinic_id", _UUID),
    sa.column("patient_id", _UUID),
    sa.column("queue"),
    sa.column("kind"),
    sa.column("requested_at", _MOMENT),
    sa.column("contacted_at", _MOMENT),
    sa.column("closed_at", _MOMENT),
    sa.column("claimed_by", _UUID),
    sa.column("deleted_at", _MOMENT),
)
_CASCADES = sa.table(
    "cascades",
    sa.column("id", _UUID),
    sa.column("clinic_id", _UUID),
    sa.column("patient_id", _UUID),
    sa.column("queue"),
    sa.column("kind"),
    sa.column("alert_id", _UUID),
    sa.column("request_id", _UUID),
    sa.column("opened_at", _MOMENT),
    sa.column("contacted_at", _MOMENT),
    sa.column("ended_at", _MOMENT),
    sa.column("ended_as"),
    sa.column("assignee_id", _UUID),
    sa.column("remind_at", _MOMENT),
    sa.column("is_drill", sa.Boolean()),
    sa.column("version", sa.Integer()),
)
# By then somebody has taken a request, or somebody else is told.
_TAKEN_WITHIN = timedelta(days=1)


def _let_the_clock_run():
    a = _ALERTS.c
    reached = a.contacted_at >= a.raised_at
    clock = sa.case(
        (a.state == "open", a.acknowledge_by),
        (
            sa.and_(a.state != "closed", sa.func.coalesce(reached, sa.false()).is_(sa.false())),
            a.contact_by,
        ),
        else_=None,
    )
    op.execute(sa.update(_ALERTS).values(due_at=clock))


def _begin_cascades():
    connection = op.get_bind()
    a, r = _ALERTS.c, _REQUESTS.c
    alerts = sa.select(a.id, a.clinic_id, a.patient_id, a.queue, a.opened_at, a.assignee_id).where(
        a.queue.in_(("social_work", "chaplaincy")), a.state != "closed"
    )
    rows = [
        {
            "id": uuid4(),
            "clinic_id": one.clinic_id,
            "patient_id": one.patient_id,
            "queue": one.queue,
            "kind": "another",
            "alert_id": one.id,
            "request_id": None,
            "opened_at": one.opened_at,
            "contacted_at": None,
            "ended_at": None,
            "ended_as": None,
            "assignee_id": one.assignee_id,
            "remind_at": None,
            "is_drill": False,
            "version": 1,
        }
        for one in connection.execute(alerts)
    ]
    requests = sa.select(r).where(r.deleted_at.is_(None))
    rows += [
        {
            "id": uuid4(),
            "clinic_id": one.clinic_id,
            "patient_id": one.patient_id,
            "queue": one.queue,
            "kind": one.kind,
            "alert_id": None,
            "request_id": one.id,
            "opened_at": one.requested_at,
            "contacted_at": one.contacted_at,
            "ended_at": one.closed_at,
            "ended_as": "completed" if one.closed_at else None,
            "assignee_id": one.claimed_by,
            "remind_at": (
                None if one.claimed_by or one.closed_at else one.requested_at + _TAKEN_WITHIN
            ),
            "is_drill": False,
            "version": 1,
        }
        for one in connection.execute(requests)
    ]
    if rows:
        op.bulk_insert(_CASCADES, rows)
