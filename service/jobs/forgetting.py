"""Once an hour: let go of counts, codes and tokens that are of no use to anybody any more."""

from collections.abc import Callable

from flask import Flask

from service.accounts.forgetting import forget_some
from service.clock import Clock
from service.db import transaction

# Small, so that nobody who signs in waits; what is left over waits for the next hour.
AT_ONCE, TIMES_AN_HOUR = 1000, 200


def forget_what_is_over(app: Flask, clock: Clock, *, goes_on: Callable[[], bool]) -> int:
    """Delete what has run out, a batch in a transaction, and return how many rows that was.

    ``goes_on`` is asked before each batch: who is being stopped begins no other.
    """
    forgotten = 0
    for _ in range(TIMES_AN_HOUR):
        if not goes_on():
            break
        with app.app_context(), transaction() as session:
            number = forget_some(session, now=clock.now(), limit=AT_ONCE)
        if not number:
            break
        forgotten += number
    return forgotten
