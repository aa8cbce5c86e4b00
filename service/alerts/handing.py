"""Handing alerts on: to a colleague, from a colleague, or all one has at the end of a shift."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Queue
from service.accounts.roster_queries import Colleague, colleague
from service.alerts.actions import AlertClosed, locked
from service.alerts.models import Alert, AlertState
from service.alerts.queries import is_unclosed
from service.alerts.steps import add_step, with_clocks
from service.alerts.taking import take_over
from service.alerts.telling import tell_who_has_it
from service.clinical import Policy
from service.errors import Conflict, NotFound


class ColleagueAway(Conflict):
    """The colleague is absent just now, or does not work here any more."""

    slug = "colleague-away"
    title = "This colleague is away or has left. Please choose somebody else."


class ColleagueElsewhere(Conflict):
    """The colleague does not work on every queue of what is to be handed over."""

    slug = "colleague-elsewhere"
    title = "This colleague does not work on all of these queues. Please choose one queue."


def assign(
    session: Session, viewer: Viewer, alert_id: UUID, *, assignee_id: UUID, policy: Policy,
    now: datetime,
) -> Alert:  # fmt: skip
    """Give an alert to a colleague of the clinic who works on its queue, or to oneself.

    The new one is told; so is a colleague who had it, and the step says that it was taken over.
    To whom has it already, nothing changes.

    Raises:
        NotFound: no such alert, or no such colleague on this queue.
        AlertClosed: it is closed.
        ColleagueAway: the colleague is absent or has left.
    """
    alert = locked(session, viewer, alert_id)
    if alert.state is AlertState.CLOSED:
        raise AlertClosed
    if alert.queue not in QUEUES.get(receiver(session, viewer, assignee_id, now=now).role, ()):
        raise NotFound
    if alert.assignee_id == assignee_id:
        return alert
    if alert.assignee_id in (None, viewer.account_id):
        alert.version += 1
        add_step(session, alert, "assigned", now, viewer, to=str(assignee_id))
    else:
        take_over(session, alert, viewer, now, to=str(assignee_id))
    alert.assignee_id = assignee_id
    if assignee_id != viewer.account_id:
        title = "A colleague has handed you an alert."
        tell_who_has_it(session, alert, assignee_id, title, now=now)
    return with_clocks(session, alert, policy)


def hand_over(
    session: Session, viewer: Viewer, alert_ids: Sequence[UUID], *, to: UUID, now: datetime
) -> int:
    """Give a colleague those of some alerts that the viewer has still in hand; say how many.

    Nobody is told here: it is one message, however many they are.  In three statements.

    Args:
        session: inside a transaction that holds the patients' locks.
        viewer: who hands over what she has.
        alert_ids: as ``in_hand`` returned them.
        to: a colleague ``receiver`` has let pass.
        now: when.
    """
    if not alert_ids:
        return 0
    alerts = session.scalars(
        sa.select(Alert)
        .where(
            Alert.id.in_(alert_ids),
            Alert.assignee_id == viewer.account_id,
            is_unclosed(),
        )
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for alert in alerts:
        alert.assignee_id = to
        alert.version += 1
        add_step(session, alert, "handed_over", now, viewer, to=str(to))
    return len(alerts)


def in_hand(
    session: Session, viewer: Viewer, queues: Collection[Queue], *, limit: int
) -> Sequence[Any]:
    """Return id and patient of the unclosed alerts the viewer has, the most urgent first."""
    return session.execute(
        sa.select(Alert.id, Alert.patient_id)
        .where(
            Alert.clinic_id == viewer.clinic_id,
            Alert.assignee_id == viewer.account_id,
            Alert.queue.in_(queues),
            is_unclosed(),
        )
        .order_by(Alert.rank, Alert.due_at.asc().nulls_last(), Alert.id)
        .limit(limit)
    ).all()


def receiver(session: Session, viewer: Viewer, account_id: UUID, *, now: datetime) -> Colleague:
    """Return the colleague of the viewer's clinic who is to be handed work.

    Raises:
        NotFound: nobody of this clinic.
        ColleagueAway: absent, unless it is the viewer herself, or the account is closed.
    """
    if viewer.clinic_id is None:
        raise NotFound
    found = colleague(session, account_id, viewer.clinic_id, now=now)
    if found is None:
        raise NotFound
    if found.is_disabled or (found.is_away and account_id != viewer.account_id):
        raise ColleagueAway
    return found
