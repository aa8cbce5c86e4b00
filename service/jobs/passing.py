"""Letting time pass by hand: every round a scheduler would have had work in, one after the other.

For a story that is replayed, and for a demo that is set to a later day.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Flask

from service.db import transaction
from service.jobs.aside import do_aside
from service.jobs.moments import next_moment
from service.jobs.tick import run_due
from service.notify.channels import Channels

# A year of some clinics: as many as a page of measures looks back on.
_WEEKS_TO_CATCH_UP = 250
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class HandClock:
    """A clock that stands where it was set."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Return the moment it was set to."""
        return self.moment


class Passing:
    """The rounds of one scheduler, run when their moment comes on a clock that is set by hand.

    Rounds lie where a scheduler's would, one interval apart; those in which there is nothing to
    do are stepped over.  What nobody waits for is done once, when the time has passed.
    """

    def __init__(self, app: Flask, clock: HandClock, channels: Channels, owner: UUID) -> None:
        self._app, self._clock, self._channels, self._owner = app, clock, channels, owner
        self._every: timedelta = app.config["TICK"]
        self._last = clock.now()

    def until(self, moment: datetime, *, tell: Callable[[datetime], None] | None = None) -> None:
        """Run every round up to a moment that has anything to do; ``tell`` hears of each."""
        while (due := self._next_moment()) is not None:
            at = max(self._on_grid(due), self._on_grid(self._last) + self._every)
            if at > moment:
                break
            self._run(at)
            if tell is not None:
                tell(at)
        do_aside(self._app, self._clock, weeks=_WEEKS_TO_CATCH_UP)

    def run(self, at: datetime) -> None:
        """Run one round at this very moment."""
        self._run(at)
        do_aside(self._app, self._clock, weeks=_WEEKS_TO_CATCH_UP)

    def _run(self, at: datetime) -> None:
        self._clock.moment = self._last = at
        run_due(self._app, self._clock, self._channels, self._owner, aside=False)

    def pause_until(self, at: datetime) -> None:
        """Let time pass without a round, as while no scheduler runs."""
        self._clock.moment = self._last = at

    def _next_moment(self) -> datetime | None:
        with self._app.app_context(), transaction() as session:
            return next_moment(session)

    def _on_grid(self, moment: datetime) -> datetime:
        """Return the first round at or after a moment."""
        return moment + (_EPOCH - moment) % self._every
