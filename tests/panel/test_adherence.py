"""How many of the doses of late she took, kept in her row as she answers them."""

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from service.db import db, transaction
from service.panel import actions
from service.panel.models import PatientSummary
from tests.conftest import MONDAY_MORNING

FIRST = MONDAY_MORNING - timedelta(days=10)


@pytest.fixture
def course(call, clock):
    """Entered ten days ago: a tablet at eight each morning; today's is the eleventh."""
    clock.moment = FIRST - timedelta(hours=6)
    body = {
        "id": str(uuid4()), "code": "letrozole", "started_on": FIRST.date().isoformat(),
        "status": "active", "schedule": {"type": "daily", "times": ["08:00"]},
    }  # fmt: skip
    assert call("ana", "POST /patients/me/treatments", body).status_code == 201
    clock.moment = MONDAY_MORNING
    return f"/patients/me/treatments/{body['id']}"


@pytest.fixture
def doses(call, course):
    listed = call("ana", f"GET {course}/doses?from=2026-02-20&to=2026-03-02&limit=200").json[
        "items"
    ]
    return [dose["id"] for dose in reversed(listed)]


@pytest.fixture
def percent(app, world):
    def percent():
        with app.app_context(), db.engine.connect() as connection:
            return connection.scalar(
                sa.select(PatientSummary.adherence_percent).where(
                    PatientSummary.patient_id == world["ana"].patient_id
                )
            )

    return percent


def answer(call, course, dose, status, **more):
    body = {"status": status, "reason": None, "taken_at": None, **more}
    answer = call("ana", f"PUT {course}/doses/{dose}", body)
    assert answer.status_code == 200, answer.json


def test_nothing_is_known_before_the_first_answer(course, percent):
    assert percent() is None


def test_what_was_left_unanswered_for_a_day_counts_as_not_taken(call, course, doses, percent):
    answer(call, course, doses[0], "taken")
    # Ten mornings have gone by, and this one, an hour ago, may still be answered.
    assert len(doses) == 11
    assert percent() == 10
    answer(call, course, doses[1], "taken")
    assert percent() == 20


def test_a_dose_held_on_advice_is_left_out(call, course, doses, percent):
    for dose in doses[:5]:
        answer(call, course, dose, "taken")
    answer(call, course, doses[5], "missed", reason="told_to_hold")
    answer(call, course, doses[6], "held")
    answer(call, course, doses[7], "missed", reason="forgot")
    # 5 of 8: taken, missed, and two mornings without an answer.
    assert percent() == 62


def test_an_answer_put_right_puts_the_number_right(call, course, doses, percent):
    for dose in doses:
        answer(call, course, dose, "taken")
    assert percent() == 100
    answer(call, course, doses[3], "missed", reason="cost")
    assert percent() == 90


def test_a_course_taken_out_takes_its_doses_with_it(call, course, doses, percent):
    answer(call, course, doses[0], "taken")
    assert call("ana", f"DELETE {course}").status_code == 204
    assert percent() is None


def test_what_is_longer_ago_than_four_weeks_is_forgotten(
    app, world, call, course, doses, percent, clock
):
    answer(call, course, doses[0], "missed", reason="forgot")
    for dose in doses[1:]:
        answer(call, course, dose, "taken")
    assert percent() == 90
    call("ana", f"PATCH {course}", {"status": "held"})
    clock.pass_time(days=19)
    with app.app_context(), transaction() as session:
        actions.note_adherence(session, world["ana"].patient_id, now=clock.now())
    assert percent() == 100


def test_a_reminder_done_counts_the_dose_it_takes(call, course, doses, percent, clock):
    body = {
        "id": str(uuid4()), "kind": "medication", "title": "Letrozole", "recurrence": "FREQ=DAILY",
        "local_start": "2026-03-02T08:00", "treatment_id": course.rpartition("/")[2],
        "dose_days_only": True,
    }  # fmt: skip
    assert call("ana", "POST /patients/me/reminders", body).status_code == 201
    occurrences = call("ana", "GET /patients/me/reminder-occurrences").json["items"]
    [today] = [one for one in occurrences if one["local_at"] == "2026-03-03T08:00"]
    clock.pass_time(days=1)
    done = call("ana", f"POST /patients/me/reminder-occurrences/{today['id']}/done")
    assert done.status_code == 200, done.json
    # The tablets of ten mornings and of yesterday went unanswered; today's was taken.
    assert percent() == 8
