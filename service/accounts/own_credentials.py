"""What somebody signed in changes herself: her password, and the address she signs in with."""

from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.accounts import mailed_codes, throttle
from service.accounts.access import Viewer
from service.accounts.credential_actions import check_password, set_password, void_codes
from service.accounts.mailed_codes import ADDRESS, Made, MailOwner
from service.accounts.models import Account, Clinic, Invitation
from service.accounts.registering import EmailUnavailable
from service.accounts.rules import email_key
from service.accounts.throttle import Counter

_INVITATIONS = cast(sa.Table, Invitation.__table__)


def check_own_password(session: Session, viewer: Viewer, password: str) -> None:
    """Let a new password of the viewer's past.

    Raises:
        PasswordTooShort: see ``check_password``.
        PasswordTooCommon: likewise.
    """
    clinic = session.scalar(sa.select(Clinic.name).where(Clinic.id == viewer.clinic_id))
    check_password(
        password, email=viewer.email, is_staff=viewer.is_staff,
        names=(viewer.display_name, clinic or ""),
    )  # fmt: skip


def change_password(session: Session, viewer: Viewer, *, password_hash: str, now: datetime) -> None:
    """Set the viewer's new password; all her other devices are cut off."""
    account = session.get_one(Account, viewer.account_id, with_for_update=True)
    set_password(
        session, account, password_hash, because="password-changed", now=now,
        but=viewer.session_id,
    )  # fmt: skip


def ask_for_address(
    session: Session, viewer: Viewer, email: str, *, most: int, now: datetime
) -> Made:
    """Make a code that is to be mailed to the viewer's new address; those before it are void.

    Whether the address is somebody else's is not looked at: only who reads its mail is told.

    Raises:
        TooMany: she, or others together for this address, asked more than ``most`` times a minute.
    """
    counters = (Counter(f"address|{viewer.account_id}"), throttle.of_mail(email_key(email)))
    throttle.check(throttle.begin(session, *counters, most=most, now=now))
    mailed_codes.void(session, viewer.account_id, purpose=ADDRESS)
    return mailed_codes.make(session, ADDRESS, account_id=viewer.account_id, email=email, now=now)


def confirm_address(
    session: Session, viewer: Viewer, request: str, code: str, *, now: datetime
) -> str | None:
    """Let the viewer sign in with her new address, and return the former one.

    ``None`` if the code is not right; the caller commits in that case too, as a try was counted.

    Raises:
        EmailUnavailable: the address is somebody's already.
    """
    taken = mailed_codes.try_code(session, ADDRESS, request, code, now=now)
    if not taken.is_right or taken.account_id != viewer.account_id or taken.email is None:
        return None
    account = session.get_one(Account, viewer.account_id, with_for_update=True)
    former, former_key = account.email, account.email_key
    try:
        with session.begin_nested():
            account.email, account.email_key = taken.email, email_key(taken.email)
    except IntegrityError:
        # Not asked before: the wall would hide an account of another clinic.
        raise EmailUnavailable from None
    # By it the invitation that let her in is found when all that is hers is (``her_rows``).
    session.execute(
        sa.update(_INVITATIONS)
        .where(_INVITATIONS.c.email_key == former_key, _INVITATIONS.c.used_at.is_not(None))
        .values(email_key=account.email_key)
    )
    void_codes(session, account.id, now=now)
    return former


def owner_of_viewer(viewer: Viewer) -> MailOwner:
    """Return the viewer as whom a mail is for."""
    own = viewer.own_record
    return MailOwner(
        account_id=viewer.account_id, patient_id=own.id if own else None,
        is_staff=viewer.is_staff,
    )  # fmt: skip
