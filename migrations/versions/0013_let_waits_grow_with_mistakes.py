"""Let the waits before signing in grow with the mistakes made: how many, until when they count.

New columns of a table that holds minutes: safe while the code before it runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade():
    with op.batch_alter_table("attempt_windows") as table:
        table.add_column(
            sa.Column("mistakes", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        table.add_column(sa.Column("over_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("free_at", sa.DateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table("attempt_windows") as table:
        table.drop_column("free_at")
        table.drop_column("over_at")
        table.drop_column("mistakes")
