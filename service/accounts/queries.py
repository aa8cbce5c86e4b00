"""What can be asked of people: who is calling, and which patient this is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import PatientRef, Viewer
from service.accounts.models import Account, Clinic, Grant, Patient, RosterEntry
from service.accounts.session_models import DeviceSession
from service.errors import NotFound

_PATIENT = Patient.__table__.c
_REF = (
    _PATIENT.id, _PATIENT.clinic_id, _PATIENT.account_id, _PATIENT.display_name,
    _PATIENT.time_zone, _PATIENT.locale, _PATIENT.care_status,
    _PATIENT.information_preferences, _PATIENT.birth_year, _PATIENT.sex, _PATIENT.ecog,
    _PATIENT.joined_at, _PATIENT.change_no,
)  # fmt: skip
_REF_NAMES = tuple(column.name for column in _REF)

# One statement for "who is calling, on a device still signed in, and what is her own record".
_VIEWER = (
    sa.select(
        Account.id.label("account_id"),
        Account.role,
        Account.clinic_id,
        Account.display_name,
        Account.email,
        Account.time_zone,
        Account.locale,
        Account.totp_confirmed_at,
        *(column.label(f"patient_{column.name}") for column in _REF),
    )
    .select_from(DeviceSession)
    .join(Account, Account.id == DeviceSession.account_id)
    .outerjoin(Patient, Patient.account_id == Account.id)
    .where(
        DeviceSession.id == sa.bindparam("session_id"),
        DeviceSession.kind == sa.bindparam("kind"),
        DeviceSession.revoked_at.is_(None),
        DeviceSession.expires_at > sa.bindparam("now"),
        Account.disabled_at.is_(None),
    )
)
_ONE_PATIENT = sa.select(*_REF).where(_PATIENT.id == sa.bindparam("patient_id"))
_NEXT_CHANGE = (
    sa.update(Patient.__table__)  # type: ignore[arg-type]
    .where(_PATIENT.id == sa.bindparam("patient_id"))
    .values(change_no=_PATIENT.change_no + 1)
    .returning(*_REF)
)


def viewer_of(
    session: Session, session_id: UUID, *, kind: str, now: datetime
) -> Viewer | None:
    """Return who is signed in on this device, or ``None`` if nobody is, any more."""
    row = session.execute(
        _VIEWER, {"session_id": session_id, "kind": kind, "now": now}
    ).one_or_none()
    if row is None:
        return None
    found = row._mapping
    own = None
    if found["patient_id"] is not None:
        own = PatientRef(**{name: found[f"patient_{name}"] for name in _REF_NAMES})
    return Viewer(
        account_id=found["account_id"],
        session_id=session_id,
        role=found["role"],
        clinic_id=found["clinic_id"],
        display_name=found["display_name"],
        email=found["email"],
        time_zone=found["time_zone"],
        locale=found["locale"],
        has_second_factor=found["totp_confirmed_at"] is not None,
        own_record=own,
    )


def patient_ref(session: Session, patient_id: UUID) -> PatientRef:
    """Return a patient, without taking her lock.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.execute(_ONE_PATIENT, {"patient_id": patient_id}).one_or_none()
    if row is None:
        raise NotFound
    return PatientRef(**row._mapping)


def lock_patient(session: Session, patient_id: UUID) -> PatientRef:
    """Take a patient's next change number, and with it her lock until the transaction ends.

    Raises:
        NotFound: there is none of this id.
    """
    row = session.execute(_NEXT_CHANGE, {"patient_id": patient_id}).one_or_none()
    if row is None:
        raise NotFound
    return PatientRef(**row._mapping)


def granted_topics(
    session: Session, patient_id: UUID, account_id: UUID, *, today: date
) -> frozenset[str] | None:
    """Return what the patient lets this account see today; ``None`` without any grant."""
    rows = session.scalars(
        sa.select(Grant.topics).where(
            Grant.patient_id == patient_id,
            Grant.account_id == account_id,
            Grant.revoked_at.is_(None),
            sa.or_(Grant.until.is_(None), Grant.until >= today),
        )
    ).all()
    return frozenset(topic for topics in rows for topic in topics) if rows else None


def clinic(session: Session, clinic_id: UUID) -> Clinic:
    """Return a clinic.

    Raises:
        NotFound: there is none of this id.
    """
    found = session.get(Clinic, clinic_id)
    if found is None:
        raise NotFound
    return found


def on_duty(session: Session, clinic_id: UUID, duty: str, *, now: datetime) -> list[UUID]:
    """Return the accounts that answer for a duty at a moment, the first to be told first."""
    return list(
        session.scalars(
            sa.select(RosterEntry.account_id)
            .join(Account, Account.id == RosterEntry.account_id)
            .where(
                RosterEntry.clinic_id == clinic_id,
                RosterEntry.duty == duty,
                sa.or_(RosterEntry.starts_at.is_(None), RosterEntry.starts_at <= now),
                sa.or_(RosterEntry.ends_at.is_(None), RosterEntry.ends_at > now),
                Account.disabled_at.is_(None),
            )
            .order_by(RosterEntry.position)
        )
    )


def names_of(session: Session, account_ids: set[UUID]) -> Mapping[UUID, Any]:
    """Return display name and role of some accounts, by id."""
    if not account_ids:
        return {}
    rows = session.execute(
        sa.select(Account.id, Account.display_name, Account.role).where(
            Account.id.in_(account_ids)
        )
    )
    return {row.id: row for row in rows}
