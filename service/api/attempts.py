"""What every way of proving oneself shares: passwords compared, attempts counted and refused."""

from typing import Any

from flask import after_this_request, current_app, g, request

from service.accounts import throttle
from service.accounts.passwords import Passwords
from service.db import transaction


def passwords() -> Passwords:
    """Return what hashes and compares passwords here."""
    found: Passwords = current_app.extensions["passwords"]
    return found


def check_rate(attempts: int) -> None:
    """Say in the answer's headers how many attempts are left, and refuse one too many.

    Raises:
        TooMany: more than ``SIGN_INS_A_MINUTE``.
    """
    most = current_app.config["SIGN_INS_A_MINUTE"]
    seconds_left = str(60 - g.now.second)

    @after_this_request
    def tell(response: Any) -> Any:
        response.headers["RateLimit-Limit"] = str(most)
        response.headers["RateLimit-Remaining"] = str(max(most - attempts, 0))
        response.headers["RateLimit-Reset"] = seconds_left
        return response

    throttle.check(attempts, most=most, now=g.now)


def count_by_address() -> None:
    """Count an attempt of the address called from.

    Raises:
        TooMany: more than ``SIGN_INS_A_MINUTE``.
    """
    with transaction() as session:
        attempts = throttle.count(session, throttle.address_key(request.remote_addr), now=g.now)
    check_rate(attempts)
