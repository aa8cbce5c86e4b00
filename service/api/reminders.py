"""Routes of reminders and their occurrences."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from service.accounts.access import Do, Topic
from service.api.call import Call, allow
from service.api.paging import PageArgs, after, newest_first, page
from service.api.problems import ApiBlueprint
from service.api.stretches import bounds
from service.api.versions import if_version
from service.care import occurrences
from service.records import find
from service.reminders import actions, answering, queries
from service.reminders.answering import Answer, Receipt
from service.reminders.models import Reminder, ReminderOccurrence
from service.reminders.schemas import (
    OccurrenceFilter,
    OccurrenceOut,
    OccurrencePage,
    ReminderChanges,
    ReminderIn,
    ReminderOut,
    ReminderPage,
    SnoozeIn,
)

blp = ApiBlueprint("reminders", __name__, description="What she is reminded of, and when")

_REMINDER = "/patients/<pid:pid>/reminders/<uuid:reminder_id>"
_OCCURRENCE = "/patients/<pid:pid>/reminder-occurrences/<uuid:occurrence_id>"


@blp.route("/patients/<pid:pid>/reminders", methods=["POST"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.arguments(ReminderIn)
@blp.response(201, ReminderOut)
@blp.alt_response(200, schema=ReminderOut, description="On file already")
def make_reminder(reminder: dict[str, Any], *, call: Call) -> Any:
    """Make a reminder, at a time on her own clock."""
    id = reminder.pop("id")
    is_new = actions.create(call.session, call.patient, change=call.change, id=id, content=reminder)
    return find(call.session, Reminder, call.patient.id, id), 201 if is_new else 200


@blp.route("/patients/<pid:pid>/reminders")
@allow(Topic.REMINDERS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.response(200, ReminderPage)
def list_reminders(args: dict[str, Any], *, call: Call) -> Any:
    """List reminders, suggested ones too, the last made first."""
    rows = call.session.scalars(
        newest_first(
            queries.reminders_of(call.patient.id),
            at=Reminder.received_at, id=Reminder.id, limit=args["limit"],
            last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.received_at, row.id))
    return {"items": items, "next_cursor": cursor}


@blp.route(_REMINDER)
@allow(Topic.REMINDERS, Do.READ)
@blp.response(200, ReminderOut)
def read_reminder(reminder_id: UUID, *, call: Call) -> Any:
    """Read one reminder."""
    return find(call.session, Reminder, call.patient.id, reminder_id)


@blp.route(_REMINDER, methods=["PATCH"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.arguments(ReminderChanges)
@blp.versioned
@blp.response(200, ReminderOut)
def change_reminder(changes: dict[str, Any], reminder_id: UUID, *, call: Call) -> Any:
    """Change a reminder, or accept or decline a suggested one."""
    return actions.change_reminder(
        call.session, call.patient, change=call.change, reminder_id=reminder_id, changes=changes,
        if_version=if_version(),
    )  # fmt: skip


@blp.route(_REMINDER, methods=["DELETE"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.versioned
@blp.response(204)
def delete_reminder(reminder_id: UUID, *, call: Call) -> None:
    """Delete a reminder; what it asked before stays on record."""
    actions.delete(
        call.session, change=call.change, reminder_id=reminder_id, if_version=if_version()
    )


@blp.route("/patients/<pid:pid>/reminder-occurrences")
@allow(Topic.REMINDERS, Do.READ)
@blp.arguments(PageArgs, location="query")
@blp.arguments(OccurrenceFilter, location="query")
@blp.response(200, OccurrencePage)
def list_occurrences(args: dict[str, Any], which: dict[str, Any], *, call: Call) -> Any:
    """List the times reminders were or will be due, the latest first."""
    since, before = bounds(which["since"], which["until"], ZoneInfo(call.patient.time_zone))
    rows = call.session.scalars(
        newest_first(
            queries.occurrences_of(
                call.patient.id, since=since, before=before, reminder_id=which["reminder_id"]
            ),
            at=ReminderOccurrence.due_at, id=ReminderOccurrence.id, limit=args["limit"],
            last=after(args["cursor"]),
        )
    ).all()  # fmt: skip
    items, cursor = page(rows, limit=args["limit"], position=lambda row: (row.due_at, row.id))
    return {"items": items, "next_cursor": cursor}


@blp.route(f"{_OCCURRENCE}/done", methods=["POST"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.response(200, OccurrenceOut)
def answer_done(occurrence_id: UUID, *, call: Call) -> Any:
    """Say that it is done: no device of hers rings for it any more."""
    return occurrences.answer(
        call.session, call.patient, change=call.change, occurrence_id=occurrence_id,
        answer=Answer.DONE,
    )  # fmt: skip


@blp.route(f"{_OCCURRENCE}/skip", methods=["POST"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.response(200, OccurrenceOut)
def answer_skip(occurrence_id: UUID, *, call: Call) -> Any:
    """Say that it is left out this time."""
    return occurrences.answer(
        call.session, call.patient, change=call.change, occurrence_id=occurrence_id,
        answer=Answer.SKIPPED,
    )  # fmt: skip


@blp.route(f"{_OCCURRENCE}/snooze", methods=["POST"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.arguments(SnoozeIn)
@blp.response(200, OccurrenceOut)
def answer_snooze(snooze: dict[str, Any], occurrence_id: UUID, *, call: Call) -> Any:
    """Ask to be reminded of it again later."""
    return occurrences.answer(
        call.session, call.patient, change=call.change, occurrence_id=occurrence_id,
        answer=Answer.SNOOZED, snooze_for=timedelta(minutes=snooze["minutes"]),
    )  # fmt: skip


@blp.route(f"{_OCCURRENCE}/delivered", methods=["POST"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.response(200, OccurrenceOut)
def note_delivered(occurrence_id: UUID, *, call: Call) -> Any:
    """Say that a device of hers has shown it."""
    return answering.note_receipt(
        call.session, change=call.change, occurrence_id=occurrence_id, receipt=Receipt.DELIVERED
    )


@blp.route(f"{_OCCURRENCE}/opened", methods=["POST"])
@allow(Topic.REMINDERS, Do.WRITE)
@blp.response(200, OccurrenceOut)
def note_opened(occurrence_id: UUID, *, call: Call) -> Any:
    """Say that she has opened it."""
    return answering.note_receipt(
        call.session, change=call.change, occurrence_id=occurrence_id, receipt=Receipt.OPENED
    )
