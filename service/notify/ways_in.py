"""Telling somebody by mail that a way into her account has come or gone, or was used anew.

Whoever did it knows; whoever did not has to learn of it at once (ASVS 5.0, 6.3.5 and 6.3.7).
Nobody can switch these mails off: it would be the first thing a thief does.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.accounts.models import STAFF, Account, Patient, Role
from service.accounts.session_models import DeviceSession
from service.accounts.wiping import WIPED
from service.audit.models import NOBODY
from service.ids import new_id
from service.notify.actions import tell
from service.notify.sealed_urls import sealed_mailbox
from service.row_security import Narrowed

# Project choice: a device that was not used for so long is as good as unknown.
REMEMBERED = timedelta(days=90)
_WHERE = {"app": "in the Waymark app", "dashboard": "on Waymark's pages, in a browser"}
ADDRESS_ASKED = (
    "Somebody asked to sign in to your account with another e-mail address. Nothing has changed "
    "yet."
)
ADDRESS_CHANGED = "Your account is now signed in to with another e-mail address."
_CHANGED = "Signing in to Waymark has changed"
_USED = "A new sign-in to Waymark"
_IF_NOT_YOU = (
    "If it was not you, sign all your devices out and set a new password, and tell your clinic."
)


def tell_owner(
    session: Session, viewer: Viewer, text: str, *, now: datetime, at: str | None = None
) -> None:
    """Mail the viewer what she has changed about signing in.

    ``at`` is the mailbox it goes to, however her address changes; ``None`` is her account's.
    """
    own = viewer.own_record
    _mail(
        session, viewer.account_id, _CHANGED, text, patient_id=own.id if own else None,
        to_staff=viewer.is_staff, now=now, at=at,
    )  # fmt: skip


def tell_colleague(session: Session, account_id: UUID, text: str, *, now: datetime) -> None:
    """Mail somebody who works here what was changed about how she signs in."""
    _mail(session, account_id, _CHANGED, text, patient_id=None, to_staff=True, now=now)


def tell_account(session: Session, account: Account, text: str, *, now: datetime) -> None:
    """Mail the owner of an account what has changed about signing in, though nobody is signed in.

    From here on the transaction sees this account's clinic alone.
    """
    own = _own_record(account)
    patient_id = session.execute(sa.select(_narrowed(account), own)).one()[1]
    _mail(
        session, account.id, _CHANGED, text, patient_id=patient_id,
        to_staff=account.role in STAFF, now=now,
    )  # fmt: skip


def tell_of_new_device(
    session: Session, account: Account, device: DeviceSession, *, now: datetime
) -> None:
    """Mail the owner of an account that it was signed in to on a device not known to be hers.

    Known is one of the same kind and name that was used for it within 90 days, unless it was
    lost: cut off and told to forget.  A second look costs one statement, a mail one more.  From
    here on the transaction sees this account's clinic alone.
    """
    before = sa.exists().where(
        DeviceSession.account_id == account.id,
        DeviceSession.id != device.id,
        DeviceSession.kind == device.kind,
        DeviceSession.device_name.is_not_distinct_from(device.device_name),
        DeviceSession.last_used_at > now - REMEMBERED,
        DeviceSession.revoked_because.is_distinct_from(WIPED),
    )
    question = sa.select(_narrowed(account), before, _own_record(account))
    _, is_known, patient_id = session.execute(question).one()
    if not is_known:
        _mail(
            session, account.id, _USED,
            f"Your account was signed in to {_WHERE[device.kind]}, on a device it has not been "
            "used on lately.",
            patient_id=patient_id, to_staff=account.role in STAFF, now=now,
        )  # fmt: skip


def _narrowed(account: Account) -> Narrowed:
    # Before anybody is signed in the database lets a message to a patient past only so.
    return Narrowed(sa.literal(account.clinic_id or NOBODY, sa.Uuid()), sa.null())


def _own_record(account: Account) -> sa.ColumnElement[Any]:
    if account.role is not Role.PATIENT:
        return sa.null()
    return sa.select(Patient.id).where(Patient.account_id == account.id).scalar_subquery()


def _mail(
    session: Session,
    account_id: UUID,
    title: str,
    text: str,
    *,
    patient_id: UUID | None,
    to_staff: bool,
    now: datetime,
    at: str | None = None,
) -> None:
    body = {"text": f"{text} {_IF_NOT_YOU}"}
    tell(
        session, recipient_id=account_id, patient_id=patient_id, to_staff=to_staff,
        kind="account", subject_id=None, title=title,
        body=body | sealed_mailbox(account_id, at) if at is not None else body,
        collapse_key=f"way-in:{new_id()}", now=now, channel="email",
    )  # fmt: skip
