"""Answering: what a person of the care team does about an alert, and what follows from it.

The panel's summary is kept, and she hears back: a push, without a clinical word, that there is
something to read.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts import actions as alerts
from service.alerts import declining, handing, snoozing
from service.alerts.models import Alert
from service.alerts.steps import Herself
from service.care import cascading, silence
from service.clinical import knowledge
from service.errors import NotFound
from service.ids import derived_id
from service.notify.actions import tell
from service.panel import actions as panel
from service.records import Change
from service.support import cascades
from service.support import handing as requests

# So much is handed over at once, alerts first; who has more hands over again.
HANDED_AT_ONCE = 200


def acknowledge(
    session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime,
    reply_to_patient: str | None = None,
) -> Alert:  # fmt: skip
    """Take an alert; see ``alerts.actions.acknowledge``.  A reply reaches her phone."""
    alert = alerts.acknowledge(
        session, viewer, alert_id, policy=knowledge().policy, now=now,
        reply_to_patient=reply_to_patient,
    )  # fmt: skip
    cascading.on_taken(session, alert)
    _say_there_is_a_reply(session, alert, reply_to_patient, now)
    return alert


def record_contact(
    session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime, how: str, reached: bool,
    note: str | None = None, reply_to_patient: str | None = None,
) -> Alert:  # fmt: skip
    """Note an attempt to reach her; see ``alerts.actions.record_contact``."""
    alert = alerts.record_contact(
        session, viewer, alert_id, how=how, reached=reached, note=note,
        policy=knowledge().policy, now=now, reply_to_patient=reply_to_patient,
    )  # fmt: skip
    cascading.on_contact(session, alert, viewer, reached=reached, now=now)
    _look_whether_she_is_silent(session, alert, now)
    _say_there_is_a_reply(session, alert, reply_to_patient, now)
    return alert


def assign(
    session: Session, viewer: Viewer, alert_id: UUID, *, assignee_id: UUID, now: datetime
) -> Alert:
    """Hand an alert to a colleague, or take one over; see ``alerts.handing.assign``."""
    alert = handing.assign(
        session, viewer, alert_id, assignee_id=assignee_id, policy=knowledge().policy, now=now
    )
    cascading.on_taken(session, alert)
    return alert


def close(
    session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime, outcome: str, action: str,
    contact_made: bool, note: str | None = None, reply_to_patient: str | None = None,
    safety_plan: str | None = None,
) -> Alert:  # fmt: skip
    """Close an alert; see ``alerts.actions.close``.  A reply reaches her phone."""
    alert = alerts.close(
        session, viewer, alert_id, outcome=outcome, action=action, contact_made=contact_made,
        note=note, reply_to_patient=reply_to_patient, safety_plan=safety_plan, now=now,
    )  # fmt: skip
    cascading.on_close(session, alert, viewer, now=now)
    panel.note_alerts(session, alert.patient_id, now=now)
    _say_there_is_a_reply(session, alert, alert.reply_to_patient, now)
    return alert


def reopen(session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime) -> Alert:
    """Open a closed alert again; see ``alerts.actions.reopen``."""
    alert = alerts.reopen(session, viewer, alert_id, policy=knowledge().policy, now=now)
    cascading.on_reopen(session, alert, viewer, now=now)
    panel.note_alerts(session, alert.patient_id, now=now)
    _look_whether_she_is_silent(session, alert, now)
    return alert


def snooze(
    session: Session, viewer: Viewer, alert_id: UUID, *, days: int, reason: str, now: datetime
) -> Alert:
    """Close an alert and hold its repeats back; see ``alerts.snoozing.snooze``."""
    alert = snoozing.snooze(session, viewer, alert_id, days=days, reason=reason, now=now)
    cascading.on_close(session, alert, viewer, now=now)
    panel.note_alerts(session, alert.patient_id, now=now)
    _look_whether_she_is_silent(session, alert, now)
    return alert


def lift_snooze(session: Session, viewer: Viewer, alert_id: UUID, *, now: datetime) -> Alert:
    """Hold nothing of an alert back any more; see ``alerts.snoozing.lift``."""
    alert = snoozing.lift(session, viewer, alert_id, now=now)
    _look_whether_she_is_silent(session, alert, now)
    return alert


def decline(
    session: Session, patient: PatientRef, alert_id: UUID, *, change: Change, reason: str | None
) -> Alert:
    """Close an alert because she says she needs nobody; see ``alerts.declining.decline``."""
    alert = declining.decline(session, patient, alert_id, change=change, reason=reason)
    cascading.on_decline(session, alert, Herself(change.by), now=change.now)
    panel.note_alerts(session, patient.id, now=change.now)
    return alert


def hand_over(
    session: Session, viewer: Viewer, *, to: UUID, queue: Queue | None, now: datetime
) -> int:
    """Give a colleague everything the viewer has in hand, alerts and requests; say how much.

    She is told in one message.  ``HANDED_AT_ONCE`` at most, the most urgent first: what is left
    stays the viewer's.

    Args:
        session: inside a transaction.
        viewer: who goes.
        to: the colleague who comes.
        queue: only of this one; ``None`` for all of the viewer's.
        now: when.

    Raises:
        NotFound: no such colleague, or one of the two does not work on this queue.
        ColleagueAway: she is absent, or has left.
        ColleagueElsewhere: something in hand is of a queue she does not work on.
    """
    theirs = QUEUES.get(handing.receiver(session, viewer, to, now=now).role, ())
    queues = _queues_of(viewer, queue)
    if queue is not None and queue not in set(queues) & set(theirs):
        raise NotFound
    if to == viewer.account_id:
        return 0
    elsewhere = [one for one in queues if one not in theirs]
    if elsewhere and _in_hand(session, viewer, elsewhere, limit=1):
        raise handing.ColleagueElsewhere
    # Their rows first, as every writer of theirs does, and in one order for all who hand over.
    mine = handing.in_hand(session, viewer, queues, limit=HANDED_AT_ONCE)
    wanted = requests.in_hand(session, viewer, queues, limit=HANDED_AT_ONCE - len(mine))
    patients = people.lock_in_order(session, [one.patient_id for one in (*mine, *wanted)])
    count = handing.hand_over(session, viewer, [one.id for one in mine], to=to, now=now)
    asked = requests.hand_over(
        session, viewer, to=to, queues=queues, patients=patients, limit=HANDED_AT_ONCE - count,
        now=now,
    )  # fmt: skip
    if count or asked:
        cascades.hand_on(session, viewer, to=to, queues=queues)
        tell(
            session, recipient_id=to, patient_id=None, to_staff=True, kind="alert",
            subject_id=None, title=f"A colleague has handed you {_amount(count, asked)}.",
            body={"queue": queue.value if queue else None}, now=now,
            collapse_key=f"hand-over.{derived_id(viewer.account_id, to, now.isoformat()).hex}",
        )  # fmt: skip
    return count + asked


def patients_in_hand(session: Session, viewer: Viewer, queue: Queue | None) -> Sequence[UUID]:
    """Return whose alerts and requests ``hand_over`` would hand over: for the access log."""
    return _in_hand(session, viewer, _queues_of(viewer, queue), limit=HANDED_AT_ONCE)


def _queues_of(viewer: Viewer, queue: Queue | None) -> list[Queue]:
    return [one for one in QUEUES.get(viewer.role, ()) if queue in (None, one)]


def _in_hand(
    session: Session, viewer: Viewer, queues: Sequence[Queue], *, limit: int
) -> list[UUID]:
    found = [one.patient_id for one in handing.in_hand(session, viewer, queues, limit=limit)]
    asked = requests.in_hand(session, viewer, queues, limit=limit - len(found))
    return [*found, *(one.patient_id for one in asked)]


def _amount(alerts: int, asked: int) -> str:
    parts = ((alerts, "alert"), (asked, "request"))
    return " and ".join(f"{many} {word}{'s' * (many > 1)}" for many, word in parts if many)


def _look_whether_she_is_silent(session: Session, alert: Alert, now: datetime) -> None:
    # Where welfare checks wait: who was reached or is snoozed stands in their list no more, and
    # who is snoozed no longer stands there again.
    if alert.queue is Queue.COORDINATION:
        silence.look(session, people.lock_patient(session, alert.patient_id), now=now)


def _say_there_is_a_reply(session: Session, alert: Alert, reply: str | None, now: datetime) -> None:
    patient = people.patient_ref(session, alert.patient_id) if reply else None
    if patient is None or patient.account_id is None:
        return
    tell(
        session, recipient_id=patient.account_id, patient_id=patient.id, to_staff=False,
        kind="reply", subject_id=alert.id, title="You have a message from your care team.",
        body={}, collapse_key=f"{alert.id.hex}.{alert.version}.reply", now=now,
    )  # fmt: skip
