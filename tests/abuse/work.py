"""How much a request makes us do: counted, so that a busy machine does not change it."""

import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Work:
    """What answering took: calls of functions, C's own among them, and memory at its most."""

    answer: Any
    calls: int
    peak_bytes: int


def work_of(ask: Callable[..., Any], *args: Any, **kwargs: Any) -> Work:
    """Ask, and count."""
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    tracemalloc.start()
    sys.setprofile(count)
    try:
        answer = ask(*args, **kwargs)
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return Work(answer, calls, peak)
