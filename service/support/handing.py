"""Handing requests on at the end of a shift."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import Queue
from service.support.models import SupportRequest, SupportStep
from service.support.queries import TAKEN


def in_hand(
    session: Session, viewer: Viewer, queues: Collection[Queue], *, limit: int
) -> Sequence[SupportRequest]:
    """Return the unclosed requests the viewer has, those asked longest ago first."""
    return session.scalars(_mine(viewer, queues).limit(limit)).all()


def hand_over(
    session: Session,
    viewer: Viewer,
    *,
    to: UUID,
    queues: Collection[Queue],
    patients: Collection[UUID],
    limit: int,
    now: datetime,
) -> int:
    """Give a colleague the unclosed requests the viewer has; return how many.

    Args:
        session: inside a transaction that holds the patients' locks.
        viewer: who hands over what she has.
        to: a colleague who works on the queues.
        queues: of these.
        patients: of these.
        limit: so many at most, those asked longest ago first; the rest stays hers.
        now: when.
    """
    hers = _mine(viewer, queues).where(SupportRequest.patient_id.in_(patients))
    mine = session.scalars(
        hers.limit(limit).with_for_update().execution_options(populate_existing=True)
    ).all()
    for request in mine:
        request.claimed_by = to
        request.version += 1
        session.add(
            SupportStep(
                request_id=request.id, at=now, kind="handed_over", by=viewer.account_id,
                by_role=viewer.role,
            )
        )  # fmt: skip
    return len(mine)


def _mine(viewer: Viewer, queues: Collection[Queue]) -> sa.Select[Any]:
    return (
        sa.select(SupportRequest)
        .where(
            SupportRequest.clinic_id == viewer.clinic_id,
            SupportRequest.queue.in_(queues),
            SupportRequest.state.in_(TAKEN),
            SupportRequest.claimed_by == viewer.account_id,
            SupportRequest.deleted_at.is_(None),
        )
        .order_by(SupportRequest.requested_at, SupportRequest.id)
    )
