"""Proving oneself once more, for what does harm when somebody else does it.

A browser left open, or a phone that was lent, signs its holder in; it does not let her turn off
the second factor, carry off a record or let people in.  Such a view begins with one line::

    require_fresh_sign_in(call)

and whoever has not proved herself on this device within five minutes is asked for that first.
"""

from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import second_factor, throttle
from service.accounts.access import Viewer
from service.accounts.models import Account
from service.accounts.session_actions import STEPPED_UP
from service.accounts.session_models import DeviceSession
from service.accounts.throttle import Tried
from service.errors import NotAllowed, Rejected

# Project choice: long enough for what is done in one go, short enough for a coffee.
FRESH = timedelta(minutes=5)


class StepUpNeeded(NotAllowed):
    """Whoever is signed in has to prove herself again before this."""

    slug = "step-up-needed"
    title = "Please confirm first that it is you."


class ProofWrong(Rejected):
    """The password or the code given to confirm something is not the account's."""

    slug = "proof-wrong"
    title = "The password or the code is not right."


class Asked(Protocol):
    """One request on its way, of the API (``Call``) or of the dashboard (``Visit``)."""

    @property
    def session(self) -> Session:
        """Return the open transaction."""

    @property
    def now(self) -> datetime:
        """Return the moment of the request."""

    @property
    def viewer(self) -> Viewer:
        """Return who is signed in."""


def require_fresh_sign_in(asked: Asked) -> None:
    """Let only those past who have proved themselves on this device within five minutes.

    Raises:
        StepUpNeeded: she has not; nothing has been changed.
    """
    proved_at = asked.session.scalar(
        sa.select(DeviceSession.proved_at).where(DeviceSession.id == asked.viewer.session_id)
    )
    if proved_at is None or proved_at <= asked.now - FRESH:
        raise StepUpNeeded


def proves_herself(
    session: Session,
    viewer: Viewer,
    *,
    is_right: bool,
    code: str | None,
    most: int,
    now: datetime,
) -> bool:
    """Tell whether somebody signed in has given what she would sign in with.

    Tries are counted under her device, as those of signing in on it again.  The caller commits
    whatever comes of it.

    Args:
        session: in a transaction.
        viewer: who is signed in, and where.
        is_right: whether the password was, as ``Passwords.is_right`` says.
        code: six digits or a recovery code; asked for where there is a second factor.
        most: how many tries a minute a device has.
        now: when this happens.

    Raises:
        TooMany: there were too many; nothing has been changed.
    """
    tried = try_on_this_device(session, viewer, most=most, now=now)
    account = session.get_one(Account, viewer.account_id, with_for_update=True)
    proof = second_factor.read(account, code, now=now)
    if not is_right:
        return False
    has_factor = account.totp_confirmed_at is not None
    if has_factor and not second_factor.spend(session, account.id, proof, now=now):
        return False
    throttle.succeed(session, tried)
    return True


def try_on_this_device(session: Session, viewer: Viewer, *, most: int, now: datetime) -> Tried:
    """Count a try of somebody who is signed in; ``throttle.succeed`` takes it back.

    Raises:
        TooMany: there were too many; nothing has been changed.
    """
    tried = throttle.begin(session, throttle.of_device(viewer.session_id), most=most, now=now)
    throttle.check(tried)
    return tried


def renew_session(session: Session, session_id: UUID, *, now: datetime) -> DeviceSession:
    """Sign a device in anew, its owner having proved herself; the session before it is dead.

    Whoever had a copy of its tokens or cookie does not get the new rights (ASVS 5.0, 7.2.4).
    Its time runs on: proving oneself again does not make a day's work longer.
    """
    before = session.get_one(DeviceSession, session_id)
    before.revoked_at, before.revoked_because = now, STEPPED_UP
    renewed = DeviceSession(
        account_id=before.account_id, kind=before.kind, device_name=before.device_name,
        created_at=before.created_at, expires_at=before.expires_at, last_used_at=now,
        proved_at=now, proof=before.proof,
    )  # fmt: skip
    session.add(renewed)
    session.flush()
    return renewed
