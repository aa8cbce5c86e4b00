"""Opening alerts, and reasons joining them: what the rules found reaches the people of a queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import PatientRef
from service.accounts.models import Queue
from service.alerts import rules
from service.alerts.escalation import earliest_step, tell_on_opening
from service.alerts.models import Alert, AlertReason, AlertState, Severity
from service.alerts.rules import Reason
from service.alerts.steps import add_step, back_to_open, working_time
from service.alerts.worktime import WorkingTime
from service.clinical import Policy

# Reasons on file, by alert, rule and subject.
_Known = dict[tuple[UUID, str, str], AlertReason]
# When clocks start, the clinic's hours, the ladders.
_Clock = tuple[datetime, WorkingTime, Policy]


@dataclass(frozen=True, slots=True)
class Raised:
    """What raising reasons came to.

    ``reopened``: alerts that went to ``open``, new or by a reason that joined.
    ``nobody_on_duty``: a queue told had nobody on its roster.
    """

    reasons_added: int
    reopened: tuple[UUID, ...]
    nobody_on_duty: bool


def raise_reasons(
    session: Session,
    patient: PatientRef,
    reasons: Sequence[Reason],
    *,
    policy: Policy,
    started_at: datetime,
    now: datetime,
) -> Raised:
    """Bring what the rules found before the people of its queues.

    A patient has one unclosed alert a queue.  A reason not yet among an alert's reasons joins
    it and sends it back to ``open``; the same reason again, not worse, joins silently, unless
    its rule always notifies.  Reasons of severity info have no clock and notify nobody.

    Args:
        session: in a transaction that holds the patient's lock.
        patient: whom it is about.
        reasons: at least one, each rule and subject once.
        policy: the ladders in force.
        started_at: when the clocks start: the earlier of the report's moment and now.
        now: when this happens.
    """
    clinic = people.clinic(session, patient.clinic_id)
    working = working_time(clinic)
    open_alerts = {
        alert.queue: alert
        for alert in session.scalars(
            sa.select(Alert)
            .where(Alert.patient_id == patient.id, Alert.state != AlertState.CLOSED)
            .with_for_update()
        )
    }
    known = _reasons_of(session, [alert.id for alert in open_alerts.values()])
    added = 0
    reopened: list[UUID] = []
    nobody = False
    for queue in Queue:
        here = [reason for reason in reasons if reason.queue is queue]
        if not here:
            continue
        alert = open_alerts.get(queue) or _new_alert(session, patient, queue, now)
        is_new = queue not in open_alerts
        added += sum((alert.id, reason.rule, reason.subject) not in known for reason in here)
        clock = (started_at, working, policy)
        telling = [reason for reason in here if _joins(session, alert, reason, known, clock, now)]
        session.flush()
        _sum_up(session, alert, is_new=is_new)
        if telling or is_new:
            add_step(session, alert, "opened" if is_new else "joined", now, None,
                  rules=sorted({reason.rule for reason in telling or here}))  # fmt: skip
        if telling:
            back_to_open(alert, now)
            reopened.append(alert.id)
            told = tell_on_opening(session, alert, telling, now=now)
            nobody = nobody or not told
        alert.next_step_at = earliest_step(session, alert, policy)
    return Raised(added, tuple(reopened), nobody)


def _joins(
    session: Session, alert: Alert, reason: Reason, known: _Known, clock: _Clock, now: datetime
) -> bool:
    """Let a reason join an alert; tell whether somebody has to be told about it."""
    row = known.get((alert.id, reason.rule, reason.subject))
    clocks = rules.clocks_of(reason, *clock)
    if row is None:
        _add_reason(session, alert, reason, clocks, clock[0], now)
    elif not _renew(row, reason, clocks, clock[0], alert.contacted_at, now):
        return False
    return reason.severity is not Severity.INFO


def _reasons_of(session: Session, alert_ids: list[UUID]) -> _Known:
    if not alert_ids:
        return {}
    rows = session.scalars(sa.select(AlertReason).where(AlertReason.alert_id.in_(alert_ids)))
    return {(row.alert_id, row.rule, row.subject): row for row in rows}


def _new_alert(session: Session, patient: PatientRef, queue: Queue, now: datetime) -> Alert:
    alert = Alert(
        clinic_id=patient.clinic_id, patient_id=patient.id, queue=queue,
        severity=Severity.INFO, rank=3, state=AlertState.OPEN, opened_at=now, raised_at=now,
    )  # fmt: skip
    session.add(alert)
    session.flush()
    return alert


def _add_reason(
    session: Session, alert: Alert, reason: Reason, clocks: rules.Clocks,
    started_at: datetime, now: datetime,
) -> None:  # fmt: skip
    session.add(
        AlertReason(
            alert_id=alert.id, patient_id=alert.patient_id, rule=reason.rule,
            rule_version=reason.rule_version, subject=reason.subject,
            severity=reason.severity, priority=reason.priority, text=reason.text,
            records=list(reason.records),
            given=dict(reason.given), added_at=now, clock_started_at=started_at,
            acknowledge_by=clocks.acknowledge_by, contact_by=clocks.contact_by,
            next_step_at=clocks.next_step_at,
        )
    )  # fmt: skip
    alert.needs_named_contact = alert.needs_named_contact or reason.needs_named_contact


def _renew(
    row: AlertReason, reason: Reason, clocks: rules.Clocks, started_at: datetime,
    contacted_at: datetime | None, now: datetime,
) -> bool:  # fmt: skip
    """Let the same reason join again; tell whether it has to be told about."""
    row.records = rules.merged_records(row.records, reason.records)
    raised = rules.rank_of(reason.severity, reason.priority) < rules.rank_of(
        row.severity, row.priority
    )
    if not (raised or rules.is_worse(reason.given, row.given) or reason.notifies_always):
        return False
    was_waiting = row.acknowledged_at is None and row.next_step_at is not None
    # She has not been reached about it yet: saying it again does not put that off.
    promised = rules.next_contact([row], contacted_at) and row.contact_by
    row.given, row.text = dict(reason.given), reason.text
    row.rule_version = reason.rule_version
    row.added_at = now
    row.acknowledged_at = row.acknowledged_by = None
    if raised or not was_waiting:
        # Still unanswered at the same severity, the clock that runs is the earlier one and stays.
        row.severity, row.priority = reason.severity, reason.priority
        row.clock_started_at, row.next_step = started_at, 0
        row.acknowledge_by = clocks.acknowledge_by
        row.contact_by = min(
            (moment for moment in (promised, clocks.contact_by) if moment), default=None
        )
        row.next_step_at = clocks.next_step_at
    return True


def _sum_up(session: Session, alert: Alert, *, is_new: bool) -> None:
    """Let the alert say what its reasons say: the highest severity, the earliest clocks.

    Its severity never falls while it is unclosed: something milder that comes later takes
    nothing back.
    """
    rows = session.scalars(sa.select(AlertReason).filter_by(alert_id=alert.id)).all()
    first = min(rows, key=lambda row: rules.rank_of(row.severity, row.priority))
    rank = rules.rank_of(first.severity, first.priority)
    if is_new or rank < alert.rank:
        alert.severity, alert.priority, alert.rank = first.severity, first.priority, rank
    waiting = [row for row in rows if row.acknowledged_at is None]
    alert.acknowledge_by = min(
        (r.acknowledge_by for r in waiting if r.acknowledge_by), default=None
    )
    next_contact = rules.next_contact(rows, alert.contacted_at)
    alert.contact_by = next_contact.contact_by if next_contact else None
