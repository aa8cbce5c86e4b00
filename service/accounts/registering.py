"""Letting people in by invitation: as a patient, as her family, or to work for a clinic."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.models import STAFF, Account, Clinic, Grant, Invitation, Patient, Role
from service.accounts.roster_actions import put_on_roster
from service.accounts.rules import email_key, normal_code
from service.accounts.tokens import sha256_of
from service.db import insert_if_new
from service.errors import Rejected
from service.ids import new_id
from service.row_security import narrow


class EmailUnavailable(Rejected):
    """Somebody with this address is there already."""

    slug = "email-unavailable"
    title = "This e-mail address cannot be used."


class InvitationNeeded(Rejected):
    """This site lets nobody register without an invitation."""

    slug = "invitation-needed"
    title = "You need an invitation to register here."


class InvitationInvalid(Rejected):
    """The code is unknown, used, or has run out."""

    slug = "invitation-invalid"
    title = "This invitation code is not valid."


class InvitationEmail(Rejected):
    """The invitation was made out to another e-mail address."""

    slug = "invitation-email"
    title = "This invitation is for another e-mail address."


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What somebody says of herself when she registers."""

    email: str
    password_hash: str
    display_name: str
    time_zone: str
    locale: str


def open_invitation(session: Session, code: str, *, now: datetime) -> Invitation | None:
    """Return the invitation a code opens at this moment, ``None`` if it opens nothing."""
    return session.scalar(
        sa.select(Invitation).where(
            Invitation.code_sha256 == sha256_of(normal_code(code)),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
    )


def staff_invitation(session: Session, code: str, *, now: datetime) -> Invitation | None:
    """Return the invitation to work for a clinic that a code opens now; ``None`` for any other."""
    invitation = open_invitation(session, code, now=now)
    return invitation if invitation is not None and invitation.role in STAFF else None


def register(
    session: Session,
    newcomer: Newcomer,
    *,
    invitation_code: str | None,
    asks_before_sharing: bool = False,
    now: datetime,
) -> tuple[Account, Patient | None]:
    """Let somebody in: a patient, a member of a patient's family with what she may see, or staff.

    Staff are put last on the rosters of their invitation, and see no patient before they have
    set up a second factor.  Without a code the only clinic of the site takes the newcomer as its
    patient; whether the site allows that is for the caller to know.

    Who was invited by her clinic is looked after by it, and its team sees her record until she
    says no (consent ``care_team``), unless the site asks first.  Who comes by herself is seen by
    nobody until she says yes, which she cannot do in the same request.

    Raises:
        InvitationInvalid: the code is unknown, used, or has run out.
        InvitationEmail: it is for another address.
        InvitationNeeded: without a code, at a site of several clinics or none.
        EmailUnavailable: the address is somebody's already.
    """
    if invitation_code is None:
        clinic_id = _only_clinic(session)
        narrow(session, clinic_id)
        return register_patient(session, newcomer, clinic_id=clinic_id, is_shared=False, now=now)
    invitation = _take(session, invitation_code, now)
    narrow(session, invitation.clinic_id)
    if invitation.email_key not in {None, email_key(newcomer.email)}:
        raise InvitationEmail
    if invitation.role in STAFF:
        return _let_staff_in(session, newcomer, invitation, now=now), None
    if invitation.patient_id is None:
        return register_patient(
            session, newcomer, clinic_id=invitation.clinic_id,
            is_shared=not asks_before_sharing, now=now,
        )  # fmt: skip
    account = add_account(
        session, newcomer, role=Role.CAREGIVER, clinic_id=invitation.clinic_id, now=now
    )
    session.add(
        Grant(
            patient_id=invitation.patient_id, account_id=account.id,
            topics=invitation.topics, granted_at=now,
        )
    )  # fmt: skip
    session.flush()
    return account, None


def _let_staff_in(
    session: Session, newcomer: Newcomer, invitation: Invitation, *, now: datetime
) -> Account:
    account = add_account(
        session, newcomer, role=invitation.role, clinic_id=invitation.clinic_id, now=now
    )
    for duty in invitation.duties:
        put_on_roster(session, clinic_id=invitation.clinic_id, duty=duty, account_id=account.id)
    return account


def register_patient(
    session: Session, newcomer: Newcomer, *, clinic_id: UUID, is_shared: bool, now: datetime
) -> tuple[Account, Patient]:
    """Take somebody as a patient of a clinic, whose team sees her record if it is shared.

    Her row on the panel is opened by the caller (``panel.actions.open_summary``), in the same
    transaction.

    Raises:
        EmailUnavailable: the address is somebody's already.
    """
    account = add_account(session, newcomer, role=Role.PATIENT, clinic_id=clinic_id, now=now)
    patient = Patient(
        account_id=account.id, clinic_id=clinic_id, display_name=newcomer.display_name,
        time_zone=newcomer.time_zone, locale=newcomer.locale, is_shared=is_shared, joined_at=now,
    )  # fmt: skip
    session.add(patient)
    session.flush()
    return account, patient


def add_account(
    session: Session, newcomer: Newcomer, *, role: Role, clinic_id: UUID, now: datetime
) -> Account:
    """Make somebody an account.

    Raises:
        EmailUnavailable: the address is somebody's already.
    """
    id = new_id()
    values = {
        "id": id,
        "clinic_id": clinic_id,
        "role": role,
        "email": newcomer.email.strip(),
        "email_key": email_key(newcomer.email),
        "password_hash": newcomer.password_hash,
        "display_name": newcomer.display_name,
        "time_zone": newcomer.time_zone,
        "locale": newcomer.locale,
        "created_at": now,
    }
    if not insert_if_new(
        session, cast(sa.Table, Account.__table__), values, conflict_on="email_key"
    ):
        raise EmailUnavailable
    return session.get_one(Account, id)


def _take(session: Session, code: str, now: datetime) -> Invitation:
    # One statement decides: of two who bring the same code at once, one gets the row.
    row = cast(sa.Table, Invitation.__table__)
    taken = session.execute(
        sa.update(row)
        .where(
            row.c.code_sha256 == sha256_of(normal_code(code)),
            row.c.used_at.is_(None),
            row.c.expires_at > now,
        )
        .values(used_at=now)
        .returning(row.c.id)
    ).scalar_one_or_none()
    if taken is None:
        raise InvitationInvalid
    return session.get_one(Invitation, taken)


def _only_clinic(session: Session) -> UUID:
    clinics = list(session.scalars(sa.select(Clinic.id).limit(2)))
    if len(clinics) != 1:
        raise InvitationNeeded
    return clinics[0]
