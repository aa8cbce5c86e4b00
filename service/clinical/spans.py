"""Spans of time as a clinician writes them: ``30 min``, ``24 h``, ``1 working day``."""

import re
from dataclasses import dataclass
from datetime import timedelta

_WRITTEN = re.compile(r"([1-9][0-9]*) (min|h|days?|weeks?|working hours?|working days?)")
_WORKING = ("working_hours", "working_days")
_UNITS = {
    "min": "minutes",
    "h": "hours",
    "day": "days",
    "week": "weeks",
    "working hour": "working_hours",
    "working day": "working_days",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time, on everyone's clock or on the clinic's.

    Attributes:
        amount: how many of ``unit``, at least 1.
        unit: minutes, hours, days, weeks, working_hours or working_days.
    """

    amount: int
    unit: str

    @property
    def is_working_time(self) -> bool:
        """Whether only the clinic's hours count; its length then depends on the clinic."""
        return self.unit in _WORKING

    @property
    def duration(self) -> timedelta:
        """The length on everyone's clock.

        Raises:
            ValueError: it is working time, which has no length of its own.
        """
        if self.is_working_time:
            raise ValueError(f"{self.amount} {self.unit} is counted in a clinic's own hours")
        return timedelta(**{self.unit: self.amount})


def span_of(text: str) -> Span:
    """Read a span, e.g. ``"30 min"``, ``"24 h"``, ``"14 days"``, ``"1 working day"``.

    Raises:
        ValueError: the text is not a span; the message says what would be.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"{text!r} is not a span such as '30 min', '24 h' or '1 working day'")
    word = written[2] if written[2] in _UNITS else written[2].removesuffix("s")
    return Span(int(written[1]), _UNITS[word])
