"""The scheduler process.  APScheduler only ticks: what is due is decided from the database.

So a restart loses nothing, and a second scheduler, started by mistake or for safety, sends
nothing twice.
"""

import logging
import signal
import time
from datetime import UTC, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from service.clock import Clock, SystemClock
from service.ids import new_id
from service.jobs.tick import run_due
from service.notify.channels import Channels
from service.notify.rules import Leased
from service.notify.ways_out import channels_from

logger = logging.getLogger(__name__)

_JOB = "tick"
# APScheduler goes by the machine's clock, whatever day a demo's is set to.
_MACHINE = SystemClock()
# However late, a tick runs: the next one would only find more rows.  Never two at once here.
_JOB_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class Ticker:
    """A scheduler thread that does a round every ``TICK``, until it is stopped."""

    def __init__(self, app: Flask, clock: Clock, channels: Channels) -> None:
        self._app, self._clock, self._channels = app, clock, channels
        self._owner = new_id()
        self._every: timedelta = app.config["TICK"]
        self._began = time.monotonic()
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=_JOB_DEFAULTS)
        self._scheduler.add_listener(_log, EVENT_JOB_ERROR | EVENT_JOB_MISSED)

    def start(self) -> None:
        """Begin to tick, the first time at once."""
        self._scheduler.add_job(
            self._tick, "interval", seconds=self._every.total_seconds(), id=_JOB,
            next_run_time=_MACHINE.now(),
        )  # fmt: skip
        self._scheduler.start()

    def wake_if_late(self) -> None:
        """Tick now if no round has begun for a while.

        APScheduler waits for the wall clock, and one that was set back half an hour keeps it
        silent for that long.  This is measured by a clock that only goes forward.
        """
        if time.monotonic() - self._began > 2 * self._every.total_seconds():
            logger.warning("no tick for two intervals: waking the scheduler")
            self._scheduler.modify_job(_JOB, next_run_time=_MACHINE.now())

    def stop(self) -> None:
        """Stop ticking, once the round that is under way has ended."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _tick(self) -> None:
        self._began = time.monotonic()
        run_due(self._app, self._clock, self._channels, self._owner)


def run(app: Flask, clock: Clock, channels: Channels | None = None) -> None:
    """Tick until SIGTERM or SIGINT; then let the round under way end, and return.

    Args:
        app: whose database and settings.
        clock: where "now" comes from.
        channels: the ways out; ``None`` for those of the app's settings.

    Raises:
        BadConfig: a provider's setting is unusable.
    """
    ticker = Ticker(app, clock, channels or channels_from(app.config, clock, _unsubscribe_url))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    try:
        ticker.start()
        logger.info("scheduler started, a round every %s", app.config["TICK"])
        while True:
            time.sleep(app.config["TICK"].total_seconds())
            ticker.wake_if_late()
    except _Stopped:
        logger.info("scheduler stopping")
    finally:
        ticker.stop()


class _Stopped(BaseException):
    """The process was asked to stop; raised in the main thread, which only waits."""


def _unsubscribe_url(_message: Leased) -> str | None:
    return None


def _stop(_number: int, _frame: Any) -> None:
    raise _Stopped


def _log(event: JobExecutionEvent) -> None:
    if event.code == EVENT_JOB_MISSED:
        logger.error("a tick was missed, due at %s", event.scheduled_run_time)
    else:
        logger.error("a tick failed", exc_info=event.exception)
