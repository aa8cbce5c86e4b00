"""Devices that were somebody's before: their owner is let past strangers who guess at her account.

Whoever signs in is handed a token beside the session's, which outlives signing out and opens
nothing.  Brought along with a password it says: this is a device of hers.  Her tries are then
counted under this device alone, with a smaller budget, and not with those of everybody else
("device cookies", OWASP).
"""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import throttle
from service.accounts.models import Account
from service.accounts.session_actions import SIGNED_OUT, STEPPED_UP
from service.accounts.session_models import DeviceSession
from service.accounts.throttle import Counter, Tried

# As long as a phone may stay signed in.
KNOWN_FOR = timedelta(days=90)
# The kind of its token (``TokenSigner``).
KNOWN = "known"


def counter_of(
    session: Session, device_id: UUID | None, *, email_key: str | None = None
) -> Counter | None:
    """Return what the tries of a known device are counted under, ``None`` if it is not known.

    A device that was cut off, wiped, or signed out by a new password is known no more.

    Args:
        session: in a transaction.
        device_id: what its token says; ``None`` if it has none, or a forged one.
        email_key: whose device it has to be; ``None`` where that is not known yet.
    """
    if device_id is None:
        return None
    # One question whether or not there is an account: it takes the same time.
    is_known = sa.select(DeviceSession.id).where(
        DeviceSession.id == device_id,
        sa.or_(
            DeviceSession.revoked_at.is_(None),
            DeviceSession.revoked_because.in_([SIGNED_OUT, STEPPED_UP]),
        ),
    )
    if email_key is not None:
        of_hers = Account.id == DeviceSession.account_id
        is_known = is_known.join(Account, of_hers).where(Account.email_key == email_key)
    if session.scalar(is_known) is None:
        return None
    return throttle.of_device(device_id)


def begin_guess(
    session: Session, *, address: str | None, known: UUID | None, most: int, now: datetime
) -> Tried:
    """Count a guess that names nobody, as of a code or a passkey (``throttle.begin``).

    It counts for the device it comes from, if that is known as somebody's, or else for the address.
    """
    counter = counter_of(session, known) or throttle.of_address(address, most=most)
    return throttle.begin(session, counter, most=most, now=now)
