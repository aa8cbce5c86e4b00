"""What every way of proving oneself shares: passwords compared, attempts counted and refused."""

from typing import Any
from uuid import UUID

from flask import after_this_request, current_app, g, request

from service.accounts import known_devices, throttle
from service.accounts.passwords import Passwords
from service.accounts.throttle import Counter, Tried
from service.accounts.tokens import TokenSigner
from service.db import transaction


def passwords() -> Passwords:
    """Return what hashes and compares passwords here."""
    found: Passwords = current_app.extensions["passwords"]
    return found


def most_a_minute() -> int:
    """Return how many tries a minute an account, an address or a device has here."""
    most: int = current_app.config["SIGN_INS_A_MINUTE"]
    return most


def check_rate(tried: Tried) -> None:
    """Say in the answer's headers how many attempts are left, and refuse one that has to wait.

    Raises:
        TooMany: more than ``SIGN_INS_A_MINUTE``, or too many were wrong.
    """
    most = most_a_minute()
    left = 0 if tried.wait else max(most - tried.attempts, 0)
    seconds_left = str(tried.wait or 60 - g.now.second)

    @after_this_request
    def tell(response: Any) -> Any:
        response.headers["RateLimit-Limit"] = str(most)
        response.headers["RateLimit-Remaining"] = str(left)
        response.headers["RateLimit-Reset"] = seconds_left
        return response

    throttle.check(tried)


def count_by_address(*more: Counter) -> None:
    """Count what is asked from this address, and under ``more``, and is no guess.

    Raises:
        TooMany: more than ``SIGN_INS_A_MINUTE``.
    """
    counters = (throttle.of_asking(request.remote_addr), *more)
    with transaction() as session:
        tried = throttle.begin(session, *counters, most=most_a_minute(), now=g.now)
    check_rate(tried)


def guess_from_here(*, known: UUID | None = None) -> Tried:
    """Count a guess as wrong until ``throttle.succeed`` says otherwise.

    It counts for this address, or for the ``known`` device it comes from.

    Raises:
        TooMany: more than ``SIGN_INS_A_MINUTE``, or too many were wrong.
    """
    most = most_a_minute()
    with transaction() as session:
        tried = known_devices.begin_guess(
            session, address=request.remote_addr, known=known, most=most, now=g.now
        )
    check_rate(tried)
    return tried


def device_named(token: str | None) -> UUID | None:
    """Return which device a caller says it is, ``None`` if it says none or its token is forged."""
    signer: TokenSigner = current_app.extensions["tokens"]
    return signer.read(token or "", kind=known_devices.KNOWN, now=g.now)
