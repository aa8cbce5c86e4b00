"""Silence is a sign: patients who have stopped reporting are looked at, week by week."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.models import CareStatus
from service.care import loading
from service.care.picture import Picture
from service.care.respond import act_on
from service.care.rules import rule_set, vocabulary
from service.panel.actions import SILENCE_CHECK
from service.panel.models import PatientSummary
from service.records import Change

_SPEAKING = frozenset({"alert", "reminder"})


def next_check_at(session: Session) -> datetime | None:
    """Return when the next patient is to be looked at, ``None`` without patients."""
    return session.scalar(sa.select(sa.func.min(PatientSummary.silence_check_at)))


def check_silence(session: Session, *, now: datetime, limit: int = 50) -> int:
    """Let the rules about silence speak for patients whose turn it is; return how many it was.

    Each patient's lock is taken before her row is looked at again, so that of two schedulers one
    finds it done, and a report that arrives meanwhile is waited for.
    """
    due = session.scalars(
        sa.select(PatientSummary.patient_id)
        .where(PatientSummary.silence_check_at <= now)
        .order_by(PatientSummary.silence_check_at)
        .limit(limit)
    ).all()
    for patient_id in due:
        _check(session, patient_id, now)
    return len(due)


def look_again(session: Session, *, now: datetime) -> None:
    """Look at once at patients whose turn lies further ahead than a turn ever does."""
    session.execute(
        sa.update(PatientSummary)
        .where(PatientSummary.silence_check_at > now + SILENCE_CHECK)
        .values(silence_check_at=now)
    )


def _check(session: Session, patient_id: UUID, now: datetime) -> None:
    patient = people.lock_patient(session, patient_id)
    summary = session.get_one(PatientSummary, patient_id, populate_existing=True)
    if summary.silence_check_at > now:
        return
    # Reports do not move her turn, which would cost each of them an index entry: it moves on
    # by itself when it finds that she has not been silent.
    last = summary.last_report_at
    heard_lately = last is not None and last + SILENCE_CHECK > now
    summary.silence_check_at = (last if last and heard_lately else now) + SILENCE_CHECK
    if heard_lately or patient.account_id is None:
        return
    records = replace(
        loading.load(session, patient, as_of=now),
        last_report_at=summary.last_report_at,
        known_reasons_for_silence=patient.care_status
        not in (CareStatus.ACTIVE, CareStatus.HOSPICE),
    )
    picture = Picture.of(records, as_of=now, knowledge=vocabulary())
    findings = rule_set().evaluate(picture, purposes=_SPEAKING, reading={"silence"})
    if findings and not patient.care_status.has_ended:
        change = Change(
            patient_id=patient.id, change_no=patient.change_no, by=patient.account_id, now=now
        )
        act_on(session, patient, change=change, findings=findings, record=records.patient, at=now)
