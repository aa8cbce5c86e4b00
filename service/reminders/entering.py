"""Occurrences a phone knew before we did: it was offline, and worked them out as we would have."""

from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.clock import moment_of
from service.db import insert_if_new
from service.errors import NotFound
from service.records import Change, find
from service.reminders import rules
from service.reminders.making import Planned, occurrence_id, schedule_of
from service.reminders.models import Reminder, ReminderOccurrence

_OCCURRENCES = cast(sa.Table, ReminderOccurrence.__table__)


def enter_occurrence(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    id: UUID,
    reminder_id: UUID,
    local: datetime,
) -> None:
    """Enter one occurrence of a reminder that is not on file: for an answer that is to follow.

    Args:
        session: in a transaction that holds her lock.
        patient: whose.
        change: who, when.
        id: as the phone worked it out.
        reminder_id: of which reminder.
        local: when, on her wall, without a zone.

    Raises:
        NotFound: no such reminder of hers, or it does not ring then, or not for a long time yet.
    """
    reminder = find(session, Reminder, patient.id, reminder_id)
    if reminder.local_start is None or occurrence_id(reminder.id, local) != id:
        raise NotFound
    schedule = schedule_of(reminder, patient.time_zone)
    moment = moment_of(local, schedule.zone)
    first = next(schedule.times(since=moment), None)
    if first is None or first[0] != local or moment > change.now + rules.PLAN_AHEAD:
        raise NotFound
    planned = Planned(reminder=reminder, time_zone=patient.time_zone, change=change, dose_days=None)
    insert_if_new(session, _OCCURRENCES, planned.row(local, moment))
