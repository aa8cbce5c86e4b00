"""Being refused a patient: noted once the transaction it was found out in is rolled back.

An edge looks for a patient and checks the relation inside ``denying``; outside its transaction it
catches ``Denied``, writes it down in another with ``log_denied``, and raises what was meant.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from service.accounts.access import Topic, Viewer
from service.accounts.patient_ref import PatientRef
from service.audit.actions import log_event
from service.audit.models import NOBODY, Event
from service.errors import DomainError, NotAllowed, NotFound


class Denial:
    """Who asks, and for whom, as far as that is known."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.patient: PatientRef | None = None


class Denied(Exception):
    """A viewer was refused a patient; ``why`` is what she is told."""

    def __init__(self, denial: Denial, why: DomainError) -> None:
        super().__init__(why.slug)
        self.denial, self.why = denial, why


@contextmanager
def denying(viewer: Viewer) -> Iterator[Denial]:
    """Turn a refusal into ``Denied``, which says whom it was about."""
    denial = Denial(viewer)
    try:
        yield denial
    except (NotFound, NotAllowed) as why:
        raise Denied(denial, why) from why


def log_denied(
    session: Session, denied: Denied, topic: Topic, *, route: str, request_id: str, now: datetime
) -> None:
    """Note a refusal in the log of the patient's own clinic, where she reads it too.

    A patient who is not there is noted as well, in the viewer's clinic: else the time an answer
    takes would tell which ids are somebody's.
    """
    viewer, patient = denied.denial.viewer, denied.denial.patient
    log_event(
        session, Event.DENIED, topic, account_id=viewer.account_id, role=viewer.role,
        clinic_id=patient.clinic_id if patient else viewer.clinic_id,
        patient_id=patient.id if patient else NOBODY, route=route, request_id=request_id, now=now,
    )  # fmt: skip
