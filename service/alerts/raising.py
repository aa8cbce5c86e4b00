"""Opening alerts, and reasons joining them: what the rules found reaches the people of a queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import Queue
from service.accounts.patient_ref import PatientRef
from service.alerts.clocks import read_reasons, set_clocks
from service.alerts.duty import Teams
from service.alerts.holds import let_through
from service.alerts.joining import Clock, join, names_of, opened, sum_up
from service.alerts.models import Alert
from service.alerts.queries import is_unclosed
from service.alerts.rules import Reason
from service.alerts.steps import add_step, back_to_open, tell_systems, working_time
from service.alerts.telling import tell_on_opening, who_hears
from service.clinical import Policy


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
    its rule always notifies.  Reasons of severity info have no clock and notify nobody.  What
    is snoozed and not worse neither opens nor joins anything.

    Args:
        session: in a transaction that holds the patient's lock.
        patient: whom it is about.
        reasons: at least one, each rule and subject once.
        policy: the ladders in force.
        started_at: when the clocks start: the earlier of the report's moment and now.
        now: when this happens.
    """
    working = working_time(people.clinic(session, patient.clinic_id))
    reasons = let_through(session, patient, reasons, working.zone, now)
    if not reasons:
        return Raised(0, (), nobody_on_duty=False)
    open_alerts = {
        alert.queue: alert
        for alert in session.scalars(
            sa.select(Alert).where(Alert.patient_id == patient.id, is_unclosed()).with_for_update()
        )
    }
    known = read_reasons(session, [alert.id for alert in open_alerts.values()])
    clock, teams = Clock(started_at, working, policy), Teams(session, now=now)
    added = 0
    reopened: list[UUID] = []
    nobody = False
    for queue in Queue:
        here = [reason for reason in reasons if reason.queue is queue]
        if not here:
            continue
        alert = open_alerts.get(queue) or _new_alert(session, patient, queue, now)
        is_new = queue not in open_alerts
        joined = join(alert, known.get(alert.id, ()), here, clock, now=now)
        added += len(joined.new)
        session.add_all(joined.new)
        session.flush()
        rows = read_reasons(session, [alert.id])[alert.id]
        sum_up(alert, rows, is_new=is_new)
        if joined.telling:
            reopened.append(alert.id)
            on_duty = _open_again(session, alert, joined.telling, teams, is_new=is_new, now=now)
            nobody = nobody or not on_duty
        elif is_new:
            add_step(session, alert, "opened", now, None, rules=names_of(here))
        set_clocks(alert, rows, policy)
        if is_new:
            tell_systems(session, alert, "alert.opened", now)
    return Raised(added, tuple(reopened), nobody)


def _open_again(
    session: Session, alert: Alert, telling: Sequence[Reason], teams: Teams,
    *, is_new: bool, now: datetime,
) -> bool:  # fmt: skip
    """Begin a new round of telling; tell whether anybody is on duty for it."""
    opening = who_hears(alert, telling, teams)
    add_step(session, alert, "opened" if is_new else "joined", now, None,
          rules=names_of(telling), told=opening.names)  # fmt: skip
    back_to_open(alert, now)
    tell_on_opening(session, alert, opening, teams, now=now)
    return opening.first is not None


def _new_alert(session: Session, patient: PatientRef, queue: Queue, now: datetime) -> Alert:
    alert = opened(patient, queue, now)
    session.add(alert)
    session.flush()
    return alert
