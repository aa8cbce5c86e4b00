"""What can be asked about how a course was kept to."""

from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.clinical.regimens import Period
from service.errors import Rejected
from service.treatments import dosing
from service.treatments.adherence import Adherence, Answer, Prescribed, adherence
from service.treatments.models import Dose, Treatment
from service.treatments.queries import periods_of

LONGEST = timedelta(days=3653)
_DAY = timedelta(days=1)


class DaysUnusable(Rejected):
    """The days asked for run backwards, or are too many."""

    slug = "days-unusable"
    title = "These days cannot be asked for."


def days_asked(
    patient: PatientRef,
    treatment: Treatment,
    *,
    since: date | None,
    until: date | None,
    now: datetime,
) -> tuple[date, date]:
    """Return the first and the last day to look at: all of a course up to today by default.

    Raises:
        DaysUnusable: they run backwards, or are more than ten years.
    """
    last = until or patient.local_date(now)
    first = since or min(max(treatment.started_on, last - LONGEST), last)
    if first > last:
        raise DaysUnusable(errors=[("/from", "Lies after the last day.")])
    if last - first > LONGEST:
        raise DaysUnusable(errors=[("/from", "Lies more than ten years before the last day.")])
    return first, last


def adherence_to(
    session: Session,
    patient: PatientRef,
    treatment: Treatment,
    *,
    first: date,
    last: date,
    now: datetime,
) -> Adherence:
    """Return how one treatment was kept to between two of her days: two statements."""
    zone = ZoneInfo(patient.time_zone)
    periods = periods_of(session, patient.id, [treatment.id])[treatment.id]
    asked_from = dosing.asked_from(periods) if periods else now
    return adherence(
        [Prescribed(Period.on_file(period), period.dose) for period in periods],
        _answers(session, patient.id, treatment.id, first, last),
        first=first,
        last=last,
        asked_from=asked_from.astimezone(zone).replace(tzinfo=None),
        now=now.astimezone(zone).replace(tzinfo=None),
    )


def _answers(
    session: Session, patient_id: UUID, treatment_id: UUID, first: date, last: date
) -> list[Answer]:
    rows = session.execute(
        sa.select(Dose.local_at, Dose.cycle, Dose.status, Dose.reason).where(
            Dose.patient_id == patient_id,
            Dose.treatment_id == treatment_id,
            Dose.local_at >= first.isoformat(),
            Dose.local_at < (last + _DAY).isoformat(),
            Dose.status != "expected",
            Dose.deleted_at.is_(None),
        )
    )
    return [
        Answer(datetime.fromisoformat(row.local_at), row.cycle, row.status, row.reason)
        for row in rows
    ]
