"""Writing the access log: in the same transaction as what it tells of."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.accounts.access import Do, PatientRef, Topic, Viewer
from service.audit.models import AccessLogEntry
from service.hot import LateWrite
from service.ids import new_id

_ENTRY = LateWrite.insert(AccessLogEntry.__table__, "log_")  # type: ignore[arg-type]


def log_access(
    session: Session,
    viewer: Viewer,
    patient: PatientRef,
    topic: Topic,
    do: Do,
    *,
    route: str,
    request_id: str,
    now: datetime,
) -> None:
    """Note that a viewer read or wrote something of a patient's."""
    _ENTRY.add(
        session,
        {
            "id": new_id(),
            "at": now,
            "clinic_id": patient.clinic_id,
            "patient_id": patient.id,
            "account_id": viewer.account_id,
            "role": viewer.role,
            "topic": topic.value,
            "action": do.value,
            "route": route,
            "request_id": request_id,
        },
    )
