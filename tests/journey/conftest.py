"""Rows of a long history, written straight into the tables."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from service.db import db, transaction
from service.journey.models import Diagnosis, Event
from service.reminders.models import Reminder, ReminderOccurrence
from service.support.models import SupportRequest
from service.symptoms.models import Measurement, SymptomReport
from service.tables import metadata
from service.treatments.models import DosagePeriod, Dose, Treatment
from service.wellbeing.models import QuestionnaireResponse, WellbeingCheck
from service.words import sealed
from tests.conftest import MONDAY_MORNING

REMINDER_ID = UUID("01900000-0000-7000-8000-00000000aaaa")
TREATMENT_ID = UUID("01900000-0000-7000-8000-00000000bbbb")


def local(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def enter(app, world):
    """Enter rows for Ana, or somebody else: ``enter(Event, {...}, {...})``."""

    def enter(model: Any, *rows: dict[str, Any], who: str = "ana") -> list[UUID]:
        common = {
            "patient_id": world[who].patient_id, "version": 1, "created_change_no": 1,
            "change_no": 1, "deleted_at": None, "entered_by": world[who].account_id,
            "received_at": MONDAY_MORNING, "content_hash": bytes(32),
        }  # fmt: skip
        table = model.__table__
        full = [
            {
                name: value
                for name, value in ({"id": uuid4()} | common | row).items()
                if name in table.c
            }
            for row in rows
        ]
        with app.app_context(), transaction() as session:
            session.execute(sa.insert(table), [sealed(session, table, row) for row in full])
        return [row["id"] for row in full]

    return enter


@pytest.fixture
def history(enter, world):
    """Enter ``count`` things of every kind but replies, one each hour back from Monday morning."""

    def history(count: int, *, most_treatments: int | None = None) -> None:
        enter(
            Treatment,
            treatment(id=TREATMENT_ID, started_on=date(2020, 1, 1), code="ribociclib", name=None),
        )
        enter(
            Reminder,
            {"id": REMINDER_ID, "kind": "custom", "title": "Walk", "exdates": [], "discreet": True,
             "dose_days_only": False, "rings_in_quiet_hours": False, "status": "active",
             "needs_planning": False, "local_start": "2026-01-01T09:00"},
        )  # fmt: skip
        for model, make in MADE.items():
            several = range(count)
            if model is Treatment and most_treatments is not None:
                several = range(min(count, most_treatments))
            enter(
                model,
                *(make(MONDAY_MORNING - timedelta(hours=n), n) for n in several),
            )
        enter(DosagePeriod, period(MONDAY_MORNING - timedelta(hours=count), count))
        enter(
            SupportRequest,
            *(
                {"clinic_id": world.clinic_id, "kind": "nurse", "queue": "nursing",
                 "state": "received", "requested_at": MONDAY_MORNING - timedelta(hours=n),
                 "contact_by": "phone"}
                for n in range(count)
            ),
        )  # fmt: skip

    return history


def treatment(**more: Any) -> dict[str, Any]:
    return {
        "code": None, "name": "A course", "modality": "other", "line": None, "status": "completed",
        "started_on": date(2026, 1, 1), "ended_on": None, "dose": None, "stop_reason": None,
        "schedule": None, "notes": "PRIVATE", "facts_changed_at": MONDAY_MORNING,
    } | more  # fmt: skip


def period(at: datetime, n: int, **more: Any) -> dict[str, Any]:
    return {
        "treatment_id": TREATMENT_ID, "starts_at": local(at), "made_at": at,
        "ends_at": local(at + timedelta(hours=1)) if n else None,
        "status": "held" if n % 2 else "active", "day_one": date(2020, 1, 1),
        "schedule": {"type": "daily", "times": ["08:00"]}, "dose": "600 mg",
    } | more  # fmt: skip


def settled(at: datetime, n: int) -> dict[str, Any]:
    return {
        "reminder_id": REMINDER_ID, "local_at": local(at), "due_at": at,
        "status": ("done", "skipped", "missed")[n % 3],
    }  # fmt: skip


def course(at: datetime, n: int) -> dict[str, Any]:
    return treatment(started_on=at.date() - timedelta(days=n), ended_on=at.date())


def dose(at: datetime, n: int) -> dict[str, Any]:
    return {
        "treatment_id": TREATMENT_ID, "local_at": local(at), "due_at": at, "cycle": 1,
        "status": ("taken", "missed", "held")[n % 3], "taken_at": at, "reason": None,
        "answered_at": at,
    }  # fmt: skip


MADE: dict[Any, Any] = {
    Treatment: course,
    DosagePeriod: period,
    Dose: dose,
    Diagnosis: lambda at, n: {
        "recurrence": "distant", "metastatic_sites": ["bone"], "mutations": [], "received_at": at,
    },
    Event: lambda at, n: {
        "kind": "scan", "title": f"Scan {n}", "starts_at": at, "notes": "PRIVATE",
    },
    SymptomReport: lambda at, n: {
        "reported_at": at, "at": at, "grading_version": "1", "red_flags": [], "body_sites": [],
        "answers": [{"symptom": "nausea", "severity": 2, "grade": 2}], "note": "PRIVATE",
    },
    Measurement: lambda at, n: {
        "code": "weight", "value": 60.5, "unit": "kg", "standard_value": 60.5, "measured_at": at,
        "at": at,
    },
    WellbeingCheck: lambda at, n: {
        "checked_at": at, "at": at, "distress": 3, "mood": 4, "topics": ["body"],
        "contact_wanted": [], "safe_now": True, "note": "PRIVATE", "note_is_private": True,
    },
    QuestionnaireResponse: lambda at, n: {
        "questionnaire": "phq-2", "instrument_version": "1", "answers": {"1": 0, "2": 1},
        "status": "completed", "answered_at": at, "at": at, "total": 1, "positive": False,
    },
    ReminderOccurrence: settled,
}  # fmt: skip


@pytest.fixture
def dialect(app):
    with app.app_context():
        return db.engine.dialect.name


assert metadata is db.metadata
