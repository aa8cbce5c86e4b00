"""A breaker for each provider: one that has failed often is left alone for a while."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from service.notify.channels import AtRest, Gone, Refused

FAILURES = 5
FIRST_REST = timedelta(seconds=10)
# With what a message waits after that, an outage is caught up five minutes after its end.
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
    up to the longest.  What one target does changes nothing for another.  For many threads.

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
            AtRest: the target is at rest; nothing inside has run.
        """
        is_probe = self._enter(target)
        worked = False
        try:
            yield
            worked = True
        except (Gone, Refused):
            worked = True
            raise
        finally:
            self._leave(target, worked=worked, is_probe=is_probe)

    def _enter(self, target: str) -> bool:
        with self._lock:
            state = self._states.get(target)
            if state is None or state.rests_until is None:
                return False
            left = state.rests_until - self._monotonic()
            if left > 0 or state.is_probed:
                # While another looks whether it is back, there is no telling how long.
                wait = timedelta(seconds=left if left > 0 else self._first)
                raise AtRest(f"{_kind(target)}: at rest after failures", retry_after=wait)
            state.is_probed = True
            return True

    def _leave(self, target: str, *, worked: bool, is_probe: bool) -> None:
        with self._lock:
            state = self._states.get(target) or _State()
            if state.rests_until is not None and not is_probe:
                return  # it began before the breaker opened, and says nothing new
            if worked:
                self._states.pop(target, None)
                return
            state.failures += 1
            state.is_probed = False
            if is_probe or state.failures >= self._failures:
                state.rest = min(state.rest * 2 or self._first, self._longest)
                state.rests_until = self._monotonic() + state.rest
            self._states[target] = state
            self._states.move_to_end(target)
            while len(self._states) > _KEPT_AT_MOST:
                self._states.popitem(last=False)


def _kind(target: str) -> str:
    # A push service's host was given by a browser: the books get our own word for it.
    return "webpush" if "." in target else target
