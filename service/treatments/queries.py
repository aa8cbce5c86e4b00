"""What can be asked of dosage periods and doses."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import CareStatus, Patient
from service.accounts.patient_ref import PatientRef
from service.clock import ZONES_APART, local_minute, local_text
from service.treatments import dosing
from service.treatments.dosing import Stretch
from service.treatments.models import DosagePeriod, Dose, Treatment

ENDED = tuple(status for status in CareStatus if status.has_ended)


class ListedDose(NamedTuple):
    """One dose as it is listed, whether it is a row or worked out; ``version`` 0 is no row."""

    id: UUID
    treatment_id: UUID
    local_at: str
    due_at: datetime
    cycle: int
    status: str
    taken_at: datetime | None
    reason: str | None
    version: int


def periods_of(
    session: Session, patient_id: UUID, treatment_ids: Collection[UUID]
) -> Mapping[UUID, list[Stretch]]:
    """Return the dosage periods of some of a patient's treatments, each's in the order of time."""
    return periods_where(
        session,
        DosagePeriod.patient_id == patient_id,
        DosagePeriod.treatment_id.in_(treatment_ids),
        ids=treatment_ids,
    )


def periods_where(
    session: Session, *which: sa.ColumnElement[bool], ids: Collection[UUID]
) -> Mapping[UUID, list[Stretch]]:
    """Return the dosage periods of some treatments, each's in the order of time."""
    found: dict[UUID, list[Stretch]] = {id: [] for id in ids}
    rows = session.execute(
        sa.select(DosagePeriod.__table__)
        .where(*which)
        .order_by(DosagePeriod.treatment_id, DosagePeriod.starts_at)
    )
    for row in rows:
        found[row.treatment_id].append(
            Stretch(
                id=row.id, starts_at=row.starts_at, ends_at=row.ends_at, status=row.status,
                day_one=row.day_one, schedule=row.schedule, dose=row.dose, made_at=row.made_at,
            )
        )  # fmt: skip
    return found


def doses_of(
    session: Session,
    patient: PatientRef,
    treatment: Treatment,
    *,
    since: datetime,
    before: datetime,
) -> Sequence[ListedDose]:
    """Return a treatment's doses due from one moment on and before another, the latest first.

    Those answered, whatever was expected later; and those expected, worked out where they are no
    rows.  What was due before the treatment was entered stands here only if somebody said what
    became of it.  The work is bounded by the stretch of time, so keep it short.
    """
    zone = ZoneInfo(patient.time_zone)
    periods = periods_of(session, patient.id, [treatment.id])[treatment.id]
    # A row says by which zone's clock it was due when it was made, which she may have left since.
    rows = _rows(
        session, patient.id, treatment.id,
        since=local_minute(since, zone) - ZONES_APART,
        before=local_minute(before, zone) + ZONES_APART,
    )  # fmt: skip
    listed = [_listed(row) for row in rows]
    taken = {dose.id for dose in listed}
    if periods:
        asked_since = max(since, dosing.asked_from(periods))
        listed += [
            ListedDose(
                dose.id, treatment.id, dose.local_at, dose.due_at, dose.cycle, "expected",
                taken_at=None, reason=None, version=0,
            )
            for dose in dosing.doses_between(
                periods, treatment.id, zone, since=asked_since, before=before
            )
            if dose.id not in taken
        ]  # fmt: skip
    within = (dose for dose in listed if since <= dose.due_at < before)
    return sorted(within, key=lambda dose: (dose.due_at, dose.id), reverse=True)


def doses_on(
    session: Session, patient: PatientRef, treatment_id: UUID, *, day: str
) -> Sequence[ListedDose]:
    """Return the doses expected of a treatment, or answered, on one local day, in order.

    None of a treatment that was taken out.
    """
    treatment = session.get(Treatment, treatment_id)
    if treatment is None or treatment.deleted_at is not None:
        return []
    zone = ZoneInfo(patient.time_zone)
    first = datetime.fromisoformat(f"{day}T00:00")
    last = first + timedelta(days=1)
    periods = periods_of(session, patient.id, [treatment_id])[treatment_id]
    rows = _rows(session, patient.id, treatment_id, since=first, before=last)
    found = {row.id: _listed(row) for row in rows}
    for dose in dosing.doses_at(periods, treatment_id, zone, since=first, before=last):
        found.setdefault(
            dose.id,
            ListedDose(
                dose.id, treatment_id, dose.local_at, dose.due_at, dose.cycle, "expected",
                taken_at=None, reason=None, version=0,
            ),
        )  # fmt: skip
    return sorted(found.values(), key=lambda dose: dose.local_at)


def was_expected(periods: Sequence[Stretch], *, before: datetime) -> sa.ColumnElement[bool]:
    """Say which unanswered doses of the past stay: those between the first day and the last."""
    if not periods:
        return sa.false()
    now = local_text(before)
    last = periods[-1].ends_at
    return sa.and_(
        Dose.local_at >= periods[0].starts_at,
        Dose.local_at < (now if last is None else min(now, last)),
    )


def is_expected_still(
    periods: Sequence[Stretch], id_of: UUID, zone: ZoneInfo, *, before: datetime
) -> sa.ColumnElement[bool]:
    """Say which unanswered doses of the past stay where days are counted anew.

    What is longer ago than anybody can answer for is left alone.
    """
    since = before - dosing.LOOKED_FOR
    ids = [dose.id for dose in dosing.doses_at(periods, id_of, zone, since=since, before=before)]
    return sa.or_(Dose.id.in_(ids), Dose.local_at < local_text(since))


def due_for_planning(before: datetime) -> sa.ColumnElement[bool]:
    """Say which treatments run out of doses by a moment, of those who are in our care still."""
    in_care = sa.select(Patient.id).where(Patient.care_status.not_in(ENDED))
    return sa.and_(
        Treatment.doses_until <= before,
        Treatment.deleted_at.is_(None),
        Treatment.patient_id.in_(in_care),
    )


def next_planning(session: Session) -> datetime | None:
    """Return when doses are to be planned next, ``None`` if never."""
    ever = datetime.max.replace(tzinfo=UTC)
    until = session.scalar(
        sa.select(sa.func.min(Treatment.doses_until)).where(due_for_planning(ever))
    )
    return until and until - dosing.TOP_UP_BEFORE


def _rows(
    session: Session, patient_id: UUID, treatment_id: UUID, *, since: datetime, before: datetime
) -> Sequence[Any]:
    return session.execute(
        sa.select(Dose.__table__).where(
            Dose.patient_id == patient_id,
            Dose.treatment_id == treatment_id,
            Dose.local_at >= local_text(since),
            Dose.local_at < local_text(before),
            Dose.deleted_at.is_(None),
        )
    ).all()


def _listed(row: Any) -> ListedDose:
    return ListedDose(
        row.id, row.treatment_id, row.local_at, row.due_at, row.cycle, row.status,
        row.taken_at, row.reason, row.version,
    )  # fmt: skip
