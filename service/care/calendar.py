"""Her calendar for any calendar app: what she is reminded of, and what is ahead of her.

Nobody signs in to it: whoever has its address reads it.  So notes never stand in it, and what is
discreet on her lock screen is discreet here.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.care.calendar_rules import start_and_rule
from service.care.icalendar_text import Entry, calendar_text
from service.errors import NotFound
from service.journey import queries as journey
from service.journey.models import Event
from service.notify.gate import may_hand_out
from service.reminders.models import Reminder, ReminderOccurrence
from service.reminders.recurrence import BadRecurrence

logger = logging.getLogger(__name__)

DISCREET = "Reminder"
# At most 500 entries in all; what lies longest ago, or furthest ahead, is left out first.
MOST_REMINDERS, MOST_OCCURRENCES, MOST_EVENTS = 150, 150, 200
EVENTS_SINCE = timedelta(days=365)
OCCURRENCES_SINCE = timedelta(days=7)


def feed(session: Session, token: str, *, now: datetime) -> bytes:
    """Return the calendar that a token opens, as iCalendar text.

    Raises:
        NotFound: the token opens none: unknown, revoked, its owner's account is closed, or her
            care status lets nothing out.
    """
    owner = journey.whose_calendar(session, token)
    if owner is None or not may_hand_out(owner.care_status):
        raise NotFound
    entries = [
        *_reminders(session, owner), *_occurrences(session, owner, now),
        *(event_entry(event) for event in _events(session, owner, now)),
    ]  # fmt: skip
    return calendar_text(entries, now=now)


def event_entry(event: Event) -> Entry:
    """Return an event as a calendar shows it."""
    return Entry(
        id=event.id, title=event.title, start=event.starts_at, place=event.place,
        revised_at=event.received_at, revision=event.version - 1,
    )  # fmt: skip


def reminder_entry(reminder: Reminder, *, time_zone: str) -> Entry | None:
    """Return a reminder as a calendar shows it; ``None`` if it never rings.

    Args:
        reminder: with a start.
        time_zone: where she is, for what the rule says in UTC.

    Raises:
        BadRecurrence: the recurrence is none of ours.
    """
    assert reminder.local_start is not None  # noqa: S101 - tells mypy, not a check
    start = datetime.fromisoformat(reminder.local_start)
    rule = None
    if reminder.recurrence:
        found = start_and_rule(
            reminder.recurrence, start, last_day=reminder.until,
            zone=ZoneInfo(reminder.time_zone or time_zone), floats=reminder.time_zone is None,
        )  # fmt: skip
        if found is None:
            return None
        start, rule = found
    elif reminder.until is not None and reminder.until < start.date():
        return None
    return Entry(
        id=reminder.id, title=_title(reminder), start=start, zone=reminder.time_zone,
        recurrence=rule,
        left_out=tuple(datetime.fromisoformat(local) for local in reminder.exdates),
        revised_at=reminder.received_at, revision=reminder.version - 1,
    )  # fmt: skip


def _has_zone(reminder: Reminder) -> bool:
    """Tell whether a reminder's zone is one we know, still: zones are renamed now and then."""
    try:
        return reminder.time_zone is None or bool(ZoneInfo(reminder.time_zone))
    except ZoneInfoNotFoundError:
        logger.exception("a zone is not known", extra={"reminder_id": str(reminder.id)})
        return False


def _title(reminder: Reminder) -> str:
    return DISCREET if reminder.discreet else reminder.title


def _reminders(session: Session, owner: Any) -> Iterator[Entry]:
    found = session.scalars(
        sa.select(Reminder)
        .where(
            Reminder.patient_id == owner.id, Reminder.deleted_at.is_(None),
            Reminder.status == "active", Reminder.dose_days_only.is_(False),
            Reminder.local_start.is_not(None),
        )
        .order_by(Reminder.change_no.desc(), Reminder.id)
        .limit(MOST_REMINDERS)
    )  # fmt: skip
    for reminder in found:
        if not _has_zone(reminder):
            continue
        try:
            entry = reminder_entry(reminder, time_zone=owner.time_zone)
        except BadRecurrence:
            # Accepted once, by rules since made narrower.
            logger.exception("a reminder cannot be shown", extra={"reminder_id": str(reminder.id)})
            continue
        if entry is not None:
            yield entry


def _occurrences(session: Session, owner: Any, now: datetime) -> Iterator[Entry]:
    """Name one by one what rings on days with a dose only: no rule of a calendar says which."""
    found = session.execute(
        sa.select(ReminderOccurrence, Reminder)
        .join(Reminder, Reminder.id == ReminderOccurrence.reminder_id)
        .where(
            ReminderOccurrence.patient_id == owner.id,
            ReminderOccurrence.deleted_at.is_(None),
            ReminderOccurrence.due_at >= now - OCCURRENCES_SINCE,
            Reminder.deleted_at.is_(None), Reminder.status == "active",
            Reminder.dose_days_only,
        )
        .order_by(ReminderOccurrence.due_at, ReminderOccurrence.id)
        .limit(MOST_OCCURRENCES)
    )  # fmt: skip
    for occurrence, reminder in found:
        if not _has_zone(reminder):
            continue
        yield Entry(
            id=occurrence.id, title=_title(reminder), zone=reminder.time_zone,
            start=datetime.fromisoformat(occurrence.local_at),
            revised_at=occurrence.received_at, revision=reminder.version - 1,
        )  # fmt: skip


def _events(session: Session, owner: Any, now: datetime) -> Iterator[Event]:
    yield from session.scalars(
        journey.events_of(owner.id, since=now - EVENTS_SINCE)
        .order_by(Event.starts_at, Event.id)
        .limit(MOST_EVENTS)
    )
