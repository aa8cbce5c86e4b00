"""Keep answers for callers who never heard them, and count the versions of what staff share.

``kept_answers`` is a new table.  Clinics, accounts and roster entries begin at version 1, by which
``If-Match`` tells who was first.  Safe while the code before it runs: it writes none of this, and a
change it makes meanwhile is only not counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_COUNTED = ("clinics", "accounts", "roster_entries")


def upgrade():
    op.create_table(
        "kept_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_kept_answers_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_kept_answers_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
    )
    for column in ("account_id", "patient_id", "kept_at"):
        op.create_index(f"ix_kept_answers_{column}", "kept_answers", [column])
    for table in _COUNTED:
        op.add_column(table, sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade():
    for table in reversed(_COUNTED):
        op.drop_column(table, "version")
    op.drop_table("kept_answers")
