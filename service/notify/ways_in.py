"""Telling somebody by mail that a way into her account has come or gone.

Whoever did it knows; whoever did not has to learn of it at once (ASVS 5.0, 6.3.7).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.access import Viewer
from service.ids import new_id
from service.notify.actions import tell

_IF_NOT_YOU = (
    "If it was not you, sign all your devices out and set a new password, and tell your clinic."
)


def tell_owner(session: Session, viewer: Viewer, text: str, *, now: datetime) -> None:
    """Mail the viewer what she has changed about signing in."""
    own = viewer.own_record
    tell_account(
        session, viewer.account_id, text, patient_id=own.id if own else None,
        to_staff=viewer.is_staff, now=now,
    )  # fmt: skip


def tell_account(
    session: Session,
    account_id: UUID,
    text: str,
    *,
    patient_id: UUID | None,
    to_staff: bool,
    now: datetime,
) -> None:
    """Mail the owner of an account what has changed about signing in."""
    tell(
        session, recipient_id=account_id, patient_id=patient_id, to_staff=to_staff,
        kind="account", subject_id=None, title="Signing in to Waymark has changed",
        body={"text": f"{text} {_IF_NOT_YOU}"}, collapse_key=f"way-in:{new_id()}",
        now=now, channel="email",
    )  # fmt: skip
