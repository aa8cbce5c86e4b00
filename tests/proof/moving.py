"""A clock in a file: test, provider and every worker read the same one, and the test moves it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import MONDAY_MORNING

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MovingClock:
    """Shows a moment that goes on from there, at a rate: 20 makes a minute of three seconds.

    It counts by the monotonic clock, which all processes of a machine share.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        at, since, rate = map(float, self._file.read_text().split())
        return _EPOCH + timedelta(seconds=at + (time.monotonic() - since) * rate)

    def set(self, moment: datetime = MONDAY_MORNING, *, rate: float = 1) -> None:
        at = (moment - _EPOCH).total_seconds()
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{at} {time.monotonic()} {rate}")
        fresh.replace(self._file)


def wait_until(holds, *, within: float = 30, what: str = "") -> None:
    """Look until it holds; fail once so many seconds are over."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"in vain for {within} s: {what or holds}"
        time.sleep(0.02)
