"""Alerts that rest on silence alone: they end when she is heard again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.alerts.models import Alert, AlertHold, AlertReason, AlertState
from service.alerts.steps import add_step, close_as

# The latest alerts decide; nobody has had more of them since she was last heard of.
_MOST = 100
OUTCOME = "heard_again"


def answers_to_silence(
    session: Session, patient_id: UUID, *, rules: Collection[str], now: datetime
) -> Sequence[Any]:
    """Return her latest alerts, the newest first, as far as they say whether she is silent.

    Each row: ``id``, ``state``, ``contacted_at``, ``closed_at``, ``about_silence`` (one of its
    reasons is), ``alone`` (all of them are) and ``held_until`` (until when nobody is to be told
    of her silence again, ``None`` if it may be told).
    """
    other = sa.exists().where(AlertReason.alert_id == Alert.id, AlertReason.rule.not_in(rules))
    about = sa.exists().where(AlertReason.alert_id == Alert.id, AlertReason.rule.in_(rules))
    held = (
        sa.select(sa.func.max(AlertHold.until))
        .where(
            AlertHold.patient_id == patient_id, AlertHold.rule.in_(rules),
            AlertHold.ended_at.is_(None), AlertHold.until > now,
        )
        .scalar_subquery()
    )  # fmt: skip
    return session.execute(
        sa.select(
            Alert.id, Alert.state, Alert.contacted_at, Alert.closed_at,
            about.label("about_silence"), sa.not_(other).label("alone"), held.label("held_until"),
        )
        .where(Alert.patient_id == patient_id)
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(_MOST)
    ).all()  # fmt: skip


def close_as_heard(session: Session, alert_ids: Collection[UUID], *, now: datetime) -> None:
    """Close alerts that rest on silence alone: nobody has to look any more.

    The transaction holds the patient's lock.
    """
    alerts = session.scalars(
        sa.select(Alert)
        .where(Alert.id.in_(alert_ids), Alert.state != AlertState.CLOSED)
        .with_for_update()
    ).all()
    for alert in alerts:
        close_as(session, alert, OUTCOME, now, None)
        add_step(session, alert, OUTCOME, now, None)
