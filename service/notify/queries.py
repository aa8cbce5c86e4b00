"""What can be asked of what leaves: is the scheduler working, what is still to be sent."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.notify.models import Heartbeat


def scheduler_is_late(session: Session, *, now: datetime, after: timedelta) -> bool:
    """Tell whether no scheduler has finished its round within the time allowed."""
    last = session.scalar(sa.select(sa.func.max(Heartbeat.beat_at)))
    return last is None or now - last > after
