"""Add emergency access: who of another clinic has opened a record, why, and what was made of it.

Safe while the code before it runs: a table of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0004"


def upgrade():
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("from_clinic", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("finding", sa.String(length=20), nullable=True),
        sa.Column("finding_note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_break_glass_patient_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinics.id"], name=op.f("fk_break_glass_clinic_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_break_glass_account_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["accounts.id"], name=op.f("fk_break_glass_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    op.create_index("ix_break_glass_clinic_id_opened_at_id", "break_glass", ["clinic_id", "opened_at", "id"])
    op.create_index("ix_break_glass_patient_id_account_id", "break_glass", ["patient_id", "account_id"])
    op.create_index(
        "ix_break_glass_to_review", "break_glass", ["review_by"],
        postgresql_where=sa.text("review_by IS NOT NULL"), sqlite_where=sa.text("review_by IS NOT NULL"),
    )


def downgrade():
    op.drop_table("break_glass")
