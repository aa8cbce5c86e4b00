"""A breaker for each provider: one that has failed often is left alone for a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from service.notify.channels import AtRest, Gone, Refused, TryAgain

FAILURES = 5
FIRST_REST = timedelta(seconds=10)
# An hour's outage is to be caught up within five minutes of its end.
LONGEST_REST = timedelta(minutes=4)
# Targets can come from outside (a browser's push service): the longest untouched are forgotten.
_KEPT_AT_MOST = 500


@dataclass(slots=True)
class _State:
    failures: int = 0
    # Seconds of a clock that only goes forward; ``None`` while everything passes.
    rests_until: float | None = None
    rest: float = 0.0
    is_probed: bool = False


class Breaker:
    """Lets calls to a target through until it has failed several times in a row.

    Then none for a while, then one to see: if it succeeds all pass again, if not the rest doubles
    up to the longest.  Whatever is turned away, and what failed last, is told to come when the
    rest is over.  What one target does changes nothing for another.  For many threads.

    Args:
        failures: how many in a row open the breaker.
        first_rest: how long it is open the first time.
        longest_rest: how long at most.
        monotonic: seconds, only ever forward.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        first_rest: timedelta = FIRST_REST,
        longest_rest: timedelta = LONGEST_REST,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._first, self._longest = first_rest.total_seconds(), longest_rest.total_seconds()
        self._monotonic = monotonic
        self._states: OrderedDict[str, _State] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def guards(self, target: str) -> Iterator[None]:
        """Make a call to a target inside, and learn from how it ends.

        ``TryAgain``, and anything nobody foresaw, is a failure; a provider that says ``Gone`` or
        ``Refused`` works.

        Raises:
            AtRest: the target is at rest and nothing inside has run, or it is from now on.
        """
        is_probe = self._enter(target)
        try:
            yield
        except (Gone, Refused):
            self._leave(target, worked=True, is_probe=is_probe)
            raise
        except TryAgain as error:
            left = self._leave(target, worked=False, is_probe=is_probe)
            if left is None:
                raise
            wait = max(left, error.retry_after or left)
            raise AtRest(str(error), retry_after=wait, handed=error.handed) from None
        except BaseException:
            self._leave(target, worked=False, is_probe=is_probe)
            raise
        self._leave(target, worked=True, is_probe=is_probe)

    def _enter(self, target: str) -> bool:
        with self._lock:
            state = self._states.get(target)
            if state is None or state.rests_until is None:
                return False
            left = state.rests_until - self._monotonic()
            if left > 0 or state.is_probed:
                # Another is looking whether it is back: that will be known in the next batch.
                wait = timedelta(seconds=max(left, 0.0))
                raise AtRest(f"{_kind(target)}: at rest after failures", retry_after=wait)
            state.is_probed = True
            return True

    def _leave(self, target: str, *, worked: bool, is_probe: bool) -> timedelta | None:
        """Learn from a call; return how long the target rests now, ``None`` if it does not."""
        with self._lock:
            state = self._states.get(target) or _State()
            if state.rests_until is not None and not is_probe:
                # It began before the breaker opened, and says nothing new.
                return self._left(state)
            if worked:
                self._states.pop(target, None)
                return None
            state.failures += 1
            state.is_probed = False
            if is_probe or state.failures >= self._failures:
                state.rest = min(state.rest * 2 or self._first, self._longest)
                state.rests_until = self._monotonic() + state.rest
            self._states[target] = state
            self._states.move_to_end(target)
            while len(self._states) > _KEPT_AT_MOST:
                self._states.popitem(last=False)
            return self._left(state)

    def _left(self, state: _State) -> timedelta | None:
        if state.rests_until is None:
            return None
        return timedelta(seconds=max(state.rests_until - self._monotonic(), 0.0))


def _kind(target: str) -> str:
    # A push service's host was given by a browser: the books get our own word for it.
    return "webpush" if "." in target else target
