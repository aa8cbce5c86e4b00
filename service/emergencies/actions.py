"""What can be done in an emergency: open another clinic's record for an hour, and review that."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Topic, Viewer
from service.accounts.emergency_models import BreakGlass, Finding
from service.accounts.sharing import NotShared
from service.audit.actions import log_event
from service.audit.models import Event
from service.db import skip_locked
from service.emergencies import notices
from service.emergencies.looking import open_glass
from service.errors import Conflict, NotFound
from service.hot import HotStatement
from service.row_security import narrow, reach_every_clinic

# Source: S-80 of the project's promises.  Long enough for an emergency room, short enough that
# nobody works by it.
LASTS = timedelta(minutes=60)
REVIEWED_WITHIN = timedelta(hours=72)


class OwnClinic(Conflict):
    """Who looks after her anyway needs no emergency access."""

    slug = "own-clinic"
    title = "She is a patient of your own clinic: you need no emergency access."


class NoSuchPatient(NotFound):
    """Nobody has this id."""

    slug = "no-such-patient"
    title = "There is no patient of this id. Check it with whoever gave it to you."


class ReviewedAlready(Conflict):
    """Somebody has reviewed it."""

    slug = "reviewed-already"
    title = "This emergency access has been reviewed."


def open_record(
    session: Session, viewer: Viewer, patient_id: UUID,
    *, reason: str, route: str, request_id: str, now: datetime,
) -> tuple[BreakGlass, bool]:  # fmt: skip
    """Open the record of another clinic's patient for an hour; tell whether that is new.

    What is open already is answered as it is.  What is new is noted in her access log, and she
    and the privacy officers of her clinic are told, in this transaction.

    Args:
        session: left the patient's clinic, on PostgreSQL.
        viewer: who opens it.
        patient_id: whose record.
        reason: in words; sealed as private words of the patient's.
        route: the endpoint.
        request_id: the request's.
        now: when.

    Raises:
        NoSuchPatient: nobody has this id.
        OwnClinic: she is looked after in the viewer's clinic.
        NotShared: she has not let even her own care team see her record.
    """
    assert viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    from_clinic = people.clinic(session, viewer.clinic_id).name
    reach_every_clinic(session)
    try:
        patient = people.patient_ref(session, patient_id)
    except NotFound:
        raise NoSuchPatient from None
    if patient.clinic_id == viewer.clinic_id:
        raise OwnClinic
    if not patient.is_shared:
        raise NotShared
    narrow(session, patient.clinic_id)
    # Two clicks at once are one: the second waits here and finds what the first has opened.
    people.lock_in_order(session, [patient.id])
    there = open_glass(session, viewer, patient.id, now=now)
    if there is not None:
        return there, False
    glass = BreakGlass(
        patient_id=patient.id, clinic_id=patient.clinic_id, account_id=viewer.account_id,
        name=viewer.display_name, role=viewer.role, from_clinic=from_clinic, reason=reason,
        opened_at=now, ends_at=now + LASTS, review_by=now + REVIEWED_WITHIN,
    )  # fmt: skip
    session.add(glass)
    session.flush()
    log_event(
        session, Event.OPENED, Topic.BREAK_GLASS, account_id=viewer.account_id, role=viewer.role,
        clinic_id=patient.clinic_id, patient_id=patient.id, route=route, request_id=request_id,
        now=now,
    )  # fmt: skip
    notices.tell_opened(session, glass, patient, now=now)
    return glass, True


def to_review(session: Session, viewer: Viewer, glass_id: UUID) -> BreakGlass:
    """Return an emergency access to the viewer's clinic, kept from every other reviewer.

    Raises:
        NotFound: her clinic has none of this id.
        ReviewedAlready: somebody was first.
    """
    glass = session.scalars(
        sa.select(BreakGlass)
        .where(BreakGlass.id == glass_id, BreakGlass.clinic_id == viewer.clinic_id)
        .with_for_update()
    ).one_or_none()
    if glass is None:
        raise NotFound
    if glass.reviewed_at is not None:
        raise ReviewedAlready
    return glass


def review(
    session: Session, viewer: Viewer, glass: BreakGlass,
    *, finding: Finding, note: str | None, now: datetime,
) -> None:  # fmt: skip
    """Write down what a privacy officer made of it.

    Args:
        session: in which it was taken ``to_review``.
        viewer: the privacy officer.
        glass: the emergency access.
        finding: whether it was justified.
        note: what was found out; the patient can read it.
        now: when.
    """
    glass.finding, glass.finding_note = finding, note
    glass.reviewed_at, glass.reviewed_by, glass.review_by = now, viewer.account_id, None
    session.flush()


def tell_unreviewed(session: Session, *, now: datetime, limit: int) -> int:
    """Tell administrators, once, of what nobody has reviewed in 72 hours; return of how many."""
    late = session.scalars(
        skip_locked(
            sa.select(BreakGlass)
            .options(sa.orm.defer(BreakGlass.reason), sa.orm.defer(BreakGlass.finding_note))
            .where(BreakGlass.review_by <= now)
            .order_by(BreakGlass.review_by, BreakGlass.id)
            .limit(limit)
        )
    ).all()
    for glass in late:
        glass.escalated_at, glass.review_by = now, None
    notices.tell_unreviewed(session, late, now=now)
    return len(late)


def next_moment(session: Session) -> datetime | None:
    """Return when the next one will have waited too long for its review, ``None`` if none waits."""
    at: datetime | None = _NEXT_REVIEW.value(session)
    return at


_NEXT_REVIEW = HotStatement(
    sa.select(sa.func.min(BreakGlass.review_by)).where(BreakGlass.review_by.is_not(None))
)
