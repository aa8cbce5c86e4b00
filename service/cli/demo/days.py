"""A patient's last days: her reminders, which doses she took, what stands in her calendar."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from service.accounts.patient_ref import PatientRef
from service.care import doses
from service.cli.demo.plans import ANA, Plan
from service.cli.demo.writing import Diary
from service.ids import new_id
from service.journey import actions as journey
from service.records import find
from service.reminders import actions as reminders
from service.reminders import answering, queries
from service.reminders.schemas import ReminderIn
from service.treatments.models import Treatment
from service.treatments.queries import ListedDose, doses_of

_REMINDER = ReminderIn()
_REMINDED_FOR = timedelta(days=6)
# Hers whom everybody looks at first are answered from the beginning.
_LOOKED_BACK, _ALL = timedelta(days=10), timedelta(days=100)
_BY_MOUTH = frozenset({"daily", "on_off"})
# Kind and title, in how many days, at which hour, and where.
_EVENTS = (
    ("appointment", "Visit to the oncologist", 9, 10, "Harbor Cancer Care, room 3"),
    ("scan", "CT scan", -24, 8, "Harbor Imaging"),
    ("result", "Scan result: stable", -20, 14, None),
    ("appointment", "Blood test", 2, 9, "Harbor Cancer Care, laboratory"),
)


def live(session: Session, diary: Diary, rng: Random, plan: Plan, *, now: datetime) -> None:
    """Write them, through the actions every edge uses."""
    _be_reminded(session, diary, rng, plan, now)
    for treatment_id in diary.treatment_ids:
        _take_doses(session, diary, rng, plan, treatment_id, now)
    _note_events(session, diary, plan, now)


def _be_reminded(session: Session, diary: Diary, rng: Random, plan: Plan, now: datetime) -> None:
    """Make two reminders some days ago, and answer most of what has been due since."""
    made = now - _REMINDED_FOR
    day = made.astimezone(plan.zone).date()
    tablets = _tablets(session, diary)
    for kind, title, recurrence, hour, treatment_id in (
        ("medication", "Morning tablets", "FREQ=DAILY", "08:00", tablets),
        ("check_in", "How was the week?", "FREQ=WEEKLY", "18:30", None),
    ):
        body = {
            "id": str(new_id()), "kind": kind, "title": title, "recurrence": recurrence,
            "local_start": f"{day}T{hour}",
            "treatment_id": None if treatment_id is None else str(treatment_id),
        }  # fmt: skip
        content: dict[str, Any] = _REMINDER.load(body)
        ref, change = diary.change(made)
        reminders.create(session, ref, change=change, id=content.pop("id"), content=content)
    for occurrence in session.scalars(
        queries.occurrences_of(diary.patient_id, before=now - timedelta(minutes=30))
    ).all():
        if rng.random() < 0.85:
            _ref, change = diary.change(occurrence.due_at + timedelta(minutes=9))
            answering.answer(
                session, change=change, occurrence_id=occurrence.id,
                answer=answering.Answer.DONE,
            )  # fmt: skip


def _tablets(session: Session, diary: Diary) -> UUID | None:
    """Return the first treatment she takes by mouth, if any."""
    for treatment_id in diary.treatment_ids:
        treatment = find(session, Treatment, diary.patient_id, treatment_id)
        if treatment.status == "active" and (treatment.schedule or {}).get("type") in _BY_MOUTH:
            return treatment_id
    return None


def _take_doses(
    session: Session, diary: Diary, rng: Random, plan: Plan, treatment_id: UUID, now: datetime
) -> None:
    """Answer most of the doses of the last days; who has that matter has missed the last three."""
    treatment = find(session, Treatment, diary.patient_id, treatment_id)
    ref = diary.ref()
    back = _ALL if plan.email == ANA else _LOOKED_BACK
    due = doses_of(session, ref, treatment, since=now - back, before=now - timedelta(hours=1))
    ill = plan.matter == "missed_doses"
    for dose, answer in _answers(list(due)[::-1], rng, has_missed=ill):
        last_ones = ill and answer["status"] == "missed"
        at = now - timedelta(minutes=50) if last_ones else dose.due_at + timedelta(minutes=12)
        _answer(session, diary, treatment_id, dose, answer, min(at, now))


def _answers(
    due: list[ListedDose], rng: Random, *, has_missed: bool
) -> Iterator[tuple[ListedDose, dict[str, Any]]]:
    """Say what became of each dose, in order: never two forgotten in a row."""
    forgot = False
    for left, dose in zip(range(len(due), 0, -1), due, strict=True):
        if has_missed and left <= 3:
            yield dose, {"status": "missed", "taken_at": None, "reason": "side_effects"}
            continue
        drawn = rng.random()
        if drawn > 0.97:
            continue  # nobody said
        forgot = not forgot and drawn > 0.9
        yield dose, {
            "status": "missed" if forgot else "taken", "taken_at": None,
            "reason": "forgot" if forgot else None,
        }  # fmt: skip


def _answer(
    session: Session,
    diary: Diary,
    treatment_id: UUID,
    dose: ListedDose,
    answer: dict[str, Any],
    at: datetime,
) -> None:
    ref: PatientRef
    ref, change = diary.change(at)
    doses.answer(
        session, ref, change=change, treatment_id=treatment_id, dose_id=dose.id, answer=answer
    )
    diary.let_messages_out(at)


def _note_events(session: Session, diary: Diary, plan: Plan, now: datetime) -> None:
    today = now.astimezone(plan.zone).date()
    for kind, title, days, hour, place in _EVENTS:
        starts_at = datetime.combine(today + timedelta(days=days), time(hour), plan.zone)
        _ref, change = diary.change(min(now, starts_at))
        event = {
            "id": new_id(), "kind": kind, "title": title, "starts_at": starts_at, "place": place,
            "notes": None,
        }  # fmt: skip
        journey.note_event(session, change=change, event=event)
