"""What a round does that nobody waits for: counting weeks, sealing the log, the laboratory."""

import time
from contextlib import ExitStack

from flask import Flask

from service.care.lab import runner
from service.clock import Clock
from service.db import transaction
from service.jobs.log_keeping import anchor_the_log, seal_the_log
from service.measures.actions import count_next

# Counting a week of a large clinic takes seconds, in which nobody is told of anything.
WEEKS_A_ROUND = 3
# The laboratory works when all else is done, and lets go of the database often: on SQLite nobody
# writes meanwhile.
LAB_SLICE, LAB_ROUND = 0.2, 2.0


def do_aside(app: Flask, clock: Clock, *, weeks: int = WEEKS_A_ROUND) -> None:
    """Do all of it, each whatever comes of the others; count so many weeks at most."""
    # The last one called back runs first.
    with ExitStack() as steps:
        steps.callback(_look_back, app, clock)
        steps.callback(anchor_the_log, app, clock)
        steps.callback(seal_the_log, app)
        steps.callback(_count_weeks, app, clock, weeks)


def _count_weeks(app: Flask, clock: Clock, most: int) -> None:
    for _ in range(most):
        with app.app_context(), transaction() as session:
            if not count_next(session, now=clock.now()):
                return


def _look_back(app: Flask, clock: Clock) -> None:
    """Go on with what the laboratory has been asked, for a while."""
    ends = time.monotonic() + LAB_ROUND
    while time.monotonic() < ends:
        slice_ends = time.monotonic() + LAB_SLICE
        with app.app_context(), transaction() as session:
            is_idle = not runner.go_on(session, now=clock.now(), until=slice_ends)
        if is_idle:
            return
