"""A device that was lost: cut off, and told to forget what it holds when it next calls."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.session_actions import sign_out
from service.accounts.session_models import DeviceSession, RefreshToken
from service.accounts.tokens import sha256_of
from service.errors import Gone

# Why a session has ended, as ``DeviceSession.revoked_because`` keeps it.
WIPED = "wipe"


class DeviceWiped(Gone):
    """The device was cut off and is to forget everything."""

    slug = "wipe"
    title = "This device was cut off. Forget everything it holds."


def wipe(session: Session, session_id: UUID, *, account_id: UUID, now: datetime) -> None:
    """Cut one of an account's devices off and have it forget all it holds.

    One that was signed out before may hold something still: it is told too.

    Raises:
        NotFound: the account has no such device.
    """
    sign_out(session, session_id, account_id=account_id, now=now)
    session.get_one(DeviceSession, session_id).revoked_because = WIPED


def check_device(session: Session, session_id: UUID) -> None:
    """Tell a device whose access is over whether it is to forget.

    Raises:
        DeviceWiped: it is.
    """
    if _why_over(session, DeviceSession.id == session_id) == WIPED:
        raise DeviceWiped


def check_token(session: Session, refresh_token: str) -> None:
    """Tell a device whose refresh token was not taken whether it is to forget.

    Raises:
        DeviceWiped: it is.
    """
    of_token = sa.select(RefreshToken.session_id).where(
        RefreshToken.sha256 == sha256_of(refresh_token)
    )
    if _why_over(session, DeviceSession.id.in_(of_token)) == WIPED:
        raise DeviceWiped


def _why_over(session: Session, which: sa.ColumnElement[bool]) -> str | None:
    return session.scalar(sa.select(DeviceSession.revoked_because).where(which))
