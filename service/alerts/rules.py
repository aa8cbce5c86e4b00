"""What is true of alerts.  Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.accounts.models import Queue
from service.alerts.models import AlertReason, Severity
from service.alerts.worktime import WorkingTime, deadline, share_over
from service.clinical import Policy
from service.clinical.policy import Ladder
from service.clinical.spans import Span

# Of the records behind a reason, how many are kept: the first, and then the newest.
RECORDS_KEPT = 20
# Places in the queue, see ``rank_of``.
RANKS = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a person has to look: what a rule found, in the terms of alerts.

    ``given`` are the values that made the rule true; ``acknowledge_within`` overrides the
    severity's own time.  ``notifies_always``: a repeat tells again even if nothing is worse.
    ``also_tell`` are duties told without an alert of their own.
    """

    rule: str
    rule_version: int
    subject: str
    queue: Queue
    severity: Severity
    priority: str | None
    text: str
    records: Sequence[Mapping[str, Any]]
    given: Mapping[str, float]
    acknowledge_within: Span | None
    contact_within: Span | None
    notifies_always: bool
    needs_named_contact: bool
    also_tell: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clocks:
    """When a reason has to be acknowledged, when she has to be contacted, and the next step."""

    acknowledge_by: datetime | None
    contact_by: datetime | None
    next_step_at: datetime | None


def next_contact(
    reasons: Iterable[AlertReason], contacted_at: datetime | None
) -> AlertReason | None:
    """Return the reason she has to be contacted for first, ``None`` if for none of them.

    A contact answers the reasons that were there when it was made, and none that came after.
    """
    waiting = [
        reason
        for reason in reasons
        if reason.contact_by is not None
        and (contacted_at is None or reason.added_at > contacted_at)
    ]
    return min(waiting, key=contact_by, default=None)


def contact_by(reason: AlertReason) -> datetime:
    """Return by when she has to be contacted about a reason that has such a clock."""
    assert reason.contact_by is not None  # noqa: S101 - tells mypy, not a check
    return reason.contact_by


def rank_of(severity: Severity, priority: str | None) -> int:
    """Return the place in the queue: 0 urgent, 1 soon (high), 2 soon, 3 info."""
    if severity is Severity.URGENT:
        return 0
    if severity is Severity.SOON:
        return 1 if priority == "high" else 2
    return 3


def is_worse(given: Mapping[str, float], before: Mapping[str, float]) -> bool:
    """Tell whether any of the values is higher than it was; a value that is new counts."""
    return any(value > before.get(name, -1) for name, value in given.items())


def clocks_of(reason: Reason, started_at: datetime, working: WorkingTime, policy: Policy) -> Clocks:
    """Return the clocks of a reason that start at a moment."""
    ladder = policy.escalation[reason.severity.value]
    within = reason.acknowledge_within or ladder.acknowledge_within
    if within is None:
        return Clocks(None, None, None)
    contact_by = None
    if reason.contact_within is not None:
        contact_by = deadline(started_at, reason.contact_within, working)
    acknowledge_by = deadline(started_at, within, working)
    return Clocks(
        acknowledge_by=acknowledge_by,
        contact_by=contact_by,
        next_step_at=step_due(ladder, 0, started_at, acknowledge_by, working),
    )


def step_due(
    ladder: Ladder, step: int, started_at: datetime, acknowledge_by: datetime, working: WorkingTime
) -> datetime | None:
    """Return when a step of the ladder is to be taken, ``None`` past the last.

    Steps are shares of the time this very reason has, which may be its rule's own.
    """
    if step >= len(ladder.steps):
        return None
    counts = working if ladder.clock == "working" else None
    return share_over(started_at, acknowledge_by, ladder.steps[step].share, counts)


def merged_records(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Add records to those a reason has: each once, the first kept, then the newest."""
    known = {(record["type"], record["id"]) for record in before}
    added = [record for record in now if (record["type"], record["id"]) not in known]
    records = [*before, *added]
    return records[:1] + records[1:][-(RECORDS_KEPT - 1) :]
