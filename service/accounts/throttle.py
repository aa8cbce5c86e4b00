"""How often somebody may try: counted in the database, so by all workers together."""

from datetime import datetime
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.session_models import AttemptWindow
from service.accounts.tokens import sha256_of
from service.db import insert_if_new
from service.errors import TooMany

_WINDOWS = cast(sa.Table, AttemptWindow.__table__)
_AN_ADDRESS_BLOCK = 64


def count(session: Session, *keys: str, now: datetime) -> int:
    """Count one attempt under each key; return the highest count within this minute.

    The caller commits whatever comes of the attempt: one rolled back was never counted.
    Callers name their keys in the same order, addresses first, so that none waits in a circle.
    """
    return max(_count(session, sha256_of(key), now) for key in keys)


def check(attempts: int, *, most: int, now: datetime) -> None:
    """Let the first ``most`` attempts of a minute past.

    Raises:
        TooMany: this is one more; it says when the next minute begins.
    """
    if attempts > most:
        raise TooMany(retry_after=60 - now.second)


def address_key(address: str | None) -> str:
    """Return the key of a caller's address.

    Whoever has one IPv6 address has 2^64 of them, so the network counts.
    """
    try:
        found = ip_address(address or "")
    except ValueError:
        return "address|unknown"
    if isinstance(found, IPv6Address):
        network = IPv6Network((found, _AN_ADDRESS_BLOCK), strict=False)
        return f"address|{network.network_address}"
    return f"address|{found}"


def _count(session: Session, key: str, now: datetime) -> int:
    minute = now.replace(second=0, microsecond=0)
    insert_if_new(
        session, _WINDOWS, {"key": key, "window_start": minute, "attempts": 0}, conflict_on="key"
    )
    same_minute = _WINDOWS.c.window_start == minute
    statement = (
        sa.update(_WINDOWS)
        .where(_WINDOWS.c.key == key)
        .values(
            attempts=sa.case((same_minute, _WINDOWS.c.attempts + 1), else_=1), window_start=minute
        )
        .returning(_WINDOWS.c.attempts)
    )
    return int(session.execute(statement).scalar_one())
