"""What follows for the occurrences that wait for the clock, and what of it is said together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from service.ids import derived_id
from service.notify.rules import end_of_quiet
from service.reminders import rules

# What a lock screen may show of discreet reminders: no drug, no illness, no appointment.
DISCREET_TITLE = "You have a reminder"
BUNDLE_TITLE = "You have {} reminders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a patient wants to be reminded.

    ``account_id`` is ``None`` if she has no app.  ``quiet_hours`` are ``(start, end)`` as
    ``HH:MM`` on the clock of ``zone``.  ``is_enough``: she has had as many pushes today as she
    wants.
    """

    account_id: UUID | None
    zone: ZoneInfo
    quiet_hours: tuple[str, str] | None = None
    is_enough: bool = False

    def after_quiet(self, moment: datetime) -> datetime:
        """Return the first moment from this one on that is not in her quiet hours."""
        if self.quiet_hours is None:
            return moment
        return end_of_quiet(self.quiet_hours, self.zone, now=moment) or moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What follows for one occurrence: a message or none, and what it is left waiting for.

    ``key`` is that of a message about it alone, ``None`` for none.  ``due_at`` is when it was
    to go out, after her quiet hours.
    """

    status: str
    key: str | None = None
    due_at: datetime | None = None
    next_at: datetime | None = None
    next_step: str | None = None
    nagged_at: datetime | None = None
    missed_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One message about one occurrence or several."""

    key: str
    title: str
    occurrence_ids: tuple[UUID, ...]
    due_at: datetime
    useful_until: datetime
    rings_in_quiet_hours: bool


def step_of(occurrence: Any, wishes: Wishes, *, now: datetime) -> Step:
    """Return what is to be done about an occurrence that waits for us.

    What is due in her quiet hours is put off until they end, unless it is to ring all the same.
    Later than ``rules.USEFUL_FOR`` after that nothing is sent any more.  After sending, one nag
    is due ``nag_after_minutes`` from now, not from when it should have been: two messages at
    once, after an outage, would be one too many.  Nor does it nag about what has not gone out
    yet.  Without an app, or beyond what she wants in a day, it is missed.
    """
    rings = occurrence.rings_in_quiet_hours
    due_at = occurrence.next_at if rings else wishes.after_quiet(occurrence.next_at)
    step = _step_due(occurrence, due_at, now=now)
    if step.key is None:
        return step
    begins_at = max(due_at, now if rings else wishes.after_quiet(now))
    if begins_at > now:
        return replace(_as_it_is(occurrence), next_at=begins_at, next_step=occurrence.next_step)
    if wishes.account_id is not None and not wishes.is_enough:
        return step
    if occurrence.next_step == "nag":
        return _as_it_is(occurrence)
    return _missed(occurrence, "no_way" if wishes.account_id is None else "too_many")


def bundled(steps: Sequence[tuple[Any, Step]]) -> Bundle | None:
    """Return the one message for all of a patient's steps that ask for one, ``None`` for none.

    Its key follows from theirs, so the same steps taken again make the same message.
    """
    said = [(occurrence, step) for occurrence, step in steps if step.key is not None]
    if not said:
        return None
    first, only = said[0]
    keys = sorted(str(step.key) for _, step in said)
    moments = [step.due_at for _, step in said if step.due_at is not None]
    is_one = len(said) == 1
    return Bundle(
        key=str(only.key) if is_one else f"bundle:{derived_id('bundle', *keys)}",
        title=_title_of_one(first) if is_one else BUNDLE_TITLE.format(len(said)),
        occurrence_ids=tuple(occurrence.id for occurrence, _ in said),
        due_at=min(moments),
        useful_until=max(moments) + rules.USEFUL_FOR,
        rings_in_quiet_hours=any(occurrence.rings_in_quiet_hours for occurrence, _ in said),
    )


def _step_due(occurrence: Any, due_at: datetime, *, now: datetime) -> Step:
    as_it_is = _as_it_is(occurrence)
    is_late = now - due_at > rules.USEFUL_FOR
    nag_at = now + timedelta(minutes=occurrence.nag_after_minutes or 0)
    if occurrence.next_step == "nag":
        if occurrence.status in {"due", "snoozed"} and occurrence.nag_after_minutes:
            return replace(as_it_is, next_at=nag_at, next_step="nag")
        if is_late or not occurrence.nag_after_minutes:
            return as_it_is
        return replace(as_it_is, key=f"{occurrence.id}:nag", due_at=due_at, nagged_at=now)
    if is_late:
        return _missed(occurrence, "too_late")
    key = str(occurrence.id)
    if occurrence.status == "snoozed":
        key = f"{key}:{occurrence.next_at:%Y%m%dT%H%M%SZ}"
    step = replace(as_it_is, key=key, due_at=due_at)
    if occurrence.nag_after_minutes and occurrence.nagged_at is None:
        return replace(step, next_at=nag_at, next_step="nag")
    return step


def _as_it_is(occurrence: Any) -> Step:
    return Step(status=occurrence.status, nagged_at=occurrence.nagged_at)


def _missed(occurrence: Any, because: str) -> Step:
    return Step(status="missed", nagged_at=occurrence.nagged_at, missed_because=because)


def _title_of_one(occurrence: Any) -> str:
    return DISCREET_TITLE if occurrence.discreet else str(occurrence.title)
