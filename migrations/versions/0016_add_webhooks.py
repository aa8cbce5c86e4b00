"""Add webhooks: where a clinic's own systems are told that something happened.

A table of its own, and an index on the outbox for what each endpoint was sent: safe while the code
before it runs.  On PostgreSQL the table stands behind the wall of 0010 from the beginning.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

# As in 0010, whose words these are.
_EVERY = "(SELECT current_setting('app.reach', true)) = 'every'"
_CLINIC = "clinic_id = (SELECT nullif(current_setting('app.clinic', true), '')::uuid)"
_IS_WEBHOOK = sa.text("channel = 'webhook'")


def upgrade():
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("with_content", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("former_secret", sa.Text(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_because", sa.String(length=10), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "disabled_because IN ('by_hand', 'gone', 'failing')",
            name=op.f("ck_webhook_endpoints_disabled_because"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinics.id"], name=op.f("fk_webhook_endpoints_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["added_by"], ["accounts.id"], name=op.f("fk_webhook_endpoints_added_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index("ix_webhook_endpoints_clinic_id_id", "webhook_endpoints", ["clinic_id", "id"])
    op.create_index(
        "ix_outbox_messages_webhooks", "outbox_messages", ["subject_id", "created_at", "id"],
        postgresql_where=_IS_WEBHOOK, sqlite_where=_IS_WEBHOOK,
    )  # fmt: skip
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE webhook_endpoints ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY one_clinic ON webhook_endpoints USING ({_EVERY} OR {_CLINIC})"
            f" WITH CHECK ({_EVERY} OR {_CLINIC})"
        )


def downgrade():
    # What waits there nobody could send any more.
    op.execute("DELETE FROM outbox_messages WHERE channel = 'webhook'")
    op.drop_index("ix_outbox_messages_webhooks", "outbox_messages")
    op.drop_table("webhook_endpoints")
