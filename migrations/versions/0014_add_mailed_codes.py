"""Add codes by mail that count only for who asked for them: to sign in, to change an address.

A new table only: safe while the code before it runs.  Like the codes for a new password it stands
before the wall of 0010: it is asked for by the hash of a secret, before it is known who calls.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade():
    op.create_table(
        "mailed_codes",
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("code_sha256", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_mailed_codes_account_id")
        ),
        sa.PrimaryKeyConstraint("request_sha256", name=op.f("pk_mailed_codes")),
    )
    op.create_index(op.f("ix_mailed_codes_account_id"), "mailed_codes", ["account_id"])


def downgrade():
    op.drop_table("mailed_codes")
