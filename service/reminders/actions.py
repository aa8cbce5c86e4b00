"""What can be done with reminders: make, suggest, accept, change, end.  Answers: `answering`."""

from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, TypedDict, Unpack
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.accounts.queries import patient_ref
from service.clock import local_text
from service.errors import Conflict, IdConflict, Rejected
from service.ids import derived_id
from service.notify.actions import withdraw
from service.records import Change, amend, bury, find, store
from service.reminders import planning, queries, rules
from service.reminders.making import schedule_of
from service.reminders.models import Reminder
from service.reminders.planning import drop_future, miss_unanswered, plan_anew

_TABLE = planning.REMINDERS
_WHEN = frozenset({"recurrence", "local_start", "time_zone", "until", "exdates"})
# What her treatment has to do with when it rings.
_WHICH_DAYS = frozenset({"dose_days_only", "treatment_id"})
# What may become of a reminder; the same word again changes nothing.
_MAY_BECOME: Mapping[str, frozenset[str]] = {
    "suggested": frozenset({"active", "declined"}),
    "declined": frozenset({"active"}),
    "active": frozenset({"ended"}),
    "ended": frozenset(),
}


class NoStart(Rejected):
    """A reminder that is to remind has no time to do it at."""

    slug = "no-start"
    title = "Say when it starts."

    def __init__(self) -> None:
        super().__init__(errors=[("/local_start", "Missing.")])


class UnknownTreatment(Rejected):
    """The treatment a reminder is for is not on the patient's record."""

    slug = "unknown-treatment"
    title = "There is no such treatment."

    def __init__(self) -> None:
        super().__init__(errors=[("/treatment_id", "There is no such treatment.")])


class NoDoses(Rejected):
    """A reminder that rings on the days of a treatment's doses names no treatment."""

    slug = "no-doses"
    title = "Say for which treatment it is."

    def __init__(self) -> None:
        super().__init__(errors=[("/dose_days_only", "Needs a treatment_id.")])


class ReminderSettled(Conflict):
    """A reminder cannot go from the status it has to the one asked for."""

    slug = "reminder-settled"
    title = "This reminder cannot become that any more."


class Suggestion(TypedDict, total=False):
    """What a suggested reminder may say beside its kind and title."""

    treatment_id: UUID | None
    recurrence: str | None
    local_start: str | None
    discreet: bool


def create(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    id: UUID,
    content: Mapping[str, Any],
) -> bool:
    """Make a reminder and its first occurrences; tell whether it is new.

    A reminder of a treatment's doses rings on the days of its doses only, unless it says
    otherwise.

    Raises:
        BadRecurrence: the recurrence is none of ours or never comes round.
        StartOutOfRange: it starts in another century.
        UnknownTreatment: the treatment is not hers.
        NoDoses: it is to ring on dose days, of no treatment.
        IdConflict: the id says something else already.
    """
    treatment_id, dose_days_only = content["treatment_id"], content["dose_days_only"]
    _check_treatment(session, patient.id, treatment_id)
    if dose_days_only and treatment_id is None:
        raise NoDoses
    rules.check(schedule_of(SimpleNamespace(**content), patient.time_zone))
    if dose_days_only is None:
        dose_days_only = content["kind"] == "medication" and treatment_id is not None
    derived = {"status": "active", "dose_days_only": dose_days_only}
    new = store(session, Reminder, change=change, id=id, content=content, derived=derived)
    if new:
        made = find(session, Reminder, patient.id, id)
        plan_anew(session, patient, [made], change=change, asked=True)
    return new


def suggest(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    rule: str,
    rule_version: int,
    kind: str,
    title: str,
    because: Mapping[str, Any],
    **more: Unpack[Suggestion],
) -> bool:
    """Suggest a reminder; tell whether she had not been asked before.

    Asks nothing of her and sends nothing until she accepts it.  Its id follows from patient,
    rule, kind and treatment, so it is made once, and not again after she declined or deleted it.
    """
    treatment_id = more.get("treatment_id")
    content = {"kind": kind, "title": title, **more}
    derived = {
        "status": "suggested", "because": dict(because), "rule": rule,
        "rule_version": rule_version,
    }  # fmt: skip
    id = derived_id("suggestion", patient.id, rule, kind, treatment_id or "")
    try:
        return store(session, Reminder, change=change, id=id, content=content, derived=derived)
    except IdConflict:
        return False  # asked before, in other words or until she deleted it


def change_reminder(
    session: Session,
    patient: PatientRef,
    *,
    change: Change,
    reminder_id: UUID,
    changes: Mapping[str, Any],
    if_version: int | None = None,
) -> Reminder:
    """Change the named fields, accept or decline a suggestion, or end it; return the reminder.

    A new time holds from now on: what was due before is history.  A suggestion accepted after the
    start it was made with begins tomorrow at that time of day.

    Raises:
        NotFound: no such reminder of hers.
        ReminderSettled: its status cannot become the one asked for.
        NoStart: it would be active without a time to start at.
        BadRecurrence, StartOutOfRange, UnknownTreatment, NoDoses: as for a new one.
        Outdated: it is no longer at ``if_version``.
    """
    reminder = find(session, Reminder, patient.id, reminder_id)
    status = changes.get("status", reminder.status)
    if status != reminder.status and status not in _MAY_BECOME[reminder.status]:
        raise ReminderSettled
    if status == "active" != reminder.status and "local_start" not in changes:
        changes = {"local_start": _start_ahead(reminder, patient, change), **changes}
    changes = {**changes, "dose_days_only": _dose_days_only(session, patient, reminder, changes)}
    _check_when(reminder, changes, patient, is_active=status == "active")
    moves = {name for name, new in changes.items() if new != getattr(reminder, name)}
    amend(reminder, changes, change=change, if_version=if_version)
    if moves & (_WHEN | _WHICH_DAYS | {"status"}):
        asked = bool(moves & (_WHEN | {"status"}))
        plan_anew(session, patient, [reminder], change=change, asked=asked)
    if reminder.status == "ended":
        miss_unanswered(session, change=change, reminder_ids=[reminder.id])
    return reminder


def delete(
    session: Session, *, change: Change, reminder_id: UUID, if_version: int | None = None
) -> None:
    """Leave a tombstone of a reminder and of what it would still have asked.

    Raises:
        NotFound: no such reminder of hers.
        Outdated: it is no longer at ``if_version``.
    """
    reminder = find(session, Reminder, change.patient_id, reminder_id)
    bury(reminder, change=change, if_version=if_version)
    reminder.planned_until = None
    session.flush()
    drop_future(session, change=change, reminder_ids=[reminder_id])
    miss_unanswered(session, change=change, reminder_ids=[reminder_id])


def take_back_suggestions(session: Session, treatment_id: UUID, *, change: Change) -> None:
    """Take back what was suggested for a treatment that was entered by mistake.

    What she has answered is hers, and stays.  The same treatment entered anew is suggested for
    anew, for a suggestion's id follows from the treatment's.
    """
    for suggestion in session.scalars(
        queries.reminders_of(change.patient_id).where(
            Reminder.treatment_id == treatment_id, Reminder.status == "suggested"
        )
    ).all():
        bury(suggestion, change=change)


def end_all(session: Session, patient_id: UUID, *, change: Change) -> None:
    """End every reminder of a patient who has died or withdrawn, and all that waits to be sent.

    Each remembers what it was, for ``take_up_again``.
    """
    session.flush()
    session.execute(
        sa.update(_TABLE)
        .where(
            _TABLE.c.patient_id == patient_id,
            _TABLE.c.status.in_(("suggested", "active")),
            _TABLE.c.deleted_at.is_(None),
        )
        .values(
            status_before=_TABLE.c.status, status="ended", planned_until=None,
            change_no=change.change_no, version=_TABLE.c.version + 1,
        )
    )  # fmt: skip
    drop_future(session, change=change)
    miss_unanswered(session, change=change)
    withdraw(session, patient_id=patient_id, why="reminders ended")


def take_up_again(session: Session, patient_id: UUID, *, change: Change) -> None:
    """Give back the reminders that ``end_all`` ended: it was an error.

    They remind from now on; what was missed in between stays missed.
    """
    session.flush()
    again = session.scalars(
        queries.reminders_of(patient_id)
        .where(Reminder.status_before.is_not(None))
        .execution_options(populate_existing=True)
    ).all()
    for reminder in again:
        amend(reminder, {"status": reminder.status_before, "status_before": None}, change=change)
    plan_anew(session, patient_ref(session, patient_id), again, change=change)


def _check_treatment(session: Session, patient_id: UUID, treatment_id: UUID | None) -> None:
    if treatment_id is not None and not queries.treatment_is_hers(
        session, patient_id, treatment_id
    ):
        raise UnknownTreatment


def _dose_days_only(
    session: Session, patient: PatientRef, reminder: Reminder, changes: Mapping[str, Any]
) -> bool:
    """Return whether it rings on dose days only after a change; without a treatment it cannot.

    Raises:
        UnknownTreatment: the new treatment is not hers.
        NoDoses: dose days were asked for, of no treatment.
    """
    treatment_id = changes.get("treatment_id", reminder.treatment_id)
    if treatment_id != reminder.treatment_id:
        _check_treatment(session, patient.id, treatment_id)
    if treatment_id is None and changes.get("dose_days_only"):
        raise NoDoses
    asked = changes.get("dose_days_only", reminder.dose_days_only)
    return treatment_id is not None and bool(asked)


def _start_ahead(reminder: Reminder, patient: PatientRef, change: Change) -> str | None:
    """Return the start of a suggestion, or tomorrow at that time of day if it has passed."""
    start = reminder.local_start
    here = change.now.astimezone(ZoneInfo(reminder.time_zone or patient.time_zone))
    if start is None or start > local_text(here):
        return start
    return f"{here.date() + timedelta(days=1)}T{start[11:]}"


def _check_when(
    reminder: Reminder, changes: Mapping[str, Any], patient: PatientRef, *, is_active: bool
) -> None:
    when = SimpleNamespace(**{name: changes.get(name, getattr(reminder, name)) for name in _WHEN})
    if when.local_start is not None:
        rules.check(schedule_of(when, patient.time_zone))
    elif is_active:
        raise NoStart
