"""What is true of alerts.  Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.accounts.models import Queue
from service.alerts.models import Alert, AlertHold, AlertReason, AlertState, Severity
from service.alerts.worktime import WorkingTime, deadline, share_over
from service.clinical import Policy
from service.clinical.policy import Ladder
from service.clinical.spans import Span

# Of the records behind a reason, how many are kept: the first, and then the newest.
RECORDS_KEPT = 20
# Places in the queue, see ``rank_of``.
RANKS = range(4)
# Source: UAB's remote symptom monitoring, snooze "up to 1 month"; 30 days is a project choice.
LONGEST_SNOOZE_DAYS = 30
# Rules nobody can snooze: emergencies, thoughts of suicide, a care status that may be wrong.
_NEVER_SNOOZED = ("EM-", "SI-", "CARE-STATUS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a person has to look: what a rule found, in the terms of alerts.

    ``given`` are the values that made the rule true; ``acknowledge_within`` overrides the
    severity's own time.  ``notifies_always``: a repeat tells again even if nothing is worse.
    ``also_tell`` are duties told without an alert of their own.  ``patient_can_decline``: the
    rule leaves it to her to say that she needs nobody.
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
    patient_can_decline: bool = False


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


def due_at(alert: Alert, reasons: Iterable[AlertReason]) -> datetime | None:
    """Return the clock that runs: by when to take it, then by when to reach her; ``None``: none."""
    if alert.state is AlertState.CLOSED:
        return None
    if alert.state is AlertState.OPEN:
        waiting = (one.acknowledge_by for one in reasons if one.acknowledged_at is None)
        return min((moment for moment in waiting if moment is not None), default=None)
    first = next_contact(reasons, alert.contacted_at)
    return first.contact_by if first else None


def can_be_snoozed(alert: Alert, reasons: Iterable[AlertReason]) -> bool:
    """Tell whether repeats of everything an alert is about may be held back for a while.

    Never what is urgent, what a named person has to answer, or one of the emergency rules.
    """
    if alert.needs_named_contact or alert.severity is Severity.URGENT:
        return False
    return not any(
        one.severity is Severity.URGENT or one.rule.startswith(_NEVER_SNOOZED) for one in reasons
    )


def can_be_declined(alert: Alert, reasons: Iterable[AlertReason]) -> bool:
    """Tell whether she may say of an alert that she needs nobody: all its rules let her."""
    if alert.state is AlertState.CLOSED:
        return False
    return can_be_snoozed(alert, reasons) and all(one.patient_can_decline for one in reasons)


def is_held_back(reason: Reason, hold: AlertHold) -> bool:
    """Tell whether a reason is what was snoozed: neither worse nor of a higher rank."""
    if reason.notifies_always or reason.needs_named_contact:
        return False
    rank, known = rank_of(reason.severity, reason.priority), rank_of(hold.severity, hold.priority)
    return rank >= known and not is_worse(reason.given, hold.given)


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
