"""What can be done about people: open a clinic, hire, invite, and say how one is reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import preferences
from service.accounts.access import Viewer
from service.accounts.codes import new_code
from service.accounts.models import Account, Clinic, Invitation, Patient, Role
from service.accounts.patient_ref import PatientRef
from service.accounts.queries import lock_patient
from service.accounts.registering import Newcomer, add_account
from service.accounts.roster_actions import RosterUnusable, may_hold
from service.accounts.rules import email_key
from service.accounts.tokens import sha256_of
from service.db import insert_if_new
from service.errors import Conflict, IdConflict, NotAllowed
from service.ids import new_id

_PROFILE_OF_PATIENT = {"display_name", "time_zone", "locale"}


class ClinicExists(Conflict):
    """A clinic of this name is there already."""

    slug = "clinic-exists"
    title = "There is a clinic of this name already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """Whom an invitation is for; an e-mail address makes it good for that address only.

    ``topics`` are what family may see, ``duties`` the rosters staff are put on.
    """

    role: Role
    email: str | None = None
    display_name: str | None = None
    topics: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()


def add_clinic(
    session: Session,
    *,
    name: str,
    time_zone: str,
    hours: Mapping[str, Any],
    phones: Mapping[str, str],
    now: datetime,
) -> Clinic:
    """Open a clinic.

    Raises:
        ClinicExists: there is one of this name.
    """
    id = new_id()
    values = {
        "id": id,
        "name": name,
        "time_zone": time_zone,
        "hours": dict(hours),
        "phones": dict(phones),
        "created_at": now,
    }
    if not insert_if_new(session, cast(sa.Table, Clinic.__table__), values, conflict_on="name"):
        raise ClinicExists
    return session.get_one(Clinic, id)


def add_staff(
    session: Session,
    *,
    clinic_id: UUID,
    role: Role,
    email: str,
    display_name: str,
    password_hash: str,
    totp_secret: str | None,
    time_zone: str,
    now: datetime,
) -> Account:
    """Let somebody work for a clinic.

    Args:
        session: in a transaction.
        clinic_id: whose staff.
        role: one of ``STAFF``.
        email: what is signed in with.
        display_name: as patients and colleagues read it.
        password_hash: as ``Passwords.hash`` returns it.
        totp_secret: handed over in person and so in force at once; ``None`` if the second
            factor is still to be set up.
        time_zone: IANA name.
        now: when this happens.

    Raises:
        EmailUnavailable: the address is somebody's already.
    """
    newcomer = Newcomer(
        email=email, password_hash=password_hash, display_name=display_name,
        time_zone=time_zone, locale="en",
    )  # fmt: skip
    account = add_account(session, newcomer, role=role, clinic_id=clinic_id, now=now)
    if totp_secret is not None:
        account.totp_secret = totp_secret
        account.totp_confirmed_at = now
        session.flush()
    return account


def check_duties(invitee: Invitee) -> None:
    """Let an invitation of staff past if the role answers for the rosters it names.

    Raises:
        RosterUnusable: it does not.
    """
    wrong = [duty for duty in invitee.duties if not may_hold(invitee.role, duty)]
    if wrong:
        words = ", ".join(duty.replace("_", " ") for duty in wrong)
        raise RosterUnusable(errors=[("/duties", f"This role does not answer for: {words}.")])


def inviter_of(viewer: Viewer, invitee: Invitee) -> tuple[UUID, UUID | None]:
    """Return the clinic a viewer invites into, and the patient if she invites her family.

    Raises:
        NotAllowed: patients invite family, staff invite patients, and not the other way round.
    """
    if viewer.own_record is not None and invitee.role is Role.CAREGIVER:
        return viewer.own_record.clinic_id, viewer.own_record.id
    if viewer.is_staff and viewer.clinic_id is not None and invitee.role is Role.PATIENT:
        return viewer.clinic_id, None
    raise NotAllowed


def invite(
    session: Session,
    invitee: Invitee,
    *,
    clinic_id: UUID,
    patient_id: UUID | None = None,
    created_by: UUID | None = None,
    lifetime: timedelta,
    now: datetime,
    id: UUID | None = None,
    code: str | None = None,
) -> tuple[Invitation, str]:
    """Make out an invitation and return it with its code, of which only a hash is kept.

    ``id`` and ``code`` come from callers that may ask twice for the same one.

    Raises:
        IdConflict: that id was made out to somebody else.
    """
    code = code or new_code()
    said = {
        "clinic_id": clinic_id,
        "patient_id": patient_id,
        "role": invitee.role,
        "email_key": email_key(invitee.email) if invitee.email else None,
        "display_name": invitee.display_name,
        "topics": list(invitee.topics),
        "duties": list(invitee.duties),
        "created_by": created_by,
    }
    id = id or new_id()
    values = {
        "id": id,
        "code_sha256": sha256_of(code),
        "created_at": now,
        "expires_at": now + lifetime,
        **said,
    }
    is_new = insert_if_new(session, cast(sa.Table, Invitation.__table__), values)
    invitation = session.get_one(Invitation, id)
    if not is_new and any(getattr(invitation, name) != value for name, value in said.items()):
        raise IdConflict
    return invitation, code


def change_profile(
    session: Session, viewer: Viewer, changes: Mapping[str, Any]
) -> PatientRef | None:
    """Change how somebody is addressed and reached; return her record if that changed too.

    ``channels`` is merged, the others are replaced.  Her account is locked for that: what she
    switches off by a link in a mail, meanwhile, stays off.
    """
    own = {name: value for name, value in changes.items() if name in _PROFILE_OF_PATIENT}
    patient = None
    if viewer.own_record is not None and own:
        patient = lock_patient(session, viewer.own_record.id)
        row = cast(sa.Table, Patient.__table__)
        session.execute(
            sa.update(row).where(row.c.id == patient.id).values(**own, version=row.c.version + 1)
        )
    account = session.get_one(
        Account, viewer.account_id, with_for_update=True, populate_existing=True
    )
    for name, value in changes.items():
        is_merged = name == "channels"
        setattr(account, name, preferences.merged(account.channels, value) if is_merged else value)
    return patient
