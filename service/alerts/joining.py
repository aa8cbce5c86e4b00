"""How reasons join an alert: what is new, what is worse, and which clocks run then.

No statement is made here: these functions change the alert and its reasons they are given, and
return the rows to be kept.  ``raising.py`` brings them to the database.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts import rules
from service.alerts.models import Alert, AlertReason, AlertState, Severity
from service.alerts.rules import Reason
from service.alerts.worktime import WorkingTime
from service.clinical import Policy


class Clock(NamedTuple):
    """When clocks start, the clinic's hours, and the ladders in force."""

    started_at: datetime
    working: WorkingTime
    policy: Policy


class Joined(NamedTuple):
    """What came of reasons that joined: rows to keep, and the reasons to tell somebody of."""

    new: list[AlertReason]
    telling: list[Reason]


def opened(patient: PatientRef, queue: Queue, now: datetime) -> Alert:
    """Return an alert of a patient that opens now, before its reasons are summed up."""
    return Alert(
        clinic_id=patient.clinic_id, patient_id=patient.id, queue=queue,
        severity=Severity.INFO, rank=3, state=AlertState.OPEN, opened_at=now, raised_at=now,
        is_drill=patient.is_drill,
    )  # fmt: skip


def join(
    alert: Alert, rows: Sequence[AlertReason], reasons: Sequence[Reason], clock: Clock,
    *, now: datetime,
) -> Joined:  # fmt: skip
    """Let reasons join an alert of their queue; each rule and subject stands among them once.

    Args:
        alert: unclosed.
        rows: the reasons it has so far; those that are said again are changed.
        reasons: what the rules found now.
        clock: which clocks start.
        now: when this happens.
    """
    known = {(row.rule, row.subject): row for row in rows}
    new: list[AlertReason] = []
    telling: list[Reason] = []
    for reason in reasons:
        row = known.get((reason.rule, reason.subject))
        clocks = rules.clocks_of(reason, *clock)
        if row is None:
            new.append(_row_of(alert, reason, clocks, clock.started_at, now))
        elif not _renew(row, reason, clocks, clock.started_at, alert.contacted_at, now):
            continue
        if reason.severity is not Severity.INFO:
            telling.append(reason)
    alert.needs_named_contact = alert.needs_named_contact or any(
        reason.needs_named_contact and (reason.rule, reason.subject) not in known
        for reason in reasons
    )
    return Joined(new, telling)


def sum_up(alert: Alert, rows: Sequence[AlertReason], *, is_new: bool) -> None:
    """Let the alert say what its reasons say: the highest severity, the earliest clocks.

    Its severity never falls while it is unclosed: something milder that comes later takes
    nothing back.
    """
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


def names_of(reasons: Sequence[Reason]) -> list[str]:
    """Return the rules of some reasons as a step keeps them."""
    return sorted({reason.rule for reason in reasons})


def _row_of(
    alert: Alert, reason: Reason, clocks: rules.Clocks, started_at: datetime, now: datetime
) -> AlertReason:
    return AlertReason(
        alert_id=alert.id, patient_id=alert.patient_id, rule=reason.rule,
        rule_version=reason.rule_version, subject=reason.subject,
        severity=reason.severity, priority=reason.priority, text=reason.text,
        records=list(reason.records),
        given=dict(reason.given), added_at=now, clock_started_at=started_at, next_step=0,
        acknowledge_by=clocks.acknowledge_by, contact_by=clocks.contact_by,
        next_step_at=clocks.next_step_at, patient_can_decline=reason.patient_can_decline,
    )  # fmt: skip


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
    row.rule_version, row.patient_can_decline = reason.rule_version, reason.patient_can_decline
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
