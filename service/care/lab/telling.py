"""Which of a rule's alerts would have been told, and which would have joined one silently.

The rule of joining is that of ``alerts.raising``: the same reason again, not worse, in an alert
nobody has closed, tells nobody.  When alerts were closed is taken from what staff did: an alert
stays open until the next one of its queue was closed.  For the rule in force that is what
happened, as far as nobody snoozed it; for a draft it is a model.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from service.alerts.models import Severity
from service.alerts.rules import is_worse, rank_of
from service.care.lab.pairing import alert_of
from service.care.rules import Finding

ALWAYS = ("EM-", "SI-")
"""Rules whose repeats are told again even if nothing is worse."""


@dataclass(slots=True)
class _Known:
    since: datetime
    rank: int
    given: Mapping[str, float]


@dataclass(slots=True)
class Telling:
    """What of one version of a rule stands open for one patient; ``closings`` are by queue."""

    closings: Mapping[str, Sequence[datetime]]
    _open: dict[tuple[str, str], _Known] = field(default_factory=dict)

    def tells(self, finding: Finding, at: datetime) -> bool:
        """Let a finding come at a moment; tell whether anybody is told of it."""
        alert = alert_of(finding)
        severity = Severity(alert.severity)
        rank = rank_of(severity, "high" if alert.high else None)
        key = (alert.queue, finding.subject or "")
        known = self._open.get(key)
        if known is not None and not self._was_closed(alert.queue, known.since, at):
            is_more = rank < known.rank or is_worse(finding.values, known.given)
            if not (is_more or finding.rule.startswith(ALWAYS)):
                return False
            rank = min(rank, known.rank)
        self._open[key] = _Known(at, rank, finding.values)
        return severity is not Severity.INFO

    def _was_closed(self, queue: str, since: datetime, at: datetime) -> bool:
        closed = self.closings.get(queue, ())
        place = bisect_right(closed, since)
        return place < len(closed) and closed[place] <= at
