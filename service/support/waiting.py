"""Requests nobody takes: after a working day the next one is told, once."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.alerts.duty import QUEUE_NAMES, Teams
from service.db import skip_locked
from service.hot import HotStatement
from service.notify.actions import tell
from service.support import cascades
from service.support.models import Cascade


def next_reminder_at(session: Session) -> datetime | None:
    """Return when somebody has to be told next, ``None`` if nobody has to be."""
    at: datetime | None = _NEXT_REMINDER.value(session)
    return at


_NEXT_REMINDER = HotStatement(
    sa.select(sa.func.min(Cascade.remind_at)).where(Cascade.remind_at.is_not(None))
)


def tell_the_next(session: Session, *, now: datetime, limit: int = 100) -> int:
    """Tell somebody else of each request nobody has taken in time; return how many those were.

    The rows are claimed for this transaction, and each is told once: of two schedulers one tells.
    """
    waiting = session.scalars(
        skip_locked(
            sa.select(Cascade)
            .where(Cascade.remind_at <= now)
            .order_by(Cascade.remind_at)
            .limit(limit)
            .execution_options(populate_existing=True)
        )
    ).all()
    teams = Teams(session, now=now)
    for cascade in waiting:
        cascade.remind_at = None
        cascades.add_step(session, cascade, "reminded", None, now)
        whom = _next_of(teams, cascade)
        if whom is not None:
            _tell(session, cascade, whom, now)
    return len(waiting)


def _next_of(teams: Teams, cascade: Cascade) -> UUID | None:
    """Return who comes after whoever was told first, ``None`` if the clinic has nobody.

    With one person only, it is she again.
    """
    people = teams.people(cascade.clinic_id, cascade.queue)
    told = () if people.first is None else (people.first,)
    return next(iter(people.next_for("next_on_roster", told)), people.first)


def _tell(session: Session, cascade: Cascade, whom: UUID, now: datetime) -> None:
    assert cascade.request_id is not None  # noqa: S101 - only requests wait like this
    queue = QUEUE_NAMES[cascade.queue]
    tell(
        session, recipient_id=whom, patient_id=cascade.patient_id, to_staff=True,
        kind="support_request", subject_id=cascade.request_id,
        title=f"Nobody has taken a request for a person yet in {queue}.",
        body={"queue": cascade.queue.value},
        collapse_key=f"support.{cascade.request_id.hex}.{cascade.version}.waiting", now=now,
    )  # fmt: skip
