"""What can be asked of people: who is calling, and which patient this is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import other_ways
from service.accounts.access import QUEUES, Viewer
from service.accounts.models import Account, Clinic, Grant, Patient, Queue
from service.accounts.patient_ref import PatientRef
from service.accounts.roster_queries import roster
from service.accounts.session_models import DeviceSession
from service.db import returns_joined_columns
from service.errors import NotFound
from service.hot import HotStatement
from service.patient_keys import know
from service.row_security import AboutPatient, Narrowed

_PATIENT = Patient.__table__.c
# Which rules are hers: asked in the same statement, so that no request has to ask again.
_RULES = (
    sa.select(Clinic.rules_release)
    .where(Clinic.id == _PATIENT.clinic_id)
    .scalar_subquery()
    .label("rules_release")
)
_REF = (
    _PATIENT.id, _PATIENT.clinic_id, _PATIENT.account_id, _PATIENT.display_name,
    _PATIENT.time_zone, _PATIENT.locale, _PATIENT.care_status,
    _PATIENT.information_preferences, _PATIENT.birth_year, _PATIENT.sex, _PATIENT.ecog,
    _PATIENT.joined_at, _PATIENT.is_drill, _PATIENT.change_no, _RULES,
    _PATIENT.is_shared,
    # Last, and no part of a PatientRef: what her words are sealed with comes along.
    _PATIENT.words_key,
)  # fmt: skip

# One statement for "who is calling, on a device still signed in, and what is her own record",
# which leaves the transaction the caller's clinic on the way.
_VIEWER_COLUMNS: tuple[Any, ...] = (
    Narrowed(Account.clinic_id, _PATIENT.id).label("narrowed"),
    Account.id.label("account_id"), Account.role, Account.clinic_id, Account.display_name,
    Account.email, Account.time_zone, Account.locale, Account.totp_confirmed_at,
    DeviceSession.proof,
    *(column.label(f"patient_{column.name}") for column in _REF),
)  # fmt: skip
_SIGNED_IN = (
    DeviceSession.id == sa.bindparam("session_id"),
    DeviceSession.kind == sa.bindparam("kind"),
    DeviceSession.revoked_at.is_(None),
    DeviceSession.expires_at > sa.bindparam("now"),
    Account.disabled_at.is_(None),
)
_VIEWER = (
    sa.select(*_VIEWER_COLUMNS)
    .select_from(DeviceSession)
    .join(Account, Account.id == DeviceSession.account_id)
    .outerjoin(Patient, Patient.account_id == Account.id)
    .where(*_SIGNED_IN)
)
_VIEWER_HOT = HotStatement(_VIEWER)
# The same and her lock in one statement, for a patient who changes something of her own.
_VIEWER_LOCKS = HotStatement(
    sa.update(Patient.__table__)  # type: ignore[arg-type]
    .where(_PATIENT.account_id == Account.id, Account.id == DeviceSession.account_id, *_SIGNED_IN)
    .values(change_no=_PATIENT.change_no + 1)
    .returning(*_VIEWER_COLUMNS)
)
_FOUND = (AboutPatient(_PATIENT.id).label("found"), *_REF)
_ONE_PATIENT = sa.select(*_FOUND).where(_PATIENT.id == sa.bindparam("patient_id"))
_NEXT_CHANGE = HotStatement(
    sa.update(Patient.__table__)  # type: ignore[arg-type]
    .where(_PATIENT.id == sa.bindparam("patient_id", type_=_PATIENT.id.type))
    .values(change_no=_PATIENT.change_no + 1)
    .returning(*_FOUND)
)


def viewer_of(session: Session, session_id: UUID, *, kind: str, now: datetime) -> Viewer | None:
    """Return who is signed in on this device, or ``None`` if nobody is, any more."""
    rows = _VIEWER_HOT.rows(session, {"session_id": session_id, "kind": kind, "now": now})
    return _viewer(session, rows[0], session_id) if rows else None


def viewer_with_lock(
    session: Session, session_id: UUID, *, kind: str, now: datetime
) -> Viewer | None:
    """Return who is signed in, her own record locked as by ``lock_patient``.

    ``None`` if nobody is signed in, or somebody without a record of her own.
    """
    if not returns_joined_columns(session):
        viewer = viewer_of(session, session_id, kind=kind, now=now)
        if viewer is None or viewer.own_record is None:
            return None
        return viewer._replace(own_record=lock_patient(session, viewer.own_record.id))
    rows = _VIEWER_LOCKS.rows(session, {"session_id": session_id, "kind": kind, "now": now})
    return _viewer(session, rows[0], session_id) if rows else None


def _viewer(session: Session, row: Sequence[Any], session_id: UUID) -> Viewer:
    _, account_id, role, clinic_id, name, email, time_zone, locale, confirmed_at, proof, *own = row
    return Viewer(
        account_id=account_id,
        session_id=session_id,
        role=role,
        clinic_id=clinic_id,
        display_name=name,
        email=email,
        time_zone=time_zone,
        locale=locale,
        has_second_factor=confirmed_at is not None or proof in other_ways.BOTH_FACTORS,
        own_record=_ref(session, own) if own[0] is not None else None,
    )


def patient_ref(session: Session, patient_id: UUID) -> PatientRef:
    """Return a patient, without taking her lock.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.execute(_ONE_PATIENT, {"patient_id": patient_id}).one_or_none()
    if row is None:
        raise NotFound
    return _ref(session, row[1:])


def telephone_of(session: Session, patient_id: UUID) -> str | None:
    """Return where a patient is called, ``None`` if nobody has said."""
    return session.scalar(sa.select(Patient.phone).where(Patient.id == patient_id))


def lock_patient(session: Session, patient_id: UUID) -> PatientRef:
    """Take a patient's next change number, and with it her lock until the transaction ends.

    Raises:
        NotFound: there is none of this id.
    """
    rows = _NEXT_CHANGE.rows(session, {"patient_id": patient_id})
    if not rows:
        raise NotFound
    return _ref(session, rows[0][1:])


def lock_in_order(session: Session, patient_ids: Collection[UUID]) -> frozenset[UUID]:
    """Keep several patients' rows from every other writer, in the one order that is safe.

    Their change numbers stay: nothing an app pulls is changed.
    """
    rows = session.execute(
        sa.select(Patient.id, Patient.words_key)
        .where(Patient.id.in_(set(patient_ids)))
        .order_by(Patient.id)
        .with_for_update(key_share=True)
    ).all()
    for id, words_key in rows:
        know(session, id, words_key)
    return frozenset(id for id, _ in rows)


def _ref(session: Session, values: Sequence[Any]) -> PatientRef:
    *of_hers, words_key = values
    ref = PatientRef(*of_hers)
    know(session, ref.id, words_key)
    return ref


def grants_to(session: Session, patient_id: UUID, account_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return what the patient lets this account see, and until which day, both included."""
    return session.execute(
        sa.select(Grant.topics, Grant.until).where(
            Grant.patient_id == patient_id,
            Grant.account_id == account_id,
            Grant.revoked_at.is_(None),
        )
    ).all()


def granted_topics(grants: Sequence[sa.Row[Any]], *, today: date) -> frozenset[str] | None:
    """Return what may be seen by some grants on the patient's day; ``None`` if none holds."""
    held = [grant.topics for grant in grants if grant.until is None or grant.until >= today]
    return frozenset(topic for topics in held for topic in topics) if held else None


def clinic(session: Session, clinic_id: UUID) -> Clinic:
    """Return a clinic.

    Raises:
        NotFound: there is none of this id.
    """
    # Kept for the length of the session: it forgets what nobody holds, and asks again.
    kept: dict[UUID, Clinic] = session.info.setdefault("clinics", {})
    found = kept.get(clinic_id) or session.get(Clinic, clinic_id)
    if found is None:
        raise NotFound
    kept[clinic_id] = found
    return found


def on_duty(session: Session, clinic_id: UUID, duty: str, *, now: datetime) -> list[UUID]:
    """Return the accounts that answer for a duty at a moment, the first to be told first.

    In two statements; who asks for several duties reads the ``roster`` once.
    """
    return roster(session, clinic_id, now=now, duty=duty).on_duty(duty)


def names_of(session: Session, account_ids: set[UUID]) -> Mapping[UUID, Any]:
    """Return display name and role of some accounts, by id."""
    if not account_ids:
        return {}
    rows = session.execute(
        sa.select(Account.id, Account.display_name, Account.role).where(Account.id.in_(account_ids))
    )
    return {row.id: row for row in rows}


def works_on(session: Session, account_id: UUID, clinic_id: UUID, queue: Queue) -> bool:
    """Tell whether an account of the clinic works on a queue."""
    role = session.scalar(
        sa.select(Account.role).where(
            Account.id == account_id,
            Account.clinic_id == clinic_id,
            Account.disabled_at.is_(None),
        )
    )
    return role is not None and queue in QUEUES.get(role, ())
