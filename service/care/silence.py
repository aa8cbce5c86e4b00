"""Silence is a sign: patients who have stopped reporting are looked at, by their own rhythm.

Each is looked at on the day on which she can first have fallen silent, and then every morning
while she is.  A report ends a silence in its own transaction (``panel.actions``), and what is
known of absences in theirs; what follows for alerts is done here.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.patient_ref import PatientRef
from service.alerts.hearing import close_as_heard
from service.care import loading
from service.care.facts.courses import Course
from service.care.hearing import Hearing, hear
from service.care.picture import Picture
from service.care.records import Records, SilenceFacts
from service.care.respond import act_on
from service.care.rules import vocabulary
from service.care.rules_in_force import rules_of
from service.clinical import knowledge
from service.hot import HotStatement
from service.panel import actions as panel
from service.panel.models import PatientSummary
from service.panel.rhythm import Signs, worry
from service.records import Change

SPEAKING = frozenset({"alert", "reminder"})
# After a clock that was ahead, whose turn lies further off than this is looked at anew.
_FAR_OFF = timedelta(days=7)
_LOWERS_WHITE_CELLS = "myelosuppressive"


def next_check_at(session: Session) -> datetime | None:
    """Return when the next patient is to be looked at, ``None`` without patients."""
    at: datetime | None = _NEXT_CHECK.value(session)
    return at


_NEXT_CHECK = HotStatement(sa.select(sa.func.min(PatientSummary.silence_check_at)))


def check_silence(session: Session, *, now: datetime, limit: int = 50) -> int:
    """Look at patients whose turn it is; return how many it was.

    Each patient's lock is taken before her row is looked at again, so that of two schedulers one
    finds it done, and a report that arrives meanwhile is waited for.
    """
    due = session.scalars(
        sa.select(PatientSummary.patient_id)
        .where(PatientSummary.silence_check_at <= now)
        .order_by(PatientSummary.silence_check_at)
        .limit(limit)
    ).all()
    # In the order of all who take several rows, so that no hand-over waits for this while this
    # waits for it.
    for patient_id in sorted(due):
        patient = people.lock_patient(session, patient_id)
        summary = session.get_one(PatientSummary, patient_id, populate_existing=True)
        if summary.silence_check_at <= now:
            look(session, patient, now=now)
    return len(due)


def look_again(session: Session, *, now: datetime) -> None:
    """Look at once at patients whose turn lies so far ahead that a wrong clock may have set it."""
    session.execute(
        sa.update(PatientSummary)
        .where(PatientSummary.silence_check_at > now + _FAR_OFF)
        .values(silence_check_at=now)
    )


def look(session: Session, patient: PatientRef, *, now: datetime) -> Hearing:
    """See whether she is silent, and let everything follow: her row, alerts, a suggestion.

    Args:
        session: in a transaction that holds her lock.
        patient: as she is now.
        now: when this happens.

    Returns:
        How it stands with hearing of her.
    """
    session.flush()
    hearing = hear(session, patient, now=now)
    summary = session.get_one(PatientSummary, patient.id, populate_existing=True)
    summary.rhythm_days = hearing.rhythm_days
    summary.missed_check_ins = summary.silence_score = 0
    summary.silence_check_at = hearing.next_look
    summary.updated_at = now
    panel.note_adherence(session, patient.id, now=now)
    if hearing.is_over and hearing.ends_with_it:
        close_as_heard(session, hearing.ends_with_it, now=now)
        panel.note_alerts(session, patient.id, now=now)
    if hearing.is_silent:
        picture = _picture(session, patient, hearing, now)
        summary.missed_check_ins = hearing.missed
        summary.silence_score = worry(
            hearing.missed, signs_of(summary, picture), knowledge().policy.silence
        )
        if hearing.tells_again and not hearing.open_alerts:
            _tell(session, patient, picture, now)
    return hearing


def alert_about(session: Session, patient: PatientRef, *, now: datetime) -> UUID | None:
    """Return the unclosed alert about her silence, raised now if there is none.

    ``None`` if she is not silent: nobody has to reach her.
    """
    hearing = hear(session, patient, now=now)
    if not hearing.open_alerts and hearing.is_silent:
        _tell(session, patient, _picture(session, patient, hearing, now), now)
        session.flush()
        hearing = hear(session, patient, now=now)
    return next(iter(hearing.open_alerts), None)


def lowers_white_cells(course: Course) -> bool:
    """Tell whether an infection would be dangerous to her: she is on it, or was lately."""
    windows = vocabulary().windows
    days = windows.effect_days.get(_LOWERS_WHITE_CELLS, windows.treatment_days)
    return _LOWERS_WHITE_CELLS in course.effects and course.counts(within_days=days, planned=False)


def _picture(session: Session, patient: PatientRef, hearing: Hearing, now: datetime) -> Picture:
    records: Records = replace(
        loading.load(session, patient, as_of=now),
        silence=SilenceFacts(hearing.since, hearing.every_days, hearing.missed),
        known_reasons_for_silence=hearing.is_explained,
    )
    return Picture.of(records, as_of=now, knowledge=vocabulary())


def signs_of(summary: PatientSummary, picture: Picture) -> Signs:
    """Return what was last known of somebody who has fallen silent."""
    return Signs(
        worst_grade=summary.worst_grade,
        distress=summary.distress or 0,
        is_myelosuppressed=any(lowers_white_cells(course) for course in picture.treatments),
        urgent_alerts=summary.urgent_alerts,
        soon_alerts=summary.soon_alerts,
    )


def _tell(session: Session, patient: PatientRef, picture: Picture, now: datetime) -> None:
    findings = rules_of(session, patient).evaluate(picture, purposes=SPEAKING, reading={"silence"})
    if not findings:
        return
    assert patient.account_id is not None  # noqa: S101 - nobody else is silent
    change = Change(
        patient_id=patient.id, change_no=patient.change_no, by=patient.account_id, now=now
    )
    act_on(
        session, patient, change=change, findings=findings, record=picture.records.patient, at=now
    )
