"""Looking at one patient: as staff of her clinic, or by a record opened in an emergency.

Both edges find the patient of a path here.  Who opened her record is judged, for that one request
about that one patient, as if of her clinic; whatever names no patient stays her own clinic's.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import queries as people
from service.accounts.access import Do, Topic, Viewer
from service.accounts.emergency_models import BreakGlass
from service.accounts.models import Role
from service.accounts.patient_ref import PatientRef
from service.errors import NotAllowed, NotFound
from service.row_security import narrow, reach_every_clinic

# Who treats people.  The access table says so too; asked here again because a role may change
# while a record is open.
OPENERS = frozenset({Role.NURSE, Role.PHYSICIAN})
# What treating somebody may need; not what she is offered to read, nor studies.
IN_AN_EMERGENCY = frozenset({
    Topic.PROFILE, Topic.DIAGNOSIS, Topic.TREATMENTS, Topic.SYMPTOMS, Topic.MEASUREMENTS,
    Topic.WELLBEING, Topic.QUESTIONNAIRES, Topic.REMINDERS, Topic.EVENTS, Topic.TIMELINE,
    Topic.CONSENTS, Topic.SUPPORT, Topic.REPLIES, Topic.PICTURE, Topic.VISIT, Topic.ALERTS,
    Topic.NOTES, Topic.QUESTIONS, Topic.AWAY, Topic.SAFETY_PLAN,
})  # fmt: skip


class ReadingOnly(NotAllowed):
    """A record opened in an emergency is read, never changed."""

    slug = "reading-only"
    title = "Emergency access is for reading only."


def seen_by(
    session: Session, viewer: Viewer, patient_id: UUID, topic: Topic, do: Do, *, now: datetime
) -> tuple[Viewer, PatientRef]:
    """Return a patient, and the viewer as a look at her is to be judged.

    That is the viewer herself, or, of another clinic and with the record open, a viewer of the
    patient's clinic with ``emergency_ends_at`` set.  The relation is still to be checked.
    Who is let in by her own clinic costs no statement more.

    Args:
        session: on PostgreSQL it is left the one clinic whose patient was found.
        viewer: who looks.
        patient_id: the patient of the path.
        topic: what the look is at.
        do: what is to be done.
        now: when.

    Raises:
        NotFound: there is none of this id, or none the viewer may know of.
        ReadingOnly: the record is open in an emergency, and this would change it.
        NotAllowed: it is open, and nobody needs this in an emergency.
    """
    try:
        patient = people.patient_ref(session, patient_id)
    except NotFound:
        # Behind the wall of the database a patient of another clinic is not there at all.
        if viewer.role not in OPENERS:
            raise
    else:
        if viewer.role not in OPENERS or patient.clinic_id == viewer.clinic_id:
            return viewer, patient
    reach_every_clinic(session)
    glass = session.execute(
        sa.select(BreakGlass.clinic_id, BreakGlass.ends_at)
        .where(BreakGlass.patient_id == patient_id, _open_of(viewer, now))
        .limit(1)
    ).one_or_none()
    if glass is None:
        raise NotFound
    if do is Do.WRITE:
        raise ReadingOnly
    if topic not in IN_AN_EMERGENCY:
        raise NotAllowed
    narrow(session, glass.clinic_id)
    patient = people.patient_ref(session, patient_id)
    seen_as = viewer._replace(clinic_id=glass.clinic_id, emergency_ends_at=glass.ends_at)
    return seen_as, patient


def open_now(session: Session, viewer: Viewer, *, now: datetime) -> Sequence[BreakGlass]:
    """Return the records the viewer has open, the one that was opened last first."""
    assert viewer.clinic_id is not None  # noqa: S101 - staff have a clinic
    reach_every_clinic(session)
    found = session.scalars(
        sa.select(BreakGlass)
        .options(sa.orm.load_only(BreakGlass.patient_id, BreakGlass.ends_at))
        .where(_open_of(viewer, now))
        .order_by(BreakGlass.id.desc())
    ).all()
    narrow(session, viewer.clinic_id)
    return found


def open_glass(
    session: Session, viewer: Viewer, patient_id: UUID, *, now: datetime
) -> BreakGlass | None:
    """Return what the viewer has open of a patient, ``None`` if nothing.

    The transaction is that of the patient's clinic.
    """
    mine = sa.select(BreakGlass).where(BreakGlass.patient_id == patient_id, _open_of(viewer, now))
    return session.scalars(mine.limit(1)).one_or_none()


def _open_of(viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(BreakGlass.account_id == viewer.account_id, BreakGlass.ends_at > now)
