"""What can be asked about how a course was kept to."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef
from service.clinical.regimens import Period
from service.errors import Rejected
from service.treatments.adherence import Adherence, Answer, Prescribed, adherence
from service.treatments.models import DosagePeriod, Dose, Treatment

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
    return adherence(
        _prescribed(session, patient.id, treatment.id),
        _answers(session, patient.id, treatment.id, first, last),
        first=first,
        last=last,
        entered_on=patient.local_date(treatment.received_at),
        now=now.astimezone(zone).replace(tzinfo=None),
    )


def _prescribed(session: Session, patient_id: UUID, treatment_id: UUID) -> list[Prescribed]:
    rows = session.execute(
        sa.select(
            DosagePeriod.starts_at, DosagePeriod.ends_at, DosagePeriod.status,
            DosagePeriod.day_one, DosagePeriod.schedule, DosagePeriod.dose,
        )
        .where(DosagePeriod.patient_id == patient_id, DosagePeriod.treatment_id == treatment_id)
        .order_by(DosagePeriod.starts_at)
    )  # fmt: skip
    return [
        Prescribed(
            Period(
                starts_at=datetime.fromisoformat(row.starts_at),
                ends_at=None if row.ends_at is None else datetime.fromisoformat(row.ends_at),
                is_held=row.status == "held",
                day_one=row.day_one,
                schedule=row.schedule,
            ),
            row.dose,
        )
        for row in rows
    ]


def _answers(
    session: Session, patient_id: UUID, treatment_id: UUID, first: date, last: date
) -> list[Answer]:
    rows = session.execute(
        sa.select(Dose.local_at, Dose.cycle, Dose.status, Dose.reason).where(
            Dose.patient_id == patient_id,
            Dose.treatment_id == treatment_id,
            Dose.local_at >= _text(first),
            Dose.local_at < _text(last + _DAY),
            Dose.status != "expected",
            Dose.deleted_at.is_(None),
        )
    )
    return [
        Answer(datetime.fromisoformat(row.local_at), row.cycle, row.status, row.reason)
        for row in rows
    ]


def _text(day: date) -> str:
    return datetime.combine(day, time.min).isoformat(timespec="minutes")
