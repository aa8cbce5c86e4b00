"""How often somebody may try: counted in the database, so by all workers together.

A try is counted as a mistake before anything is compared, and taken back if it was none::

    with transaction() as session:
        tried = throttle.begin(session, *counters, most=..., now=now)   # committed in any case
    throttle.check(tried)
    ...
    throttle.succeed(session, tried)                                    # if it was right

so of a thousand tries sent at the same moment no more are looked at than one after the other.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Any, NamedTuple, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts import throttle_rules as rules
from service.accounts.session_models import AttemptWindow
from service.accounts.throttle_rules import Budget
from service.accounts.tokens import sha256_of
from service.db import insert_if_new
from service.errors import TooMany

_WINDOWS = cast(sa.Table, AttemptWindow.__table__)
_W = _WINDOWS.c
_AN_ADDRESS_BLOCK = 64
_MINUTE = timedelta(minutes=1)


class Counter(NamedTuple):
    """What a try is counted under, and how often it may be a mistake there.

    With ``budget`` ``None`` nothing is guessed at: only the tries of a minute count.  Where those
    are not limited (``is_by_minute``), trying in vain does not keep others waiting.
    """

    key: str
    budget: Budget | None = None
    is_by_minute: bool = True


class Spent(NamedTuple):
    """One mistake counted in advance, and how long it makes others wait."""

    key: str
    budget: Budget
    free_at: datetime | None


class Tried(NamedTuple):
    """A try that was counted: how many there were this minute, and how long it has to wait.

    ``attempts`` are those of the first counter, or of the one that has to wait; ``wait`` is in
    seconds, 0 if it need not wait.
    """

    attempts: int
    wait: int = 0
    spent: Sequence[Spent] = ()


def begin(session: Session, *counters: Counter, most: int, now: datetime) -> Tried:
    """Count a try under each counter, and as a mistake for now, unless one of them has to wait.

    The caller commits whatever comes of the try: one rolled back was never counted.  Callers
    name their counters in the same order, addresses first, so that none waits in a circle.

    Args:
        session: in a transaction.
        counters: what the try is counted under.
        most: how many tries a minute each of them has that is told by the minute.
        now: when this happens.
    """
    kept: list[Any] = []
    for counter in counters:
        row = _count(session, sha256_of(counter.key), now)
        wait = _seconds_to_wait(row, counter, most, now)
        if wait:
            # Those behind it are left alone: a stranger who waits fills no table with addresses.
            return Tried(attempts=row.attempts, wait=wait)
        kept.append(row)
    spent = [
        _spend(session, row, counter.budget, now)
        for row, counter in zip(kept, counters, strict=True)
        if counter.budget is not None
    ]
    return Tried(attempts=kept[0].attempts, spent=spent)


def check(tried: Tried) -> None:
    """Let a try past that need not wait.

    Raises:
        TooMany: it has to; it says how long.
    """
    if tried.wait:
        raise TooMany(retry_after=tried.wait)


def succeed(session: Session, tried: Tried) -> None:
    """Take back that a try was counted as a mistake, and those before it where that clears."""
    for one in tried.spent:
        this = sa.update(_WINDOWS).where(_W.key == one.key)
        if one.budget.is_cleared:
            session.execute(this.values(mistakes=0, free_at=None))
        else:
            is_mine = _W.free_at == one.free_at
            session.execute(
                this.values(
                    mistakes=sa.case((_W.mistakes > 0, _W.mistakes - 1), else_=0),
                    free_at=sa.case((is_mine, None), else_=_W.free_at),
                )
            )


def forgive(session: Session, email_key: str) -> None:
    """Forget the mistakes made for an account: its owner has proved herself in another way."""
    key = sha256_of(of_account(email_key).key)
    session.execute(sa.update(_WINDOWS).where(_W.key == key).values(mistakes=0, free_at=None))


def of_account(email_key: str) -> Counter:
    """Return the counter of an account, or of an address to sign in with that nobody has."""
    # Not by the minute: a new password by mail must open, however hard others go on trying.
    return Counter(f"account|{email_key}", rules.ACCOUNT, is_by_minute=False)


def of_device(session_id: UUID) -> Counter:
    """Return the counter of a device its owner was signed in on."""
    return Counter(f"device|{session_id}", rules.DEVICE)


def of_address(address: str | None, *, most: int) -> Counter:
    """Return the counter of the guesses made from an address; ``most`` are free in an hour."""
    return Counter(_address_key(address), rules.of_addresses(most))


def of_asking(address: str | None) -> Counter:
    """Return the counter of what is asked from an address and is no guess."""
    return Counter(_address_key(address))


def of_mail(email_key: str) -> Counter:
    """Return the counter of the mails asked for to an address."""
    return Counter(f"mail|{email_key}")


def _address_key(address: str | None) -> str:
    # Whoever has one IPv6 address has 2^64 of them, so the network counts.
    try:
        found = ip_address(address or "")
    except ValueError:
        return "address|unknown"
    if isinstance(found, IPv6Address):
        network = IPv6Network((found, _AN_ADDRESS_BLOCK), strict=False)
        return f"address|{network.network_address}"
    return f"address|{found}"


def _count(session: Session, key: str, now: datetime) -> Any:
    """Count one try of this minute and return the row, which is ours until the end."""
    minute = now.replace(second=0, microsecond=0)
    new = {"key": key, "window_start": minute, "attempts": 0, "mistakes": 0}
    insert_if_new(session, _WINDOWS, new, conflict_on="key")
    same_minute = _W.window_start == minute
    statement = (
        sa.update(_WINDOWS)
        .where(_W.key == key)
        .values(attempts=sa.case((same_minute, _W.attempts + 1), else_=1), window_start=minute)
        .returning(*_W)
    )
    return session.execute(statement).one()


def _seconds_to_wait(row: Any, counter: Counter, most: int, now: datetime) -> int:
    until = now
    if counter.is_by_minute and row.attempts > most:
        until = row.window_start + _MINUTE
    if counter.budget is not None and row.free_at is not None:
        until = max(until, row.free_at)
    return ceil((until - now).total_seconds())


def _spend(session: Session, row: Any, budget: Budget, now: datetime) -> Spent:
    is_first = row.mistakes == 0 or row.over_at is None or row.over_at <= now
    mistakes = 1 if is_first else row.mistakes + 1
    over_at = now + budget.within if is_first else row.over_at
    free_at = rules.next_try_at(budget, mistakes, over_at=over_at, now=now)
    session.execute(
        sa.update(_WINDOWS)
        .where(_W.key == row.key)
        .values(mistakes=mistakes, over_at=over_at, free_at=free_at)
    )
    return Spent(row.key, budget, free_at)
