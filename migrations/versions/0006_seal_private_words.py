"""Seal private words: give each patient a place for her key, and sealed secrets room.

Safe while the code before it runs: patients there already, and those it adds, are marked ``open``.
Their words are sealed by ``waymark keys seal``, one patient a transaction.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    with op.batch_alter_table("patients") as batch_op:
        batch_op.add_column(sa.Column("words_key", sa.String(200), server_default="open"))
    _retype_secret(sa.Text())
    with op.batch_alter_table("pending_factors") as batch_op:
        batch_op.alter_column("secret", existing_type=sa.String(64), type_=sa.Text())
    with op.batch_alter_table("alert_steps") as batch_op:
        batch_op.alter_column(
            "detail", existing_type=sa.JSON(), type_=sa.Text(), postgresql_using="detail::text"
        )
    with op.batch_alter_table("safety_plans") as batch_op:
        batch_op.alter_column(
            "sections", existing_type=sa.JSON(), type_=sa.Text(), postgresql_using="sections::text"
        )


def downgrade():
    """Give back the columns; words that are sealed by then stay unreadable to the code before."""
    with op.batch_alter_table("safety_plans") as batch_op:
        batch_op.alter_column(
            "sections", existing_type=sa.Text(), type_=sa.JSON(), postgresql_using="sections::json"
        )
    with op.batch_alter_table("alert_steps") as batch_op:
        batch_op.alter_column(
            "detail", existing_type=sa.Text(), type_=sa.JSON(), postgresql_using="detail::json"
        )
    with op.batch_alter_table("pending_factors") as batch_op:
        batch_op.alter_column("secret", existing_type=sa.Text(), type_=sa.String(64))
    _retype_secret(sa.String(64))
    op.drop_column("patients", "words_key")


def _retype_secret(type_):
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("accounts", "totp_secret", type_=type_)
        return
    # SQLite would make the table anew, and cannot while other rows refer to it.
    op.add_column("accounts", sa.Column("secret", type_, nullable=True))
    op.execute("UPDATE accounts SET secret = totp_secret")
    op.drop_column("accounts", "totp_secret")
    op.alter_column("accounts", "secret", new_column_name="totp_secret")
