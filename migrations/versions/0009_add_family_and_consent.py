"""Let her decide whether her care team sees her record, and keep the very words she agreed to.

Whoever is there already was let in by her clinic and goes on being seen until she says no: before
this nobody had been asked.  Safe while the code before it runs: new columns are nullable or have
a default, and that code shows everybody, as it did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade():
    for table in ("patients", "patient_summaries"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(
                sa.Column("is_shared", sa.Boolean(), server_default="1", nullable=False)
            )
    with op.batch_alter_table("patients") as batch_op:
        batch_op.create_index(
            "ix_patients_not_shared",
            ["clinic_id"],
            postgresql_where=sa.text("NOT is_shared"),
            sqlite_where=sa.text("NOT is_shared"),
        )
    with op.batch_alter_table("consents") as batch_op:
        batch_op.add_column(sa.Column("text_sha256", sa.String(length=64), nullable=True))
    with op.batch_alter_table("guidance_given") as batch_op:
        batch_op.add_column(
            sa.Column("not_shared", sa.Boolean(), server_default="0", nullable=False)
        )


def downgrade():
    with op.batch_alter_table("guidance_given") as batch_op:
        batch_op.drop_column("not_shared")
    with op.batch_alter_table("consents") as batch_op:
        batch_op.drop_column("text_sha256")
    with op.batch_alter_table("patients") as batch_op:
        batch_op.drop_index("ix_patients_not_shared")
        batch_op.drop_column("is_shared")
    # Not by copying the table, as SQLite is otherwise made to: its ``risk`` is worked out.
    op.drop_column("patient_summaries", "is_shared")
