"""Add exports and erasure: what was asked for, sealed pieces of files, and who is gone.

New tables only: safe while the code before it runs.  On PostgreSQL they stand behind the wall of
0010 from the beginning.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# As in 0010, whose words these are.
_EVERY = "(SELECT current_setting('app.reach', true)) = 'every'"
_CLINIC = "clinic_id = (SELECT nullif(current_setting('app.clinic', true), '')::uuid)"
_TABLES = ("erased_patients", "erasure_requests", "archive_pieces", "exports", "export_pieces")


def upgrade():
    op.create_table(
        "erased_patients",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("keep_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_erased_patients_clinic_id")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_erased_patients")),
    )
    op.create_table(
        "erasure_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
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
        sa.Column("messages_stop", sa.Boolean(), nullable=False),
        sa.Column("carry_out_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "withdrawn",
                "running",
                "done",
                name="erasurestate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mode", sa.String(length=10), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("kept", sa.JSON(), nullable=False),
        sa.Column("keep_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("writer_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_erasure_requests_clinic_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_requests")),
    )
    with op.batch_alter_table("erasure_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_erasure_requests_clinic_id_asked_at_id"),
            ["clinic_id", "asked_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_erasure_requests_patient_id_asked_at_id"),
            ["patient_id", "asked_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_erasure_requests_due",
            ["carry_out_at"],
            unique=False,
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
        )
        batch_op.create_index(
            "ix_erasure_requests_sealed",
            ["keep_until"],
            unique=False,
            postgresql_where=sa.text("pieces IS NOT NULL"),
            sqlite_where=sa.text("pieces IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_erasure_requests_under_way",
            ["patient_id"],
            unique=True,
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
        )

    op.create_table(
        "archive_pieces",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_archive_pieces_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["erasure_requests.id"], name=op.f("fk_archive_pieces_request_id")
        ),
        sa.PrimaryKeyConstraint("request_id", "number", name=op.f("pk_archive_pieces")),
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column(
            "format",
            sa.Enum(
                "fhir",
                "csv",
                "html",
                "all",
                name="exportformat",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "running",
                "ready",
                "downloaded",
                "expired",
                "failed",
                name="exportstatus",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("downloaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reader_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("writer_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name=op.f("fk_exports_asked_by")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_exports_clinic_id")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_exports_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.create_index(
            "ix_exports_lie_there",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("pieces IS NOT NULL"),
            sqlite_where=sa.text("pieces IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_exports_patient_id_created_at"),
            ["patient_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_exports_under_way",
            ["patient_id"],
            unique=True,
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
        )

    op.create_table(
        "export_pieces",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_export_pieces_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_export_pieces_export_id")
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_pieces")),
    )

    if op.get_context().dialect.name == "postgresql":
        for table in _TABLES:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(
                f"CREATE POLICY one_clinic ON {table} USING ({_EVERY} OR {_CLINIC})"
                f" WITH CHECK ({_EVERY} OR {_CLINIC})"
            )


def downgrade():
    for table in reversed(_TABLES):
        op.drop_table(table)
