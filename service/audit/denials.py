"""Being refused a patient: noted once the transaction it was found out in is rolled back.

An edge looks for a patient and checks the relation inside ``denying``; outside its transaction it
catches ``Denied``, writes it down in another with ``log_denied``, and raises what was meant.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Topic, Viewer
from service.accounts.models import Patient
from service.audit.actions import log_event
from service.audit.models import NOBODY, Event
from service.errors import DomainError, NotAllowed, NotFound


class Denied(Exception):
    """A viewer was refused a patient, who may not be there; ``why`` is what she is told."""

    def __init__(self, viewer: Viewer, patient_id: UUID, why: DomainError) -> None:
        super().__init__(why.slug)
        self.viewer, self.patient_id, self.why = viewer, patient_id, why


@contextmanager
def denying(viewer: Viewer, patient_id: UUID) -> Iterator[None]:
    """Turn a refusal into ``Denied``, which says whom it was about."""
    try:
        yield
    except (NotFound, NotAllowed) as why:
        raise Denied(viewer, patient_id, why) from why


def log_denied(
    session: Session, denied: Denied, topic: Topic, *, route: str, request_id: str, now: datetime
) -> None:
    """Note a refusal in the log of the patient's own clinic, where she reads it too.

    A patient who is not there is noted as well, in the viewer's clinic: else the time an answer
    takes would tell which ids are somebody's.  For the same reason she is always looked for
    again; in the transaction of the refusal a patient of another clinic may not have been seen.
    """
    viewer, patient_id = denied.viewer, denied.patient_id
    clinic_id = session.scalar(sa.select(Patient.clinic_id).where(Patient.id == patient_id))
    log_event(
        session, Event.DENIED, topic, account_id=viewer.account_id, role=viewer.role,
        clinic_id=clinic_id or viewer.clinic_id, patient_id=patient_id if clinic_id else NOBODY,
        route=route, request_id=request_id, now=now,
    )  # fmt: skip
