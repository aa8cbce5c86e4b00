"""What it does to what she asked for that she no longer shares her record with her care team."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.alerts.steps import Doer
from service.errors import Conflict
from service.notify.actions import withdraw_from_staff
from service.notify.webhooks.happenings import happened
from service.support import cascades
from service.support.models import SupportRequest
from service.support.noting import note_closing
from service.support.queries import UNCLOSED


class NobodyWouldSee(Conflict):
    """She asks for somebody of a team that does not see her record."""

    slug = "not-shared-with-team"
    title = "You do not share with your care team, so nobody would see this. Please call them."


def tell_systems_closed(session: Session, request: SupportRequest, now: datetime) -> None:
    """Tell the clinic's own systems that a request was closed."""
    happened(
        session, "support_request.closed", clinic_id=request.clinic_id,
        patient_id=request.patient_id, now=now, request_id=request.id,
        content={"kind": request.kind, "queue": request.queue.value},
    )  # fmt: skip


def close_for_her(session: Session, patient_id: UUID, *, by: Doer, now: datetime) -> None:
    """Close her requests and end her cascades: nobody may read what she asked for."""
    for request in session.scalars(
        sa.select(SupportRequest)
        .where(
            SupportRequest.patient_id == patient_id, SupportRequest.state.in_(UNCLOSED),
            SupportRequest.deleted_at.is_(None),
        )
        .order_by(SupportRequest.id)
        .with_for_update()
    ).all():  # fmt: skip
        withdraw_from_staff(session, subject_id=request.id, why="not shared any more")
        note_closing(session, request, by, now, note=None)
        tell_systems_closed(session, request, now)
    cascades.end_all(session, patient_id, by, ended_as="declined", now=now)
