"""Telling a clinic's own systems that a report came in."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.records import Record
from service.notify.webhooks.event_types import REPORT_CREATED
from service.notify.webhooks.happenings import happened


def tell_systems_of_report(
    session: Session, patient: PatientRef, record: Record, *, now: datetime
) -> None:
    """Tell them, unless it is a drill or she does not share with her care team.

    Of which kind it is they hear if they chose codes: a questionnaire alone can say much.
    """
    if patient.is_shared and not patient.is_drill:
        happened(
            session, REPORT_CREATED, clinic_id=patient.clinic_id, patient_id=patient.id, now=now,
            report_id=record.id, content={"kind": record.type},
        )  # fmt: skip
