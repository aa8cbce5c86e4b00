"""What every page has that lets somebody in: tries counted, those that wait told, and the hasher.

Tries count by the address, or by the browser that is known.
"""

from uuid import UUID

from flask import Response, current_app, g, request

from service.accounts import known_devices, throttle
from service.accounts.passwords import Passwords
from service.accounts.throttle import Counter, Tried
from service.db import transaction
from service.errors import TooMany


def passwords() -> Passwords:
    """Return what hashes and compares passwords here."""
    found: Passwords = current_app.extensions["passwords"]
    return found


def told_to_wait(response: Response, wait: TooMany) -> Response:
    """Say in a page's headers how many seconds whoever has tried too often has to wait."""
    response.headers["Retry-After"] = str(wait.retry_after)
    return response


def asked_from_here(*more: Counter) -> None:
    """Count what is asked from this address, and under ``more``, and is no guess.

    Raises:
        TooMany: more than ``SIGN_INS_A_MINUTE``.
    """
    most = current_app.config["SIGN_INS_A_MINUTE"]
    with transaction() as session:
        counters = (throttle.of_asking(request.remote_addr), *more)
        tried = throttle.begin(session, *counters, most=most, now=g.now)
    throttle.check(tried)


def guess_from_here(*, known: UUID | None = None) -> Tried:
    """Count a guess as wrong until ``throttle.succeed`` says otherwise.

    It counts for this address, or for the ``known`` device it comes from.

    Raises:
        TooMany: more than ``SIGN_INS_A_MINUTE``, or too many were wrong.
    """
    most = current_app.config["SIGN_INS_A_MINUTE"]
    with transaction() as session:
        tried = known_devices.begin_guess(
            session, address=request.remote_addr, known=known, most=most, now=g.now
        )
    throttle.check(tried)
    return tried
