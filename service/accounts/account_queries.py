"""What can be asked of accounts: how somebody is reached, and where she is signed in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import preferences
from service.accounts.models import Account, Clinic, Patient
from service.accounts.rules import email_key
from service.accounts.session_models import DeviceSession
from service.errors import NotFound


class ClinicUnknown(NotFound):
    """No clinic has this name."""

    slug = "clinic-unknown"
    title = "There is no clinic of this name."


def profile_of(session: Session, account_id: UUID) -> dict[str, Any]:
    """Return what somebody is told of her own account."""
    account, clinic, patient_id = session.execute(
        sa.select(Account, Clinic, Patient.id)
        .outerjoin(Clinic, Clinic.id == Account.clinic_id)
        .outerjoin(Patient, Patient.account_id == Account.id)
        .where(Account.id == account_id)
    ).one()
    return {
        "id": account.id,
        "patient_id": patient_id,
        "email": account.email,
        "display_name": account.display_name,
        "role": account.role.value,
        "time_zone": account.time_zone,
        "locale": account.locale,
        "clinic": clinic,
        "quiet_hours": account.quiet_hours,
        "channels": preferences.shown(account.channels),
        "second_factor": account.totp_confirmed_at is not None,
    }


def has_factor(session: Session, account_id: UUID) -> bool:
    """Tell whether an account has a second factor in force."""
    confirmed_at = session.scalar(
        sa.select(Account.totp_confirmed_at).where(Account.id == account_id)
    )
    return confirmed_at is not None


def account_with_email(session: Session, email: str) -> UUID | None:
    """Return the account of an address, ``None`` if there is none."""
    found: UUID | None = session.scalar(
        sa.select(Account.id).where(Account.email_key == email_key(email))
    )
    return found


def password_hash_of(session: Session, account_id: UUID) -> str | None:
    """Return what a password of this account is compared with."""
    return session.scalar(sa.select(Account.password_hash).where(Account.id == account_id))


def sessions_of(account_id: UUID, *, now: datetime) -> sa.Select[Any]:
    """Ask for the devices an account is signed in on."""
    return sa.select(DeviceSession).where(
        DeviceSession.account_id == account_id,
        DeviceSession.revoked_at.is_(None),
        DeviceSession.expires_at > now,
    )


def clinic_named(session: Session, name: str) -> Clinic:
    """Return a clinic by its name.

    Raises:
        ClinicUnknown: there is none of this name.
    """
    found = session.scalar(sa.select(Clinic).where(Clinic.name == name))
    if found is None:
        raise ClinicUnknown
    return found


def clinics_by_name(session: Session) -> Sequence[Clinic]:
    """Return every clinic, by name."""
    return session.scalars(sa.select(Clinic).order_by(Clinic.name, Clinic.id)).all()


def lock_clinic(session: Session, clinic_id: UUID) -> None:
    """Let nobody else change what the clinic itself keeps, its articles say, until the end.

    Nothing of her patients' waits for it: rows that point to the clinic can still be written.
    """
    session.execute(
        sa.select(Clinic.id).where(Clinic.id == clinic_id).with_for_update(key_share=True)
    )
