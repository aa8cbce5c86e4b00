"""What can be asked of the journey."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import Account, Patient
from service.journey.models import (
    AwayPeriod,
    CalendarLink,
    CareNote,
    Diagnosis,
    Event,
    Question,
)  # fmt: skip
from service.journey.rules import digest_of
from service.row_security import Narrowed


def current_diagnosis(session: Session, patient_id: UUID) -> Diagnosis | None:
    """Return the diagnosis that holds now; ``None`` if none was ever given."""
    return session.scalars(
        sa.select(Diagnosis)
        .where(Diagnosis.patient_id == patient_id)
        .order_by(Diagnosis.change_no.desc())
        .limit(1)
    ).one_or_none()


def is_metastatic(diagnosis: Diagnosis) -> bool:
    """Tell whether the disease has spread: sites known, distant recurrence, or stage IV."""
    return bool(
        diagnosis.metastatic_sites
        or diagnosis.recurrence == "distant"
        or diagnosis.stage_iv_at_diagnosis
    )


def diagnoses_of(session: Session, patient_id: UUID, *, most: int = 100) -> Sequence[Diagnosis]:
    """Return what was known of the disease, newest first."""
    return session.scalars(
        sa.select(Diagnosis)
        .where(Diagnosis.patient_id == patient_id)
        .order_by(Diagnosis.change_no.desc())
        .limit(most)
    ).all()


def events_of(
    patient_id: UUID,
    *,
    kind: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> sa.Select[Event]:
    """Return the question for a patient's live events.

    Args:
        patient_id: whose.
        kind: of this kind only.
        since: the earliest moment, ``None`` for all the past.
        before: the first moment no more asked for, ``None`` for all the future.
    """
    statement = sa.select(Event).where(Event.patient_id == patient_id, Event.deleted_at.is_(None))
    if kind is not None:
        statement = statement.where(Event.kind == kind)
    if since is not None:
        statement = statement.where(Event.starts_at >= since)
    if before is not None:
        statement = statement.where(Event.starts_at < before)
    return statement


def questions_of(patient_id: UUID, *, is_open: bool | None = None) -> sa.Select[Question]:
    """Return the question for her own questions: open ones, answered ones, or (``None``) all."""
    statement = sa.select(Question).where(
        Question.patient_id == patient_id, Question.deleted_at.is_(None)
    )
    if is_open is None:
        return statement
    answered = Question.answered_at
    return statement.where(answered.is_(None) if is_open else answered.is_not(None))


def notes_of(patient_id: UUID) -> sa.Select[CareNote]:
    """Return the question for the team's notes about her."""
    return sa.select(CareNote).where(
        CareNote.patient_id == patient_id, CareNote.deleted_at.is_(None)
    )


def away_periods(patient_id: UUID) -> sa.Select[AwayPeriod]:
    """Return the question for a patient's live absences."""
    return sa.select(AwayPeriod).where(
        AwayPeriod.patient_id == patient_id, AwayPeriod.deleted_at.is_(None)
    )


def away_of(session: Session, patient_id: UUID, *, most: int = 100) -> Sequence[AwayPeriod]:
    """Return a patient's absences, those that begin last first."""
    return session.scalars(
        away_periods(patient_id)
        .order_by(AwayPeriod.starts_on.desc(), AwayPeriod.id.desc())
        .limit(most)
    ).all()


def calendar_link_of(session: Session, patient_id: UUID) -> CalendarLink | None:
    """Return the link of her calendar that is in force; ``None`` if none is."""
    return session.scalars(
        sa.select(CalendarLink)
        .where(CalendarLink.patient_id == patient_id, CalendarLink.revoked_at.is_(None))
        .order_by(CalendarLink.created_at.desc())
        .limit(1)
    ).one_or_none()


def whose_calendar(session: Session, token: str) -> Any:
    """Return whose calendar a token in force opens: id, zone, care status; ``None`` if nobody's.

    A token of somebody whose account is closed opens nothing.  The transaction is left her clinic.
    """
    return session.execute(
        sa.select(
            Patient.id,
            Patient.time_zone,
            Patient.care_status,
            Narrowed(Patient.clinic_id, Patient.id),
        )
        .join(CalendarLink, CalendarLink.patient_id == Patient.id)
        .join(Account, Account.id == Patient.account_id)
        .where(
            CalendarLink.token_sha256 == digest_of(token),
            CalendarLink.revoked_at.is_(None),
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
