"""Add emergency access: who of another clinic has opened a record, why, and what was made of it.

A table of its own: safe while the code before it runs.  On PostgreSQL it stands behind the wall
of 0010 from the beginning.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

# As in 0010, whose words these are.  Who opened a record finds her own row with reach 'every'.
_EVERY = "(SELECT current_setting('app.reach', true)) = 'every'"
_CLINIC = "clinic_id = (SELECT nullif(current_setting('app.clinic', true), '')::uuid)"
_WAITS = sa.text("review_by IS NOT NULL")
_ROLES = (
    "patient", "caregiver", "nurse", "physician", "social_worker", "chaplain", "coordinator",
    "editor", "administrator", "privacy_officer",
)  # fmt: skip
_FINDINGS = ("justified", "not_justified")


def upgrade():
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", _one_of(_ROLES, "role"), nullable=False),
        sa.Column("from_clinic", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("finding", _one_of(_FINDINGS, "finding"), nullable=True),
        sa.Column("finding_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_break_glass_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_break_glass_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_break_glass_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by"], ["accounts.id"], name=op.f("fk_break_glass_reviewed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    for columns in (
        ["clinic_id", "opened_at", "id"], ["patient_id", "account_id"], ["account_id", "ends_at"],
    ):  # fmt: skip
        op.create_index(f"ix_break_glass_{'_'.join(columns)}", "break_glass", columns)
    op.create_index(
        "ix_break_glass_to_review", "break_glass", ["review_by"], postgresql_where=_WAITS,
        sqlite_where=_WAITS,
    )  # fmt: skip
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE break_glass ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE break_glass FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_clinic ON break_glass USING ({_EVERY} OR {_CLINIC})"
            f" WITH CHECK ({_EVERY} OR {_CLINIC})"
        )


def downgrade():
    op.drop_table("break_glass")


def _one_of(words, name):
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=20)
