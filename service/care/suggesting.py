"""Reminders that rules suggest: she accepts each with one tap, or not at all."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care.rules import Finding
from service.records import Change
from service.reminders import actions as reminders

# Every suggestion has a time, so that she accepts it with one tap.  Project choice.
_NINE = "09:00"


def suggest(
    session: Session, patient: PatientRef, change: Change, spoken: Sequence[Finding]
) -> None:
    """Suggest the reminders that findings call for; none to somebody whose care has ended."""
    if patient.care_status.has_ended:
        return
    tomorrow = patient.local_date(change.now) + timedelta(days=1)
    for finding in spoken:
        for reminder in finding.outcome.reminders:
            source = finding.records[0] if finding.records else None
            is_treatment = source is not None and source.type == "treatment"
            treatment = UUID(str(source.id)) if source and is_treatment else None
            reminders.suggest(
                session, patient, change=change, rule=finding.rule,
                rule_version=finding.version, kind=reminder.kind, title=reminder.title,
                because={
                    "text": finding.reason,
                    "about": reminder.about,
                    "records": [one.as_json() for one in finding.records],
                },
                treatment_id=treatment, recurrence=reminder.recurrence,
                local_start=f"{tomorrow}T{reminder.local_time or _NINE}",
            )  # fmt: skip
