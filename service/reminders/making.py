"""Turning a reminder into the rows of its occurrences."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from service.clock import local_text
from service.ids import derived_id
from service.records import Change, hash_of
from service.reminders import rules
from service.reminders.dose_days import DoseDays
from service.reminders.recurrence import BadRecurrence, Recurrence

logger = logging.getLogger(__name__)


class Timed(Protocol):
    """What of a reminder says when it is due."""

    recurrence: Any
    local_start: Any
    time_zone: Any
    until: Any
    exdates: Any


class Times(NamedTuple):
    """When something is due as ``(local, moment)``, and until when that is all; see ``rules``."""

    pairs: Sequence[tuple[datetime, datetime]] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A reminder to plan: whose zone it goes by, in which change, on which days it may ring.

    ``dose_days`` is ``None`` for a reminder that rings on all of its days.
    """

    reminder: Any
    time_zone: str
    change: Change
    dose_days: DoseDays | None

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone whose clock it goes by.

        Raises:
            ZoneInfoNotFoundError: there is no such zone any more.
        """
        return ZoneInfo(self.reminder.time_zone or self.time_zone)

    def times(self, *, since: datetime) -> Times:
        """Return when it is due from a moment on, as far ahead as rows are made."""
        try:
            schedule = schedule_of(self.reminder, self.time_zone)
        except (BadRecurrence, ZoneInfoNotFoundError):
            # Accepted once, by rules since made narrower or with a zone since renamed.  It must
            # not stop everybody else's.
            reminder_id = str(self.reminder.id)
            logger.exception("a reminder cannot be planned", extra={"reminder_id": reminder_id})
            return Times()
        before = self.change.now + rules.PLAN_AHEAD
        pairs, until = rules.plan(schedule, since=since, before=before)
        if self.dose_days is not None:
            asked_for = self.dose_days.among([local for local, _moment in pairs])
            pairs = [pair for pair in pairs if pair[0] in asked_for]
        return Times(pairs, until)

    def row(self, local: datetime, moment: datetime) -> dict[str, Any]:
        """Return one occurrence as it is stored."""
        identity = {"reminder_id": self.reminder.id, "local_at": local_text(local)}
        return {
            **identity,
            "id": occurrence_id(self.reminder.id, local),
            "patient_id": self.change.patient_id,
            "version": 1,
            "created_change_no": self.change.change_no,
            "change_no": self.change.change_no,
            "entered_by": self.change.by,
            "received_at": self.change.now,
            "content_hash": hash_of(identity),
            "due_at": moment,
            "status": "due",
            "next_at": moment,
            "next_step": "send",
        }


def schedule_of(reminder: Timed, time_zone: str) -> rules.Schedule:
    """Return when a reminder is due for somebody who is in this zone now.

    Raises:
        BadRecurrence: the recurrence is none of ours.
    """
    text = reminder.recurrence
    return rules.Schedule(
        start=datetime.fromisoformat(reminder.local_start),
        recurrence=Recurrence.parse(text) if text else None,
        zone=ZoneInfo(reminder.time_zone or time_zone),
        last_day=reminder.until,
        exdates=frozenset(datetime.fromisoformat(local) for local in reminder.exdates or ()),
    )


def occurrence_id(reminder_id: UUID, local: datetime) -> UUID:
    """Return the id of one occurrence, which an offline phone works out just the same."""
    return derived_id(reminder_id, local_text(local))
