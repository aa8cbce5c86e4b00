"""Schedulers as processes of their own: started, killed, stopped and woken by the test.

Each builds the whole application and runs ``service.jobs.schedule.run``, as ``waymark jobs`` does.
They are forked from a process that has imported everything and done nothing, so that a killed one
is replaced in a quarter of a second.
"""

import logging
import multiprocessing
import os
import signal
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from service.app import create_app
from service.config import Config
from service.jobs.schedule import run
from service.notify.breaker import Breaker
from service.notify.channels import KeptChannel
from service.notify.push.channel import PushChannel
from service.notify.push.posting import Poster
from service.notify.push.vapid import Vapid, VapidKey
from service.notify.push.webpush import WebPush
from tests.conftest import SECRET
from tests.notify.peers.browsers import HOST
from tests.notify.peers.ways import SUBJECT, network_to
from tests.proof.moving import MovingClock, wait_until

SENDERS = 4
LEASE = timedelta(seconds=45)
# How long a worker waits for the push service.  What took longer goes out again, as it should.
PATIENCE = timedelta(seconds=1)


@dataclass(frozen=True)
class Place:
    """Where a worker works: its database, the clock, the push service, and where it logs to."""

    database_url: str
    clock_file: Path
    provider_port: int
    vapid_private: str
    authority: str
    folder: Path


def work(place: Place, log: Path, lease: timedelta, patience: timedelta) -> None:
    """Be a scheduler, until somebody ends it."""
    # Not the test run's: what is printed there belongs to it.
    logging.basicConfig(filename=log, level=logging.INFO, force=True)
    clock = MovingClock(place.clock_file)
    config = Config(
        SECRET_KEY=SECRET, SQLALCHEMY_DATABASE_URI=place.database_url, COOKIES_NEED_TLS=False,
        TICK=timedelta(seconds=0.2), LEASE=lease, SENDERS=SENDERS,
    )  # fmt: skip
    app = create_app(config, clock)
    poster = Poster(
        network=network_to(place.provider_port), timeout=patience,
        tls=ssl.create_default_context(cadata=place.authority),
    )  # fmt: skip
    vapid = Vapid(VapidKey.from_text(place.vapid_private), SUBJECT)
    # Rests in proportion to a clock that goes twenty times as fast.
    breaker = Breaker(first_rest=timedelta(seconds=0.5), longest_rest=timedelta(seconds=2))
    push = PushChannel({"webpush": WebPush(poster, vapid, clock, (HOST,))}, breaker)
    run(app, clock, {"push": push, "email": KeptChannel()})


class Crew:
    """Some workers at once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self.lease = LEASE
        self.patience = PATIENCE
        self._started = 0
        self.killed = 0
        self.workers: list[Any] = []

    def start(self, number: int = 1) -> None:
        for _ in range(number):
            log = self._place.folder / f"worker-{self._started}.log"
            log.touch()
            self._started += 1
            worker = self._context.Process(
                target=work, args=(self._place, log, self.lease, self.patience)
            )
            worker.start()
            worker.log = log
            self.workers.append(worker)

    def wait_until_ready(self) -> None:
        """Wait until every worker has done a whole round."""
        waiting = list(self.workers)
        wait_until(
            lambda: all("first round done" in worker.log.read_text() for worker in waiting),
            what="the first round of every worker",
        )

    def kill(self, worker: Any) -> None:
        """End a worker so that it can do nothing about it."""
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        assert worker.exitcode == -signal.SIGKILL
        self.workers.remove(worker)
        self.killed += 1

    def stop(self, worker: Any) -> None:
        """Ask a worker to end, as a deploy does."""
        os.kill(worker.pid, signal.SIGTERM)
        worker.join(20)
        assert worker.exitcode == 0
        self.workers.remove(worker)

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self._place.folder.glob("worker-*")))

    def __enter__(self):
        return self

    def __exit__(self, *_: Any) -> None:
        for worker in self.workers:
            os.kill(worker.pid, signal.SIGCONT)
            os.kill(worker.pid, signal.SIGKILL)
            worker.join()
