"""Holding back what was snoozed: known, seen to, and not told again until it is worse."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts import rules
from service.alerts.models import Alert, AlertHold, AlertStep
from service.alerts.rules import Reason

_Key = tuple[Queue, str, str]


def let_through(
    session: Session, patient: PatientRef, reasons: Sequence[Reason], zone: ZoneInfo, now: datetime
) -> list[Reason]:
    """Return the reasons that nobody has snoozed, or that are worse than what was snoozed.

    A repeat that is held back is counted, and noted on the snoozed alert once a day of the
    clinic's.  A reason that is worse, or comes after its time, ends what held it.
    """
    holds = holds_of(session, patient.id)
    if not holds:
        return list(reasons)
    through: list[Reason] = []
    held: list[AlertHold] = []
    for reason in reasons:
        hold = holds.get((reason.queue, reason.rule, reason.subject))
        if hold is not None and hold.until <= now:
            hold.ended_at, hold.ended_why = hold.until, "expired"
        elif hold is not None and rules.is_held_back(reason, hold):
            held.append(hold)
            continue
        elif hold is not None:
            hold.ended_at, hold.ended_why = now, "worse"
        through.append(reason)
    _count(session, list(holds.values()), held, zone, now)
    return through


def holds_of(session: Session, patient_id: UUID) -> dict[_Key, AlertHold]:
    """Return what of a patient's is snoozed, also what has run out and nobody has asked since."""
    rows = session.scalars(
        sa.select(AlertHold)
        .where(AlertHold.patient_id == patient_id, AlertHold.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )
    return {(row.queue, row.rule, row.subject): row for row in rows}


def end_holds(session: Session, alert: Alert, *, why: str, now: datetime) -> int:
    """End what was snoozed with an alert and is still in force; return how many reasons it was."""
    holds = session.scalars(
        sa.select(AlertHold).where(
            AlertHold.patient_id == alert.patient_id, AlertHold.alert_id == alert.id,
            AlertHold.ended_at.is_(None), AlertHold.until > now,
        )
    ).all()  # fmt: skip
    for hold in holds:
        hold.ended_at, hold.ended_why = now, why
    return len(holds)


def _count(
    session: Session,
    holds: Sequence[AlertHold],
    held: Sequence[AlertHold],
    zone: ZoneInfo,
    now: datetime,
) -> None:
    today = now.astimezone(zone).date()
    noted = {
        hold.alert_id
        for hold in holds
        if hold.last_suppressed_at and hold.last_suppressed_at.astimezone(zone).date() == today
    }
    for hold in held:
        hold.suppressed += 1
        hold.last_suppressed_at = now
        if hold.alert_id not in noted:
            noted.add(hold.alert_id)
            session.add(
                AlertStep(
                    alert_id=hold.alert_id, patient_id=hold.patient_id, at=now,
                    kind="heard_again", by=None, by_role=None, detail={},
                )
            )  # fmt: skip
