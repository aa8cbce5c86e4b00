"""What she says became of a dose: taken, missed, held back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.errors import NotFound, Outdated, Rejected
from service.records import Change, amend, effective_moment, find
from service.treatments import dosing
from service.treatments.dosing_actions import row_of
from service.treatments.models import Dose, Treatment
from service.treatments.queries import periods_of


class DoseUnusable(Rejected):
    """What was said of a dose contradicts itself."""

    slug = "dose-unusable"
    title = "This cannot be said of a dose."


class DoseNotYetDue(Rejected):
    """The dose is due more than a day ahead: nobody knows what will become of it."""

    slug = "dose-not-yet-due"
    title = "This dose is not due yet."


class Answered(NamedTuple):
    """A dose, the moment rules run on, and whether anything differs now."""

    dose: Dose
    at: datetime
    differs: bool


def answer_dose(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    treatment_id: UUID,
    dose_id: UUID,
    answer: Mapping[str, Any],
    if_version: int | None = None,
) -> Answered:
    """Enter what became of a dose; the same again changes nothing.

    Args:
        session: inside a transaction that holds the patient's row.
        patient: whose.
        change: who, when, and the change's number.
        treatment_id: of what.
        dose_id: any dose expected within a year, a row or not.
        answer: ``status`` (taken, missed, held), ``taken_at`` (``None`` is now), ``reason``.
        if_version: the version the caller has seen; 0 of what is no row yet.

    Raises:
        NotFound: no such treatment of hers, or no such dose of it is or was expected.
        DoseUnusable: a reason for taking it, or a moment at which it was not taken.
        DoseNotYetDue: it is due more than 24 hours ahead.
        ClockWrong: it was taken more than 24 hours ahead of us, or before the year 2000.
        Outdated: it has a newer version than the caller has seen.
    """
    treatment = find(session, Treatment, patient.id, treatment_id)
    _check(answer)
    said = answer["taken_at"]
    at = change.now if said is None else effective_moment(said, now=change.now)
    dose, is_row = _dose(session, patient, treatment, dose_id, change)
    if dose.due_at > change.now + dosing.ANSWERED_AHEAD:
        raise DoseNotYetDue
    if if_version is not None and if_version != (dose.version if is_row else 0):
        raise Outdated
    values: dict[str, Any] = {
        "status": answer["status"],
        "reason": answer["reason"],
        "taken_at": None,
    }
    if answer["status"] == "taken":
        values["taken_at"] = said or (dose.taken_at if dose.status == "taken" else change.now)
    if all(getattr(dose, name) == value for name, value in values.items()):
        return Answered(dose, at, differs=False)
    values |= {"answered_at": change.now, "deleted_at": None}
    if is_row or dose.deleted_at is not None:
        amend(dose, values, change=change)
    else:
        for name, value in values.items():
            setattr(dose, name, value)
        session.add(dose)
    session.flush()
    return Answered(dose, at, differs=True)


def _check(answer: Mapping[str, Any]) -> None:
    if answer["reason"] is not None and answer["status"] == "taken":
        raise DoseUnusable(errors=[("/reason", "Only for a dose that was missed or held.")])
    if answer["taken_at"] is not None and answer["status"] != "taken":
        raise DoseUnusable(errors=[("/taken_at", "Only for a dose that was taken.")])


def _dose(
    session: Session, patient: PatientRef, treatment: Treatment, dose_id: UUID, change: Change
) -> tuple[Dose, bool]:
    """Return a dose and whether it is a row: if not, and it is expected, it will be one."""
    row = session.scalars(
        sa.select(Dose).where(
            Dose.id == dose_id, Dose.patient_id == patient.id, Dose.treatment_id == treatment.id
        )
    ).one_or_none()
    if row is not None and row.deleted_at is None:
        return row, True
    expected = dosing.find_dose(
        periods_of(session, patient.id, [treatment.id])[treatment.id], treatment.id,
        ZoneInfo(patient.time_zone), dose_id, now=change.now,
    )  # fmt: skip
    if expected is None:
        raise NotFound
    return row or Dose(**row_of(treatment.id, expected, change)), False
