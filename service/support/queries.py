"""What can be asked of requests."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Queue
from service.support.models import SupportRequest


def requests_of(patient_id: UUID) -> sa.Select[Any]:
    """Select a patient's requests."""
    return sa.select(SupportRequest).where(
        SupportRequest.patient_id == patient_id, SupportRequest.deleted_at.is_(None)
    )


def requests_for(viewer: Viewer, queue: Queue | None) -> sa.Select[Any]:
    """Select the unclosed requests of the viewer's queues."""
    mine = [one for one in QUEUES.get(viewer.role, ()) if queue in (None, one)]
    return sa.select(SupportRequest).where(
        SupportRequest.clinic_id == viewer.clinic_id,
        SupportRequest.queue.in_(mine),
        SupportRequest.state != "closed",
        SupportRequest.deleted_at.is_(None),
    )
