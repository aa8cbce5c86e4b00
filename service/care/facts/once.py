"""A fact worked out when somebody first asks for it, and kept."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Fact = TypeVar("Fact")


class once(Generic[Fact]):  # noqa: N801 - a decorator, written as one
    """``functools.cached_property`` without its lock: a picture belongs to one thread.

    The lock of Python 3.11 costs more than most facts, and all threads share it.
    """

    def __init__(self, work: Callable[[Any], Fact]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    def __get__(self, owner: Any, kind: type | None = None) -> Fact:
        """Work the fact out; from then on it stands in the object and nothing is called."""
        fact: Fact = self._work(owner)
        owner.__dict__[self._name] = fact
        return fact
