"""Alerts and the cascade of support: what an alert begins, and what answering it moves on.

Each hook is called in the transaction of what it follows from; alerts of other queues cost no
statement.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts.models import Alert, AlertReason, Severity
from service.alerts.raising import Raised
from service.alerts.steps import Doer
from service.care.guidance import strongest
from service.care.rules import Finding
from service.clinical import knowledge
from service.clinical.stepped_care import Entry
from service.records import Keeps
from service.support import cascades, rules
from service.support.models import Cascade

QUEUES = (Queue.SOCIAL_WORK, Queue.CHAPLAINCY)


def open_for_alerts(
    session: Session,
    patient: PatientRef,
    *,
    raised: Raised,
    now: datetime,
    offered: Collection[str] = (),
) -> None:
    """Begin the cascade of each alert that was opened, or lift it to the step of what joined.

    A reason that only repeats what she asks for begins none: her request has one.

    Args:
        session: in a transaction that holds the patient's lock.
        patient: whom it is about.
        raised: what came of raising the reasons.
        now: when they were raised.
        offered: rules whose offer of help she has just been shown.
    """
    for alert, reasons in _by_alert(session, raised.reopened, now).items():
        if entered := entries_of(reasons):
            cascade = cascades.running(session, alert_id=alert.id)
            begin_or_lift(
                session, patient, alert, cascade, entered=entered, offered=offered, now=now
            )


def entries_of(reasons: Iterable[tuple[str, Mapping[str, float]]]) -> list[tuple[str, Entry]]:
    """Return where rules enter that gave reasons just now; those that only repeat a wish do not.

    Each reason is its rule, and the values that made it true.
    """
    found = ((rule, given, knowledge().stepped_care.entry_of(rule)) for rule, given in reasons)
    return [(rule, entry) for rule, given, entry in found if given or not entry.speaks_for_wishes]


def begin_or_lift(
    session: Keeps, patient: PatientRef, alert: Alert, cascade: Cascade | None,
    *, entered: Sequence[tuple[str, Entry]], offered: Collection[str], now: datetime,
) -> Cascade:  # fmt: skip
    """Begin the cascade of an alert, or lift the one that runs; return it."""
    pressing = knowledge().stepped_care.pressing
    _rule, entry = min(entered, key=lambda one: pressing(one[1].kind, one[1].step))
    if cascade is None:
        cascade = cascades.open_cascade(
            session, patient, alert_id=alert.id, queue=alert.queue, kind=entry.kind,
            step=entry.step, assignee_id=alert.assignee_id, now=now,
        )  # fmt: skip
    else:
        cascades.raise_step(session, cascade, kind=entry.kind, step=entry.step, now=now)
    if cascade.offered_at is None and any(rule in offered for rule, _entry in entered):
        cascades.note_offer(session, cascade, None, note=None, now=now)
    return cascade


def offers_in(findings: Iterable[Finding], *, shown_to_her: bool) -> frozenset[str]:
    """Return the rules whose text stands in the answer, if it is she who reads it.

    She reads one text, the strongest: a rule whose text gives way to another has offered nothing.
    """
    said = [
        (one.rule, one.outcome.guidance.level, one.outcome.guidance.text)
        for one in findings
        if one.outcome.guidance is not None
    ]
    chosen = strongest(said)
    if chosen is None or not shown_to_her:
        return frozenset()
    return frozenset(rule for rule, _level, text in said if text == chosen[1])


def on_taken(session: Session, alert: Alert) -> None:
    """Let whoever has the alert now have its cascade."""
    if alert.queue in QUEUES:
        session.flush()
        cascades.hand_to(session, alert.assignee_id, alert_id=alert.id)


def on_contact(
    session: Session, alert: Alert, viewer: Viewer, *, reached: bool, now: datetime
) -> None:
    """Note an attempt to reach her about an alert."""
    cascade = _running(session, alert)
    if cascade is not None:
        cascades.note_contact(session, cascade, viewer, reached=reached, now=now)


def on_close(session: Session, alert: Alert, viewer: Viewer, *, now: datetime) -> None:
    """Let the closing of an alert end its cascade, unless a follow-up is still to come."""
    cascade = _running(session, alert)
    if cascade is not None:
        cascades.settle(
            session, cascade, viewer, ended_as=rules.ending_of(alert.outcome or ""),
            reached=bool(alert.contact_made), now=now,
        )  # fmt: skip


def on_decline(session: Session, alert: Alert, by: Doer, *, now: datetime) -> None:
    """End the cascade of an alert because she says she needs nobody."""
    cascade = _running(session, alert)
    if cascade is not None:
        cascades.end(session, cascade, by, ended_as="declined", note=None, now=now)


def on_reopen(session: Session, alert: Alert, viewer: Viewer, *, now: datetime) -> None:
    """Let the cascade of an alert go on that was opened again."""
    if alert.queue in QUEUES:
        cascades.reopen_of_alert(session, alert.id, viewer, now=now)
        on_taken(session, alert)


def _running(session: Session, alert: Alert) -> Cascade | None:
    if alert.queue not in QUEUES:
        return None
    return cascades.running(session, alert_id=alert.id)


def _by_alert(
    session: Session, alert_ids: Collection[UUID], now: datetime
) -> dict[Alert, list[tuple[str, Mapping[str, float]]]]:
    """Return what came in now by alert: each rule, and the values that made it true."""
    found: dict[Alert, list[tuple[str, Mapping[str, float]]]] = {}
    for alert, rule, given in session.execute(
        sa.select(Alert, AlertReason.rule, AlertReason.given)
        .join(AlertReason, AlertReason.alert_id == Alert.id)
        .where(
            Alert.id.in_(alert_ids), Alert.queue.in_(QUEUES), AlertReason.added_at == now,
            AlertReason.severity != Severity.INFO,
        )
        .order_by(Alert.id, AlertReason.id)
    ):  # fmt: skip
        found.setdefault(alert, []).append((rule, given))
    return found
