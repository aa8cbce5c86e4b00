"""What somebody still has in hand, for those who see to the staff."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.alerts.models import Alert

# Written out, not bound: the database uses the index of unclosed alerts only for these very words.
_UNCLOSED: sa.ColumnElement[bool] = Alert.state != sa.literal_column("'closed'")


def count_in_hand(session: Session, account_id: UUID) -> int:
    """Return how many alerts somebody has taken or was handed, and nobody has closed."""
    counted = sa.select(sa.func.count()).where(Alert.assignee_id == account_id, _UNCLOSED)
    return session.scalar(counted) or 0
