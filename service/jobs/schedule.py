"""The scheduler process.  APScheduler only ticks: what is due is decided from the database.

So a restart loses nothing, and a second scheduler, started by mistake or for safety, sends
nothing twice.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from flask import Flask

from service.clock import Clock, SystemClock
from service.ids import new_id
from service.jobs.forgetting import forget_what_is_over
from service.jobs.tick import Counts, decide_due, do_hers, send_due
from service.logs import Code
from service.notify.channels import Channels
from service.notify.rules import LANES, ChannelName, Leased
from service.notify.unsubscribing import address_for
from service.notify.ways_out import channels_from

logger = logging.getLogger(__name__)

_JOB = "tick"
_HERS = "hers"
_OVER = "over"
# How often what has run out is let go of.
_HOUR = 3600.0
# APScheduler goes by the machine's clock, whatever day a demo's is set to.
_MACHINE = SystemClock()
# However late, a tick runs: the next one would only find more rows.  Never two at once here.
_JOB_DEFAULTS = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class Every(BaseTrigger):  # type: ignore[misc]
    """Fires a while after it last did, by the clock as it is now.

    APScheduler's own interval counts on from the last time in steps: a clock that jumps from
    2026 to 2038 makes it list 25 million missed ticks.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the next moment after now; the last one does not matter."""
        return now + self._interval


class Ticker:
    """A scheduler thread that does a round every ``TICK``, until it is stopped.

    Each way out sends in a thread of its own, so a provider that hangs keeps neither the next
    round nor the other way out waiting; so are files made, patients erased and codes forgotten.
    """

    def __init__(self, app: Flask, clock: Clock, channels: Channels) -> None:
        self._app, self._clock, self._channels = app, clock, channels
        self._owner = new_id()
        self._every: timedelta = app.config["TICK"]
        self._began = time.monotonic()
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=_JOB_DEFAULTS)
        self._scheduler.add_listener(_log, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        self._aside = ThreadPoolExecutor(len(LANES) + 2, thread_name_prefix="lane")
        self._under_way: dict[str, Future[None]] = {}
        self._has_ended_a_round = False
        self._forgot: float | None = None
        self._is_stopping = threading.Event()

    def start(self) -> None:
        """Begin to tick, the first time at once."""
        self._scheduler.add_job(
            self._tick, Every(self._every), id=_JOB, next_run_time=_MACHINE.now()
        )
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
        """Stop ticking, once the round and the batches of messages under way have ended."""
        self._is_stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._aside.shutdown(wait=True)

    def _tick(self) -> None:
        self._began = time.monotonic()
        self._start_sending()  # what requests have told must not wait for a long round
        _say("decided", decide_due(self._app, self._clock, self._owner))
        self._start_sending()
        self._start(_HERS, self._do_hers)  # a large file, or many rows, take minutes
        if self._forgot is None or time.monotonic() - self._forgot > _HOUR:
            self._forgot = time.monotonic()
            self._start(_OVER, self._forget)
        if not self._has_ended_a_round:
            self._has_ended_a_round = True
            logger.info("first round done")

    def _start_sending(self) -> None:
        for lane in LANES:
            self._start(lane, self._send, lane)

    def _start(self, what: str, work: Callable[..., None], *given: Any) -> None:
        """Begin something in a thread of its own, unless it is still under way."""
        running = self._under_way.get(what)
        if running is None or running.done():
            self._under_way[what] = self._aside.submit(work, *given)
            self._under_way[what].add_done_callback(_log_failure)

    def _do_hers(self) -> None:
        _say(
            "patients' own data",
            do_hers(
                self._app, self._clock, self._owner, goes_on=lambda: not self._is_stopping.is_set()
            ),
        )

    def _forget(self) -> None:
        number = forget_what_is_over(
            self._app, self._clock, goes_on=lambda: not self._is_stopping.is_set()
        )
        logger.info("let go of codes, tokens and counts that have run out: %s", number)

    def _send(self, lane: ChannelName) -> None:
        _say(
            lane,
            send_due(
                self._app, self._clock, self._channels, self._owner, lane,
                goes_on=lambda: not self._is_stopping.is_set(),
            ),
        )  # fmt: skip


def run(app: Flask, clock: Clock, channels: Channels | None = None) -> None:
    """Tick until SIGTERM or SIGINT; then let the round under way end, and return.

    Args:
        app: whose database and settings.
        clock: where "now" comes from.
        channels: the ways out; ``None`` for those of the app's settings.

    Raises:
        BadConfig: a provider's setting is unusable.
    """

    def unsubscribe_url(message: Leased) -> str | None:
        # What staff are told so that they act cannot be switched off.
        return None if message.to_staff else address_for(
            app.extensions["tokens"], app.config["PUBLIC_URL"], message.recipient_id,
            channel=message.channel, kind=message.kind,
        )  # fmt: skip

    ticker = Ticker(app, clock, channels or channels_from(app.config, clock, unsubscribe_url))
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


def _stop(_number: int, _frame: Any) -> None:
    raise _Stopped


def _say(what: str, counts: Counts) -> None:
    done = {name: number for name, number in asdict(counts).items() if number}
    if done:
        counted = " ".join(f"{name}={number}" for name, number in done.items())
        logger.info("%s %s", Code(what), Code(counted))


def _log_failure(aside: Future[None]) -> None:
    error = aside.exception()
    if error is not None:
        logger.error("sending, or work beside the round, failed", exc_info=error)


def _log(event: JobExecutionEvent) -> None:
    if event.code == EVENT_JOB_MISSED:
        logger.error("a tick was missed, due at %s", event.scheduled_run_time)
    else:
        logger.error("a tick failed", exc_info=event.exception)
