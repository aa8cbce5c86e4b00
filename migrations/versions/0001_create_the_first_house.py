"""Create every table of the first house: people, diary, alerts, outbox, panel, audit.

Nothing stands before it, so there are no rows to move and no older code to be safe for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "access_log",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
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
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("route", sa.String(length=80), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "id", name=op.f("pk_access_log")),
    )
    op.create_table(
        "attempt_windows",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempt_windows")),
    )
    op.create_table(
        "clinics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("holidays", sa.JSON(), nullable=False),
        sa.Column("phones", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinics")),
        sa.UniqueConstraint("name", name=op.f("uq_clinics_name")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column(
            "role",
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
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("quiet_hours", sa.JSON(), nullable=True),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_accounts_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email_key", name=op.f("uq_accounts_email_key")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_clinic_id"), ["clinic_id"], unique=False)

    op.create_table(
        "device_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("device_name", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_because", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_device_sessions_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_sessions")),
    )
    with op.batch_alter_table("device_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_device_sessions_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "devices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=10), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_devices_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_devices_account_id"), ["account_id"], unique=False)

    op.create_table(
        "password_resets",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_password_resets_account_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_password_resets")),
    )
    with op.batch_alter_table("password_resets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_password_resets_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "patients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(length=20), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column(
            "care_status",
            sa.Enum(
                "active",
                "paused",
                "hospice",
                "deceased",
                "withdrawn",
                name="carestatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("died_on", sa.Date(), nullable=True),
        sa.Column("information_preferences", sa.JSON(), nullable=False),
        sa.Column("home", sa.JSON(), nullable=True),
        sa.Column("ecog", sa.Integer(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "care_status <> 'deceased' OR died_on IS NOT NULL",
            name=op.f("ck_patients_death_has_a_day"),
        ),
        sa.CheckConstraint("ecog BETWEEN 0 AND 4", name=op.f("ck_patients_ecog")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_patients_account_id")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_patients_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("account_id", name=op.f("uq_patients_account_id")),
        postgresql_with={"fillfactor": 50},
    )
    with op.batch_alter_table("patients", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patients_clinic_id_id"), ["clinic_id", "id"], unique=False
        )

    op.create_table(
        "pending_factors",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_pending_factors_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pending_factors")),
    )
    op.create_table(
        "roster_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_roster_entries_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_roster_entries_clinic_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_entries")),
    )
    with op.batch_alter_table("roster_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_roster_entries_clinic_id_duty_position"),
            ["clinic_id", "duty", "position"],
            unique=False,
        )

    op.create_table(
        "alerts",
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
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "acknowledged",
                "in_progress",
                "closed",
                name="alertstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_step", sa.Integer(), nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_to", sa.Uuid(), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("needs_named_contact", sa.Boolean(), nullable=False),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("contact_made", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reply_to_patient", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'closed' OR outcome IS NOT NULL", name=op.f("ck_alerts_closed_says_how")
        ),
        sa.CheckConstraint(
            "state = 'open' OR state = 'closed' OR acknowledged_by IS NOT NULL",
            name=op.f("ck_alerts_seen_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["accounts.id"], name=op.f("fk_alerts_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["accounts.id"], name=op.f("fk_alerts_assignee_id")
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_alerts_clinic_id")),
        sa.ForeignKeyConstraint(["closed_by"], ["accounts.id"], name=op.f("fk_alerts_closed_by")),
        sa.ForeignKeyConstraint(
            ["escalated_to"], ["accounts.id"], name=op.f("fk_alerts_escalated_to")
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_alerts_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_alerts_next_step_at"),
            ["next_step_at"],
            unique=False,
            postgresql_where=sa.text("next_step_at IS NOT NULL"),
            sqlite_where=sa.text("next_step_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_alerts_patient_id_opened_at_id"),
            ["patient_id", "opened_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_alerts_queue",
            ["clinic_id", "queue", "rank", "acknowledge_by", "id"],
            unique=False,
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.create_index(
            "uq_alerts_one_unclosed",
            ["patient_id", "queue"],
            unique=True,
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )

    op.create_table(
        "diagnoses",
        sa.Column("recurrence", sa.String(length=10), nullable=True),
        sa.Column("stage_iv_at_diagnosis", sa.Boolean(), nullable=True),
        sa.Column("diagnosed_on", sa.Date(), nullable=True),
        sa.Column("recurred_on", sa.Date(), nullable=True),
        sa.Column("initial_surgery", sa.String(length=20), nullable=True),
        sa.Column("metastatic_sites", sa.JSON(), nullable=False),
        sa.Column("er", sa.String(length=10), nullable=True),
        sa.Column("pr", sa.String(length=10), nullable=True),
        sa.Column("her2", sa.String(length=10), nullable=True),
        sa.Column("mutations", sa.JSON(), nullable=False),
        sa.Column("menopausal_status", sa.String(length=10), nullable=True),
        sa.Column("confirmed_by", sa.String(length=200), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
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
            "recurrence IN ('local', 'distant', 'none')", name=op.f("ck_diagnoses_recurrence")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_diagnoses_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_diagnoses_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnoses")),
    )
    with op.batch_alter_table("diagnoses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_diagnoses_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "feed_marks",
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed_reason", sa.String(length=200), nullable=True),
        sa.Column("helpful", sa.Boolean(), nullable=True),
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
            ["entered_by"], ["accounts.id"], name=op.f("fk_feed_marks_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_feed_marks_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_marks")),
    )
    with op.batch_alter_table("feed_marks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_feed_marks_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_grants_account_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_grants_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grants_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_grants_patient_id_account_id"),
            ["patient_id", "account_id"],
            unique=False,
        )

    op.create_table(
        "guidance_given",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_type", sa.String(length=30), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=12), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("nobody_on_duty", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_guidance_given_patient_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_guidance_given")),
    )
    with op.batch_alter_table("guidance_given", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_guidance_given_patient_id_at"), ["patient_id", "at"], unique=False
        )

    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column(
            "role",
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
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("display_name", sa.String(length=200), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_invitations_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_invitations_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_invitations_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_invitations_code_sha256")),
    )
    op.create_table(
        "measurements",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("standard_value", sa.Double(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
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
            ["entered_by"], ["accounts.id"], name=op.f("fk_measurements_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_measurements_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurements")),
    )
    with op.batch_alter_table("measurements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_measurements_patient_id_at_id"), ["patient_id", "at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_measurements_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collapse_key", sa.String(length=80), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("to_staff", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("useful_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'sent', 'dead', 'withheld')",
            name=op.f("ck_outbox_messages_state"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_outbox_messages_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"], ["accounts.id"], name=op.f("fk_outbox_messages_recipient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
        sa.UniqueConstraint("collapse_key", name=op.f("uq_outbox_messages_collapse_key")),
    )
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_messages_next_try_at"),
            ["next_try_at"],
            unique=False,
            postgresql_where=sa.text("next_try_at IS NOT NULL"),
            sqlite_where=sa.text("next_try_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_outbox_messages_patient_id_created_at"),
            ["patient_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_outbox_messages_recipient_id_created_at"),
            ["recipient_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_outbox_messages_subject_id"),
            ["subject_id"],
            unique=False,
            postgresql_where=sa.text("next_try_at IS NOT NULL"),
            sqlite_where=sa.text("next_try_at IS NOT NULL"),
        )

    op.create_table(
        "patient_summaries",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column(
            "risk",
            sa.Integer(),
            sa.Computed(
                "urgent_alerts * 100000 + soon_alerts * 1000 + info_alerts * 20 + worst_grade * 10 + COALESCE(distress, 0)",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("urgent_alerts", sa.Integer(), nullable=False),
        sa.Column("soon_alerts", sa.Integer(), nullable=False),
        sa.Column("info_alerts", sa.Integer(), nullable=False),
        sa.Column("worst_symptoms", sa.JSON(), nullable=False),
        sa.Column("worst_grade", sa.Integer(), nullable=False),
        sa.Column("last_report_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("distress", sa.Integer(), nullable=True),
        sa.Column("distress_before", sa.Integer(), nullable=True),
        sa.Column("silence_check_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_patient_summaries_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_patient_summaries_patient_id")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient_summaries")),
        postgresql_with={"fillfactor": 50},
    )
    with op.batch_alter_table("patient_summaries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_summaries_clinic_id_last_report_at_patient_id"),
            ["clinic_id", "last_report_at", "patient_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_patient_summaries_clinic_id_name_key_patient_id"),
            ["clinic_id", "name_key", "patient_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_patient_summaries_clinic_id_risk_patient_id"),
            ["clinic_id", "risk", "patient_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_patient_summaries_silence_check_at"), ["silence_check_at"], unique=False
        )

    op.create_table(
        "questionnaire_responses",
        sa.Column("questionnaire", sa.String(length=40), nullable=False),
        sa.Column("instrument_version", sa.String(length=20), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("band", sa.String(length=40), nullable=True),
        sa.Column("positive", sa.Boolean(), nullable=True),
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
            "status IN ('in-progress', 'completed')", name=op.f("ck_questionnaire_responses_status")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_questionnaire_responses_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_questionnaire_responses_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_responses")),
    )
    with op.batch_alter_table("questionnaire_responses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_questionnaire_responses_patient_id_at_id"),
            ["patient_id", "at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_questionnaire_responses_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "refresh_tokens",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["device_sessions.id"], name=op.f("fk_refresh_tokens_session_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_refresh_tokens")),
    )
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_refresh_tokens_session_id"), ["session_id"], unique=False
        )

    op.create_table(
        "support_requests",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
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
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("contact_by", sa.String(length=10), nullable=True),
        sa.Column("origin", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("contacted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
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
            "state IN ('received', 'claimed', 'contacted', 'closed')",
            name=op.f("ck_support_requests_state"),
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"], ["accounts.id"], name=op.f("fk_support_requests_claimed_by")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_support_requests_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_support_requests_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_support_requests_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_requests")),
    )
    with op.batch_alter_table("support_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_support_requests_clinic_id_queue_state_requested_at"),
            ["clinic_id", "queue", "state", "requested_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_support_requests_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "symptom_reports",
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("grading_version", sa.String(length=20), nullable=False),
        sa.Column("temperature_c", sa.Double(), nullable=True),
        sa.Column("stools_over_baseline", sa.Integer(), nullable=True),
        sa.Column("glucose_mg_dl", sa.Double(), nullable=True),
        sa.Column("red_flags", sa.JSON(), nullable=False),
        sa.Column("body_sites", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reported_by", sa.String(length=20), nullable=True),
        sa.Column("corrects", sa.Uuid(), nullable=True),
        sa.Column("corrected_by", sa.Uuid(), nullable=True),
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
            "temperature_c BETWEEN 30 AND 45", name=op.f("ck_symptom_reports_temperature_c")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_symptom_reports_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_symptom_reports_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_symptom_reports")),
    )
    with op.batch_alter_table("symptom_reports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_symptom_reports_patient_id_at_id"),
            ["patient_id", "at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_symptom_reports_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "treatments",
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("modality", sa.String(length=20), nullable=False),
        sa.Column("body_site", sa.String(length=200), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("stop_reason", sa.String(length=200), nullable=True),
        sa.Column("dose", sa.String(length=200), nullable=True),
        sa.Column("schedule", sa.JSON(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("facts_changed_at", sa.DateTime(timezone=True), nullable=False),
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
            "status IN ('planned', 'active', 'held', 'stopped', 'completed')",
            name=op.f("ck_treatments_status"),
        ),
        sa.CheckConstraint(
            "code IS NOT NULL OR name IS NOT NULL", name=op.f("ck_treatments_says_what")
        ),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on >= started_on", name=op.f("ck_treatments_ends_after")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_treatments_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_treatments_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatments")),
    )
    with op.batch_alter_table("treatments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_treatments_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_treatments_patient_id_started_on_id"),
            ["patient_id", "started_on", "id"],
            unique=False,
        )

    op.create_table(
        "wellbeing_checks",
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distress", sa.Integer(), nullable=True),
        sa.Column("mood", sa.Integer(), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("contact_wanted", sa.JSON(), nullable=False),
        sa.Column("safe_now", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("note_is_private", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_change_no", sa.BigInteger(), nullable=False),
        sa.Column("change_no", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("distress BETWEEN 0 AND 10", name=op.f("ck_wellbeing_checks_distress")),
        sa.CheckConstraint("mood BETWEEN 1 AND 5", name=op.f("ck_wellbeing_checks_mood")),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_wellbeing_checks_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_wellbeing_checks_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wellbeing_checks")),
    )
    with op.batch_alter_table("wellbeing_checks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_wellbeing_checks_patient_id_at_id"),
            ["patient_id", "at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_wellbeing_checks_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )

    op.create_table(
        "alert_reasons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
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
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("records", sa.JSON(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_step", sa.Integer(), nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledge_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["accounts.id"], name=op.f("fk_alert_reasons_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_alert_reasons_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_alert_reasons_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_reasons")),
        sa.UniqueConstraint(
            "alert_id", "rule", "subject", name=op.f("uq_alert_reasons_alert_id_rule_subject")
        ),
    )
    with op.batch_alter_table("alert_reasons", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_alert_reasons_patient_id_alert_id"),
            ["patient_id", "alert_id"],
            unique=False,
        )

    op.create_table(
        "alert_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
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
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_steps_alert_id")),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name=op.f("fk_alert_steps_by")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_alert_steps_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_steps")),
    )
    with op.batch_alter_table("alert_steps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_alert_steps_alert_id_at_id"), ["alert_id", "at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_alert_steps_patient_id_at"), ["patient_id", "at"], unique=False
        )

    op.create_table(
        "reminders",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("recurrence", sa.String(length=200), nullable=True),
        sa.Column("local_start", sa.String(length=16), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("treatment_id", sa.Uuid(), nullable=True),
        sa.Column("nag_after_minutes", sa.Integer(), nullable=True),
        sa.Column("discreet", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("status_before", sa.String(length=10), nullable=True),
        sa.Column("because", sa.JSON(), nullable=True),
        sa.Column("rule", sa.String(length=40), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("planned_until", sa.DateTime(timezone=True), nullable=True),
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
            "status IN ('suggested', 'active', 'declined', 'ended')",
            name=op.f("ck_reminders_status"),
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_reminders_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_reminders_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name=op.f("fk_reminders_treatment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reminders_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_reminders_planned_until"),
            ["planned_until"],
            unique=False,
            postgresql_where=sa.text("status = 'active'"),
        )

    op.create_table(
        "support_steps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
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
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name=op.f("fk_support_steps_by")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["support_requests.id"], name=op.f("fk_support_steps_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_steps")),
    )
    with op.batch_alter_table("support_steps", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_support_steps_request_id_at"), ["request_id", "at"], unique=False
        )

    op.create_table(
        "reminder_occurrences",
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("local_at", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_step", sa.String(length=10), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nagged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
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
            "status IN ('due', 'sent', 'delivered', 'opened', 'done', 'skipped', 'snoozed', 'missed')",
            name=op.f("ck_reminder_occurrences_status"),
        ),
        sa.CheckConstraint(
            "(next_at IS NULL) = (next_step IS NULL)",
            name=op.f("ck_reminder_occurrences_next_says_what"),
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"], ["accounts.id"], name=op.f("fk_reminder_occurrences_entered_by")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_reminder_occurrences_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminders.id"], name=op.f("fk_reminder_occurrences_reminder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_occurrences")),
    )
    with op.batch_alter_table("reminder_occurrences", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reminder_occurrences_next_at"),
            ["next_at"],
            unique=False,
            postgresql_where=sa.text("next_at IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_reminder_occurrences_patient_id_change_no"),
            ["patient_id", "change_no"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_reminder_occurrences_patient_id_due_at_id"),
            ["patient_id", "due_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_reminder_occurrences_patient_id_reminder_id_due_at"),
            ["patient_id", "reminder_id", "due_at"],
            unique=False,
        )


def downgrade():
    with op.batch_alter_table("reminder_occurrences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reminder_occurrences_patient_id_reminder_id_due_at"))
        batch_op.drop_index(batch_op.f("ix_reminder_occurrences_patient_id_due_at_id"))
        batch_op.drop_index(batch_op.f("ix_reminder_occurrences_patient_id_change_no"))
        batch_op.drop_index(
            batch_op.f("ix_reminder_occurrences_next_at"),
            postgresql_where=sa.text("next_at IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NOT NULL"),
        )

    op.drop_table("reminder_occurrences")
    with op.batch_alter_table("support_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_steps_request_id_at"))

    op.drop_table("support_steps")
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_reminders_planned_until"), postgresql_where=sa.text("status = 'active'")
        )
        batch_op.drop_index(batch_op.f("ix_reminders_patient_id_change_no"))

    op.drop_table("reminders")
    with op.batch_alter_table("alert_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_steps_patient_id_at"))
        batch_op.drop_index(batch_op.f("ix_alert_steps_alert_id_at_id"))

    op.drop_table("alert_steps")
    with op.batch_alter_table("alert_reasons", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_reasons_patient_id_alert_id"))

    op.drop_table("alert_reasons")
    with op.batch_alter_table("wellbeing_checks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_wellbeing_checks_patient_id_change_no"))
        batch_op.drop_index(batch_op.f("ix_wellbeing_checks_patient_id_at_id"))

    op.drop_table("wellbeing_checks")
    with op.batch_alter_table("treatments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_treatments_patient_id_started_on_id"))
        batch_op.drop_index(batch_op.f("ix_treatments_patient_id_change_no"))

    op.drop_table("treatments")
    with op.batch_alter_table("symptom_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_symptom_reports_patient_id_change_no"))
        batch_op.drop_index(batch_op.f("ix_symptom_reports_patient_id_at_id"))

    op.drop_table("symptom_reports")
    with op.batch_alter_table("support_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_support_requests_patient_id_change_no"))
        batch_op.drop_index(batch_op.f("ix_support_requests_clinic_id_queue_state_requested_at"))

    op.drop_table("support_requests")
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_session_id"))

    op.drop_table("refresh_tokens")
    with op.batch_alter_table("questionnaire_responses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questionnaire_responses_patient_id_change_no"))
        batch_op.drop_index(batch_op.f("ix_questionnaire_responses_patient_id_at_id"))

    op.drop_table("questionnaire_responses")
    with op.batch_alter_table("patient_summaries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_summaries_silence_check_at"))
        batch_op.drop_index(batch_op.f("ix_patient_summaries_clinic_id_risk_patient_id"))
        batch_op.drop_index(batch_op.f("ix_patient_summaries_clinic_id_name_key_patient_id"))
        batch_op.drop_index(batch_op.f("ix_patient_summaries_clinic_id_last_report_at_patient_id"))

    op.drop_table("patient_summaries")
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("ix_outbox_messages_subject_id"),
            postgresql_where=sa.text("next_try_at IS NOT NULL"),
            sqlite_where=sa.text("next_try_at IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_outbox_messages_recipient_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_messages_patient_id_created_at"))
        batch_op.drop_index(
            batch_op.f("ix_outbox_messages_next_try_at"),
            postgresql_where=sa.text("next_try_at IS NOT NULL"),
            sqlite_where=sa.text("next_try_at IS NOT NULL"),
        )

    op.drop_table("outbox_messages")
    with op.batch_alter_table("measurements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_measurements_patient_id_change_no"))
        batch_op.drop_index(batch_op.f("ix_measurements_patient_id_at_id"))

    op.drop_table("measurements")
    op.drop_table("invitations")
    with op.batch_alter_table("guidance_given", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_guidance_given_patient_id_at"))

    op.drop_table("guidance_given")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grants_patient_id_account_id"))
        batch_op.drop_index(batch_op.f("ix_grants_account_id"))

    op.drop_table("grants")
    with op.batch_alter_table("feed_marks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_marks_patient_id_change_no"))

    op.drop_table("feed_marks")
    with op.batch_alter_table("diagnoses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_diagnoses_patient_id_change_no"))

    op.drop_table("diagnoses")
    with op.batch_alter_table("alerts", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alerts_one_unclosed",
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index(
            "ix_alerts_queue",
            postgresql_where=sa.text("state <> 'closed'"),
            sqlite_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index(batch_op.f("ix_alerts_patient_id_opened_at_id"))
        batch_op.drop_index(
            batch_op.f("ix_alerts_next_step_at"),
            postgresql_where=sa.text("next_step_at IS NOT NULL"),
            sqlite_where=sa.text("next_step_at IS NOT NULL"),
        )

    op.drop_table("alerts")
    with op.batch_alter_table("roster_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roster_entries_clinic_id_duty_position"))

    op.drop_table("roster_entries")
    op.drop_table("pending_factors")
    with op.batch_alter_table("patients", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patients_clinic_id_id"))

    op.drop_table("patients")
    with op.batch_alter_table("password_resets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_resets_account_id"))

    op.drop_table("password_resets")
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_devices_account_id"))

    op.drop_table("devices")
    with op.batch_alter_table("device_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_device_sessions_account_id"))

    op.drop_table("device_sessions")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_clinic_id"))

    op.drop_table("accounts")
    op.drop_table("heartbeats")
    op.drop_table("clinics")
    op.drop_table("attempt_windows")
    op.drop_table("access_log")
