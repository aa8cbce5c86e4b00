"""Time that passes in equal steps, without those at which there is nothing to do."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any


def steps(
    clock: Any, next_moment: Callable[[], datetime | None], *, every: timedelta, within: timedelta
) -> Iterator[timedelta]:
    """Move the clock on and yield how much has passed, at each step that has something to do.

    In the end all of it has passed.  That a look before its moment changes nothing, so that these
    may be left out, is held by tests/jobs/test_moments.py.
    """
    began = clock.now()
    end = began + within
    while (moment := next_moment()) is not None:
        number = max(1, -((clock.now() - moment) // every))
        if clock.now() + number * every > end:
            break
        clock.moment += number * every
        yield clock.now() - began
    clock.moment = end
