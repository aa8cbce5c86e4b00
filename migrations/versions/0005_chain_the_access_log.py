"""Chain the access log: number and hash of each entry, nothing else changed, nothing deleted.

Safe while the code before it runs: the new columns are nullable, and that code only adds entries.
Entries that are there are sealed by the scheduler, in the order of their moments.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# What may happen to an entry: its number and hash are put in, once.
_POSTGRESQL = (
    """
    CREATE FUNCTION keep_access_log() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        sealed access_log;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            sealed := OLD;
            sealed.number := NEW.number;
            sealed.hash := NEW.hash;
            IF OLD.number IS NULL AND sealed IS NOT DISTINCT FROM NEW THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'the access log is only added to'
            USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    """
    CREATE TRIGGER access_log_kept BEFORE UPDATE OR DELETE ON access_log
        FOR EACH ROW EXECUTE FUNCTION keep_access_log()
    """,
    """
    CREATE TRIGGER access_log_not_emptied BEFORE TRUNCATE ON access_log
        FOR EACH STATEMENT EXECUTE FUNCTION keep_access_log()
    """,
)
_SQLITE = (
    """
    CREATE TRIGGER access_log_kept BEFORE UPDATE ON access_log
        WHEN OLD.number IS NOT NULL OR OLD.patient_id IS NOT NEW.patient_id
            OR OLD.id IS NOT NEW.id OR OLD.at IS NOT NEW.at
            OR OLD.clinic_id IS NOT NEW.clinic_id OR OLD.account_id IS NOT NEW.account_id
            OR OLD.role IS NOT NEW.role OR OLD.topic IS NOT NEW.topic
            OR OLD.action IS NOT NEW.action OR OLD.route IS NOT NEW.route
            OR OLD.request_id IS NOT NEW.request_id
        BEGIN SELECT RAISE(ABORT, 'the access log is only added to'); END
    """,
    """
    CREATE TRIGGER access_log_not_emptied BEFORE DELETE ON access_log
        BEGIN SELECT RAISE(ABORT, 'the access log is only added to'); END
    """,
)


def upgrade():
    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.String(length=64), nullable=True))
        batch_op.create_index(
            "ix_access_log_unsealed",
            ["at", "id"],
            unique=False,
            postgresql_where=sa.text("number IS NULL"),
            sqlite_where=sa.text("number IS NULL"),
        )
        batch_op.create_index("uq_access_log_number", ["clinic_id", "number"], unique=True)

    op.create_table(
        "audit_anchors",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_audit_anchors")),
    )

    for statement in _POSTGRESQL if _is_postgresql() else _SQLITE:
        op.execute(statement)


def downgrade():
    on_table = " ON access_log" if _is_postgresql() else ""
    op.execute(f"DROP TRIGGER access_log_not_emptied{on_table}")
    op.execute(f"DROP TRIGGER access_log_kept{on_table}")
    if _is_postgresql():
        op.execute("DROP FUNCTION keep_access_log()")

    op.drop_table("audit_anchors")

    with op.batch_alter_table("access_log", schema=None) as batch_op:
        batch_op.drop_index("uq_access_log_number")
        batch_op.drop_index("ix_access_log_unsealed")
        batch_op.drop_column("hash")
        batch_op.drop_column("number")


def _is_postgresql():
    return op.get_bind().dialect.name == "postgresql"
