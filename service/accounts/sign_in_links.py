"""Signing in with a link from a mail instead of the password; the second factor stays.

Asking and redeeming are the same work whether or not anybody has the address.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import known_devices, mailed_codes, second_factor, throttle
from service.accounts.mailed_codes import SIGN_IN, Made, MailOwner
from service.accounts.models import Account
from service.accounts.sign_in_actions import has_second_factor
from service.accounts.throttle import Tried

_NOBODYS_ID = UUID(int=0)


class Redeemed(NamedTuple):
    """What came of a link: whose it was, if anybody's, and whether she is in."""

    account: Account | None
    is_in: bool


def ask(session: Session, email: str, *, now: datetime) -> tuple[Made, MailOwner | None]:
    """Make a link to sign in with; ``None`` if there is nobody to mail it to.

    The transaction is left the owner's clinic, where the mail to her is to be written.
    """
    owner = mailed_codes.owner_of(session, email)
    account_id = owner.account_id if owner else None
    return mailed_codes.make(session, SIGN_IN, account_id=account_id, now=now), owner


def redeem(
    session: Session,
    request: str,
    code: str,
    *,
    totp_code: str | None,
    known: UUID | None,
    most: int,
    now: datetime,
) -> Redeemed:
    """Tell whether a link and the second factor, where there is one, let somebody in.

    A wrong second factor is one of the link's five tries, and a mistake of the account's besides:
    else whoever reads her mail could ask for link after link and guess on.

    Args:
        session: in a transaction, which is committed whatever comes of it.
        request: what was handed to who asked.
        code: what the mail brought.
        totp_code: six digits or a recovery code; asked for where there is a second factor.
        known: the device this is said to be, whose tries the caller has counted.
        most: how many tries a minute an account has.
        now: when this happens.

    Raises:
        TooMany: the account has to wait; the link is still good.
    """
    taken = mailed_codes.try_code(session, SIGN_IN, request, code, now=now)
    # Locked: closing the account either waits for this, or has come first.
    account = session.scalar(
        sa.select(Account)
        .where(
            Account.id == (taken.account_id or _NOBODYS_ID),
            Account.disabled_at.is_(None),
            Account.clinic_id.is_not(None),
        )
        .with_for_update()
    )
    owner = account if taken.is_right else None
    tried = _count_factor(session, owner, known=known, most=most, now=now)
    proof = second_factor.read(account, totp_code, now=now)
    if not has_second_factor(session, owner, proof, now=now) or owner is None:
        return Redeemed(account, is_in=False)
    mailed_codes.spend(session, request)
    throttle.succeed(session, tried)
    return Redeemed(owner, is_in=True)


def _count_factor(
    session: Session, owner: Account | None, *, known: UUID | None, most: int, now: datetime
) -> Tried:
    """Count a try of a second factor under the account, unless it comes from a device of hers."""
    if owner is None or owner.totp_confirmed_at is None:
        return Tried(attempts=0)
    if known_devices.counter_of(session, known, email_key=owner.email_key) is not None:
        return Tried(attempts=0)
    tried = throttle.begin(session, throttle.of_account(owner.email_key), most=most, now=now)
    throttle.check(tried)
    return tried
